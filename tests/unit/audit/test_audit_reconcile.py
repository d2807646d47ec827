"""The audit's pure core: what the ledger says was sent, held against what Autotask shows."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_autotask_sync.audit.findings import AuditResult, FindingKind, Status
from bt_autotask_sync.audit.reconcile import audit
from bt_autotask_sync.audit.snapshot import AuditedSession, Expected, Snapshot, Work, person_of
from bt_autotask_sync.autotask.entities import TicketNote, TimeEntry
from bt_autotask_sync.state.states import ArtifactKind, ArtifactState, Problem, Stage
from bt_autotask_sync.sync.markers import entry_key, entry_marker, note_marker

if TYPE_CHECKING:
    from collections.abc import Callable

START = 1_795_345_200
ANNA, KENJI = 801, 802
TICKET, OTHER_TICKET = 7, 8
WEB = "https://ww5.autotask.net"


def lsid(number: int) -> str:
    return f"{number:012x}{'0' * 20}"


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def session(number: int = 1, start: int = START, length: int = 600, **changes: Any) -> AuditedSession:
    """A session of Anna's that was delivered with a note (id 100n) and a time entry (id 200n)."""
    whole, end = lsid(number), start + length
    work = Work(entry_key(whole, "1"), "anna", "Anna Schmidt", start, end)
    expected = (
        Expected(ArtifactKind.NOTE, note_marker(whole), ArtifactState.CREATED, TICKET, 100 + number),
        Expected(ArtifactKind.TIME_ENTRY, work.marker, ArtifactState.CREATED, TICKET, 200 + number, ANNA, start, end),
    )
    made = AuditedSession(
        whole,
        Status.DELIVERED,
        ended_at=end,
        ticket_number="T20261122.0001",
        expected=expected,
        worked=(work,),
        billed=(work,),
    )
    return replace(made, **changes)


def note(number: int = 1, **changes: Any) -> TicketNote:
    return replace(TicketNote(100 + number, TICKET, f"Remote support {note_marker(lsid(number))}"), **changes)


def entry(number: int = 1, start: int = START, length: int = 600, **changes: Any) -> TimeEntry:
    marker = entry_marker(entry_key(lsid(number), "1"), "anna")
    made = TimeEntry(200 + number, TICKET, ANNA, moment(start), moment(start + length), f"Actual 10 min\n{marker}")
    return replace(made, **changes)


def manual(start: int, length: int, **changes: Any) -> TimeEntry:
    return replace(TimeEntry(900, 99, ANNA, moment(start), moment(start + length), "typed by hand"), **changes)


def evidence(**changes: Any) -> Snapshot:
    whole = Snapshot(
        (session(),), (note(),), (entry(),), names={ANNA: "Anna Schmidt", KENJI: "Kenji Tanaka"}, web_url=WEB
    )
    return replace(whole, **changes)


def kinds(result: AuditResult) -> list[FindingKind]:
    return [finding.kind for finding in result.findings]


def test_what_was_sent_and_stands_there_is_clean() -> None:
    result = audit(evidence())
    assert not result.findings
    assert not result.remarks
    (row,) = result.rows
    assert (row.worked, row.due, row.on_ticket, row.in_autotask) == (600, 600, 600, 600)


@pytest.mark.parametrize(
    ("damage", "kind", "mend"),
    [
        (evidence(notes=()), FindingKind.DELETED, f"resync {lsid(1)}"),
        (evidence(entries=()), FindingKind.DELETED, f"resync {lsid(1)}"),
        (evidence(notes=(note(), note(id=500))), FindingKind.DOUBLED, "no program can delete notes"),
        (evidence(entries=(entry(), entry(id=500))), FindingKind.DOUBLED, "Delete the time entry"),
        (evidence(notes=(note(ticket_id=OTHER_TICKET),)), FindingKind.OTHER_TICKET, "--ticket NUMBER"),
        (evidence(entries=(entry(ticket_id=OTHER_TICKET),)), FindingKind.OTHER_TICKET, "--ticket NUMBER"),
        (evidence(entries=(entry(ticket_id=None),)), FindingKind.OTHER_TICKET, "--ticket NUMBER"),
        (evidence(entries=(entry(length=900),)), FindingKind.TIME_DIFFERS, "correct it in Autotask"),
        (evidence(entries=(entry(start=START - 60, length=660),)), FindingKind.TIME_DIFFERS, "correct it"),
        (evidence(entries=(entry(end=None),)), FindingKind.TIME_DIFFERS, "correct it in Autotask"),
        (evidence(entries=(entry(resource_id=KENJI),)), FindingKind.TIME_DIFFERS, "correct it in Autotask"),
        (evidence(notes=(note(id=500),)), FindingKind.UNKNOWN, f"resync {lsid(1)}"),
        (evidence(notes=(note(), note(7))), FindingKind.UNKNOWN, "Delete the note"),
        (evidence(entries=(entry(), entry(7, START + 9000))), FindingKind.UNKNOWN, "Delete the time entry"),
    ],
)
def test_each_damage_is_found_once_with_its_mend(damage: Snapshot, kind: FindingKind, mend: str) -> None:
    (finding,) = audit(damage).findings
    assert finding.kind is kind
    assert mend in finding.fix
    assert finding.is_command == mend.startswith("resync")
    assert finding.is_command or finding.link.startswith(WEB)


def test_a_record_is_recognised_by_its_id_under_any_title() -> None:
    result = audit(evidence(notes=(note(title="renamed by hand"),), entries=(entry(internal_notes=""),)))
    assert not result.findings


def test_several_damages_are_all_found() -> None:
    damaged = evidence(notes=(note(id=500), note(id=501)), entries=(entry(ticket_id=OTHER_TICKET, resource_id=KENJI),))
    assert sorted(kinds(audit(damaged))) == sorted(
        [FindingKind.UNKNOWN, FindingKind.DOUBLED, FindingKind.OTHER_TICKET, FindingKind.TIME_DIFFERS]
    )


def test_a_stray_marker_of_a_known_session_is_found_on_whatever_ticket() -> None:
    stray = note(id=500, ticket_id=OTHER_TICKET, title=note_marker(lsid(1), ":2"))
    (finding,) = audit(evidence(notes=(note(), stray))).findings
    assert finding.kind is FindingKind.UNKNOWN
    assert note_marker(lsid(1), ":2") in finding.text


def test_an_entry_of_another_session_with_the_same_first_digits_is_a_stranger() -> None:
    other = entry_marker(entry_key(lsid(1)[:12] + "f" * 20, "1"), "anna")
    (finding,) = audit(evidence(entries=(entry(), entry(id=500, start=START + 900, internal_notes=other)))).findings
    assert (finding.kind, finding.lsid) == (FindingKind.UNKNOWN, lsid(1)[:12] + "f" * 20)


def test_what_only_looks_like_a_marker_is_not_ours() -> None:
    typed = [note(id=500 + n, title=title) for n, title in enumerate(["[bt:nonsense]", "about bt: x", "[bt:00]"])]
    assert not audit(evidence(notes=(note(), *typed))).findings


def test_a_marker_of_a_session_that_the_ledger_knows_beyond_the_window_is_no_finding() -> None:
    known = evidence(notes=(note(), note(7)), known_keys=frozenset({lsid(7)[:12]}))
    assert not audit(known).findings


@pytest.mark.parametrize(("kind", "gone"), [(ArtifactKind.NOTE, "notes"), (ArtifactKind.TIME_ENTRY, "entries")])
def test_a_blind_look_up_is_told_and_nothing_is_called_deleted(kind: ArtifactKind, gone: str) -> None:
    assert kinds(audit(evidence(**{gone: ()}, blind=frozenset({kind})))) == [FindingKind.BLIND]


FRESH = tuple(replace(expected, state=None, autotask_id=None) for expected in session().expected)
UNTAKEN = session(expected=FRESH, status=Status.MISSING, in_ledger=False)


def test_what_a_fresh_plan_expects_and_is_not_there_is_missing() -> None:
    result = audit(evidence(sessions=(UNTAKEN,), notes=(), entries=()))
    assert kinds(result) == [FindingKind.MISSING] * 2
    assert {finding.fix for finding in result.findings} == {f"resync {lsid(1)}"}
    assert result.seconds() == {Status.MISSING: 600}
    queued = audit(evidence(sessions=(replace(UNTAKEN, in_ledger=True),), notes=(), entries=()))
    assert {finding.fix for finding in queued.findings} == {"run"}


def test_what_a_fresh_plan_expects_and_is_there_is_unknown_to_the_ledger_and_its_time_counts() -> None:
    result = audit(evidence(sessions=(UNTAKEN,)))
    assert kinds(result) == [FindingKind.UNKNOWN] * 2
    assert result.seconds() == {Status.DELIVERED: 600}
    assert result.sessions() == {Status.DELIVERED: 1}


def test_a_session_of_which_a_part_is_not_there_is_missing() -> None:
    result = audit(evidence(sessions=(UNTAKEN,), entries=()))
    assert sorted(kinds(result)) == [FindingKind.MISSING, FindingKind.UNKNOWN]
    assert result.sessions() == {Status.MISSING: 1}


def test_of_two_records_the_one_on_the_right_ticket_is_the_one() -> None:
    records = (note(id=50, ticket_id=OTHER_TICKET), note())
    result = audit(evidence(sessions=(UNTAKEN,), notes=records))
    assert Counter(kinds(result)) == {FindingKind.UNKNOWN: 2, FindingKind.DOUBLED: 1}


TROUBLE = Problem(Stage.MATCH, "There is no such ticket.", "Name another.")


@pytest.mark.parametrize(
    ("status", "kind", "mend"),
    [
        (Status.HELD, FindingKind.HELD, f"resync {lsid(1)} --ticket NUMBER"),
        (Status.PARKED, FindingKind.PARKED, f"resync {lsid(1)} --ticket NUMBER"),
        (Status.UNSETTLED, FindingKind.UNSETTLED, "run"),
        (Status.NO_TICKET, FindingKind.NO_TICKET, f"resync {lsid(1)} --ticket NUMBER"),
    ],
)
def test_a_session_that_waits_is_a_finding_with_its_technician_and_time(
    status: Status, kind: FindingKind, mend: str
) -> None:
    waiting = session(expected=(), status=status, problem=TROUBLE)
    result = audit(evidence(sessions=(waiting,), notes=(), entries=()))
    (finding,) = result.findings
    assert (finding.kind, finding.fix) == (kind, mend)
    assert (finding.technician, finding.seconds) == ("Anna Schmidt", 600)
    assert result.seconds() == {status: 600}


@pytest.mark.parametrize("state", [ArtifactState.HELD, ArtifactState.PARKED, ArtifactState.UNSETTLED])
def test_an_entry_that_waits_is_a_finding_beside_its_delivered_note(state: ArtifactState) -> None:
    sent_note, sent_entry = session().expected
    waits = replace(sent_entry, state=state, autotask_id=None, starts_at=None, ends_at=None, problem=TROUBLE)
    waiting = session(expected=(sent_note, waits), status=Status(state))
    result = audit(evidence(sessions=(waiting,), entries=()))
    (finding,) = result.findings
    assert finding.kind == state.value
    assert (finding.technician, finding.seconds) == ("Anna Schmidt", 600)
    assert result.seconds() == {Status(state): 600}


def test_what_keeps_the_whole_session_is_told_once() -> None:
    sent_note, sent_entry = session().expected
    waits = replace(sent_entry, state=ArtifactState.HELD, autotask_id=None, problem=TROUBLE)
    held = session(expected=(sent_note, waits), status=Status.HELD, problem=TROUBLE)
    assert kinds(audit(evidence(sessions=(held,), entries=()))) == [FindingKind.HELD]


def test_later_parts_wait_with_the_first() -> None:
    first, second = (
        Work(
            entry_key(lsid(1), "1", part),
            "anna",
            "Anna Schmidt",
            START + part * 100,
            START + part * 100 + 90,
        )
        for part in (1, 2)
    )
    waits = Expected(ArtifactKind.TIME_ENTRY, first.marker, ArtifactState.HELD, problem=TROUBLE)
    waiting = session(expected=(waits,), status=Status.HELD, billed=(first, second))
    assert audit(evidence(sessions=(waiting,), notes=(), entries=())).seconds() == {Status.HELD: 180}


def test_a_skipped_entry_is_no_finding_and_its_time_counts_as_skipped() -> None:
    sent_note, sent_entry = session().expected
    skipped = session(expected=(sent_note, replace(sent_entry, state=ArtifactState.SKIPPED, autotask_id=None)))
    result = audit(evidence(sessions=(skipped,), entries=()))
    assert not result.findings
    assert result.seconds() == {Status.SKIPPED: 600}


def test_time_that_the_settings_enter_nowhere_is_told_apart() -> None:
    result = audit(evidence(sessions=(session(expected=session().expected[:1]),), entries=()))
    assert not result.findings
    assert result.seconds() == {Status.NOT_ENTERED: 600}
    assert result.sessions() == {Status.DELIVERED: 1}


@pytest.mark.parametrize("status", [Status.BEFORE_START, Status.PENDING, Status.SKIPPED])
def test_what_is_not_due_is_no_finding(status: Status) -> None:
    result = audit(evidence(sessions=(session(expected=(), status=status),), notes=(), entries=()))
    assert not result.findings
    assert result.seconds() == {status: 600}
    assert len(result.remarks) == (status is Status.PENDING)


def overlapping(second_start: int, **changes: Any) -> Snapshot:
    """Anna's session from the start on, and a second one of hers from `second_start` on."""
    second = session(2, second_start, **changes)
    sent = second.expected[1]
    there = entry(2, second_start, sent.length)
    return evidence(sessions=(session(), second), notes=(note(), note(2)), entries=(entry(), there))


def test_two_sessions_at_once_are_information() -> None:
    result = audit(overlapping(START + 300))
    assert not result.findings
    (remark,) = result.remarks
    assert "5 min" in remark.text
    assert "appliance" in remark.text


def test_an_overlap_that_rounding_made_is_information() -> None:
    short = Work(entry_key(lsid(1), "1"), "anna", "Anna Schmidt", START, START + 500)
    rounded = replace(overlapping(START + 550), sessions=(session(worked=(short,)), session(2, START + 550)))
    result = audit(rounded)
    assert not result.findings
    (remark,) = result.remarks
    assert "rounding" in remark.text


def test_an_overlap_with_an_entry_typed_by_hand_is_a_finding() -> None:
    result = audit(evidence(entries=(entry(), manual(START + 480, 600))))
    (finding,) = result.findings
    assert (finding.kind, finding.seconds, finding.technician) == (FindingKind.OVERLAP, 120, "Anna Schmidt")
    assert "WorkEntryID=900" in finding.link


def test_an_overlap_of_rounding_alone_with_an_entry_typed_by_hand_is_information() -> None:
    short = Work(entry_key(lsid(1), "1"), "anna", "Anna Schmidt", START, START + 480)
    result = audit(evidence(sessions=(session(worked=(short,)),), entries=(entry(), manual(START + 480, 600))))
    assert not result.findings
    assert len(result.remarks) == 1


@pytest.mark.parametrize(
    "other",
    [
        manual(START + 600, 600),
        manual(START - 600, 600),
        manual(START, 600, resource_id=KENJI),
        manual(START, 0),
    ],
)
def test_entries_that_only_touch_or_are_of_another_do_not_overlap(other: TimeEntry) -> None:
    result = audit(evidence(entries=(entry(), other)))
    assert not result.findings
    assert not result.remarks


def test_two_entries_typed_by_hand_are_nobodys_business_here() -> None:
    result = audit(evidence(entries=(entry(), manual(START + 5000, 600), manual(START + 5100, 600, id=901))))
    assert not result.findings
    assert not result.remarks


def test_an_adopted_entry_whose_times_nothing_explains_overlaps() -> None:
    base = overlapping(START + 5000)
    sent_note, sent_entry = session(2, START + 5000).expected
    found = replace(sent_entry, state=ArtifactState.ADOPTED, starts_at=START, ends_at=START + 600)
    second = session(2, START + 5000, expected=(sent_note, found))
    result = audit(replace(base, sessions=(session(), second), entries=(entry(), entry(2, START))))
    assert kinds(result) == [FindingKind.OVERLAP]


def test_a_changed_entry_is_told_once_though_it_overlaps_now() -> None:
    base = overlapping(START + 5000)
    result = audit(replace(base, entries=(entry(), entry(2, START))))
    assert kinds(result) == [FindingKind.TIME_DIFFERS]
    assert len(result.remarks) == 1


def test_I1_people_are_read_from_markers_whatever_they_are_called() -> None:
    for name in ("anna", "MSP\\anna", "anna@msp.example", "a b:c", "x]y", "ä[z", "anna#7", "anna#7:2"):
        for part in (1, 2, 13):
            assert person_of(entry_marker(entry_key(lsid(1), "12", part), name)) == "#12"
    assert not person_of(note_marker(lsid(1)))
    assert person_of(f"[bt:{lsid(1)}:anna:2]") == "anna"


@pytest.mark.parametrize("name", ["anna", "Anna", "CORP\\anna", "somebody.else"])
@pytest.mark.parametrize(("start", "length"), [(START, 600), (START + 60, 300), (START - 30, 660)])
def test_I3_entries_of_one_session_and_resource_that_lie_within_each_other_are_a_double(
    name: str, start: int, length: int
) -> None:
    other = entry(id=900, start=start, length=length, internal_notes=entry_marker(entry_key(lsid(1), "7"), name))
    (finding,) = audit(evidence(entries=(entry(), other))).findings
    assert finding.kind is FindingKind.DOUBLED
    assert "id 900" in finding.text or "id 201" in finding.text


def test_I3_a_double_is_one_although_the_ledger_knows_both_and_rounding_is_set() -> None:
    second = replace(session().expected[1], marker=entry_key(lsid(1), "7"), autotask_id=900)
    known = session(expected=(*session().expected, second))
    other = entry(id=900, internal_notes=entry_marker(second.marker, "Anna"))
    assert kinds(audit(evidence(sessions=(known,), entries=(entry(), other)))) == [FindingKind.DOUBLED]


def test_I3_a_double_is_one_although_the_ledger_knows_neither_of_both() -> None:
    known = session(expected=session().expected[:1])
    other = entry(id=900, internal_notes=entry_marker(entry_key(lsid(1), "7"), "Anna"))
    found = audit(evidence(sessions=(known,), entries=(entry(), other))).findings
    assert [finding.kind for finding in found] == [FindingKind.DOUBLED, FindingKind.UNKNOWN]


def test_an_entry_that_a_person_opened_and_saved_keeps_whole_minutes_and_is_no_finding() -> None:
    saved = entry(start=START + 20, length=560)
    assert not audit(evidence(entries=(saved,))).findings


def test_links_are_left_out_where_autotasks_pages_are_not_known() -> None:
    result = audit(evidence(entries=(entry(length=900),), web_url=""))
    assert [finding.link for finding in result.findings] == [""]


DAMAGES: dict[str, tuple[FindingKind | None, Callable[[int, list[TicketNote], list[TimeEntry]], None]]] = {
    "delete note": (FindingKind.DELETED, lambda n, notes, _: notes.remove(note(n))),
    "delete entry": (FindingKind.DELETED, lambda n, _, entries: entries.remove(entry(n, START + n * 1000))),
    "double note": (FindingKind.DOUBLED, lambda n, notes, _: notes.append(note(n, id=5000 + n))),
    "double entry": (
        FindingKind.DOUBLED,
        lambda n, _, entries: entries.append(entry(n, START + n * 1000, id=6000 + n)),
    ),
    "move entry": (
        FindingKind.OTHER_TICKET,
        lambda n, _, entries: _change(entries, entry(n, START + n * 1000), ticket_id=OTHER_TICKET),
    ),
    "edit entry": (
        FindingKind.TIME_DIFFERS,
        lambda n, _, entries: _change(entries, entry(n, START + n * 1000), end=moment(START + n * 1000 + 500)),
    ),
    "unknown": (FindingKind.UNKNOWN, lambda n, notes, _: notes.append(note(n + 500, id=7000 + n))),
    "none": (None, lambda *_: None),
}


def _change(entries: list[TimeEntry], before: TimeEntry, **changes: Any) -> None:
    entries[entries.index(before)] = replace(before, **changes)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(list(DAMAGES)), min_size=1, max_size=12))
def test_exactly_the_damage_is_found_and_the_totals_add_up(damages: list[str]) -> None:
    numbers = range(1, len(damages) + 1)
    sessions = tuple(session(n, START + n * 1000) for n in numbers)
    notes, entries = [note(n) for n in numbers], [entry(n, START + n * 1000) for n in numbers]
    for number, damage in zip(numbers, damages, strict=True):
        DAMAGES[damage][1](number, notes, entries)
    result = audit(Snapshot(sessions, tuple(notes), tuple(entries)))
    caused = Counter(kind for damage in damages if (kind := DAMAGES[damage][0]))
    assert Counter(kinds(result)) == caused
    assert result.seconds().total() == sum(row.due for row in result.rows) == 600 * len(damages)
    there = sum(int((one.end - one.start).total_seconds()) for one in entries if one.start and one.end)
    assert sum(row.in_autotask for row in result.rows) == there
    assert result.sessions().total() == len(damages)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 900)), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 900)), max_size=5),
)
def test_overlaps_with_others_are_those_that_comparing_every_pair_finds(
    ours: list[tuple[int, int]], others: list[tuple[int, int]]
) -> None:
    sessions = tuple(session(n, START + start, length) for n, (start, length) in enumerate(ours, 1))
    entries = [entry(n, START + start, length) for n, (start, length) in enumerate(ours, 1)]
    typed = [manual(START + start, length, id=900 + n) for n, (start, length) in enumerate(others)]
    result = audit(Snapshot(sessions, tuple(note(n) for n in range(1, len(ours) + 1)), (*entries, *typed)))
    expected = [min(a + b, c + d) - max(a, c) for a, b in ours for c, d in others if min(a + b, c + d) > max(a, c)]
    assert set(kinds(result)) <= {FindingKind.OVERLAP}
    assert sorted(finding.seconds for finding in result.findings) == sorted(expected)
