"""Ends that events announce: asked for until the report is whole, never half a chat; polls and events meet in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.appliance.outbound_event import EventName
from bt_autotask_sync.errors import OutageError
from tests.unit.ticket_bench import TicketBench, ticket_bench

if TYPE_CHECKING:
    from collections.abc import Callable

    from bt_autotask_sync.sync.summary import Summary
    from tests.unit.bench import Bench

LAG, DELAY = 30.0, 60
"""Seconds after its end from which a report shows it, and from which it counts as complete."""


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> TicketBench:
    """A bench that learns of sessions by events alone, whose reports lag half a minute behind."""
    bench = ticket_bench(make_bench)
    bench.configure(poll_events=[])
    bench.sandbox.switches.change({"report_lag_seconds": LAG})
    return bench


def follow(bench: TicketBench, summary: Summary, lsid: str, *, at_most: int = 12) -> list[int]:
    """Make the runs that a run names as due, until a session is delivered; return the seconds that passed each time."""
    waited: list[int] = []
    while bench.state(lsid) != "delivered":
        assert summary.next_due is not None
        assert len(waited) < at_most
        waited.append(summary.next_due - bench.now)
        assert waited[-1] > 0
        bench.pass_time(waited[-1])
        summary = bench.run()
    return waited


def see_once(bench: TicketBench, lsid: str) -> None:
    """See that a session is on its ticket exactly once, with its whole time."""
    (note,), (entry,) = bench.notes(lsid), bench.entries(lsid)
    told = bench.told(lsid)
    assert note["ticketID"] == entry["ticketID"]
    assert entry["hoursWorked"] == pytest.approx((told.ended_at - told.started_at) / 3600, abs=0.01)


@pytest.mark.parametrize("known_for", [0, 1800, 18_000])
def test_a_report_that_lags_behind_the_event_is_asked_for_again_soon_until_it_is_whole(
    bench: TicketBench, known_for: float
) -> None:
    lsid = bench.session(ended_ago=None)
    if known_for:
        bench.joined(lsid)
        bench.run()
        bench.pass_time(known_for)
    bench.end_now(lsid)
    bench.ended(lsid)
    summary = bench.run()
    assert bench.notes(lsid) == []
    waited = follow(bench, summary, lsid)
    assert waited[0] <= 15
    assert DELAY <= sum(waited) <= DELAY + 15
    see_once(bench, lsid)


def test_the_longer_a_report_lags_behind_the_later_it_is_asked_for(bench: TicketBench) -> None:
    bench.sandbox.switches.change({"report_lag_seconds": 3000.0})
    lsid = bench.session(ended_ago=None)
    bench.end_now(lsid)
    bench.ended(lsid)
    waited = follow(bench, bench.run(), lsid, at_most=25)
    assert waited[0] <= 15
    assert waited == sorted(waited)
    assert max(waited) <= 300
    see_once(bench, lsid)


def test_never_half_a_chat(bench: TicketBench) -> None:
    """The end is there, and a part of the conversation is not yet."""
    bench.sandbox.switches.change({"report_lag_seconds": 0.0})
    lsid = bench.session(ended_ago=0)
    whole = bench.told(lsid)
    bench.change(lsid, events=whole.events[:4])
    bench.ended(lsid)
    summary = bench.run()
    assert bench.notes(lsid) == []
    bench.pass_time(DELAY)
    summary = bench.run()
    assert bench.notes(lsid) == []  # the event that closes it is missing
    bench.change(lsid, events=whole.events)
    follow(bench, summary, lsid)
    see_once(bench, lsid)


def test_end_and_join_that_are_taken_in_together_make_the_ticket_and_the_note_soon(bench: TicketBench) -> None:
    lsid = bench.running()
    bench.end_now(lsid)
    bench.ended(lsid)
    waited = follow(bench, bench.run(), lsid)
    assert sum(waited) <= DELAY + 15
    assert bench.delivered_to(lsid, bench.own(lsid)["id"])


def test_an_end_that_only_the_attributes_tell_is_an_end(bench: TicketBench) -> None:
    """Somebody joined, the session has just ended, and no event tells that."""
    bench.sandbox.switches.change({"report_lag_seconds": 0.0})
    lsid = bench.running()
    bench.before("get_session_attributes", lambda: bench.end_now(lsid))
    waited = follow(bench, bench.run(), lsid)
    assert sum(waited) <= DELAY + 15
    assert bench.delivered_to(lsid, bench.own(lsid)["id"])


@pytest.mark.parametrize("polled_first", [True, False])
def test_poll_and_event_of_one_end_deliver_it_once(bench: TicketBench, polled_first: bool) -> None:
    bench.configure(poll_events=["session-end"] if polled_first else [])
    lsid = bench.session()
    if not polled_first:
        bench.ended(lsid)
    bench.run()
    bench.configure(poll_events=[] if polled_first else ["session-end"])
    bench.ended(lsid) if polled_first else None
    bench.forget_requests()
    summary = bench.run()
    assert (summary.delivered, summary.already, bench.asked("autotask")) == (0, 0, {})
    see_once(bench, lsid)


def test_both_in_one_run_deliver_it_once(bench: TicketBench) -> None:
    bench.configure(poll_events=["session-end"])
    lsid = bench.session()
    bench.ended(lsid)
    assert bench.run().delivered == 1
    see_once(bench, lsid)


def test_without_polling_nothing_is_listed_and_what_has_no_event_waits(bench: TicketBench) -> None:
    lsid = bench.session()
    summary = bench.run()
    assert (summary.found, summary.watermark, summary.next_due) == (0, None, None)
    assert bench.asked("appliance") == {"token": 1}
    bench.configure(poll_events=["session-end"])
    bench.run()
    see_once(bench, lsid)  # polling that is turned on begins where the profile began


def test_a_run_by_hand_lists_although_nothing_is_polled(bench: TicketBench) -> None:
    lsid = bench.session()
    bench.run(since=bench.now - 7200)
    see_once(bench, lsid)


def test_an_event_for_a_session_that_is_held_or_delivered_or_skipped_changes_nothing(bench: TicketBench) -> None:
    held, skipped, delivered = bench.session("T20260101.9999"), bench.session(), bench.session()
    for lsid in (held, skipped, delivered):
        bench.ended(lsid)
    bench.fault("outage", side="autotask", times=None)
    bench.run(fails=OutageError)
    bench.held.skip([skipped], by="me", at=0, reason="test")
    bench.sandbox.faults.clear()
    bench.run()
    states = {lsid: bench.state(lsid) for lsid in (held, skipped, delivered)}
    assert list(states.values()) == ["held", "skipped", "delivered"]
    for lsid in states:
        bench.event(EventName.END, lsid, repeat="1")
        bench.joined(lsid)
    bench.run()
    assert {lsid: bench.state(lsid) for lsid in states} == states
    see_once(bench, delivered)


def test_a_session_whose_report_comes_only_with_the_representatives_survey_is_delivered_then(
    bench: TicketBench, caplog: pytest.LogCaptureFixture
) -> None:
    """BeyondTrust: a session is not complete while its representative's survey is pending."""
    lsid = bench.session(ended_ago=0, visible_from=bench.now + 7200)
    bench.ended(lsid)
    summary = bench.run()
    while summary.next_due is not None:
        bench.pass_time(summary.next_due - bench.now)
        summary = bench.run()
    assert bench.waiting() == []
    bench.pass_time(7200)
    bench.event(EventName.REPRESENTATIVE_SURVEY_COMPLETED, lsid)
    bench.run()
    see_once(bench, lsid)


def test_one_with_a_ticket_of_its_own_waits_for_its_report_and_is_never_forgotten(bench: TicketBench) -> None:
    lsid = bench.running()
    bench.run()
    bench.end_now(lsid)
    bench.ended(lsid)
    bench.change(lsid, visible_from=bench.now + 7200)
    for _ in range(4):
        bench.run()
        bench.pass_time(400)
    assert bench.state(lsid) == "held"
    bench.pass_time(7200)
    bench.run()
    assert bench.delivered_to(lsid, bench.own(lsid)["id"])


def test_C8_the_first_refusal_of_an_end_that_is_not_retried_parks_it_unless_a_poll_found_it_too(
    bench: TicketBench,
) -> None:
    bench.configure(retry_outbound_events=["member-added"], retry_poll_events=["session-end"])
    bench.configure(poll_events=["session-end"])
    bench.run()  # today's listing of what began is made
    bench.configure(poll_events=[])
    announced = bench.session()
    bench.ended(announced)
    bench.fault("status", endpoint="/Tickets/*/Notes", status=500, body="errors", text="No.", times=2)
    bench.run()
    assert bench.state(announced) == "parked"
    bench.configure(poll_events=["session-end"])
    both = bench.session()
    bench.ended(both)
    bench.run()
    assert bench.state(both) == "held"


def test_C8_only_the_events_that_are_retried_count_where_nothing_is_polled(bench: TicketBench) -> None:
    bench.configure(retry_outbound_events=["session-end"], retry_poll_events=[])
    lsid = bench.session()
    bench.ended(lsid)
    bench.fault("status", endpoint="/Tickets/*/Notes", status=500, body="errors", text="No.")
    bench.run()
    assert bench.state(lsid) == "held"
    bench.pass_time(60)
    bench.run()
    see_once(bench, lsid)
