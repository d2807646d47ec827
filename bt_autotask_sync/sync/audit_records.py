"""Which of Autotask's records is which of those expected: by the known id first, else by the marker."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.entities import TicketNote, TimeEntry
from bt_autotask_sync.sync.artifacts import seconds
from bt_autotask_sync.sync.audit_evidence import key_in, kind_of, marker_in
from bt_autotask_sync.sync.compare import marker_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bt_autotask_sync.sync.audit_evidence import AuditedSession, Expected
    from bt_autotask_sync.sync.states import ArtifactKind

Record = TicketNote | TimeEntry


@dataclass(frozen=True, slots=True)
class Match:
    """What is expected, the record that it is, and further records that say they are it."""

    expected: Expected
    found: Record | None
    doubles: tuple[Record, ...] = ()

    @property
    def entry(self) -> TimeEntry | None:
        """The record, if it is a time entry."""
        return self.found if isinstance(self.found, TimeEntry) else None

    @property
    def differs(self) -> bool:
        """Whether a time entry's start, end or resource are others than it was sent with."""
        entry, expected = self.entry, self.expected
        if entry is None or expected.starts_at is None:
            return False
        sent = expected.starts_at, expected.ends_at, expected.resource_id
        return sent != (seconds(entry.start), seconds(entry.end), entry.resource_id)


@dataclass(frozen=True, slots=True)
class SessionMatch:
    """Everything in Autotask that belongs to a session; `strays` bear its marker and are not expected."""

    session: AuditedSession
    matches: tuple[Match, ...]
    strays: tuple[Record, ...]


class Holdings:
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
        taken = {_identity(record) for match in matches for record in (match.found, *match.doubles) if record}
        return SessionMatch(session, tuple(matches), tuple(one for one in marked if _identity(one) not in taken))

    def beyond(self, sessions: Iterable[AuditedSession]) -> Iterator[Record]:
        """Yield the records that bear a marker of no session of these."""
        known = {session.key: session for session in sessions}
        for key, records in self._by_key.items():
            session = known.get(key)
            yield from (record for record in records if session is None or not _is_of(record, session))

    def _match(self, expected: Expected, marked: Iterable[Record]) -> Match:
        same = [
            record
            for record in marked
            if kind_of(record) is expected.kind and marker_of(record).startswith(expected.marker)
        ]
        same.sort(key=lambda record: (record.ticket_id != expected.ticket_id, record.id))
        known = None if expected.autotask_id is None else self._by_id.get((expected.kind, expected.autotask_id))
        found = known or next(iter(same), None)
        return Match(expected, found, tuple(record for record in same if record is not found))


def _is_of(record: Record, session: AuditedSession) -> bool:
    """Tell whether a record is of the session: a time entry's marker holds the whole lsid."""
    return isinstance(record, TicketNote) or marker_of(record).startswith(f"[bt:{session.lsid}:")


def _identity(record: Record) -> tuple[ArtifactKind, int]:
    return kind_of(record), record.id
