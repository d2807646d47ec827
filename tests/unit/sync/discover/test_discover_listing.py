"""D1 to D4 and D8: what ended is stored before anything else, and nothing moves without an answer."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.appliance.errors import ApplianceOutage, ReportNotPermitted
from bt_autotask_sync.errors import OutageError, SyncError, UsageError
from bt_autotask_sync.state.sessions import Sessions
from bt_autotask_sync.state.states import Problem, SessionState, Stage
from bt_autotask_sync.stop import Stop, StoppedError
from bt_autotask_sync.sync.discover.listing import NoStartingPointError, UnbelievableListingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bt_autotask_sync.state.ledger import Ledger
    from tests.unit.bench import Bench

DAY = 86_400
LISTING = "SupportSessionListing"
EMPTY_LIST: dict[str, Any] = {"status": 200, "body": "text", "text": "<session_summary_list/>", "times": None}


def delivered(bench: Bench, lsids: Iterable[str]) -> list[str]:
    return [lsid for lsid in lsids if bench.notes(lsid)]


def test_D1_what_ended_exactly_at_the_start_is_listed_and_a_second_before_is_not(bench: Bench) -> None:
    at, before = bench.session(ended_ago=3 * DAY), bench.session(ended_ago=3 * DAY + 1)
    bench.configure(start_at=None)
    bench.run(since=bench.now - 3 * DAY)
    assert delivered(bench, [at, before]) == [at]
    assert bench.progress.origin == bench.now - 3 * DAY


def test_D1_a_session_that_is_reported_late_is_found_within_the_look_back(bench: Bench) -> None:
    late = bench.session(ended_ago=600, visible_from=bench.now + 6 * DAY)
    bench.run()
    bench.pass_time(6 * DAY + 1)
    bench.run()
    assert delivered(bench, [late]) == [late]


def test_D1_the_watermark_and_not_the_last_run_is_what_the_look_back_counts_from(bench: Bench) -> None:
    bench.run()
    hidden = bench.session(visible_from=bench.now + 100 * DAY)
    bench.pass_time(101 * DAY)
    bench.run()
    assert delivered(bench, [hidden]) == [hidden]


def test_D1_since_looks_back_this_once_and_moves_neither_origin_nor_watermark_back(bench: Bench) -> None:
    bench.configure(start_at=None)
    old = bench.session(ended_ago=20 * DAY)
    bench.run(since=bench.now - DAY)
    assert delivered(bench, [old]) == []
    origin = bench.progress.origin
    bench.run(since=bench.now - 21 * DAY)
    assert delivered(bench, [old]) == [old]
    assert (bench.progress.origin, bench.progress.watermark) == (origin, bench.now)


def test_D1_since_before_start_at_asks_nobody(bench: Bench) -> None:
    bench.run(since=bench.now - 31 * DAY, fails=UsageError)
    bench.configure(start_at=None)
    bench.run(fails=NoStartingPointError)
    assert bench.sandbox.log.counts() == {"appliance": 0, "autotask": 0}
    assert bench.sessions.progress() is None


def test_D1_a_starting_point_in_the_future_is_a_usage_error(bench: Bench) -> None:
    bench.configure(start_at=None)
    bench.run(since=bench.now + 365 * DAY, fails=UsageError)


def test_D2_lsids_and_watermark_are_stored_before_any_detail_is_asked_for(bench: Bench) -> None:
    lsids, begun = bench.end(3), bench.now
    bench.fault("outage", endpoint="SupportSession")
    bench.run(fails=OutageError)
    assert [record.lsid for record in bench.sessions.in_state(SessionState.DISCOVERED)] == lsids
    assert bench.progress.watermark == begun
    bench.sandbox.faults.clear()
    bench.run()
    assert delivered(bench, lsids) == lsids


def test_D2_a_listed_lsid_is_stored_once_and_in_lower_case(bench: Bench) -> None:
    (lsid,) = bench.end()

    def shout_twice(form: str, body: bytes) -> bytes:
        row = f'<session_summary lsid="{lsid}" has_recording="0"  />'
        shouted = row.replace(lsid, lsid.upper())
        return body.replace(row.encode(), f"{shouted}{row}{shouted}".encode()).replace(
            f'<session lsid="{lsid}">'.encode(), f'<session lsid="{lsid.upper()}">'.encode()
        )

    bench.rewrite = shout_twice
    assert bench.run().found == 1
    assert bench.run(since=bench.now - DAY).found == 0
    assert bench.record(lsid).state is SessionState.DELIVERED
    assert len(bench.notes(lsid)) == len(bench.entries(lsid)) == 1


@pytest.mark.parametrize(
    ("state", "becomes"),
    [
        (SessionState.OPEN, SessionState.DISCOVERED),
        (SessionState.DISCOVERED, SessionState.DISCOVERED),
        (SessionState.HELD, SessionState.HELD),
        (SessionState.UNSETTLED, SessionState.UNSETTLED),
        (SessionState.PARKED, SessionState.PARKED),
        (SessionState.DELIVERED, SessionState.DELIVERED),
        (SessionState.NO_TICKET, SessionState.NO_TICKET),
        (SessionState.SKIPPED, SessionState.SKIPPED),
        (SessionState.BEFORE_START, SessionState.BEFORE_START),
    ],
)
def test_D2_a_listing_changes_only_what_is_new_or_open(
    bench: Bench, lsids: Callable[..., Sequence[str]], state: SessionState, becomes: SessionState
) -> None:
    sessions, (lsid, new) = bench.sessions, lsids(range(2))
    sessions.add(lsid, now=1)
    sessions.record_report(lsid, ended_at=5, external_key="T")
    sessions.set_state(lsid, state, next_at=500)
    found = sessions.store_ended([lsid, new, lsid, new], now=10, origin=1, watermark=10)
    assert bench.record(lsid).state is becomes
    assert bench.record(new).state is SessionState.DISCOVERED
    assert found == (2 if state is SessionState.OPEN else 1)
    assert bench.record(lsid).next_at == (0 if state is SessionState.OPEN else 500)


def test_D2_what_was_held_as_never_closed_is_discovered_when_it_is_listed_as_ended(
    bench: Bench, lsids: Callable[..., Sequence[str]]
) -> None:
    (lsid,) = lsids(1)
    bench.sessions.add(lsid, now=1)
    bench.sessions.hold(lsid, Problem(Stage.DISCOVER, "never closed"), next_at=0)
    bench.sessions.store_ended([lsid], now=10, origin=1, watermark=10)
    assert bench.record(lsid).state is SessionState.DISCOVERED


def test_D2_profiles_share_a_ledger_and_nothing_in_it(ledger: Ledger, lsids: Callable[..., Sequence[str]]) -> None:
    one, other = Sessions(ledger, "one"), Sessions(ledger, "other")
    one.store_ended(lsids(range(2)), now=10, origin=1, watermark=10)
    assert other.store_ended(lsids(1), now=10, origin=5, watermark=20) == 1
    one.set_state(lsids(1)[0], SessionState.DELIVERED)
    assert other.get(lsids(1))[lsids(1)[0]].state is SessionState.DISCOVERED
    assert (one.progress(), other.progress()) != (None, None)
    assert one.counts() != other.counts()


def test_a_listed_session_without_a_report_is_found_once(bench: Bench) -> None:
    bench.end()
    bench.fault(
        "status", endpoint="SupportSession", status=200, body="text", times=None, text="<session_list></session_list>"
    )
    assert bench.run().found == 1
    bench.pass_time(700)
    bench.run()
    assert bench.run().found == 0


def test_D3_the_watermark_becomes_the_time_of_the_answer(bench: Bench) -> None:
    bench.fault("latency", endpoint=LISTING, seconds=5)
    begun = bench.now
    bench.run()
    assert bench.progress.watermark == begun + 5


@pytest.mark.parametrize(("until", "watermark"), [(-3600, -3600), (3600, 0), (0, 0)])
def test_D3_the_watermark_becomes_the_earlier_of_the_answer_and_until(bench: Bench, until: int, watermark: int) -> None:
    bench.run(until=bench.now + until)
    assert bench.progress.watermark == bench.now + watermark


def test_D3_the_watermark_never_moves_back(bench: Bench) -> None:
    bench.run()
    mark = bench.progress.watermark
    bench.run(until=bench.now - 3600)
    bench.run(since=bench.now - 2 * DAY, until=bench.now - DAY)
    bench.pass_time(-2 * 3600)
    bench.run()
    assert bench.progress.watermark == mark


def test_D3_a_run_that_starts_after_the_watermark_does_not_move_it(bench: Bench) -> None:
    bench.run(until=bench.now - 2 * DAY)
    mark = bench.progress.watermark
    between = bench.session(ended_ago=1.5 * DAY)
    bench.run(since=bench.now - DAY)
    assert bench.progress.watermark == mark
    bench.run()
    assert delivered(bench, [between]) == [between]


def test_D3_until_leaves_what_ended_later_to_the_next_run(bench: Bench) -> None:
    early, late = bench.session(ended_ago=7200), bench.session(ended_ago=600)
    bench.run(until=bench.now - 3600)
    assert delivered(bench, [early, late]) == [early]
    bench.run()
    assert delivered(bench, [early, late]) == [early, late]


def test_D4_work_is_drained_in_the_order_of_the_listing(bench: Bench) -> None:
    lsids = bench.end(6)
    bench.run()
    assert [body["title"][-13:-1] for path, body in bench.creates() if path.endswith("/Notes")] == [
        lsid[:12] for lsid in lsids
    ]


def test_D4_a_limit_leaves_the_rest_discovered_for_the_next_run(bench: Bench) -> None:
    lsids = bench.end(5)
    bench.run(limit=2)
    assert [bench.state(lsid) for lsid in lsids] == ["delivered"] * 2 + ["discovered"] * 3
    bench.run(limit=2)
    bench.run(limit=2)
    assert delivered(bench, lsids) == lsids


def test_D4_held_sessions_never_use_up_a_limit(bench: Bench) -> None:
    held = bench.end(3, key="T20200101.0001")
    bench.run()
    new = bench.end(2)
    bench.run(limit=1)
    assert [bench.state(lsid) for lsid in held] == ["held"] * 3
    assert delivered(bench, new) == new[:1]


def test_D4_a_spent_budget_leaves_the_rest_discovered(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(threshold=20)
    bench.configure(autotask={"request_share": 0.8})
    lsids = bench.end(12)
    bench.run(fails=OutageError)
    states = [bench.state(lsid) for lsid in lsids]
    assert 0 < states.count("delivered") < 12
    assert states.count("delivered") + states.count("discovered") == 12
    bench.pass_time(3600)
    while any(bench.state(lsid) == "discovered" for lsid in lsids):
        with contextlib.suppress(OutageError):
            bench.run()
        bench.pass_time(3600)
    assert [len(bench.notes(lsid)) for lsid in lsids] == [1] * 12


def test_D4_a_stop_leaves_the_rest_discovered(bench: Bench) -> None:
    lsids = bench.end(4)
    stop = Stop()
    stop.tell(15)
    bench.run(stop=stop, fails=StoppedError)
    assert [bench.state(lsid) for lsid in lsids] == ["discovered"] * 4
    bench.run()
    assert delivered(bench, lsids) == lsids


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "outage"},
        {"kind": "cut_body", "times": None},
        {"kind": "garbled", "times": None},
        {"kind": "status", "status": 500, "times": None},
        {"kind": "status", "status": 200, "body": "html", "times": None},
        {"kind": "status", "status": 200, "body": "empty", "times": None},
        {"kind": "status", "status": 200, "body": "text", "text": "<error>Out of order</error>", "times": None},
        {"kind": "status", "status": 200, "body": "text", "text": "<session_summary_list>", "times": None},
        {"kind": "status", "status": 200, "body": "text", "text": "<!DOCTYPE a><session_summary_list/>", "times": None},
        {"kind": "redirect", "times": None},
        {"kind": "429", "times": None},
        {"kind": "expired_token", "times": None},
    ],
    ids=lambda fault: "-".join(str(fault[name]) for name in ("kind", "status", "body") if name in fault),
)
def test_D8_a_listing_that_is_no_whole_answer_moves_nothing(bench: Bench, fault: dict[str, Any]) -> None:
    bench.run()
    mark, lsids = bench.progress.watermark, bench.end(3)
    bench.pass_time(600)
    bench.fault(endpoint=LISTING, **fault)
    bench.run(fails=SyncError)
    assert bench.progress.watermark == mark
    assert bench.sessions.get(lsids) == {}
    bench.sandbox.faults.clear()
    bench.pass_time(3600)  # as long as refused credentials are not presented again
    bench.run()
    assert delivered(bench, lsids) == lsids


@pytest.mark.parametrize("shape", ["root-error", "empty-list", "list-error", "nested"])
def test_D8_nothing_found_is_an_empty_answer_in_every_shape(bench: Bench, shape: str) -> None:
    bench.sandbox.switches.change({"nothing_found": shape})
    assert bench.run().found == 0
    assert bench.progress.watermark == bench.now


def test_D8_an_empty_answer_is_an_error_when_a_session_that_ended_then_is_still_there(bench: Bench) -> None:
    bench.end(2)
    bench.run()
    bench.run()
    mark = bench.progress.watermark
    bench.pass_time(600)
    bench.fault("status", endpoint=LISTING, **EMPTY_LIST)
    bench.run(fails=UnbelievableListingError)
    assert bench.progress.watermark == mark
    bench.sandbox.faults.clear()
    (new,) = bench.end()
    bench.run()
    assert delivered(bench, [new]) == [new]
    assert bench.progress.watermark == bench.now


def test_D8_a_session_that_ended_exactly_at_until_makes_no_empty_answer_an_error(bench: Bench) -> None:
    (lsid,) = bench.end()
    bench.run()
    end = bench.record(lsid).ended_at
    assert end is not None
    bench.run(since=end - 600, until=end)


def test_D8_an_empty_answer_to_a_resync_is_an_error_likewise(bench: Bench) -> None:
    bench.end()
    bench.run()
    bench.fault("status", endpoint=LISTING, **EMPTY_LIST)
    bench.resync_window(bench.now - DAY, fails=UnbelievableListingError)


@pytest.mark.parametrize("listing", ["forbidden", "missing", "document-not-found"])
def test_D8_the_session_report_serves_where_the_listing_is_not_permitted(bench: Bench, listing: str) -> None:
    bench.sandbox.switches.change({"listing": listing})
    lsids = bench.end(2)
    bench.run()
    assert delivered(bench, lsids) == lsids


@pytest.mark.parametrize("fault", [{"kind": "outage"}, {"kind": "status", "status": 500}], ids=lambda f: f["kind"])
def test_D8_an_outage_of_the_listing_is_no_reason_to_ask_the_session_report(
    bench: Bench, fault: dict[str, Any]
) -> None:
    bench.end()
    bench.fault(endpoint=LISTING, **{"times": None, **fault})
    bench.run(fails=ApplianceOutage)
    assert bench.asked("appliance")["SupportSession"] == 0


def test_D8_an_account_that_may_read_neither_report_is_told_so(bench: Bench) -> None:
    bench.fault("status", endpoint="SupportSession*", status=403, times=None)
    bench.run(fails=ReportNotPermitted)


def test_a_run_with_nothing_new_asks_three_things_of_the_appliance_and_nothing_of_autotask(bench: Bench) -> None:
    bench.end(3)
    bench.run()
    bench.forget_requests()
    bench.run()
    assert bench.asked("appliance") == {"token": 1, LISTING: 1, "SupportCustExitSurvey": 1}
    assert not bench.asked("autotask")


def test_what_ended_exactly_at_start_at_is_delivered_and_a_second_before_is_left_alone(bench: Bench) -> None:
    bench.run()
    at, before = bench.session(ended_ago=7200), bench.session(ended_ago=7201)
    bench.configure(start_at=datetime.fromtimestamp(bench.told(at).ended_at, UTC).isoformat())
    bench.sessions.add(before, now=bench.now)
    bench.run()
    assert delivered(bench, [at, before]) == [at]
    assert bench.state(before) == "before_start"
