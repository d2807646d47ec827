"""Rules I and R: whatever is renamed, set, merged or lost after the delivery, each minute is billed once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.sandbox.appliance.record import Answer, Span, Survey
from bt_autotask_sync.state.ledger import Ledger
from tests.unit.bench import iso

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.bench import Bench

ENTRIES, NOTES = "POST /TimeEntries", "/Tickets/*/Notes"
ANNA = "anna.schmidt"
SPELLINGS = ["Anna.Schmidt", "CORP\\anna.schmidt", "anna.schmidt@msp.example", "anna.mueller"]
MAPPED = {
    "resource_map": {"anna.mueller": "anna.schmidt@msp.example", "corp\\anna.schmidt": "anna.schmidt@msp.example"}
}
HOUR = 3600
DAY = 24 * HOUR


def rename(bench: Bench, lsid: str, username: str) -> None:
    """Report everybody in a session under another username; numbers and ids stay."""
    people = bench.told(lsid).representatives
    bench.change(lsid, representatives=tuple(replace(each, username=username) for each in people))


def survey(bench: Bench, lsid: str) -> None:
    answers = (Answer("rating", "How was it?", "radio", "2"),)
    bench.change(lsid, customer_survey=Survey(10, "Jane Doe", int(bench.now - 60), answers))


def move(bench: Bench, entity: str, lsid: str, ticket_id: int) -> None:
    """Move what stands of a session to another ticket, as merging does."""
    store = bench.sandbox.autotask.store
    for row in bench.notes(lsid) if entity == "TicketNotes" else bench.entries(lsid):
        store.update(entity, row["id"], {"ticketID": ticket_id})


def second_person(bench: Bench, lsid: str, username: str = "kenji.tanaka") -> None:
    """Have a second representative in the session, for all of it."""
    told = bench.told(lsid)
    first = told.representatives[0]
    span = (Span(told.started_at, told.ended_at),)
    other = replace(first, gsnumber=first.gsnumber + 100, user_id=99, username=username, owner=False, spans=span)
    bench.change(lsid, representatives=(replace(first, spans=span), other))


def late_survey(bench: Bench, lsid: str) -> None:
    survey(bench, lsid)
    bench.run()


def named_by_hand(bench: Bench, lsid: str) -> None:
    bench.resync(lsid)


def lost_checkpoint(bench: Bench, lsid: str) -> None:
    bench.forget_ledger()
    bench.run()


AFTERWARDS: list[Callable[[Bench, str], None]] = [late_survey, named_by_hand, lost_checkpoint]


@pytest.mark.parametrize("username", SPELLINGS)
@pytest.mark.parametrize("afterwards", AFTERWARDS)
def test_I1_a_username_spelled_otherwise_later_bills_nothing_twice(
    bench: Bench, username: str, afterwards: Callable[[Bench, str], None]
) -> None:
    (lsid,) = bench.end(username=ANNA)
    bench.run()
    rename(bench, lsid, username)
    bench.configure(time_entries=MAPPED)
    afterwards(bench, lsid)
    bench.run()
    assert (len(bench.entries(lsid)), len(bench.notes(lsid)) - (afterwards is late_survey)) == (1, 1)
    assert bench.state(lsid) == "delivered"


@pytest.mark.parametrize("username", SPELLINGS)
@pytest.mark.parametrize("kind", ["lost_answer", "late_commit", "dropped"])
def test_I1_an_unsettled_entry_is_recognised_under_another_spelling(bench: Bench, username: str, kind: str) -> None:
    bench.end()
    bench.run()
    (lsid,) = bench.end(username=ANNA)
    bench.fault(kind, endpoint=ENTRIES, **({"seconds": 200.0} if kind == "late_commit" else {}))
    bench.run()
    rename(bench, lsid, username)
    bench.configure(time_entries=MAPPED)
    for _ in range(3):
        bench.pass_time(500)
        bench.run()
    assert (len(bench.entries(lsid)), bench.state(lsid)) == (1, "delivered")


@pytest.mark.parametrize("username", SPELLINGS)
def test_I1_a_held_note_is_sent_later_and_the_time_not_again(bench: Bench, username: str) -> None:
    (lsid,) = bench.end(username=ANNA)
    bench.run()
    bench.artifacts.forget(lsid, bench.artifact(lsid).marker)
    for row in bench.notes(lsid):
        bench.sandbox.autotask.store.update("TicketNotes", row["id"], {"title": "taken away by hand"})
    rename(bench, lsid, username)
    bench.configure(time_entries=MAPPED)
    bench.sessions.take_up(lsid)
    bench.run()
    assert (len(bench.notes(lsid)), len(bench.entries(lsid))) == (1, 1)


def test_I1_entries_of_earlier_versions_stay_recognised(bench: Bench) -> None:
    (lsid,) = bench.end(username=ANNA)
    bench.run()
    (entry,) = bench.entries(lsid)
    before = {"internalNotes": f"Actual 20 min, billed 20 min\n[bt:{lsid}:{ANNA}]"}
    bench.sandbox.autotask.store.update("TimeEntries", entry["id"], before)
    for username in (ANNA, "Anna.Schmidt", "anna.mueller"):
        rename(bench, lsid, username)
        bench.configure(time_entries=MAPPED)
        bench.forget_ledger()
        bench.run()
        assert (len(bench.entries(lsid)), bench.artifact(lsid, "time_entry").autotask_id) == (1, entry["id"])


def test_I1_a_ledger_of_an_earlier_version_bills_what_its_rows_say(bench: Bench) -> None:
    (lsid,) = bench.end(username=ANNA)
    bench.run()
    key = bench.artifact(lsid, "time_entry").marker
    bench.artifacts.rename(lsid, key, f"[bt:{lsid}:{ANNA}]")
    bench.ledger.execute("UPDATE session SET billing = NULL")
    second_person(bench, lsid)
    bench.configure(time_entries={"representatives": "all", **MAPPED})
    rename_first = bench.told(lsid).representatives
    bench.change(lsid, representatives=(replace(rename_first[0], username="anna.mueller"), rename_first[1]))
    late_survey(bench, lsid)
    assert (len(bench.entries(lsid)), bench.state(lsid)) == (1, "delivered")
    assert bench.artifact(lsid, "time_entry").marker == key


@pytest.mark.parametrize("afterwards", [late_survey, lost_checkpoint])
@pytest.mark.parametrize("settings", [{"representatives": "all"}, {"round_to_minutes": 15}, {"split_at": "midnight"}])
def test_R2_changed_settings_bill_nothing_more_on_what_was_delivered(
    bench: Bench, settings: dict[str, Any], afterwards: Callable[[Bench, str], None]
) -> None:
    lsid = bench.session(username=ANNA)
    second_person(bench, lsid)
    bench.run()
    (before,) = bench.entries(lsid)
    bench.configure(time_entries=settings)
    afterwards(bench, lsid)
    bench.run()
    assert bench.entries(lsid) == [before]


@pytest.mark.parametrize("afterwards", [late_survey, lost_checkpoint])
def test_R2_time_entries_switched_on_later_bill_no_delivered_session(
    bench: Bench, afterwards: Callable[[Bench, str], None]
) -> None:
    bench.configure(time_entries={"enabled": False})
    lsid = bench.session(ended_ago=2 * HOUR)
    bench.run()
    bench.configure(time_entries={"enabled": True})
    bench.pass_time(25 * HOUR)
    afterwards(bench, lsid)
    bench.run()
    assert bench.entries(lsid) == []


def test_R2_a_session_that_waits_for_its_note_is_billed_as_it_was_planned_first(bench: Bench) -> None:
    lsid = bench.session(username=ANNA)
    second_person(bench, lsid)
    bench.fault("status", endpoint=NOTES, status=500, body="errors", text="No notes today.")
    bench.run()
    bench.configure(time_entries={"representatives": "all"})
    bench.pass_time(300)
    bench.run()
    assert (len(bench.notes(lsid)), len(bench.entries(lsid)), bench.state(lsid)) == (1, 1, "delivered")


def test_R2_whose_resource_was_wrong_is_sent_with_the_setting_that_the_advice_named(bench: Bench) -> None:
    lsid = bench.session(username="nobody.known")
    bench.run()
    assert bench.state(lsid) == "held"
    bench.configure(time_entries={"resource_map": {"nobody.known": "anna.schmidt@msp.example"}})
    bench.run()
    assert (len(bench.entries(lsid)), bench.state(lsid)) == (1, "delivered")


def test_R1_only_a_session_that_a_person_names_is_planned_anew(bench: Bench) -> None:
    lsid = bench.session(username=ANNA)
    second_person(bench, lsid)
    bench.run()
    bench.configure(time_entries={"representatives": "all"})
    bench.resync(lsid)
    assert sorted(entry["resourceID"] for entry in bench.entries(lsid)) == sorted(
        {entry["resourceID"] for entry in bench.entries(lsid)}
    )
    assert len(bench.entries(lsid)) == 2


@pytest.mark.parametrize(("entity", "endpoint"), [("TicketNotes", NOTES), ("TimeEntries", ENTRIES)])
def test_R3_a_record_that_was_moved_while_it_was_unsettled_is_found_on_the_whole_tenant(
    bench: Bench, entity: str, endpoint: str
) -> None:
    bench.end()
    bench.run()
    bench.pass_time(900)  # what ended before the first run is looked for there in any case
    (lsid,) = bench.end()
    bench.fault("lost_answer", endpoint=endpoint)
    bench.run()
    target = bench.ticket()["id"]
    assert len(bench.notes(lsid) if entity == "TicketNotes" else bench.entries(lsid)) == 1
    move(bench, entity, lsid, target)
    for _ in range(4):
        bench.pass_time(500)
        bench.run()
    assert (len(bench.notes(lsid)), len(bench.entries(lsid)), bench.state(lsid)) == (1, 1, "delivered")


def test_R3_what_is_there_on_a_merged_ticket_is_not_made_again_from_a_lost_or_old_checkpoint(bench: Bench) -> None:
    first = bench.end(2, ended_ago=3 * HOUR)
    bench.run(until=bench.now - 4 * HOUR)
    backup = Ledger.copy_in_memory(bench.directory)
    bench.ledger._connection.backup(backup._connection)
    bench.run()
    target = bench.ticket()["id"]
    for lsid in first:
        move(bench, "TicketNotes", lsid, target)
        move(bench, "TimeEntries", lsid, target)
    bench.ledger.close()
    bench.ledger = backup
    bench.run()
    assert [(len(bench.notes(lsid)), len(bench.entries(lsid))) for lsid in first] == [(1, 1)] * 2
    bench.forget_ledger()
    bench.run()
    bench.run()
    assert [(len(bench.notes(lsid)), len(bench.entries(lsid))) for lsid in first] == [(1, 1)] * 2
    assert {bench.state(lsid) for lsid in first} == {"delivered"}


def test_R3_what_follows_goes_to_the_ticket_where_the_session_stands_now(bench: Bench) -> None:
    (lsid,) = bench.end()
    bench.run()
    target = bench.ticket()["id"]
    move(bench, "TicketNotes", lsid, target)
    move(bench, "TimeEntries", lsid, target)
    late_survey(bench, lsid)
    assert {note["ticketID"] for note in bench.notes(lsid)} == {target}
    assert len(bench.notes(lsid)) == 2


def test_R3_a_note_elsewhere_that_does_not_name_the_session_is_held_with_its_link(bench: Bench) -> None:
    (lsid,) = bench.end(ended_ago=2 * HOUR)
    bench.run()
    move(bench, "TicketNotes", lsid, bench.ticket()["id"])
    for row in bench.notes(lsid):
        bench.sandbox.autotask.store.update("TicketNotes", row["id"], {"description": "rewritten by hand"})
    bench.forget_ledger()
    bench.run()
    assert (len(bench.notes(lsid)), bench.state(lsid)) == (1, "held")
    assert "another ticket" in bench.error(lsid)


def test_R3_a_search_that_autotask_refuses_holds_what_needed_it_and_nothing_else(bench: Bench) -> None:
    bench.run()
    bench.pass_time(300)
    old, new = bench.session(ended_ago=5 * HOUR), bench.session()
    bench.fault("status", endpoint="/TicketNotes/query", status=500, body="errors", text="Query timed out.", skip=1)
    bench.run()
    states = bench.state(old), bench.state(new)
    bench.run()
    assert states == ("held", "delivered")
    assert (bench.state(old), len(bench.notes(old)), len(bench.notes(new))) == ("delivered", 1, 1)


def test_R4_a_first_entry_that_was_on_its_way_when_the_checkpoint_was_lost_is_made(bench: Bench) -> None:
    (lsid,) = bench.end()
    bench.fault("dropped", endpoint=ENTRIES)
    bench.run()
    bench.forget_ledger()
    bench.pass_time(2 * HOUR)
    bench.run()
    assert (len(bench.notes(lsid)), len(bench.entries(lsid)), bench.state(lsid)) == (1, 1, "delivered")


def test_R4_other_time_of_a_lost_checkpoint_is_held_until_a_person_asks_for_it(bench: Bench) -> None:
    lsid = bench.session(username=ANNA)
    second_person(bench, lsid)
    bench.run()
    bench.configure(time_entries={"representatives": "all"})
    bench.forget_ledger()
    bench.run()
    bench.run()
    assert (len(bench.entries(lsid)), bench.state(lsid)) == (1, "held")
    assert "resync" in bench.held.problems()[0].advice
    bench.resync_window(bench.now - DAY, partly=True)
    assert (len(bench.entries(lsid)), bench.state(lsid)) == (2, "delivered")


def test_R4_a_named_session_of_a_lost_checkpoint_gets_all_of_its_time(bench: Bench) -> None:
    lsid = bench.session(username=ANNA)
    second_person(bench, lsid)
    bench.run()
    bench.configure(time_entries={"representatives": "all"})
    bench.forget_ledger()
    bench.run()
    bench.resync(lsid)
    assert (len(bench.entries(lsid)), bench.state(lsid)) == (2, "delivered")


def test_P2_later_parts_follow_although_a_person_opened_and_saved_the_first(bench: Bench) -> None:
    bench.configure(time_entries={"split_at": "midnight-utc", "hold_above_minutes": 0})
    end = bench.now - bench.now % DAY + 600
    bench.pass_time(DAY)
    lsid = bench.session(ended_ago=bench.now - end, minutes=37.4)
    bench.fault("status", endpoint=ENTRIES, status=500, body="errors", text="Not now.", skip=1)
    bench.run()
    (first,) = bench.entries(lsid)
    whole = {key: first[key][:17] + "00Z" for key in ("startDateTime", "endDateTime")}
    bench.sandbox.autotask.store.update("TimeEntries", first["id"], whole)
    bench.pass_time(HOUR)
    bench.run()
    assert (len(bench.entries(lsid)), bench.state(lsid)) == (2, "delivered")


@pytest.mark.parametrize("primary", [0, 4711])
def test_the_only_representative_is_billed_where_the_report_names_no_primary_one(bench: Bench, primary: int) -> None:
    (lsid,) = bench.end(username=ANNA, primary=primary)
    bench.run()
    assert (len(bench.entries(lsid)), bench.state(lsid)) == (1, "delivered")


@pytest.mark.parametrize("primary", [0, 4711])
def test_where_it_is_not_clear_whose_time_it_is_it_is_held(bench: Bench, primary: int) -> None:
    lsid = bench.session(username=ANNA)
    second_person(bench, lsid)
    people = tuple(replace(each, owner=False) for each in bench.told(lsid).representatives)
    bench.change(lsid, representatives=people, primary=primary)
    bench.run()
    assert (len(bench.notes(lsid)), len(bench.entries(lsid)), bench.state(lsid)) == (1, 0, "held")
    assert "whose time" in bench.error(lsid)
    bench.configure(time_entries={"representatives": "all"})
    bench.run()
    assert (len(bench.entries(lsid)), bench.state(lsid)) == (2, "delivered")


def test_I1_an_unmarked_entry_of_the_same_person_and_time_may_be_by_hand_and_is_never_adopted(bench: Bench) -> None:
    other = bench.session(username=ANNA)
    bench.run()
    (like,) = bench.entries(other)
    lsid = bench.session(username=ANNA)
    told = bench.told(lsid)
    store = bench.sandbox.autotask.store
    ticket = next(row["id"] for row in bench.rows("Tickets") if row["ticketNumber"] == told.external_key)
    times = {"startDateTime": iso(told.started_at), "endDateTime": iso(told.ended_at)}
    body = {key: value for key, value in like.items() if key != "id"}
    store.insert("TimeEntries", {**body, **times, "ticketID": ticket, "internalNotes": "typed by Anna"})
    bench.run()
    assert (bench.entries(lsid), bench.state(lsid)) == ([], "held")
    assert "by hand" in bench.error(lsid)
