"""D5 to D7: from a listed session to a complete report."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.appliance.session import Session
from bt_autotask_sync.errors import OutageError
from bt_autotask_sync.sandbox.appliance.record import SESSION_END
from bt_autotask_sync.sync.discover.completeness import CLOSES_WITHIN, WITHOUT_END_EVENT, is_complete

if TYPE_CHECKING:
    from tests.unit.bench import Bench

HOUR, DAY = 3600, 86_400
DETAILS = "SupportSession"
END = datetime(2026, 11, 22, 10, tzinfo=UTC)


def states(bench: Bench, lsids: list[str]) -> list[str]:
    return [bench.state(lsid) for lsid in lsids]


def test_D5_details_are_asked_for_a_hundred_at_a_time(bench: Bench) -> None:
    lsids = bench.end(101, key="")
    bench.run()
    assert bench.asked("appliance")[DETAILS] == 2
    assert states(bench, lsids) == ["no_ticket"] * 101


@pytest.mark.parametrize("places", [[0], [4], [0, 1], [2, 3, 4], [1, 2, 3, 4]])
def test_D5_an_unreadable_session_is_held_alone_and_stops_no_other(bench: Bench, places: list[int]) -> None:
    lsids = bench.end(5)
    bad = [lsids[place] for place in places]
    bench.poison(bad)
    bench.run()
    assert states(bench, lsids) == ["held" if lsid in bad else "delivered" for lsid in lsids]
    assert all("Broken XML" in bench.error(lsid) for lsid in bad)
    bench.rewrite = None
    bench.pass_time(61)
    bench.run()
    assert states(bench, lsids) == ["delivered"] * 5


def test_D5_unreadable_sessions_at_the_head_of_the_queue_stop_no_other(bench: Bench) -> None:
    bad, good = bench.end(3), bench.end(3)
    bench.poison(bad)
    bench.run()
    assert states(bench, bad + good) == ["held"] * 3 + ["delivered"] * 3


@pytest.mark.parametrize(("count", "places"), [(8, [0, 2, 4, 6]), (40, [3, 13, 23, 33])])
def test_D5_unreadable_sessions_spread_over_a_chunk_stop_no_other(bench: Bench, count: int, places: list[int]) -> None:
    lsids = bench.end(count, key="")
    bench.poison([lsids[place] for place in places])
    bench.run()
    assert [place for place, lsid in enumerate(lsids) if bench.state(lsid) == "held"] == places


def test_D5_a_chunk_is_halved_and_not_asked_for_one_by_one(bench: Bench) -> None:
    lsids = bench.end(64, key="")
    bench.poison(lsids[40:41])
    bench.run()
    assert states(bench, lsids) == ["no_ticket"] * 40 + ["held"] + ["no_ticket"] * 23
    assert bench.asked("appliance")[DETAILS] == 2 * 6 + 1


def test_D5_an_unreadable_session_pauses_and_is_parked_in_the_end_and_can_be_released(bench: Bench) -> None:
    bench.configure(retry_limit=2)
    good, bad = bench.end(2)
    bench.poison([bad])
    pauses = []
    for _ in range(3):
        bench.run()
        record = bench.record(bad)
        pauses.append(record.next_at and record.next_at - bench.now)
        bench.run()
        assert bench.record(bad).attempts == record.attempts
        bench.pass_time(7 * HOUR)
    assert pauses == [60, 120, None]
    assert states(bench, [good, bad]) == ["delivered", "parked"]
    bench.rewrite = None
    bench.run()
    assert bench.state(bad) == "parked"
    bench.held.retry([bad])
    bench.run()
    assert bench.state(bad) == "delivered"


@pytest.mark.parametrize("skip", [0, 1])
def test_C7_an_appliance_that_answers_with_web_pages_ends_the_run_and_costs_no_attempt(bench: Bench, skip: int) -> None:
    lsids = bench.end(101, key="")
    page = {"status": 200, "body": "html", "times": None}
    bench.fault("status", endpoint=DETAILS, skip=skip, **page)
    bench.run(fails=OutageError)
    assert [bench.record(lsid).attempts for lsid in lsids] == [0] * 101


@pytest.mark.parametrize(
    ("age", "delay", "has_end", "complete"),
    [
        (60, 60, True, True),
        (59, 60, True, False),
        (0, 0, True, True),
        (60, 60, False, False),
        (WITHOUT_END_EVENT - 1, 60, False, False),
        (WITHOUT_END_EVENT, 60, False, True),
        (WITHOUT_END_EVENT, 900, False, False),
        (-5, 0, True, False),
    ],
)
def test_D6_a_report_is_complete_with_end_end_event_and_the_delay(
    age: int, delay: int, has_end: bool, complete: bool
) -> None:
    session = Session("a" * 32, END - timedelta(hours=1), END, has_end_event=has_end, last_event_at=END)
    now = int(END.timestamp()) + age
    assert is_complete(session, now, delay) is complete
    assert not is_complete(replace(session, ended_at=None), now + DAY, delay)


def test_D6_a_session_that_just_ended_is_taken_up_again_when_its_delay_is_over(bench: Bench) -> None:
    lsid = bench.session(ended_ago=10)
    bench.run()
    assert (bench.state(lsid), bench.record(lsid).next_at) == ("discovered", bench.now + 50)
    assert bench.run().next_due == bench.now + 50
    bench.pass_time(49)
    bench.run()
    assert not bench.notes()
    bench.pass_time(1)
    bench.run()
    assert (bench.state(lsid), len(bench.notes(lsid))) == ("delivered", 1)


def test_D6_a_report_without_its_end_is_asked_for_in_every_run_until_it_is_there(bench: Bench) -> None:
    bench.sandbox.switches.change({"report_lag_seconds": 400.0})
    lsid = bench.session(ended_ago=120)
    bench.sessions.store_ended([lsid], now=bench.now, origin=bench.now - DAY, watermark=None)
    for _ in range(2):
        bench.run()
        assert bench.state(lsid) == "discovered"
        bench.pass_time(100)
    bench.pass_time(100)
    bench.run()
    assert bench.state(lsid) == "delivered"


def test_D6_a_report_without_an_end_event_waits_ten_minutes(bench: Bench) -> None:
    lsid = bench.session(ended_ago=300)
    bench.change(lsid, events=tuple(event for event in bench.told(lsid).events if event.type != SESSION_END))
    bench.run()
    assert bench.state(lsid) == "discovered"
    bench.pass_time(299)
    bench.run()
    assert bench.state(lsid) == "discovered"
    bench.pass_time(1)
    bench.run()
    assert bench.state(lsid) == "delivered"


def test_a_report_that_does_not_come_is_told_after_ten_minutes_and_heals(bench: Bench) -> None:
    lsid = bench.session(visible_from=bench.now + 5 * HOUR)
    bench.sessions.store_ended([lsid], now=bench.now, origin=bench.now - DAY, watermark=None)
    bench.run()
    assert bench.state(lsid) == "discovered"
    bench.pass_time(601)
    bench.run()
    assert (bench.state(lsid), bench.record(lsid).attempts) == ("held", 0)
    assert "gives no report" in bench.error(lsid)
    bench.pass_time(5 * HOUR)
    bench.run()
    assert (bench.state(lsid), bench.error(lsid)) == ("delivered", "")


def test_D7_a_session_in_progress_is_known_and_costs_nothing_until_it_ends(bench: Bench) -> None:
    lsid = bench.session(ended_ago=None)
    bench.run()
    assert bench.state(lsid) == "open"
    bench.forget_requests()
    bench.pass_time(HOUR)
    bench.run()
    assert bench.asked("appliance")[DETAILS] == 0
    bench.sandbox.appliance.end_session(lsid)
    bench.pass_time(60)
    bench.run()
    assert bench.state(lsid) == "delivered"


def test_D7_what_began_is_listed_once_a_day(bench: Bench) -> None:
    bench.run()
    bench.pass_time(DAY - 1)
    bench.forget_requests()
    bench.run()
    assert bench.asked("appliance")["SupportSessionListing"] == 1
    bench.pass_time(1)
    bench.forget_requests()
    bench.run()
    assert bench.asked("appliance")["SupportSessionListing"] == 2


def test_D7_a_run_by_hand_with_its_own_window_lists_no_starts(bench: Bench) -> None:
    bench.run(since=bench.now - DAY)
    assert bench.progress.started_listed_at is None


@pytest.mark.parametrize("last", [True, False])
def test_D7_the_first_listing_by_start_begins_at_the_origin_later_ones_a_look_back_behind_the_last(
    bench: Bench, last: bool
) -> None:
    if last:
        bench.run()
        bench.pass_time(DAY)
    older, newer = (
        bench.session(ended_ago=None, minutes=days * 24 * 60, closed_abnormally=True, events=()) for days in (29, 7)
    )
    bench.run()
    known = bench.sessions.get([older, newer])
    assert (older in known, newer in known) == (not last, True)


def test_D7_a_session_that_never_closes_is_held_24_hours_after_its_last_event(bench: Bench) -> None:
    lsid = bench.session(ended_ago=None, closed_abnormally=True)
    bench.run()
    last_event = max(event.timestamp for event in bench.told(lsid).events)
    assert bench.record(lsid).next_at == last_event + CLOSES_WITHIN
    bench.pass_time(last_event + CLOSES_WITHIN - bench.now - 1)
    bench.run()
    assert bench.state(lsid) == "open"
    bench.pass_time(1)
    bench.run()
    assert (bench.state(lsid), bench.record(lsid).attempts) == ("held", 0)
    assert "never closed" in bench.error(lsid)


@pytest.mark.parametrize("way", ["empty", "absent"])
def test_D7_what_never_closed_is_asked_for_in_every_run_without_an_attempt_and_heals_when_it_ends(
    bench: Bench, way: str
) -> None:
    bench.sandbox.switches.change({"abnormal_end": way})
    bench.configure(retry_limit=0, time_entries={"hold_above_minutes": 0})
    lsid = bench.session(ended_ago=None, closed_abnormally=True)
    bench.run()
    for _ in range(4):
        bench.pass_time(4 * DAY)
        bench.run()
    assert (bench.state(lsid), bench.record(lsid).attempts, bench.notes()) == ("held", 0, [])
    bench.sandbox.appliance.end_session(lsid)
    bench.change(lsid, ended_at=bench.now)
    bench.pass_time(HOUR)
    bench.run()
    assert (bench.state(lsid), len(bench.notes(lsid))) == ("delivered", 1)


def test_M3_the_fourteen_days_begin_with_the_trouble_that_they_are_for(bench: Bench) -> None:
    lsid = bench.session("T20200101.0001", ended_ago=None, closed_abnormally=True)
    bench.run()
    for days in (2, 15):
        bench.pass_time(days * DAY)
        bench.run()
    bench.sandbox.appliance.end_session(lsid)
    bench.pass_time(HOUR)
    bench.run()
    assert (bench.state(lsid), bench.error(lsid)) == ("held", "Autotask has no ticket T20200101.0001.")


def test_D7_an_appliance_clock_that_was_a_year_ahead_does_not_end_the_daily_listing(bench: Bench) -> None:
    bench.pass_time(365 * DAY)
    bench.run()
    bench.pass_time(-365 * DAY)
    running = bench.session(ended_ago=None)
    bench.run()
    assert bench.sessions.get([running])


def test_C6_an_appliance_clock_that_was_a_year_ahead_makes_no_pause_a_year_long(bench: Bench) -> None:
    bench.sandbox.switches.change({"completed_ticket_time": "refused"})
    lsid = bench.session(bench.ticket(status=5)["ticketNumber"])
    bench.pass_time(365 * DAY)
    bench.run()
    assert bench.state(lsid) == "held"
    bench.sandbox.switches.change({"completed_ticket_time": "allowed"})
    bench.pass_time(-365 * DAY + 2 * DAY)
    bench.run()
    assert len(bench.entries(lsid)) == 1


def test_a_report_whose_times_make_no_sense_is_parked_alone(bench: Bench) -> None:
    good, bad = bench.end(2)
    bench.change(bad, started_at=bench.now, ended_at=bench.now - 700)
    bench.run()
    assert states(bench, [good, bad]) == ["delivered", "parked"]
    assert "make no sense" in bench.error(bad)


def test_a_session_that_is_asked_for_by_name_and_still_runs_is_left_open(bench: Bench) -> None:
    lsid = bench.session(ended_ago=None)
    bench.resync(lsid)
    assert (bench.state(lsid), bench.notes()) == ("open", [])
