"""C6 to C8: what Autotask refuses pauses, is parked in the end, and stops its kind only where the kind is to blame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_autotask_sync.state.states import ArtifactState
from bt_autotask_sync.sync.transitions import FIRST_PAUSE, LONGEST_PAUSE, pause

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.unit.bench import Bench

NOTES, ENTRIES = "/Tickets/*/Notes", "POST /TimeEntries"
HOUR = 3600
CLOSED = "Time cannot be entered against a ticket that is complete."


@pytest.fixture
def bench(bench: Bench) -> Bench:
    """A bench whose look-ups have been seen to see."""
    bench.end()
    bench.run()
    bench.forget_requests()
    return bench


def refuse_completed(bench: Bench) -> str:
    """Add a session on a completed ticket, which takes no time."""
    bench.sandbox.switches.change({"completed_ticket_time": "refused"})
    return bench.session(bench.ticket(status=5)["ticketNumber"])


def submit_timesheet(bench: Bench, email: str = "anna.schmidt@msp.example") -> None:
    ids = [row["id"] for row in bench.rows("Resources") if row["email"] == email]
    bench.sandbox.switches.change({"submitted_timesheets": ids})


def attempts(bench: Bench, lsids: Iterable[str], kind: str = "time_entry") -> list[int]:
    return [bench.artifact(lsid, kind).attempts for lsid in lsids]


@given(st.integers(1, 10_000))
def test_C6_pauses_double_from_a_minute_to_six_hours(count: int) -> None:
    assert FIRST_PAUSE <= pause(count) <= LONGEST_PAUSE
    assert pause(count + 1) in {2 * pause(count), LONGEST_PAUSE}


def test_C6_the_first_pauses() -> None:
    assert [pause(count) for count in (1, 2, 3, 9, 10)] == [60, 120, 240, 15_360, 21_600]


def test_C6_a_refusal_is_held_with_autotasks_words_and_our_advice(bench: Bench) -> None:
    lsid = refuse_completed(bench)
    bench.run()
    (problem,) = bench.held.problems()
    assert (problem.lsid, problem.kind, problem.error, problem.attempts) == (lsid, "time_entry", CLOSED, 1)
    assert "re-open it" in problem.advice


def test_C6_it_is_tried_again_after_its_pause_and_not_before(bench: Bench) -> None:
    lsid = refuse_completed(bench)
    tried = []
    for _ in range(4):
        bench.run()
        due = bench.artifact(lsid, "time_entry").due_at
        tried.append(due - bench.now)
        assert bench.record(lsid).next_at == due
        bench.pass_time(due - bench.now - 1)
        bench.run()
        assert attempts(bench, [lsid]) == [len(tried)]
        bench.pass_time(1)
    assert tried == [60, 120, 240, 480]


def test_C6_a_run_names_when_the_next_attempt_is_due(bench: Bench) -> None:
    refuse_completed(bench)
    assert bench.run().next_due == bench.now + 60


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_C6_it_is_parked_after_retry_limit_attempts_beyond_the_first(bench: Bench, limit: int) -> None:
    bench.configure(retry_limit=limit)
    lsid = refuse_completed(bench)
    for count in range(limit + 3):
        bench.run()
        state = "held" if count < limit else "parked"
        assert (bench.state(lsid), attempts(bench, [lsid])) == (state, [min(count, limit) + 1])
        bench.pass_time(LONGEST_PAUSE)
    assert len(bench.notes(lsid)) == 1
    bench.sandbox.switches.change({"completed_ticket_time": "allowed"})
    bench.run()
    assert bench.state(lsid) == "parked"
    bench.held.retry([lsid])
    bench.run()
    assert (bench.state(lsid), len(bench.entries(lsid))) == ("delivered", 1)


def test_C6_each_attempt_is_a_new_plan_and_looks_first(bench: Bench) -> None:
    lsid = refuse_completed(bench)
    bench.run()
    other = bench.ticket()
    bench.sandbox.switches.change({"completed_ticket_time": "allowed"})
    bench.configure(
        time_entries={"resource_map": {bench.told(lsid).primary_representative.username: "kenji.tanaka@msp.example"}}
    )
    bench.pass_time(61)
    bench.forget_requests()
    bench.run()
    kenji = next(row["id"] for row in bench.rows("Resources") if row["email"] == "kenji.tanaka@msp.example")
    assert bench.entries(lsid)[0]["resourceID"] == kenji
    asked = [entry.endpoint for entry in bench.sandbox.log.entries("autotask")]
    assert asked.index("/TimeEntries/query") < asked.index("/TimeEntries")
    assert other["id"] != bench.entries(lsid)[0]["ticketID"]


def test_C6_what_was_entered_by_hand_meanwhile_under_our_marker_is_adopted(bench: Bench) -> None:
    lsid = refuse_completed(bench)
    bench.run()
    person = bench.told(lsid).primary_representative.username
    like = {key: value for key, value in bench.entries()[0].items() if key != "id"}
    row = {**like, "ticketID": bench.record(lsid).ticket_id, "internalNotes": f"by hand [bt:{lsid}:{person}]"}
    bench.sandbox.autotask.store.insert("TimeEntries", row)
    bench.pass_time(61)
    bench.run()
    assert (bench.state(lsid), bench.artifact(lsid, "time_entry").state) == ("delivered", "adopted")


@pytest.mark.parametrize(("entity", "kind"), [("TicketNotes", "note"), ("TimeEntries", "time_entry")])
def test_C7_missing_permission_stops_the_kind_for_this_run_and_costs_no_attempt(
    bench: Bench, entity: str, kind: str
) -> None:
    bench.configure(retry_limit=0, retry_poll_events=[])
    bench.sandbox.switches.change({"creates_refused": (entity,)})
    lsids = bench.end(10)
    bench.run()
    tried = sum(("Notes" in path) == (kind == "note") for path, _ in bench.creates())
    assert tried <= 3
    assert [bench.state(lsid) for lsid in lsids] == ["held"] * 10
    assert attempts(bench, lsids, kind) == [0] * 10
    bench.sandbox.switches.change({"creates_refused": ()})
    bench.run()
    assert [(len(bench.notes(lsid)), len(bench.entries(lsid))) for lsid in lsids] == [(1, 1)] * 10


def test_C7_the_same_words_for_five_sessions_in_a_row_stop_the_kind_and_cost_no_attempt(bench: Bench) -> None:
    lsids = bench.end(5)
    bench.fault("status", endpoint=ENTRIES, status=500, body="errors", text="Out of order.", times=None)
    bench.run()
    assert attempts(bench, lsids) == [0] * 5
    assert [bench.state(lsid) for lsid in lsids] == ["held"] * 5
    assert len(bench.notes()) == 6


def test_C7_attempts_never_become_fewer_than_none(bench: Bench) -> None:
    lsids = bench.end(12)
    bench.fault("status", endpoint=ENTRIES, status=500, body="errors", text="Out of order.", times=None)
    bench.run()
    assert attempts(bench, lsids) == [0] * 12


def test_C7_four_alike_or_five_of_different_words_are_the_sessions_own(bench: Bench) -> None:
    lsids = bench.end(9)
    for number in range(9):
        words = f"Refusal {'ABC'[number // 4]}."
        bench.fault("status", endpoint=ENTRIES, status=500, body="errors", text=words)
    bench.run()
    assert attempts(bench, lsids) == [1] * 9


def test_C7_a_success_in_between_begins_the_row_anew(bench: Bench) -> None:
    for number in range(9):
        if number != 4:
            refuse_completed(bench)
        else:
            bench.end()
    bench.run()
    records = [one for one in bench.artifacts.in_state(ArtifactState.HELD) if one.kind == "time_entry"]
    assert sorted(one.attempts for one in records) == [1] * 8


@pytest.mark.parametrize("every", [300, LONGEST_PAUSE])
def test_C7_one_technicians_submitted_timesheet_stops_no_other_technicians_time(bench: Bench, every: int) -> None:
    submit_timesheet(bench)
    bad, good = bench.end(6, username="anna.schmidt"), bench.end(6, username="kenji.tanaka")
    for _ in range(5):
        bench.run()
        bench.pass_time(every)
    assert [bench.state(lsid) for lsid in (*bad, *good)] == ["held"] * 6 + ["delivered"] * 6


def test_C7_many_alike_refusals_of_one_technician_stop_no_other_technicians_time(bench: Bench) -> None:
    submit_timesheet(bench)
    bench.end(12, username="anna.schmidt")
    good = bench.end(2, username="kenji.tanaka")
    for _ in range(5):
        bench.run()
        bench.pass_time(2 * HOUR)
    assert [bench.state(lsid) for lsid in good] == ["delivered"] * 2


@pytest.mark.parametrize("every", [300, LONGEST_PAUSE])
def test_C7_five_completed_tickets_stop_no_other_ticket(bench: Bench, every: int) -> None:
    bad = [refuse_completed(bench) for _ in range(6)]
    good = bench.end(3)
    for _ in range(3):
        bench.run()
        bench.pass_time(every)
    assert [bench.state(lsid) for lsid in (*bad, *good)] == ["held"] * 6 + ["delivered"] * 3


@pytest.mark.parametrize("listed", [True, False])
def test_C8_the_first_refusal_of_a_type_that_is_not_retried_parks_it(bench: Bench, listed: bool) -> None:
    bench.configure(retry_poll_events=["session-end", "customer-survey"] if listed else ["customer-survey"])
    lsid = refuse_completed(bench)
    bench.run()
    assert (bench.state(lsid), attempts(bench, [lsid])) == ("held" if listed else "parked", [1])
    assert len(bench.notes(lsid)) == 1


def test_C8_unsettled_creates_outages_and_waiting_do_not_count_as_the_first_refusal(bench: Bench) -> None:
    bench.configure(retry_poll_events=[])
    waiting, unclear, late = bench.session("T20990101.0001"), *bench.end(2)
    bench.fault("dropped", endpoint=NOTES)
    bench.fault("429", endpoint=ENTRIES, times=3)
    bench.run()
    assert (bench.state(waiting), bench.state(unclear)) == ("held", "unsettled")
    bench.ticket(ticketNumber="T20990101.0001")
    bench.pass_time(500)
    bench.run()
    assert [bench.state(lsid) for lsid in (waiting, unclear, late)] == ["delivered"] * 3
