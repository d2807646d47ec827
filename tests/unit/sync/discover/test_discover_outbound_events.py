"""E3, E4: events are hints that are taken from the inbox into the ledger; what happened is read from the appliance."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.appliance.outbound_event import EventName
from bt_autotask_sync.errors import OutageError
from bt_autotask_sync.state.inbox import Inbox, InboxError
from tests.unit.ticket_bench import Killed, TicketBench, ticket_bench

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.bench import Bench

UNKNOWN = "f" * 32
FORGOTTEN_AFTER = 600
TELLING = (
    EventName.END,
    EventName.MEMBER_ADDED,
    EventName.CUSTOMER_SURVEY_COMPLETED,
    EventName.REPRESENTATIVE_SURVEY_COMPLETED,
)


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> TicketBench:
    """A bench that learns of sessions by events alone."""
    bench = ticket_bench(make_bench)
    bench.configure(poll_events=[])
    return bench


def tell(bench: TicketBench, event: EventName, lsid: str, **variables: str) -> None:
    bench.event(event, lsid, **({"type": "representative"} if event is EventName.MEMBER_ADDED else {}), **variables)


def test_an_event_of_the_end_delivers_the_session_without_any_poll(bench: TicketBench) -> None:
    lsid, untold = bench.end(2)
    bench.ended(lsid)
    summary = bench.run()
    assert (summary.delivered, bench.state(lsid)) == (1, "delivered")
    assert bench.waiting() == []
    assert bench.sessions.get([untold]) == {}
    assert bench.asked("appliance")["SupportSessionListing"] == 0


def test_E4_an_event_is_a_hint_and_nothing_it_says_of_the_session_is_believed(bench: TicketBench) -> None:
    lsid, other = bench.session(), bench.ticket()
    still_running = bench.session(ended_ago=None)
    bench.event(EventName.END, lsid, external_key=other["ticketNumber"], timestamp="1")
    bench.ended(still_running)
    bench.run()
    assert bench.state(lsid) == "delivered"
    assert {note["ticketID"] for note in bench.notes(lsid)} != {other["id"]}
    assert bench.notes(still_running) == []


@pytest.mark.parametrize("event", TELLING)
def test_every_repeat_of_an_event_does_nothing(bench: TicketBench, event: EventName) -> None:
    lsid = bench.session('{"title": "x"}') if event is EventName.MEMBER_ADDED else bench.session()
    for number in range(3):
        tell(bench, event, lsid, repeat=str(number))
        bench.run()
        bench.pass_time(130)
    assert (len(bench.notes(lsid)), len(bench.entries(lsid))) == (1, 1)
    assert bench.waiting() == []


def test_events_that_are_not_chosen_are_done_with_and_do_nothing(bench: TicketBench) -> None:
    bench.configure(outbound_events=["session-end"], tickets={"create_on_session_start": False})
    lsids = bench.end(len(EventName) + 1)
    for event, lsid in zip((name for name in EventName if name is not EventName.END), lsids, strict=False):
        tell(bench, event, lsid)
    bench.event("support_conference_dreamed_of", lsids[-1])
    bench.run()
    assert bench.waiting() == []
    assert bench.sessions.get(lsids) == {}
    assert bench.notes() == []


def test_member_added_does_nothing_where_no_tickets_are_made_at_the_start(bench: TicketBench) -> None:
    bench.configure(tickets={"create_on_session_start": False})
    lsid = bench.session("{}")
    bench.joined(lsid)
    bench.run()
    assert bench.sessions.get([lsid]) == {}


def test_E3_an_event_stays_for_each_profile_that_has_not_taken_it_in(bench: TicketBench) -> None:
    lsid = bench.session()
    bench.event(EventName.END, lsid, "default", "another", "disabled")
    bench.run()
    assert bench.waiting() == []
    assert [event.lsid for event in bench.waiting("another")] == [lsid]
    assert [event.lsid for event in bench.waiting("disabled")] == [lsid]


def test_E3_the_ledger_is_first_and_a_kill_before_the_inbox_costs_nothing(
    bench: TicketBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, joined = bench.session(), bench.running()
    bench.ended(ended)

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Inbox, "done", die)
        with pytest.raises(Killed):
            bench.run()
    assert len(bench.waiting()) == 2
    assert set(bench.sessions.get([ended, joined])) == {ended, joined}
    bench.run()
    bench.run()
    assert bench.waiting() == []
    assert (len(bench.notes(ended)), bench.posts(joined)) == (1, 1)


def test_E3_an_event_whose_taking_in_cannot_be_recorded_stays(
    bench: TicketBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    lsid = bench.session()
    bench.ended(lsid)
    bench.run(since=bench.now - 60)  # the profile has begun
    bench.event(EventName.END, lsid, repeat="1")

    def fail(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr("bt_autotask_sync.state.sessions.Sessions.announce", fail)
        bench.run(fails=sqlite3.OperationalError)
    assert len(bench.waiting()) == 1


def test_E3_many_events_are_taken_in_by_parts(bench: TicketBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bt_autotask_sync.sync.discover.outbound_events.AT_ONCE", 2)
    lsids = bench.end(3)
    for number in range(4):
        bench.event(EventName.OWNER_CHANGED, UNKNOWN, conference_id=f"rep:{number}")
    for lsid in lsids:
        bench.ended(lsid)
    assert bench.run().delivered == 3
    assert bench.waiting() == []


@pytest.mark.parametrize("event", [event for event in TELLING if event is not EventName.MEMBER_ADDED])
def test_a_session_that_the_appliance_does_not_know_is_forgotten_after_ten_minutes_with_a_warning(
    bench: TicketBench, event: EventName, caplog: pytest.LogCaptureFixture
) -> None:
    bench.configure(poll_events=["session-end"])
    bench.run()
    tell(bench, event, UNKNOWN)
    spent = 0
    while UNKNOWN in bench.sessions.get([UNKNOWN]) or not spent:
        assert caplog.records == []
        summary = bench.run()
        spent += 1
        if summary.next_due is None:
            break
        assert summary.problems == []
        bench.pass_time(summary.next_due - bench.now)
    assert 3 <= spent <= 12
    (said,) = caplog.messages
    assert UNKNOWN in said
    assert bench.asked("autotask") == {}


def test_that_somebody_joined_an_unknown_session_is_kept_for_a_day(
    bench: TicketBench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.configure(poll_events=["session-end"])
    bench.run()
    tell(bench, EventName.MEMBER_ADDED, UNKNOWN)
    bench.run()
    bench.pass_time(23 * 3600)
    assert bench.run().problems == []
    assert UNKNOWN in bench.sessions.get([UNKNOWN])
    bench.pass_time(3600)
    bench.run()
    assert UNKNOWN not in bench.sessions.get([UNKNOWN])
    assert UNKNOWN in caplog.messages[-1]


def test_without_a_poll_an_unknown_session_is_held_and_not_forgotten(bench: TicketBench) -> None:
    bench.run()
    tell(bench, EventName.END, UNKNOWN)
    bench.run()
    bench.pass_time(601)
    bench.run()
    assert bench.state(UNKNOWN) == "held"


def test_one_that_the_appliance_tells_of_a_little_later_is_not_forgotten(bench: TicketBench) -> None:
    lsid = bench.session(visible_from=bench.now + 300)
    bench.ended(lsid)
    summary = bench.run()
    while bench.state(lsid) != "delivered":
        assert summary.next_due is not None
        bench.pass_time(summary.next_due - bench.now)
        summary = bench.run()
    assert len(bench.notes(lsid)) == 1
    assert bench.now - bench.told(lsid).visible_from < 300


def test_one_that_a_poll_has_named_is_never_forgotten(bench: TicketBench) -> None:
    bench.configure(poll_events=["session-end"])
    lsid, _ = bench.end(2)
    bench.ended(lsid)
    bench.fault("outage", side="autotask", times=None)
    bench.run(fails=OutageError)
    bench.change(lsid, visible_from=bench.now + 86_400)
    bench.pass_time(3600)
    bench.sandbox.faults.clear()
    bench.run()
    assert bench.state(lsid) == "held"


def test_what_ended_before_the_profile_began_is_left_alone_whatever_an_event_says(bench: TicketBench) -> None:
    before, after = bench.session(ended_ago=7200), bench.session(ended_ago=1800)
    bench.configure(start_at=None)
    bench.ended(before)
    bench.ended(after)
    bench.run(since=bench.now - 3600)
    assert (bench.notes(before), len(bench.notes(after))) == ([], 1)
    bench.event(EventName.CUSTOMER_SURVEY_COMPLETED, before)
    bench.run()
    assert bench.notes(before) == []
    bench.run(since=bench.now - 10_000)
    assert len(bench.notes(before)) == 1  # a person may still go back behind it


def test_what_ended_before_start_at_is_left_alone_whatever_an_event_says(bench: TicketBench) -> None:
    lsid = bench.session('{"title": "x"}', ended_ago=7200)
    bench.configure(start_at="2026-11-22T10:00:00Z")
    bench.ended(lsid)
    bench.joined(lsid)
    bench.run()
    assert (bench.state(lsid), bench.owned(lsid)) == ("before_start", [])


@pytest.mark.parametrize("method", ["waiting", "done"])
def test_an_inbox_that_fails_in_between_is_told_and_the_run_goes_on(
    bench: TicketBench, method: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bench.configure(poll_events=["session-end"])
    polled, announced = bench.end(2)
    bench.ended(announced)

    def fail(*_: Any, **__: Any) -> Any:
        raise InboxError("The inbox is damaged.", "Move it away.")

    with monkeypatch.context() as patch:
        patch.setattr(Inbox, method, fail)
        assert bench.run().delivered == 2
    assert caplog.text.count("The inbox is damaged.") == 1
    assert "Move it away." in caplog.text
    assert len(bench.waiting()) == 1
    bench.run()
    assert (bench.waiting(), len(bench.notes(polled)), len(bench.notes(announced))) == ([], 1, 1)


def test_events_that_come_during_a_run_are_served_between_its_batches_tickets_first(
    bench: TicketBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bt_autotask_sync.sync.job.BATCH", 2)
    lsids = bench.end(6)
    for lsid in lsids:
        bench.ended(lsid)
    late: list[str] = []
    bench.before("/Notes", lambda: late.append(bench.running()), skip=1)
    bench.run()
    posted = [path for path, _ in bench.creates()]
    assert len(bench.owned(late[0])) == 1
    assert posted.index("/Tickets") < posted.index("/TimeEntries", len(posted) - 2)
    assert all(len(bench.notes(lsid)) == 1 for lsid in lsids)


def test_a_limit_leaves_ended_sessions_waiting_and_never_those_who_need_a_ticket(bench: TicketBench) -> None:
    ended = bench.end(3)
    for lsid in ended:
        bench.ended(lsid)
    running = [bench.running() for _ in range(2)]
    bench.run(limit=1)
    assert [len(bench.owned(lsid)) for lsid in running] == [1, 1]
    assert sum(len(bench.notes(lsid)) for lsid in ended) == 1
    bench.run()
    assert sum(len(bench.notes(lsid)) for lsid in ended) == 3
