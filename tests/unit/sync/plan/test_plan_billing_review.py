"""Entries that are longer than the settings let pass wait for a person, and for nobody else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.errors import OutageError
from bt_autotask_sync.sandbox.appliance.record import Event, Party, Span
from bt_autotask_sync.state.states import ArtifactKind

if TYPE_CHECKING:
    from tests.unit.bench import Bench

DAY = 86_400
NINE_HOURS = 9 * 60


def test_a_long_entry_is_held_at_the_plan_and_its_note_goes_out(bench: Bench) -> None:
    lsid = bench.session(minutes=NINE_HOURS)
    bench.run()
    assert (len(bench.notes(lsid)), bench.entries(lsid)) == (1, [])
    (problem,) = bench.held.problems()
    assert (problem.kind, problem.stage, problem.state, problem.attempts) == ("time_entry", "plan", "held", 0)
    assert "540 min" in problem.error
    bench.run()
    assert bench.entries(lsid) == []


def test_held_retry_lets_it_through_once_and_for_all(bench: Bench) -> None:
    lsid = bench.session(minutes=NINE_HOURS)
    bench.run()
    bench.held.retry([lsid])
    bench.run()
    (entry,) = bench.entries(lsid)
    assert entry["hoursWorked"] == 9
    assert bench.state(lsid) == "delivered"


def test_all_parts_of_it_go_out_together_and_none_before(bench: Bench) -> None:
    bench.configure(time_entries={"split_at": "midnight"})
    lsid = bench.session(minutes=30 * 60)
    bench.run()
    assert bench.entries(lsid) == []
    bench.held.retry([lsid])
    bench.run()
    assert sum(entry["hoursWorked"] for entry in bench.entries(lsid)) == 30
    assert bench.state(lsid) == "delivered"


def test_a_release_of_something_else_does_not_let_a_long_entry_through(bench: Bench) -> None:
    bench.configure(time_entries={"default_data": {"roleName": "Nobody's"}})
    lsid = bench.session(minutes=NINE_HOURS)
    bench.run()
    bench.held.retry([lsid])
    bench.configure(time_entries={"default_data": {"roleName": "Technician"}})
    bench.run()
    assert bench.entries(lsid) == []
    assert "540 min" in bench.error(lsid)


def test_what_was_let_through_stays_so_over_refusals_and_outages(bench: Bench) -> None:
    lsid = bench.session(minutes=NINE_HOURS)
    bench.run()
    bench.held.retry([lsid])
    bench.sandbox.faults.add("429", endpoint="POST /TimeEntries", times=100)
    bench.run(fails=OutageError)
    bench.sandbox.faults.clear()
    bench.sandbox.switches.change({"completed_ticket_time": "refused"})
    tickets = bench.sandbox.autotask.store
    for ticket in bench.rows("Tickets"):
        tickets.update("Tickets", ticket["id"], {"status": 5})
    bench.run()
    assert "complete" in bench.error(lsid)
    bench.held.retry([lsid])
    bench.sandbox.switches.change({"completed_ticket_time": "allowed"})
    bench.run()
    assert len(bench.entries(lsid)) == 1


def test_what_has_grown_since_it_was_let_through_waits_again(bench: Bench) -> None:
    lsid = bench.session(minutes=NINE_HOURS + 1)
    bench.run()
    bench.held.retry([lsid])
    bench.configure(time_entries={"round_to_minutes": 60})
    bench.resync(lsid)
    assert bench.entries(lsid) == []
    assert "600 min" in bench.error(lsid)


def test_resync_lets_nothing_through(bench: Bench) -> None:
    lsid = bench.session(minutes=NINE_HOURS)
    bench.run()
    bench.resync(lsid)
    assert bench.entries(lsid) == []
    assert bench.state(lsid) == "held"


def test_it_is_parked_after_fourteen_days_and_a_person_can_still_let_it_through(bench: Bench) -> None:
    lsid = bench.session(minutes=NINE_HOURS)
    bench.run()
    bench.run_daily(14)
    assert bench.state(lsid) == "parked"
    bench.run()
    bench.held.retry([lsid])
    bench.run()
    assert len(bench.entries(lsid)) == 1


def test_what_is_there_is_adopted_and_not_held_when_the_ledger_is_lost(bench: Bench) -> None:
    bench.configure(time_entries={"hold_above_minutes": 0})
    lsid = bench.session(minutes=30 * 60)
    bench.run()
    assert len(bench.entries(lsid)) == 2
    bench.forget_ledger()
    bench.configure(time_entries={"hold_above_minutes": 480})
    summary = bench.run()
    assert summary.adopted[ArtifactKind.TIME_ENTRY] == 2
    assert bench.state(lsid) == "delivered"
    assert len(bench.entries(lsid)) == 2


def test_a_dry_run_tells_what_waits_and_plans_the_rest(bench: Bench) -> None:
    bench.session(minutes=NINE_HOURS)
    summary = bench.dry_run()
    assert {artifact.kind for artifact in summary.planned} == {"note"}
    assert any("540 min" in problem.error for problem in summary.problems)


@pytest.mark.parametrize("limit", [480, 600])
def test_a_later_stay_of_the_same_person_waits_with_the_long_one_and_others_do_not(bench: Bench, limit: int) -> None:
    bench.configure(time_entries={"representatives": "all", "hold_above_minutes": limit})
    lsid = bench.session(minutes=NINE_HOURS + 60)
    _let_leave_and_come_back(bench, lsid)
    bench.run()
    hours = [round(entry["hoursWorked"]) for entry in bench.entries(lsid)]
    assert hours == ([] if limit == 480 else [9, 1])
    bench.held.retry([lsid] if limit == 480 else [])
    bench.run()
    assert [round(entry["hoursWorked"]) for entry in bench.entries(lsid)] == [9, 1]


def _let_leave_and_come_back(bench: Bench, lsid: str) -> None:
    """Let the representative leave an hour before the end, and come back ten minutes later."""
    told = bench.told(lsid)
    (person,) = told.representatives
    away, back = told.ended_at - 3600, told.ended_at - 3000
    party = Party("representative", person.gsnumber, person.private_name)
    joining = next(event for event in told.events if event.performed_by == party and "Added" in event.type)
    events = (
        *told.events,
        Event(away, "Conference Member Departed", party),
        replace(joining, timestamp=back),
    )
    people = (replace(person, spans=(Span(told.started_at, away), Span(back, told.ended_at))),)
    bench.change(lsid, events=tuple(sorted(events, key=lambda event: event.timestamp)), representatives=people)
