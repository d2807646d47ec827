"""C1 and C2: what is there already, and how far a look-up can be believed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_autotask_sync.autotask.entities import TicketNote, TimeEntry
from bt_autotask_sync.errors import OutageError
from bt_autotask_sync.state.artifact_record import ArtifactRecord, RecordClass
from bt_autotask_sync.state.ledger import Ledger
from bt_autotask_sync.state.states import ArtifactKind, ArtifactState
from bt_autotask_sync.sync.compare.lookup_state import LookupState, LookupStates
from bt_autotask_sync.sync.compare.lookups import Existing
from bt_autotask_sync.sync.markers import entry_key, entry_marker, marker_of, note_marker

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.bench import Bench

LSID = "0123456789abcdef0123456789abcdef"
OTHER = "f" * 32
T = 7042
AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
NOTE, ENTRY = ArtifactKind.NOTE, ArtifactKind.TIME_ENTRY
NOTES, ENTRIES = "/Tickets/*/Notes", "POST /TimeEntries"


def existing(*records: TicketNote | TimeEntry) -> Existing:
    return Existing({T: records}, AT)


def note(title: str, number: int = 1) -> TicketNote:
    return TicketNote(number, T, title)


def entry(internal_notes: str, number: int = 1) -> TimeEntry:
    return TimeEntry(number, T, 5, AT, AT, internal_notes)


def wanted(kind: ArtifactKind = NOTE, *, ticket: int = T, marker: str = "") -> ArtifactRecord:
    """A note, or the first entry of the representative with the number 1, whose resource has the id 5."""
    values: dict[str, Any] = dict.fromkeys(ArtifactRecord.__slots__)
    values |= {"lsid": LSID, "kind": kind, "state": ArtifactState.UNSETTLED, "ticket_id": ticket, "resource_id": 5}
    values["marker"] = marker or (note_marker(LSID) if kind is NOTE else entry_key(LSID, "1"))
    return ArtifactRecord(**values)


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Remote session [bt:0123456789ab]", True),
        ("edited by hand [bt:0123456789ab] thanks", True),
        ("[bt:0123456789ab]", True),
        ("[bt:ffffffffffff] forged before it [bt:0123456789ab]", True),
        ("Remote session [bt:0123456789ab:2]", False),
        ("Remote session [bt:0123456789ab:customer-survey]", False),
        ("Remote session [bt:0123456789a]", False),
        ("Remote session bt:0123456789ab", False),
        ("[bt:0123456789ab] cited, then its own [bt:ffffffffffff]", False),
        ("", False),
    ],
)
def test_C1_a_note_is_recognised_by_the_last_marker_of_its_title_alone(title: str, found: bool) -> None:
    assert (existing(note(title)).find(wanted()) is not None) is found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"[bt:{LSID}:anna#1]", True),
        (f"[bt:{LSID}:Anna#1]", True),
        (f"[bt:{LSID}:CORP\\anna@x.example#1]", True),
        (f"[bt:{LSID}:a#2:3#1]", True),
        (f"[bt:{LSID}:#1]", True),
        (f"Default text.\n[bt:{LSID}:anna#1]", True),
        (f"Default text.\r\n[bt:{LSID}:anna#1]\r\nchecked by Tom", True),
        (f"[bt:{OTHER}:anna#1]\n[bt:{LSID}:anna#1]", True),
        (f"[bt:{LSID}:anna]", True),  # of an earlier version: by the resource
        (f"[bt:{LSID}:anna#1:2]", False),
        (f"[bt:{LSID}:anna:2]", False),
        (f"[bt:{LSID}:anna#12]", False),
        (f"[bt:{OTHER}:anna#1]", False),
        (f"[bt:{LSID[:12]}]", False),
        ("", False),
    ],
)
def test_I1_a_time_entry_is_recognised_by_lsid_number_and_part_whatever_the_name(text: str, found: bool) -> None:
    assert (existing(entry(text)).find(wanted(ENTRY)) is not None) is found


def test_I1_of_one_resources_entries_the_number_decides_before_the_times_do() -> None:
    at = int(AT.timestamp())
    there = entry(f"[bt:{LSID}:anna#2]", 1), replace(entry(f"[bt:{LSID}:anna#1]", 2), end=AT + timedelta(hours=1))
    found = existing(*there).find(replace(wanted(ENTRY), starts_at=at, ends_at=at))
    assert found is not None
    assert found.id == 2


def test_C1_of_several_records_with_the_same_marker_the_oldest_is_adopted() -> None:
    records = [note("a [bt:0123456789ab]", 9), note("b [bt:0123456789ab]", 3), note("c [bt:0123456789ab]", 5)]
    found = existing(*records).find(wanted())
    assert found is not None
    assert found.id == 3


def test_C1_a_record_on_another_ticket_is_none_of_this_session() -> None:
    assert existing(note("[bt:0123456789ab]")).find(wanted(ticket=T + 1)) is None


@given(st.text(max_size=40), st.text(max_size=40))
def test_C1_text_around_a_marker_never_hides_it_unless_it_brings_a_marker(before: str, after: str) -> None:
    marker = note_marker(LSID)
    found = existing(note(f"{before}{marker}{after}")).find(wanted())
    assert found is not None or "[bt:" in after


@given(st.text(max_size=60))
def test_C1_the_marker_of_a_text_begins_with_the_last_bracket(text: str) -> None:
    marker = marker_of(note(text))
    assert marker == "" if "[bt:" not in text else text.endswith(marker)
    assert marker.count("[bt:") <= 1


@pytest.mark.parametrize(
    "username",
    [
        "anna",
        "MSP\\j.kowalski",
        "jörg müller",
        "o]x",
        "a.b*c(d|",
        "  two  blanks ",
        "joe:2",
        "x[bt:evil]",
        "[bt:",
        "two\nlines",
        "x" * 400,
    ],
)
def test_C1_an_entry_is_recognised_whatever_the_representative_is_called(bench: Bench, username: str) -> None:
    bench.configure(time_entries={"unmatched": "resource:anna.schmidt@msp.example"})
    (lsid,) = bench.end(username=username)
    bench.run()
    bench.forget_ledger()
    bench.run()
    assert (len(bench.entries(lsid)), bench.state(lsid)) == (1, "delivered")


@given(st.text(max_size=40), st.integers(1, 99), st.integers(1, 9))
def test_I1_a_marker_gives_back_its_number_and_part_whatever_the_name_holds(name: str, number: int, part: int) -> None:
    key = entry_key(LSID, str(number), part)
    assert existing(entry(f"x\n{entry_marker(key, name)}")).find(wanted(ENTRY, marker=key)) is not None
    other = entry_key(LSID, str(number + 1), part)
    assert existing(entry(entry_marker(other, name))).find(wanted(ENTRY, marker=key)) is None


def test_C1_what_is_there_is_adopted_and_nothing_is_created_again(bench: Bench) -> None:
    lsids = bench.end(4)
    bench.run()
    bench.forget_ledger()
    bench.forget_requests()
    summary = bench.run()
    assert bench.creates() == []
    assert (summary.adopted[NOTE], summary.adopted[ENTRY], summary.already, summary.delivered) == (4, 4, 4, 0)
    assert {bench.artifact(lsid, kind).state for lsid in lsids for kind in ("note", "time_entry")} == {"adopted"}
    assert bench.asked("autotask")["/TicketNotes/query"] == bench.asked("autotask")["/TimeEntries/query"] == 1


def test_C1_an_old_backup_of_the_ledger_doubles_nothing(bench: Bench) -> None:
    first = bench.end(2)
    bench.run()
    backup = Ledger.copy_in_memory(bench.directory)
    bench.ledger._connection.backup(backup._connection)
    second = bench.end(2)
    bench.run()
    bench.ledger.close()
    bench.ledger = backup
    bench.run()
    assert [(len(bench.notes(lsid)), len(bench.entries(lsid))) for lsid in (*first, *second)] == [(1, 1)] * 4


def test_C1_a_retitled_marker_in_another_ticket_or_a_persons_note_is_not_ours(bench: Bench) -> None:
    ticket = bench.ticket()
    lsid = bench.session(ticket["ticketNumber"])
    like = {**bench.rows("TicketNotes")[0], "id": None, "ticketID": ticket["id"]}
    bench.sandbox.autotask.store.insert("TicketNotes", {**like, "title": f"about session {lsid[:12]} bt:{lsid[:12]}"})
    bench.run()
    assert len([row for row in bench.rows("TicketNotes") if row["title"].endswith(f"[bt:{lsid[:12]}]")]) == 1


def test_C1_the_note_of_a_session_that_begins_alike_on_the_same_ticket_is_never_taken_for_its_own(bench: Bench) -> None:
    number = bench.ticket()["ticketNumber"]
    first = bench.session(number, lsid="a" * 31 + "1")
    bench.run()
    second = bench.session(number, lsid="a" * 31 + "2")
    bench.run()
    assert (bench.state(first), bench.state(second)) == ("delivered", "held")
    assert first in bench.error(second)
    assert (len(bench.notes()), len(bench.entries(second))) == (1, 1)


def test_C1_two_sessions_that_begin_alike_have_time_entries_of_their_own(bench: Bench) -> None:
    number = bench.ticket()["ticketNumber"]
    for last in "12":
        bench.session(number, lsid="a" * 31 + last)
        bench.run()
    assert len(bench.entries()) == 2


def test_P2_a_further_part_is_created_when_the_earlier_ones_are_there_as_planned(bench: Bench) -> None:
    bench.configure(time_entries={"hold_above_minutes": 0})
    lsid = bench.session(minutes=60 * 49)
    bench.fault("status", endpoint=ENTRIES, skip=1, status=500, body="errors", text="Later, please.")
    bench.run()
    assert (len(bench.entries(lsid)), bench.state(lsid)) == (1, "held")
    bench.pass_time(61)
    bench.run()
    assert (len(bench.entries(lsid)), bench.state(lsid)) == (3, "delivered")
    assert sum(row["hoursWorked"] for row in bench.entries(lsid)) == 49.0


@pytest.mark.parametrize("field", ["startDateTime", "endDateTime"])
def test_P2_no_further_part_is_created_beside_one_with_other_times(bench: Bench, field: str) -> None:
    bench.configure(time_entries={"hold_above_minutes": 0})
    lsid = bench.session(minutes=60 * 49)
    bench.fault("status", endpoint=ENTRIES, skip=1, status=500, body="errors", text="Later, please.")
    bench.run()
    (first,) = bench.entries(lsid)
    bench.sandbox.autotask.store.update("TimeEntries", first["id"], {field: "2026-11-20T11:30:00.000Z"})
    bench.pass_time(61)
    bench.run()
    assert (len(bench.entries(lsid)), bench.state(lsid)) == (1, "held")
    assert "other times than planned now" in bench.error(lsid)
    assert {one.attempts for one in bench.artifacts.of([lsid])[lsid].values() if one.state == "held"} <= {0, 1}
    bench.sandbox.autotask.store.update("TimeEntries", first["id"], {field: first[field]})
    bench.run()
    assert (len(bench.entries(lsid)), bench.state(lsid)) == (3, "delivered")


class Tenant:
    """Records by id: which the query shows, and which are there."""

    def __init__(self, there: set[int]) -> None:
        self.there = there
        self.asked: list[int] = []

    def is_there(self, record: ArtifactRecord) -> bool:
        assert record.autotask_id is not None
        self.asked.append(record.autotask_id)
        return record.autotask_id in self.there


def known(*ids: int) -> list[ArtifactRecord]:
    fixed: dict[str, Any] = {**dict.fromkeys(ArtifactRecord.__slots__), "non_billable": False, "ticket_id": T}
    return [
        ArtifactRecord(**{**fixed, "kind": NOTE, "state": ArtifactState.CREATED, "autotask_id": number})
        for number in ids
    ]


@pytest.mark.parametrize(
    ("canaries", "seen", "there", "state"),
    [
        ([], [], set(), LookupState.UNVERIFIED),
        ([], [5], {5}, LookupState.UNVERIFIED),
        ([1, 2, 3], [3, 2, 1, 9], {1, 2, 3}, LookupState.VERIFIED),
        ([1], [], {1}, LookupState.BLIND),
        ([1, 2, 3], [], set(), LookupState.UNVERIFIED),
        ([1, 2, 3], [], {1}, LookupState.BLIND),
        ([1, 2, 3], [2], {2}, LookupState.VERIFIED),
        ([1, 2, 3], [2], {1, 2, 3}, LookupState.BLIND),
        ([1, 2, 3], [1, 2], {1, 2, 3}, LookupState.BLIND),
    ],
)
def test_C2_a_known_record_that_is_missing_and_still_there_makes_the_look_up_blind(
    canaries: list[int], seen: list[int], there: set[int], state: LookupState
) -> None:
    artifacts: Any = None
    lookup_states = LookupStates(artifacts, Tenant(there).is_there)
    lookup_states.judge(known(*canaries), set(seen))
    assert lookup_states.of(RecordClass(NOTE)) is state
    assert lookup_states.of(RecordClass(ENTRY)) is LookupState.UNVERIFIED


@pytest.mark.parametrize("entity", ["TicketNotes", "TimeEntries"])
def test_C2_nothing_of_a_kind_is_created_while_its_look_up_is_blind(bench: Bench, entity: str) -> None:
    """Rights are taken away after something was delivered; the query lag stands in for a look-up that hides."""
    (first,) = bench.end()
    bench.run()
    (second,) = bench.end()
    hide(bench, entity)
    for _ in range(3):
        bench.run()
    blind, other = (bench.notes, bench.entries) if entity == "TicketNotes" else (bench.entries, bench.notes)
    assert (len(blind(second)), len(other(second)), bench.state(second)) == (0, 1, "held")
    assert "a double could not be seen" in bench.error(second)
    kind = "note" if entity == "TicketNotes" else "time_entry"
    assert bench.artifact(second, kind).attempts == 0
    show(bench)
    bench.run()
    assert (len(blind(second)), bench.state(second), bench.state(first)) == (1, "delivered", "delivered")


def hide(bench: Bench, entity: str) -> None:
    """Let queries of an entity show nothing, while a record can still be asked for by its id."""
    reader = bench.sandbox.autotask._router._reader
    matching = reader._matching
    bench.sandbox.autotask._router._reader._matching = (  # type: ignore[method-assign]  # a look-up that hides
        lambda asked, *given: () if asked.path == entity else matching(asked, *given)
    )


def show(bench: Bench) -> None:
    """Let queries show everything again."""
    del bench.sandbox.autotask._router._reader._matching


def test_C2_the_first_create_with_an_empty_ledger_is_looked_for_at_once(bench: Bench) -> None:
    hide(bench, "TicketNotes")
    lsids = bench.end(5)
    bench.run()
    assert len(bench.notes()) == 1
    assert [bench.state(lsid) for lsid in lsids] == ["delivered"] + ["held"] * 4
    assert len(bench.entries()) == 5


def test_C2_a_deleted_canary_makes_nobody_blind(bench: Bench) -> None:
    bench.end(2)
    bench.run()
    for row in bench.notes():
        bench.sandbox.autotask.store.delete("TicketNotes", row["id"])
    (lsid,) = bench.end()
    bench.run()
    assert (bench.state(lsid), len(bench.notes(lsid))) == ("delivered", 1)


def test_C2_a_retitled_canary_makes_nobody_blind(bench: Bench) -> None:
    bench.end()
    bench.run()
    bench.sandbox.autotask.store.update("TicketNotes", bench.notes()[0]["id"], {"title": "renamed"})
    (lsid,) = bench.end()
    bench.run()
    assert bench.state(lsid) == "delivered"


def test_C2_a_refused_look_up_is_blind(bench: Bench) -> None:
    bench.end()
    bench.run()
    (lsid,) = bench.end()
    words = "The logged in Resource does not have the adequate permissions to query this entity type."
    bench.fault("status", endpoint="/TicketNotes/query", status=500, body="errors", text=words, times=None)
    bench.run()
    assert (len(bench.notes(lsid)), len(bench.entries(lsid)), bench.state(lsid)) == (0, 1, "held")


def test_C2_an_outage_of_the_look_up_ends_the_run_before_anything_is_created(bench: Bench) -> None:
    (lsid,) = bench.end()
    bench.fault("outage", endpoint="/TimeEntries/query")
    bench.run(fails=OutageError)
    assert (bench.creates(), bench.state(lsid)) == ([], "discovered")


def test_C2_hidden_non_billable_entries_are_never_doubled_after_a_lost_answer(bench: Bench) -> None:
    bench.sandbox.switches.change({"non_billable_hidden": True})
    bench.end()
    bench.run()
    bench.configure(time_entries={"default_data": {"isNonBillable": True}})
    (lsid,) = bench.end()
    bench.fault("lost_answer", endpoint=ENTRIES)
    for _ in range(4):
        bench.run()
        bench.pass_time(600)
    assert len(bench.entries(lsid)) == 1


def test_C2_a_first_create_whose_answer_is_lost_is_not_doubled_where_nothing_can_be_looked_up(bench: Bench) -> None:
    bench.sandbox.switches.change({"missing_rights": ("TicketNotes",)})
    (lsid,) = bench.end()
    bench.fault("lost_answer", endpoint=NOTES)
    for _ in range(4):
        bench.run()
        bench.pass_time(600)
    assert len(bench.notes(lsid)) == 1


def test_C2_hidden_non_billable_entries_are_noticed_at_the_first_create(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    bench.sandbox.switches.change({"non_billable_hidden": True})
    bench.configure(time_entries={"default_data": {"isNonBillable": True}})
    lsids = bench.end(3)
    bench.run()
    assert (len(bench.entries()), len(bench.notes())) == (1, 3)
    assert [bench.state(lsid) for lsid in lsids] == ["delivered", "held", "held"]
