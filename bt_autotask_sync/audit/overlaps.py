"""Time entries of one technician at the same time, and which of them the appliance's own times explain."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bt_autotask_sync.audit.findings import Finding, Remark
from bt_autotask_sync.audit.snapshot import Expected, marker_in
from bt_autotask_sync.state.artifacts import seconds
from bt_autotask_sync.state.states import ArtifactKind, ArtifactState
from bt_autotask_sync.sync.markers import MINUTE, lsid_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bt_autotask_sync.audit.records import Match, SessionMatch
    from bt_autotask_sync.audit.wording import Wording
    from bt_autotask_sync.autotask.entities import TimeEntry

Stretch = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Ours:
    """A time entry that we sent; `sent` is when, `worked` what of it the representative really worked."""

    match: Match
    of: SessionMatch
    sent: tuple[Stretch, ...]
    worked: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A time entry with its times in unix seconds; `ours` None for somebody else's."""

    entry: TimeEntry
    start: int
    end: int
    ours: _Ours | None

    @property
    def is_told(self) -> bool:
        """Whether something else is told of it: a double, a stray, one that was changed, one beyond the window."""
        return bool(marker_in(self.entry)) if self.ours is None else self.ours.match.differs


def find_overlaps(
    matched: Sequence[SessionMatch], entries: Iterable[TimeEntry], wording: Wording
) -> tuple[list[Finding], list[Remark]]:
    """Return the overlaps of our time entries with each other and with others of the same resource.

    Those that the appliance's own times or rounding explain, or that another finding is about, are remarks. Entries of
    one session and resource that lie within each other are doubles, whatever explains them.
    """
    entries = tuple(entries)
    doubled = doubles_in(matched, entries)
    ours = {match.entry.id: _ours(match, of) for of in matched for match in of.matches if match.entry}
    findings: list[Finding] = []
    remarks: list[Remark] = []
    sessions = {of.session.lsid: of.session for of in matched}
    for one, other in _pairs(entries, ours):
        if other.entry.id in doubled and _is_double(one, other):
            expected = one.ours.match.expected if one.ours else _unexpected(one.entry)
            findings.append(wording.doubled(sessions[lsid_in(one.entry)], expected, other.entry, one.entry))
            continue
        if one.ours is None:
            continue
        length = min(one.end, other.end) - max(one.start, other.start)
        session, expected = one.ours.of.session, one.ours.match.expected
        finding = wording.overlap(session, expected, one.entry, other.entry, length)
        reason = _reason(one, other)
        if reason:
            remarks.append(Remark(f"{finding.technician}: {finding.text} {reason}", session.lsid))
        else:
            findings.append(finding)
    return findings, remarks


def doubles_in(matched: Iterable[SessionMatch], entries: Iterable[TimeEntry]) -> frozenset[int]:
    """Return the ids of the time entries that are doubles by their times, and are not by their markers.

    That is so of entries of these sessions, whether the ledger knows of any of them or not.
    """
    matched = tuple(matched)
    lsids = {of.session.lsid for of in matched}
    ours = {match.entry.id: _ours(match, of) for of in matched for match in of.matches if match.entry}
    known = {record.id for of in matched for match in of.matches for record in match.doubles}
    pairs = (pair for pair in _pairs(entries, ours) if lsid_in(pair[0].entry) in lsids and _is_double(*pair))
    return frozenset(other.entry.id for _, other in pairs) - known


def _unexpected(entry: TimeEntry) -> Expected:
    """Return what would be expected for an entry of which the ledger does not know."""
    return Expected(ArtifactKind.TIME_ENTRY, marker_in(entry), None, ticket_id=entry.ticket_id)


def _is_double(one: _Entry, other: _Entry) -> bool:
    """Return whether two entries of one session and resource lie within each other, to the minute."""
    if lsid_in(one.entry) != lsid_in(other.entry) or not lsid_in(one.entry):
        return False
    inner, outer = sorted((one, other), key=lambda each: each.end - each.start)
    return inner.start > outer.start - MINUTE and inner.end < outer.end + MINUTE


def _reason(one: _Entry, other: _Entry) -> str:
    """Return what explains an overlap of one of ours with another entry; empty when nothing does."""
    if one.is_told or other.is_told:
        return "Another finding, or the audit of another window, is about one of them."
    if one.ours is None:
        return ""
    if other.ours is not None:
        if _meet(one.ours.worked, other.ours.worked):
            return "The appliance reports both at the same time."
        return "They were billed so: it comes from rounding." if _meet(one.ours.sent, other.ours.sent) else ""
    if one.ours.worked and not _meet(one.ours.worked, ((other.start, other.end),)):
        return "It comes from rounding."
    return ""


def _ours(match: Match, of: SessionMatch) -> _Ours:
    expected, person = match.expected, of.session.person(match.expected.marker)
    sent = [(work.start, work.end) for work in of.session.billed if work.marker == expected.marker]
    # What was adopted says of itself when it is: only the appliance's times can explain it.
    is_sent = expected.state is not ArtifactState.ADOPTED or not sent
    if is_sent and expected.starts_at is not None and expected.ends_at is not None:
        sent = [(expected.starts_at, expected.ends_at)]
    worked = tuple((work.start, work.end) for work in of.session.worked if work.person == person)
    return _Ours(match, of, tuple(sent), worked)


def _pairs(entries: Iterable[TimeEntry], ours: dict[int, _Ours]) -> Iterator[tuple[_Entry, _Entry]]:
    """Yield every two entries of one resource that overlap, one of ours first where there is one."""
    by_resource: dict[int, list[_Entry]] = defaultdict(list)
    for entry in {entry.id: entry for entry in entries}.values():
        start, end = seconds(entry.start), seconds(entry.end)
        if entry.resource_id is not None and start is not None and end is not None and start < end:
            by_resource[entry.resource_id].append(_Entry(entry, start, end, ours.get(entry.id)))
    for _, of_resource in sorted(by_resource.items()):
        yield from _overlapping(sorted(of_resource, key=lambda one: (one.start, one.end, one.entry.id)))


def _overlapping(ordered: Sequence[_Entry]) -> Iterator[tuple[_Entry, _Entry]]:
    running: list[_Entry] = []
    for entry in ordered:
        running = [earlier for earlier in running if earlier.end > entry.start]
        yield from ((earlier, entry) if earlier.ours else (entry, earlier) for earlier in running)
        running.append(entry)


def _meet(some: Iterable[Stretch], others: Iterable[Stretch]) -> bool:
    others = tuple(others)
    return any(start < end_b and start_b < end for start, end in some for start_b, end_b in others)
