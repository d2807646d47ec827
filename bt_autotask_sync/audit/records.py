"""Which of Autotask's records is which of those expected: by the known id first, else by the marker."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bt_autotask_sync.audit.snapshot import key_in, lsid_in, marker_in, ticket_of
from bt_autotask_sync.autotask.entities import Ticket, TicketNote, TimeEntry
from bt_autotask_sync.state.artifacts import seconds
from bt_autotask_sync.state.states import ArtifactKind, ArtifactState
from bt_autotask_sync.sync.markers import MINUTE, kind_of, marker_of, read_entry_marker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bt_autotask_sync.audit.snapshot import AuditedSession, Expected, Record

_STANDING = frozenset({ArtifactState.CREATED, ArtifactState.ADOPTED, ArtifactState.UNSETTLED})
"""What is in Autotask, or may come to be."""


@dataclass(frozen=True, slots=True)
class Match:
    """What is expected, the record that it is, and further records that say they are it."""

    expected: Expected
    found: Record | None
    doubles: tuple[Record, ...] = ()

    @property
    def records(self) -> tuple[Record, ...]:
        """All that is there of it."""
        return self.doubles if self.found is None else (self.found, *self.doubles)

    @property
    def entry(self) -> TimeEntry | None:
        """The record, if it is a time entry."""
        return self.found if isinstance(self.found, TimeEntry) else None

    @property
    def differs(self) -> bool:
        """Whether a time entry's start or end, to the minute, or its resource are others than it was sent with."""
        entry, expected = self.entry, self.expected
        if entry is None or expected.starts_at is None:
            return False
        times = (expected.starts_at, seconds(entry.start)), (expected.ends_at, seconds(entry.end))
        moved = any(sent is None or now is None or abs(sent - now) >= MINUTE for sent, now in times)
        return moved or expected.resource_id != entry.resource_id


@dataclass(frozen=True, slots=True)
class SessionMatch:
    """Everything in Autotask that belongs to a session; `strays` bear its marker and are not expected."""

    session: AuditedSession
    matches: tuple[Match, ...]
    strays: tuple[Record, ...]

    def has_lost(self, ticket_id: int | None) -> bool:
        """Tell whether a ticket is the session's own, and is not there."""
        own = (match for match in self.matches if match.expected.kind is ArtifactKind.TICKET)
        lost = {match.expected.autotask_id for match in own if match.found is None}
        return ticket_id is not None and ticket_id in lost

    def unplaced(self) -> dict[int | None, str]:
        """Return the numbers of tickets that were made for the session, which goes to none, by id."""
        own = (record for record in self.strays if isinstance(record, Ticket))
        return {} if self.session.ticket_id is not None else {ticket.id: ticket.number for ticket in own}

    def stands_on(self, ticket_id: int) -> bool:
        """Tell whether a note or a time entry of the session stands on a ticket, or may come to stand there."""
        sent = {one.ticket_id for one in self.session.expected if one.state in _STANDING}
        there = (*self.strays, *(record for match in self.matches for record in match.records))
        return ticket_id in sent | {ticket_of(record) for record in there if not isinstance(record, Ticket)}


class Records:
    """What Autotask holds, to be found by id and by marker."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._by_id: dict[tuple[ArtifactKind, int], Record] = {}
        for record in records:
            self._by_id[kind_of(record), record.id] = record
        self._by_key: dict[str, list[Record]] = defaultdict(list)
        for _, record in sorted(self._by_id.items(), key=lambda item: item[0]):
            if marker := marker_in(record):
                self._by_key[key_in(marker)].append(record)

    def match(self, session: AuditedSession) -> SessionMatch:
        """Find the records of a session."""
        marked = [record for record in self._by_key.get(session.key, ()) if _is_of(record, session)]
        matches = [self._match(expected, marked) for expected in session.expected]
        taken = {_identity(record) for match in matches for record in match.records}
        return SessionMatch(session, tuple(matches), tuple(one for one in marked if _identity(one) not in taken))

    def beyond(self, sessions: Iterable[AuditedSession]) -> Iterator[Record]:
        """Yield the records that bear a marker of no session of these."""
        known = {session.key: session for session in sessions}
        for key, records in self._by_key.items():
            session = known.get(key)
            yield from (record for record in records if session is None or not _is_of(record, session))

    def _match(self, expected: Expected, marked: Iterable[Record]) -> Match:
        same = [record for record in marked if kind_of(record) is expected.kind and _says_it_is(record, expected)]
        same.sort(key=lambda record: (ticket_of(record) != expected.ticket_id, record.id))
        known = None if expected.autotask_id is None else self._by_id.get((expected.kind, expected.autotask_id))
        found = known or next(iter(same), None)
        return Match(expected, found, tuple(record for record in same if record is not found))


def _is_of(record: Record, session: AuditedSession) -> bool:
    """Tell whether a record is of the session: but for a note's, its marker holds the whole lsid."""
    return isinstance(record, TicketNote) or lsid_in(marker_in(record)) == session.lsid


def _says_it_is(record: Record, expected: Expected) -> bool:
    """Return whether a record bears the marker of what is expected, whatever name a time entry's holds."""
    if not isinstance(record, TimeEntry):
        return marker_of(record).startswith(expected.marker)
    read, known = read_entry_marker(marker_of(record)), read_entry_marker(expected.marker)
    if read is None or known is None or read.part != known.part:
        return False
    if read.number is not None and known.number is not None:
        return read.number == known.number
    theirs = expected.resource_id is not None and expected.resource_id == record.resource_id
    return theirs or (bool(read.name) and read.name.casefold() == known.name.casefold())


def _identity(record: Record) -> tuple[ArtifactKind, int]:
    return kind_of(record), record.id
