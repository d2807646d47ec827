"""Which time entries in Autotask are which parts of a session's time, whatever a person has renamed since."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bt_autotask_sync.state.states import ArtifactKind, Problem, Stage
from bt_autotask_sync.sync.markers import (
    marker_name,
    marker_number,
    marker_of,
    overlaps,
    read_entry_marker,
    same_minutes,
)
from bt_autotask_sync.sync.plan.artifact import Artifact

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bt_autotask_sync.autotask.entities import TimeEntry
    from bt_autotask_sync.state.artifact_record import ArtifactRecord
    from bt_autotask_sync.sync.markers import EntryMarker

PLAN_CHANGED = Problem(
    Stage.PLAN,
    "An earlier part of this time entry stands in Autotask with other times than planned now.",
    "Look at the entries on the ticket: correct them by hand and skip the rest here, or restore the settings.",
)
_BY_HAND_ADVICE = (
    "If it is the same work, give this entry up with `bt-autotask-sync held skip LSID --reason TEXT`; if not, correct "
    "the times of the other one in Autotask, and this one is sent by the next run."
)
_OVERLAP_ADVICE = (
    "Look at both on the ticket. If the time is entered already, give this entry up with `bt-autotask-sync held skip "
    "LSID --reason TEXT`; if not, correct the other one in Autotask, and this one is sent by the next run."
)


@dataclass(frozen=True, slots=True)
class WantedEntry:
    """A time entry to look for: `numbers` are gsnumbers and `names` usernames, both as they stand in markers."""

    lsid: str
    part: int
    numbers: frozenset[str]
    names: frozenset[str]
    resource_id: int | None
    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Recognised:
    """What stands in Autotask of a session's planned time entries, and what keeps others from being created.

    Both by the artifact's marker. What stands in neither may be created.
    """

    found: dict[str, TimeEntry] = field(default_factory=dict)
    doubts: dict[str, Problem] = field(default_factory=dict)


def wanted_entry(wanted: Artifact | ArtifactRecord) -> WantedEntry:
    """Return what to look for: a planned time entry, or one that the ledger knows."""
    marker = read_entry_marker(wanted.marker)
    part, name = (marker.part, marker.name) if marker else (1, "")
    if isinstance(wanted, Artifact):
        numbers = {marker_number(number) for number in wanted.gsnumbers}
        names = {marker_name(wanted.username).casefold()}
        start, end = wanted.start, wanted.end
    else:
        numbers = {marker.number} if marker and marker.number else set()
        names = {name.casefold()}
        start, end = _moment(wanted.starts_at), _moment(wanted.ends_at)
    return WantedEntry(wanted.lsid, part, frozenset(numbers), frozenset(names - {""}), wanted.resource_id, start, end)


def find_entry(wanted: WantedEntry, entries: Iterable[TimeEntry]) -> TimeEntry | None:
    """Return the time entry that is the wanted one, the oldest of several; it always bears the lsid.

    It is the one of the same person and part, else one of the same resource with the same start and end.
    """
    ours = [(entry, marker) for entry, marker in _marked(entries) if marker.lsid == wanted.lsid]
    same = [entry for entry, marker in ours if marker.part == wanted.part and _is_person(wanted, entry, marker)]
    alike = [entry for entry, _ in ours if _is_alike(wanted, entry)]
    return min(same or alike, key=lambda entry: entry.id, default=None)


def recognise(planned: Sequence[Artifact], entries: Iterable[TimeEntry]) -> Recognised:
    """Recognise a session's planned time entries among those that stand where they may stand.

    An entry of the session and the resource that overlaps what is planned and is not equal to it is a doubt, and so is
    one without a marker that equals it: a person may have entered it by hand. A further part of somebody's time is in
    doubt where an existing one has other times than planned.
    """
    entries = list(entries)
    wanted = {each.marker: wanted_entry(each) for each in planned if each.kind is ArtifactKind.TIME_ENTRY}
    found: dict[str, TimeEntry] = {}
    for exactly in (True, False):
        for marker, each in wanted.items():
            taken = {entry.id for entry in found.values()}
            free = [entry for entry in entries if entry.id not in taken]
            entry = None if marker in found else find_entry(each, free)
            if entry is not None and (not exactly or _is_same_part(each, entry)):
                found[marker] = entry
    groups = {each.marker: each.group for each in planned}
    doubts: dict[str, Problem] = {}
    for marker, each in wanted.items():
        if marker not in found:
            parts = [wanted[other] for other in wanted if groups[other] == groups[marker]]
            doubt = _doubt(each, entries) or (PLAN_CHANGED if _is_changed(parts, entries) else None)
            doubts |= {marker: doubt} if doubt else {}
    return Recognised(found, doubts)


def is_same_time(planned: Artifact, sent: ArtifactRecord) -> bool:
    """Return whether a time entry that was sent under another key may be one that is planned now."""
    if planned.kind is not ArtifactKind.TIME_ENTRY or sent.kind is not ArtifactKind.TIME_ENTRY:
        return False
    wanted, known = wanted_entry(planned), wanted_entry(sent)
    if not wanted.numbers & known.numbers and wanted.resource_id != known.resource_id:
        return False
    if wanted.start is None or wanted.end is None or known.start is None or known.end is None:
        return True
    return known.start < wanted.end and wanted.start < known.end


def _doubt(wanted: WantedEntry, entries: Sequence[TimeEntry]) -> Problem | None:
    markers = {entry.id: marker for entry, marker in _marked(entries)}
    for entry in entries:
        marker = markers.get(entry.id)
        theirs = wanted.resource_id is not None and entry.resource_id == wanted.resource_id
        if marker is None and theirs and same_minutes(entry, wanted.start, wanted.end):
            return _by_hand(entry)
        ours = marker is not None and marker.lsid == wanted.lsid and (theirs or _is_person(wanted, entry, marker))
        if ours and overlaps(entry, wanted.start, wanted.end):
            return _overlapping(entry)
    return None


def _is_changed(parts: Sequence[WantedEntry], entries: Iterable[TimeEntry]) -> bool:
    """Return whether any existing entry of a person has other times than its planned part, or is no planned part."""
    for entry, marker in _marked(entries):
        if marker.lsid == parts[0].lsid and any(_is_person(each, entry, marker) for each in parts):
            planned = next((each for each in parts if each.part == marker.part), None)
            if planned is None or not same_minutes(entry, planned.start, planned.end):
                return True
    return False


def _is_same_part(wanted: WantedEntry, entry: TimeEntry) -> bool:
    marker = read_entry_marker(marker_of(entry))
    return marker is not None and marker.part == wanted.part and _is_person(wanted, entry, marker)


def _is_person(wanted: WantedEntry, entry: TimeEntry, marker: EntryMarker) -> bool:
    """Return whether an entry is of the wanted person. Earlier versions wrote usernames and no numbers."""
    if marker.number is not None and wanted.numbers:
        return marker.number in wanted.numbers
    theirs = wanted.resource_id is not None and entry.resource_id == wanted.resource_id
    return theirs or marker.name.casefold() in wanted.names


def _is_alike(wanted: WantedEntry, entry: TimeEntry) -> bool:
    theirs = wanted.resource_id is not None and entry.resource_id == wanted.resource_id
    return theirs and same_minutes(entry, wanted.start, wanted.end)


def _marked(entries: Iterable[TimeEntry]) -> list[tuple[TimeEntry, EntryMarker]]:
    read = ((entry, read_entry_marker(marker_of(entry))) for entry in entries)
    return [(entry, marker) for entry, marker in read if marker is not None]


def _overlapping(entry: TimeEntry) -> Problem:
    return Problem(
        Stage.COMPARE,
        f"A time entry of this session and resource overlaps this one with other times (time entry id {entry.id}).",
        _OVERLAP_ADVICE,
    )


def _by_hand(entry: TimeEntry) -> Problem:
    return Problem(
        Stage.COMPARE,
        f"A time entry of this resource with the same start and end stands there (id {entry.id}); maybe it was entered "
        "by hand.",
        _BY_HAND_ADVICE,
    )


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
