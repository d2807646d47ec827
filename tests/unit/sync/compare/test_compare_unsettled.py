"""C5: creates of unknown outcome are settled by looking, and sent again only when they can no longer come to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.errors import OutageError
from bt_autotask_sync.state.states import ArtifactState, SessionState
from bt_autotask_sync.sync.advice import SENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.bench import Bench

NOTES, ENTRIES = "/Tickets/*/Notes", "POST /TimeEntries"
SETTLE = 420
DAY = 86_400


@pytest.fixture
def bench(bench: Bench) -> Bench:
    """A bench whose look-ups have been seen to see."""
    bench.end()
    bench.run()
    bench.forget_requests()
    return bench


def unsettled(bench: Bench, kind: str = "dropped", endpoint: str = NOTES, **fault: Any) -> str:
    """Leave a session with a create of unknown outcome."""
    (lsid,) = bench.end()
    bench.fault(kind, endpoint=endpoint, **fault)
    bench.run()
    assert bench.state(lsid) == "unsettled"
    return lsid


def posts(bench: Bench, lsid: str, kind: str = "Notes") -> int:
    """How many creates of a kind Autotask received for a session."""
    return sum(kind in path and lsid[:12] in str(body) for path, body in bench.creates())


def test_C5_what_is_found_is_adopted_and_the_session_goes_on(bench: Bench) -> None:
    lsid = unsettled(bench, "lost_answer")
    summary = bench.run()
    assert (bench.state(lsid), bench.artifact(lsid).state) == ("delivered", "adopted")
    assert bench.artifact(lsid).autotask_id == bench.notes(lsid)[0]["id"]
    assert sum(summary.adopted.values()) == 1
    assert posts(bench, lsid) == 1


def test_C5_what_comes_to_be_later_is_adopted_then(bench: Bench) -> None:
    lsid = unsettled(bench, "late_commit", seconds=300.0)
    bench.run()
    assert bench.state(lsid) == "unsettled"
    bench.pass_time(301)
    bench.run()
    assert (bench.state(lsid), len(bench.notes(lsid)), posts(bench, lsid)) == ("delivered", 1, 1)


def test_C5_the_giving_up_is_recorded_within_the_run(bench: Bench) -> None:
    bench.pass_time(100)
    lsid = unsettled(bench)
    assert bench.artifact(lsid).given_up_at == bench.waited + 1 == 101


@pytest.mark.parametrize("kind", ["note", "time_entry"])
def test_C5_nothing_is_sent_again_before_a_look_up_later_than_settle_seconds_after_the_giving_up(
    bench: Bench, kind: str
) -> None:
    lsid = unsettled(bench, endpoint=NOTES if kind == "note" else ENTRIES)
    given_up = bench.artifact(lsid, kind).given_up_at
    assert given_up is not None
    bench.pass_time(given_up + SETTLE - bench.waited)
    bench.run()
    assert (bench.state(lsid), bench.artifact(lsid, kind).state) == ("unsettled", "unsettled")
    bench.pass_time(1)
    bench.run()
    assert (bench.state(lsid), len(bench.notes(lsid)), len(bench.entries(lsid))) == ("delivered", 1, 1)


def test_C5_the_look_up_itself_must_be_late_enough_and_not_the_run(bench: Bench) -> None:
    lsid = unsettled(bench)
    given_up = bench.artifact(lsid).given_up_at
    assert given_up is not None
    bench.pass_time(given_up + SETTLE - bench.waited)
    bench.fault("latency", endpoint="/TicketNotes/query", seconds=5.0)
    bench.run()
    assert bench.state(lsid) == "delivered"
    assert posts(bench, lsid) == 2


def test_C5_settle_seconds_are_the_profiles(bench: Bench) -> None:
    bench.configure(autotask={"settle_seconds": 1000})
    lsid = unsettled(bench)
    bench.pass_time(900)
    bench.run()
    assert bench.state(lsid) == "unsettled"
    bench.pass_time(200)
    bench.run()
    assert bench.state(lsid) == "delivered"


def test_C5_an_intent_found_open_counts_as_given_up_at_the_first_autotask_time_read_afterwards(bench: Bench) -> None:
    """As after a kill between the POST and its result: hours ago, but nobody gave it up."""
    (lsid,) = bench.end()
    intend = bench.artifacts.intend
    (planned, *_) = bench.dry_run().planned
    bench.sessions.store_ended([lsid], now=bench.now, origin=0, watermark=None)
    intend(planned, SENT)
    assert bench.artifact(lsid).given_up_at is None
    bench.pass_time(5 * 3600)
    bench.run()
    assert bench.artifact(lsid).given_up_at == bench.waited + 1
    assert posts(bench, lsid) == 0
    bench.pass_time(SETTLE + 2)
    bench.run()
    assert (bench.state(lsid), posts(bench, lsid), len(bench.notes(lsid))) == ("delivered", 1, 1)


def test_C5_giving_up_is_recorded_later_when_autotasks_time_cannot_be_read_at_once(bench: Bench) -> None:
    (lsid,) = bench.end()
    bench.fault("dropped", endpoint=NOTES)
    bench.fault("outage", endpoint="/ThresholdInformation", skip=1, times=4)
    bench.fault("outage", endpoint="/Tickets/query", skip=1, times=4)
    bench.run(fails=OutageError)
    assert (bench.state(lsid), bench.artifact(lsid).given_up_at) == ("unsettled", None)
    bench.pass_time(DAY)
    bench.run()
    assert (bench.state(lsid), bench.artifact(lsid).given_up_at) == ("unsettled", bench.waited + 1)


def test_C5_a_run_never_sleeps_for_it_and_names_when_it_is_worth_another(bench: Bench) -> None:
    lsid = unsettled(bench)
    begun = bench.now
    summary = bench.run()
    assert bench.now == begun
    given_up = bench.artifact(lsid).given_up_at
    assert given_up is not None
    assert summary.next_due == bench.now + given_up + SETTLE + 1 - bench.waited
    bench.pass_time(summary.next_due - bench.now)
    bench.run()
    assert bench.state(lsid) == "delivered"


def test_C5_it_is_settled_before_anything_else_is_created(bench: Bench) -> None:
    lsid = unsettled(bench)
    (other,) = bench.end()
    bench.pass_time(SETTLE + 2)
    bench.forget_requests()
    bench.run()
    asked = [entry.endpoint for entry in bench.sandbox.log.entries("autotask")]
    assert asked.index("/TicketNotes/query") < min(place for place, name in enumerate(asked) if name.endswith("/Notes"))
    assert (bench.state(lsid), bench.state(other)) == ("delivered", "delivered")


@pytest.mark.parametrize("kind", ["lost_answer", "late_commit"])
def test_C5_it_is_settled_on_the_ticket_of_its_intent_whatever_the_key_says_now(bench: Bench, kind: str) -> None:
    lsid = unsettled(bench, kind, seconds=200.0)
    intended = bench.artifact(lsid).ticket_id
    bench.change(lsid, external_key=bench.ticket()["ticketNumber"])
    bench.pass_time(300)
    bench.run()
    bench.pass_time(600)
    bench.run()
    (note,) = bench.notes(lsid)
    assert (note["ticketID"], bench.state(lsid)) == (intended, "delivered")


@pytest.mark.parametrize("kind", ["lost_answer", "dropped"])
def test_R2_what_was_planned_is_settled_and_sent_although_no_time_is_entered_any_more(bench: Bench, kind: str) -> None:
    lsid = unsettled(bench, kind, endpoint=ENTRIES)
    bench.configure(time_entries={"enabled": False})
    bench.pass_time(SETTLE + 2)
    bench.run()
    assert bench.state(lsid) == "delivered"
    assert len(bench.entries(lsid)) == 1
    bench.configure(time_entries={"enabled": True})
    bench.resync(lsid)
    assert len(bench.entries(lsid)) == 1


@pytest.mark.parametrize("fault", [{"kind": "outage"}, {"kind": "status", "status": 500}], ids=lambda one: one["kind"])
def test_C5_an_outage_of_the_look_up_settles_nothing(bench: Bench, fault: dict[str, Any]) -> None:
    lsid = unsettled(bench)
    bench.pass_time(SETTLE + 2)
    bench.fault(endpoint="/TicketNotes/query", **{"times": None, **fault})
    bench.run(fails=OutageError)
    assert (bench.state(lsid), bench.artifact(lsid).state) == ("unsettled", "unsettled")


def test_C5_a_blind_look_up_settles_nothing(bench: Bench) -> None:
    lsid = unsettled(bench, "lost_answer")
    words = "The logged in Resource does not have the adequate permissions to query this entity type."
    bench.fault("status", endpoint="/TicketNotes/query", status=500, body="errors", text=words, times=None)
    bench.pass_time(DAY)
    bench.run()
    assert (bench.state(lsid), posts(bench, lsid)) == ("unsettled", 1)
    bench.sandbox.faults.clear()
    bench.run()
    assert (bench.state(lsid), posts(bench, lsid)) == ("delivered", 1)


@pytest.mark.parametrize("way", ["deleted ticket", "no report"])
def test_C5_it_is_settled_although_its_ticket_or_its_report_is_gone(bench: Bench, way: str) -> None:
    lsid = unsettled(bench, "lost_answer" if way == "no report" else "dropped")
    if way == "no report":
        bench.change(lsid, visible_from=bench.now + DAY)
    else:
        bench.sandbox.autotask.store.delete("Tickets", bench.artifact(lsid).ticket_id or 0)
    bench.pass_time(SETTLE + 2)
    bench.run()
    assert bench.artifacts.in_state(ArtifactState.UNSETTLED) == []
    assert posts(bench, lsid) == 1


def test_C5_an_unsettled_create_counts_no_attempt_however_often_it_happens(bench: Bench) -> None:
    bench.configure(retry_limit=0)
    (lsid,) = bench.end()
    bench.fault("dropped", endpoint=NOTES, times=5)
    for _ in range(5):
        bench.run()
        assert (bench.state(lsid), bench.artifact(lsid).attempts) == ("unsettled", 0)
        bench.pass_time(SETTLE + 2)
    bench.run()
    assert (bench.state(lsid), len(bench.notes(lsid))) == ("delivered", 1)


def test_C5_a_later_part_waits_for_an_earlier_one_that_is_unsettled(bench: Bench) -> None:
    bench.configure(time_entries={"hold_above_minutes": 0})
    lsid = bench.session(minutes=60 * 49)
    bench.fault("dropped", endpoint=ENTRIES)
    bench.run()
    assert (bench.state(lsid), bench.entries(lsid)) == ("unsettled", [])
    bench.run()
    assert bench.entries(lsid) == []
    bench.pass_time(SETTLE + 2)
    bench.run()
    assert (bench.state(lsid), len(bench.entries(lsid))) == ("delivered", 3)


@pytest.mark.parametrize("key", ["", "T20990101.0001"])
def test_M5_a_session_shows_that_something_of_it_is_unsettled_whatever_its_key_says_now(bench: Bench, key: str) -> None:
    (lsid,) = bench.end()
    bench.fault("dropped", endpoint=NOTES)
    bench.fault("429", endpoint=ENTRIES, times=None)
    bench.run(fails=OutageError)
    bench.sandbox.faults.clear()
    bench.change(lsid, external_key=key)
    summary = bench.run()
    assert summary.standing.get(SessionState.UNSETTLED) == 1


def test_three_unclear_answers_in_a_row_rest_the_kind_for_this_run(bench: Bench) -> None:
    lsids = bench.end(8)
    bench.fault("dropped", endpoint=NOTES, times=None)
    bench.run()
    states = [bench.artifact(lsid).state for lsid in lsids]
    assert states.count(ArtifactState.UNSETTLED) in {3, 4, 5}
    assert states.count(ArtifactState.UNSETTLED) + states.count(ArtifactState.HELD) == 8
    assert [bench.artifact(lsid).attempts for lsid in lsids] == [0] * 8
    assert len(bench.entries()) == 9
    bench.sandbox.faults.clear()
    bench.pass_time(SETTLE + 2)
    bench.run()
    assert [len(bench.notes(lsid)) for lsid in lsids] == [1] * 8


@pytest.mark.parametrize("endpoint", [NOTES, ENTRIES])
def test_C5_a_first_create_that_was_dropped_is_sent_again_where_the_tenant_shows_any_record(
    make_bench: Callable[..., Bench], endpoint: str
) -> None:
    bench = make_bench()
    (lsid,) = bench.end()
    bench.fault("dropped", endpoint=endpoint)
    bench.run()
    assert bench.state(lsid) == "unsettled"
    bench.pass_time(SETTLE + 2)
    bench.run()
    bench.run()
    assert (len(bench.notes(lsid)), len(bench.entries(lsid)), bench.state(lsid)) == (1, 1, "delivered")


def test_C2_a_tenant_that_shows_no_record_at_all_waits_for_a_person(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    for row in bench.rows("TicketNotes"):
        bench.sandbox.autotask.store.delete("TicketNotes", row["id"])
    (lsid,) = bench.end()
    bench.fault("dropped", endpoint=NOTES)
    bench.run()
    for _ in range(3):
        bench.pass_time(SETTLE + 2)
        bench.run()
    assert (bench.state(lsid), bench.notes(lsid)) == ("unsettled", [])
    bench.resync(lsid)
    assert (len(bench.notes(lsid)), bench.state(lsid)) == (1, "delivered")
