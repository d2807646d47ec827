"""Rules R2, R3 and C5: what was moved to another ticket, or sent under another key, is not made a second time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.sandbox.appliance.record import Span
from tests.unit.bench import iso
from tests.unit.sync.plan.test_plan_billed_once import ANNA, ENTRIES, NOTES, late_survey, move, survey

if TYPE_CHECKING:
    from tests.unit.bench import Bench

DAY_AND_MORE = 50 * 60
"""Minutes of a session that is cut into three entries."""


@pytest.fixture
def bench(bench: Bench) -> Bench:
    """A bench whose look-ups have been seen to see, and whose sessions end after its first run."""
    bench.end()
    bench.run()
    bench.pass_time(900)
    return bench


def retitle_text(bench: Bench, lsid: str) -> None:
    for row in bench.notes(lsid):
        bench.sandbox.autotask.store.update("TicketNotes", row["id"], {"description": "rewritten by hand"})


def test_R3_the_first_entry_of_a_session_of_days_is_looked_for_where_it_begins(bench: Bench) -> None:
    bench.configure(time_entries={"hold_above_minutes": 0})
    lsid = bench.session(minutes=DAY_AND_MORE)
    bench.fault("lost_answer", endpoint=ENTRIES)
    bench.run()
    move(bench, "TimeEntries", lsid, bench.ticket()["id"])
    for _ in range(5):
        bench.pass_time(500)
        bench.run()
    starts = [entry["startDateTime"] for entry in bench.entries(lsid)]
    assert (len(starts), len(set(starts)), bench.state(lsid)) == (3, 3, "delivered")


def test_R3_a_note_elsewhere_that_may_be_an_unsettled_one_stays_held_in_the_same_run_and_later(bench: Bench) -> None:
    (lsid,) = bench.end()
    bench.fault("lost_answer", endpoint=NOTES)
    bench.run()
    move(bench, "TicketNotes", lsid, bench.ticket()["id"])
    retitle_text(bench, lsid)
    for _ in range(3):
        bench.pass_time(450)
        bench.run()
        assert (len(bench.notes(lsid)), bench.state(lsid)) == (1, "held")
    assert "another ticket" in bench.error(lsid)
    for row in bench.notes(lsid):
        bench.sandbox.autotask.store.update("TicketNotes", row["id"], {"title": "not of this session"})
    bench.run()
    assert (len(bench.notes(lsid)), bench.state(lsid)) == (1, "delivered")


def test_C5_a_named_session_waits_for_an_entry_that_was_sent_under_another_number_of_the_person(bench: Bench) -> None:
    lsid = bench.session(username=ANNA)
    told = bench.told(lsid)
    first, middle = told.representatives[0], (told.started_at + told.ended_at) // 2
    again = replace(first, gsnumber=first.gsnumber + 50, spans=(Span(middle, told.ended_at),))
    first = replace(first, owner=False, spans=(Span(told.started_at, middle),))
    bench.change(lsid, representatives=(first, again), primary=again.gsnumber)
    bench.fault("late_commit", endpoint=ENTRIES, seconds=200.0)
    bench.run()
    bench.configure(time_entries={"representatives": "all"})
    bench.resync(lsid)
    assert (bench.entries(lsid), bench.state(lsid)) == ([], "unsettled")
    for _ in range(3):
        bench.pass_time(500)
        bench.run()
    assert (len(bench.entries(lsid)), bench.state(lsid)) == (1, "delivered")


def test_R3_what_a_named_session_lacks_is_looked_for_on_the_whole_tenant_however_fresh_it_is(bench: Bench) -> None:
    (lsid,) = bench.end()
    bench.run()
    store, target = bench.sandbox.autotask.store, bench.ticket()["id"]
    for entity, (row,) in (("TicketNotes", bench.notes(lsid)), ("TimeEntries", bench.entries(lsid))):
        store.delete(entity, row["id"])
        store.insert(entity, {**{key: row[key] for key in row if key != "id"}, "ticketID": target})
    bench.resync(lsid)
    bench.run()
    assert (len(bench.notes(lsid)), len(bench.entries(lsid)), bench.state(lsid)) == (1, 1, "delivered")


def test_P2_a_further_part_waits_although_the_changed_earlier_one_was_moved_to_another_ticket(bench: Bench) -> None:
    bench.configure(time_entries={"split_at": "midnight-utc", "hold_above_minutes": 0})
    bench.pass_time(13 * 3600)
    lsid = bench.session(minutes=30)
    bench.fault("status", endpoint=ENTRIES, status=500, body="errors", text="Not now.", skip=1)
    bench.run()
    (first,) = bench.entries(lsid)
    changes = {"endDateTime": iso(bench.told(lsid).ended_at), "ticketID": bench.ticket()["id"]}
    bench.sandbox.autotask.store.update("TimeEntries", first["id"], changes)
    bench.pass_time(300)
    bench.run()
    assert (len(bench.entries(lsid)), bench.state(lsid)) == (1, "held")


def test_I1_a_record_that_is_recognised_under_another_number_is_known_once(bench: Bench) -> None:
    lsid = bench.session(username=ANNA)
    told = bench.told(lsid)
    first = replace(told.representatives[0], owner=False)
    again = replace(first, gsnumber=first.gsnumber + 50)
    bench.change(lsid, representatives=(first, again), primary=again.gsnumber)
    bench.run()
    bench.configure(time_entries={"representatives": "all"})
    bench.resync(lsid)
    known = bench.artifact(lsid, "time_entry")
    assert [entry["id"] for entry in bench.entries(lsid)] == [known.autotask_id]
    assert f"#{first.gsnumber}]" in known.marker


def test_R2_where_the_note_was_deleted_the_session_stands_where_its_time_does(bench: Bench) -> None:
    (lsid,) = bench.end()
    bench.run()
    target = bench.ticket()["id"]
    move(bench, "TimeEntries", lsid, target)
    for row in bench.notes(lsid):
        bench.sandbox.autotask.store.delete("TicketNotes", row["id"])
    late_survey(bench, lsid)
    assert [note["ticketID"] for note in bench.notes(lsid)] == [target]


def test_R2_where_nothing_is_there_any_more_it_is_the_ticket_that_it_was_sent_to(bench: Bench) -> None:
    (lsid,) = bench.end()
    bench.run()
    (note,) = bench.notes(lsid)
    bench.sandbox.autotask.store.delete("TicketNotes", note["id"])
    bench.sandbox.autotask.store.delete("TimeEntries", bench.entries(lsid)[0]["id"])
    late_survey(bench, lsid)
    assert [other["ticketID"] for other in bench.notes(lsid)] == [note["ticketID"]]


def test_R2_a_refused_query_for_where_a_session_stands_stops_no_other_session(bench: Bench) -> None:
    (lsid,) = bench.end()
    bench.run()
    survey(bench, lsid)
    other = bench.session()
    bench.fault("status", endpoint="/TicketNotes/query", status=500, body="errors", text="Query timed out.")
    bench.run()
    assert (bench.state(other), bench.state(lsid), len(bench.notes(lsid))) == ("delivered", "delivered", 2)
