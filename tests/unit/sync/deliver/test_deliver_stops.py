"""C7 in whole runs: what is stopped costs nothing, says so in its own words, and stops nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.sync.transitions import WAITS_FOR
from tests.unit.bench import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.unit.bench import Bench

HOUR = 3600
STOPPED_AFTER = range(5, 8)
"""Five refusals, and what was under way with the fifth."""
NOTES, ENTRIES = "/Tickets/*/Notes", "POST /TimeEntries"
ANNA, KENJI = "anna.schmidt", "kenji.tanaka"
OTHER = "liam.obrien"
CLOSED = "Time cannot be entered against a ticket that is complete."


@pytest.fixture
def bench(bench: Bench) -> Bench:
    """A bench whose look-ups have been seen to see."""
    bench.end()
    bench.run()
    bench.forget_requests()
    return bench


def posted(bench: Bench, path: str) -> int:
    return sum(each.endswith(path) for each, _ in bench.creates())


def errors(bench: Bench, lsids: Iterable[str], kind: str = "time_entry") -> set[str]:
    return {bench.artifact(lsid, kind).error for lsid in lsids}


def on_complete_ticket(bench: Bench, count: int) -> list[str]:
    """Let sessions of two technicians end on one ticket that is complete and takes no time."""
    bench.sandbox.switches.change({"completed_ticket_time": "refused"})
    number = bench.ticket(status=5)["ticketNumber"]
    return [bench.session(number, username=(ANNA, KENJI)[each % 2]) for each in range(count)]


def submit_timesheet(bench: Bench, name: str = ANNA) -> None:
    ids = [row["id"] for row in bench.rows("Resources") if row["email"].startswith(name)]
    bench.sandbox.switches.change({"submitted_timesheets": ids})


@pytest.mark.parametrize("count", [60, 200])
def test_C7_many_sessions_on_one_complete_ticket_delay_no_other_ticket(bench: Bench, count: int) -> None:
    bad, good = on_complete_ticket(bench, count), bench.end(5)
    bench.run()
    assert [bench.state(lsid) for lsid in good] == ["delivered"] * 5
    assert posted(bench, "/TimeEntries") - 5 in STOPPED_AFTER
    assert {bench.artifact(lsid, "time_entry").attempts for lsid in bad} == {0}


@pytest.mark.parametrize("count", [60, 200])
def test_C7_many_sessions_of_a_submitted_timesheet_delay_no_other_technician(bench: Bench, count: int) -> None:
    submit_timesheet(bench)
    bad, good = bench.end(count, username=ANNA), bench.end(5, username=KENJI)
    bench.run()
    assert [bench.state(lsid) for lsid in good] == ["delivered"] * 5
    assert posted(bench, "/TimeEntries") - 5 in STOPPED_AFTER
    assert {bench.artifact(lsid, "time_entry").attempts for lsid in bad} == {0}


def test_C7_in_a_shop_of_one_a_submitted_timesheet_stops_the_person_and_nothing_is_charged(bench: Bench) -> None:
    submit_timesheet(bench)
    lsids = bench.end(12, username=ANNA)
    bench.run()
    assert posted(bench, "/TimeEntries") in STOPPED_AFTER
    assert "of this resource" in " ".join(errors(bench, lsids))
    bench.sandbox.switches.change({"submitted_timesheets": ()})
    bench.pass_time(HOUR + 1)
    bench.run()
    assert [bench.state(lsid) for lsid in lsids] == ["delivered"] * 12


def test_C7_a_wrong_note_type_stops_the_notes_after_five_and_leaves_the_time(bench: Bench) -> None:
    lsids = bench.end(30)
    bench.fault("status", endpoint=NOTES, body="errors", text="Picklist value [77] does not exist.", times=None)
    bench.run()
    assert posted(bench, "/Notes") in STOPPED_AFTER
    assert len(bench.entries()) == 31
    assert {bench.artifact(lsid).attempts for lsid in lsids} == {0}


def test_C7_what_was_not_tried_says_so_in_its_own_words_with_a_next_step(bench: Bench) -> None:
    lsids = on_complete_ticket(bench, 9)
    bench.run()
    told = [bench.artifact(lsid, "time_entry") for lsid in lsids]
    assert [each.error for each in told[:5]] == [CLOSED] * 5
    assert {each.error for each in told[7:]} == {
        "Not tried in this run: Autotask refused several time entries on this ticket with the same words."
    }
    assert all("re-open it" in each.advice for each in told)


def test_C7_what_is_stopped_waits_an_hour(bench: Bench) -> None:
    lsids = on_complete_ticket(bench, 9)
    bench.run()
    bench.sandbox.switches.change({"completed_ticket_time": "allowed"})
    bench.pass_time(HOUR - 10)
    bench.run()
    assert [bench.state(lsid) for lsid in lsids] == ["held"] * 9
    bench.pass_time(10)
    bench.run()
    assert [bench.state(lsid) for lsid in lsids] == ["delivered"] * 9


def test_C7_what_is_stopped_is_parked_after_14_days_tried_or_not(bench: Bench) -> None:
    lsids = on_complete_ticket(bench, 9)
    for _ in range(WAITS_FOR):
        bench.run()
        assert [bench.state(lsid) for lsid in lsids] == ["held"] * 9
        bench.pass_time(DAY)
    for _ in range(2):
        bench.run()
        bench.pass_time(DAY)
    assert [bench.state(lsid) for lsid in lsids] == ["parked"] * 9
    assert {bench.artifact(lsid, "time_entry").attempts for lsid in lsids} == {0}


def test_C7_a_kind_that_is_not_permitted_is_parked_after_14_days(bench: Bench) -> None:
    bench.sandbox.switches.change({"creates_refused": ("TimeEntries",)})
    lsids = bench.end(4)
    for _ in range(WAITS_FOR):
        bench.run()
        assert [bench.state(lsid) for lsid in lsids] == ["held"] * 4
        bench.pass_time(DAY)
    for _ in range(2):
        bench.run()
        bench.pass_time(DAY)
    assert [bench.state(lsid) for lsid in lsids] == ["parked"] * 4


def test_C7_complete_tickets_of_several_technicians_stop_the_kind_only_if_another_entry_is_refused_too(
    bench: Bench,
) -> None:
    bench.sandbox.switches.change({"completed_ticket_time": "refused"})
    bad = [
        bench.session(bench.ticket(status=5)["ticketNumber"], username=(ANNA, KENJI)[each % 2]) for each in range(30)
    ]
    good = bench.end(10, username=OTHER)
    bench.run()
    assert [bench.state(lsid) for lsid in good] == ["delivered"] * 10
    assert [bench.state(lsid) for lsid in bad] == ["held"] * 30


def test_C7_entries_that_nobody_may_enter_stop_the_kind_after_five_and_a_witness(bench: Bench) -> None:
    lsids = [each for _ in range(15) for each in (bench.session(username=ANNA), bench.session(username=KENJI))]
    bench.fault("status", endpoint=ENTRIES, body="errors", text="Zeit kann nicht erfasst werden.", times=None)
    bench.run()
    assert posted(bench, "/TimeEntries") - 1 in STOPPED_AFTER
    assert {bench.artifact(lsid, "time_entry").attempts for lsid in lsids} == {0}
    assert len(bench.notes()) == 31


def test_C7_an_outage_is_no_reason_to_park(bench: Bench) -> None:
    bench.fault("dropped", endpoint=NOTES, times=3)
    lsids = bench.end(5)
    bench.run()
    (waits,) = {bench.artifact(lsid).error for lsid in lsids if bench.artifact(lsid).state == "held"}
    assert waits.startswith("Not tried in this run: Autotask gave no clear answer")
    bench.run()
    assert [bench.state(lsid) for lsid in lsids].count("delivered") == 2
