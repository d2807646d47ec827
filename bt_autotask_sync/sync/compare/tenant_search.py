"""Looks for a session's records on the whole tenant: tickets are merged, records are moved, checkpoints are lost."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.entities import TicketNote, TimeEntry
from bt_autotask_sync.autotask.errors import QueryRefused
from bt_autotask_sync.autotask.links import ticket_link
from bt_autotask_sync.state.artifact_record import RecordClass
from bt_autotask_sync.state.states import ArtifactKind, Problem, Stage
from bt_autotask_sync.sync.compare.lookup_state import BLIND, KNOWN_RECORDS
from bt_autotask_sync.sync.compare.lookups import find_among
from bt_autotask_sync.sync.markers import KEY_DIGITS, is_of, lsid_in

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bt_autotask_sync.autotask.records import Records
    from bt_autotask_sync.state.artifact_record import ArtifactRecord
    from bt_autotask_sync.state.artifacts import Artifacts
    from bt_autotask_sync.sync.plan.artifact import Artifact

_LOG = logging.getLogger(__name__)

MARGIN = timedelta(days=1)
"""Before the earliest and behind the latest time that is asked for."""
MOST_RECORDS = 20_000
"""Records of one search: more are not read."""
WAITS = "It is looked for again in the next run."


@dataclass(frozen=True, slots=True)
class Span:
    """When a session took place, as far as it is known; aware, in UTC."""

    start: datetime
    end: datetime

    def with_other(self, other: Span) -> Span:
        """Return the time from the earlier start to the later end."""
        return Span(min(self.start, other.start), max(self.end, other.end))


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The notes or time entries of some sessions, wherever in the tenant they stand.

    `confirmed` are the ids of notes in whose text the whole lsid stands. `problem` is why nothing follows from what the
    search does not show. `answered_at` is Autotask time.
    """

    records: tuple[TicketNote | TimeEntry, ...] = ()
    confirmed: frozenset[int] = frozenset()
    problem: Problem | None = None
    answered_at: datetime | None = None

    def of(self, lsid: str) -> tuple[TicketNote | TimeEntry, ...]:
        """Return the records of a session."""
        return tuple(record for record in self.records if is_of(record, lsid))

    def find(self, wanted: Artifact | ArtifactRecord) -> TicketNote | TimeEntry | None:
        """Return the record that is what is wanted, the oldest of several."""
        found = find_among(wanted, self.of(wanted.lsid))
        return found if isinstance(found, TicketNote | TimeEntry) else None

    def is_certain(self, record: TicketNote | TimeEntry) -> bool:
        """Return whether a record bears the whole lsid: a time entry's marker does, a note's holds its beginning."""
        return isinstance(record, TimeEntry) or record.id in self.confirmed


class TenantSearch:
    """Searches the tenant for one run; one query for a kind and a batch.

    Args:
        records: Autotask's records.
        artifacts: The ledger, for records that are known to be there and have to show.
    """

    def __init__(self, records: Records, artifacts: Artifacts) -> None:
        self._records = records
        self._artifacts = artifacts

    def search(self, kind: ArtifactKind, spans: Mapping[str, Span]) -> Elsewhere:
        """Return the records of a kind of these sessions, by lsid with their times; nothing where there are none.

        Raises:
            OutageError: Autotask gives no usable answer. A query that it refuses is a trouble in what is returned.
        """
        if not spans or kind is ArtifactKind.TICKET:
            return Elsewhere()
        since = min(span.start for span in spans.values()) - MARGIN
        until = max(span.end for span in spans.values()) + MARGIN
        try:
            if kind is ArtifactKind.NOTE:
                return self._notes(since, spans)
            return self._entries(since, until, spans)
        except QueryRefused as error:
            _LOG.warning("%s: %s", error.message, error.words)
            return Elsewhere(problem=Problem(Stage.COMPARE, error.message, f"{error.advice} {WAITS}".strip()))

    def _notes(self, since: datetime, lsids: Collection[str]) -> Elsewhere:
        found = self._records.notes_since(since, most=MOST_RECORDS)
        seen = {note.id for note in found.items}
        for known in self._artifacts.known(RecordClass(ArtifactKind.NOTE), KNOWN_RECORDS):
            if known.autotask_id is None or known.autotask_id in seen:
                continue
            note = self._records.note(known.autotask_id)
            if note is not None and note.created_at is not None and note.created_at >= since and "bt:" in note.title:
                return Elsewhere(problem=BLIND)
        keys = {lsid[:KEY_DIGITS] for lsid in lsids}
        ours = tuple(note for note in found.items if lsid_in(note) in keys)
        return Elsewhere(ours, self._confirmed(ours, lsids), answered_at=found.answered_at)

    def _confirmed(self, notes: Sequence[TicketNote], lsids: Collection[str]) -> frozenset[int]:
        """Return the notes that hold the whole lsid; of one that was too long for a note, each part on one ticket."""
        texts = self._records.note_texts({note.id for note in notes})
        alike = [(note, lsid) for note in notes for lsid in lsids if is_of(note, lsid)]
        sure = {(note.ticket_id, lsid) for note, lsid in alike if lsid in texts.get(note.id, "").lower()}
        return frozenset(note.id for note, lsid in alike if (note.ticket_id, lsid) in sure)

    def _entries(self, since: datetime, until: datetime, lsids: Collection[str]) -> Elsewhere:
        found = self._records.time_entries_between(since, until, most=MOST_RECORDS)
        seen = {entry.id for entry in found.items}
        for known in self._artifacts.entries_between(since, until, KNOWN_RECORDS):
            if known.autotask_id is None or known.autotask_id in seen:
                continue
            entry = self._records.time_entry(known.autotask_id)
            if entry is not None and entry.start is not None and since <= entry.start <= until:
                return Elsewhere(problem=BLIND)
        wanted = set(lsids)
        ours = tuple(entry for entry in found.items if lsid_in(entry) in wanted)
        return Elsewhere(ours, answered_at=found.answered_at)


def span_of(start: datetime | None, end: datetime | None, seconds: int | None) -> Span:
    """Return when a session took place: by its report, else by the end that the ledger knows (unix seconds)."""
    known = None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    last = end or known or start or datetime.fromtimestamp(0, UTC)
    return Span(start or last, last)


def uncertain(note: TicketNote, web_url: str) -> Problem:
    """Return what a person is asked about a note on another ticket that may be the session's."""
    where = ticket_link(web_url, note.ticket_id) or f"the ticket with the id {note.ticket_id}"
    return Problem(
        Stage.COMPARE,
        f"A note with this session's mark stands on another ticket, and its text does not name the session: {where}.",
        "If it is the session's note, give this one up with `bt-autotask-sync held skip LSID --reason TEXT`; if not, "
        "take the mark in brackets out of its title, and this one is sent by the next run.",
    )
