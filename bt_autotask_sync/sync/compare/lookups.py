"""What Autotask already holds of the artifacts, compared here and never by the server."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.entities import Ticket, TicketNote, TimeEntry
from bt_autotask_sync.autotask.errors import QueryRefused
from bt_autotask_sync.state.states import ArtifactKind
from bt_autotask_sync.sync.compare.entry_matching import find_entry, wanted_entry
from bt_autotask_sync.sync.compare.lookup_state import LookupState, LookupStates, record_class_of
from bt_autotask_sync.sync.markers import MARKER_START, Found, is_of, marker_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from bt_autotask_sync.autotask.records import Records
    from bt_autotask_sync.state.artifact_record import ArtifactRecord, RecordClass
    from bt_autotask_sync.state.artifacts import Artifacts
    from bt_autotask_sync.sync.plan.artifact import Artifact

_LOG = logging.getLogger(__name__)

Place = int | str
"""Where a look-up asks for a record: the id of the ticket that it stands on; for a ticket itself, its external id."""


@dataclass(frozen=True, slots=True)
class Existing:
    """The records of one kind by their place, as one look-up showed them at `answered_at` (Autotask time)."""

    records: dict[Place, tuple[Found, ...]]
    answered_at: datetime | None

    def find(self, wanted: Artifact | ArtifactRecord) -> Found | None:
        """Return the record that is what is wanted: the oldest one if there are several."""
        place = place_of(wanted)
        there = () if place is None else self.records.get(place, ())
        return find_among(wanted, there)

    def entries_on(self, ticket_id: int) -> tuple[TimeEntry, ...]:
        """Return the time entries on a ticket."""
        return tuple(record for record in self.records.get(ticket_id, ()) if isinstance(record, TimeEntry))

    def holds(self, lsid: str, ticket_id: int) -> tuple[Found, ...]:
        """Return the notes or time entries of a session on a ticket."""
        return tuple(record for record in self.records.get(ticket_id, ()) if is_of(record, lsid))


def find_among(wanted: Artifact | ArtifactRecord, records: Iterable[Found]) -> Found | None:
    """Return which of these records is what is wanted: the oldest one if there are several."""
    if wanted.kind is ArtifactKind.TIME_ENTRY:
        return find_entry(wanted_entry(wanted), [record for record in records if isinstance(record, TimeEntry)])
    marked = [record for record in records if marker_of(record).startswith(wanted.marker)]
    return min(marked, key=lambda record: record.id, default=None)


def place_of(wanted: Artifact | ArtifactRecord) -> Place | None:
    """Return where something that is to be created, or is known, is looked for; None where that is nowhere yet."""
    return wanted.marker if wanted.kind is ArtifactKind.TICKET else wanted.ticket_id or None


class Comparison:
    """Looks up what is there, and knows how far its look-ups can be believed."""

    def __init__(self, records: Records, artifacts: Artifacts) -> None:
        self._records = records
        self.lookup_states = LookupStates(artifacts, self._is_there)

    def existing(self, kind: ArtifactKind, places: Iterable[Place | None]) -> Existing:
        """Look up the records of a kind at these places, together with known ones that test the look-up."""
        wanted = set(places) - {None}
        if not wanted:
            return Existing({}, None)
        canaries = self.lookup_states.known_records(kind)
        asked = (wanted | {place_of(record) for record in canaries}) - {None}
        try:
            found, answered_at = self._look_up(kind, asked)
        except QueryRefused as error:
            _LOG.warning("%s: %s", error.message, error.words)
            self.lookup_states.blind(kind)
            return Existing({}, None)
        self.lookup_states.judge(canaries, {record.id for record in found})
        self._judge_unseen(canaries)
        by_place: dict[Place, list[Found]] = {}
        for record in found:
            place = marker_of(record) if isinstance(record, Ticket) else record.ticket_id
            if place is not None:
                by_place.setdefault(place, []).append(record)
        return Existing({place: tuple(records) for place, records in by_place.items()}, answered_at)

    def _judge_unseen(self, canaries: Iterable[ArtifactRecord]) -> None:
        """Judge sorts of which known records show neither in the query nor by their ids.

        They may all have been deleted; but if nobody's record shows either, the right to see them may be gone.
        """
        for record_class in {record_class_of(record) for record in canaries}:
            self.probe(record_class)
            if self.lookup_states.of(record_class) is LookupState.UNVERIFIED:
                self.lookup_states.set(record_class, LookupState.BLIND)

    def present(self, kind: ArtifactKind, known: Sequence[ArtifactRecord]) -> set[int]:
        """Return the ids of these records that are there; what a query misses is asked for directly."""
        ids = {record.autotask_id for record in known if record.autotask_id is not None}
        if not ids:
            return set()
        found = {record.id for record in self._with_ids(kind, ids)}
        return found | {autotask_id for autotask_id in ids - found if self._get(kind, autotask_id) is not None}

    def verify_created(self, artifact: Artifact, autotask_id: int) -> None:
        """Test the look-up with a record that was created a moment ago."""
        shown = self.existing(artifact.kind, [place_of(artifact)]).records.values()
        seen = any(record.id == autotask_id for records in shown for record in records)
        self.lookup_states.set(record_class_of(artifact), LookupState.VERIFIED if seen else LookupState.BLIND)

    def probe(self, record_class: RecordClass) -> None:
        """Test the look-up of a sort of which no record is known: does it show anybody's?"""
        if self.lookup_states.of(record_class) is not LookupState.UNVERIFIED:
            return
        match record_class.kind:
            case ArtifactKind.TICKET:
                shown = self._records.any_ticket()
            case ArtifactKind.NOTE:
                shown = self._records.any_note()
            case ArtifactKind.TIME_ENTRY:
                shown = self._records.any_time_entry(non_billable=record_class.non_billable)
        if shown:
            self.lookup_states.set(record_class, LookupState.VERIFIED)

    def _look_up(self, kind: ArtifactKind, places: Iterable[Place | None]) -> tuple[tuple[Found, ...], datetime | None]:
        if kind is ArtifactKind.TICKET:
            tickets = self._records.tickets_with(sorted(place for place in places if isinstance(place, str)))
            return tickets.items, tickets.answered_at
        ticket_ids = sorted(place for place in places if isinstance(place, int))
        if kind is ArtifactKind.NOTE:
            notes = self._records.notes_on(ticket_ids, title_contains=MARKER_START)
            return notes.items, notes.answered_at
        entries = self._records.time_entries_on(ticket_ids)
        return entries.items, entries.answered_at

    def _with_ids(self, kind: ArtifactKind, ids: Collection[int]) -> Collection[Found]:
        match kind:
            case ArtifactKind.TICKET:
                return self._records.tickets((), ids)
            case ArtifactKind.NOTE:
                return self._records.notes(ids).items
            case ArtifactKind.TIME_ENTRY:
                return self._records.time_entries(ids).items

    def _is_there(self, known: ArtifactRecord) -> bool:
        """Tell whether a record that a query did not show is where the query should have shown it.

        People move records to other tickets and retitle them: such a one proves nothing.
        """
        record = None if known.autotask_id is None else self._get(known.kind, known.autotask_id)
        if record is None:
            return False
        if isinstance(record, Ticket):
            return marker_of(record) == known.marker
        if record.ticket_id != known.ticket_id:
            return False
        return not isinstance(record, TicketNote) or MARKER_START in record.title

    def _get(self, kind: ArtifactKind, autotask_id: int) -> Found | None:
        match kind:
            case ArtifactKind.TICKET:
                return self._records.ticket(autotask_id)
            case ArtifactKind.NOTE:
                return self._records.note(autotask_id)
            case ArtifactKind.TIME_ENTRY:
                return self._records.time_entry(autotask_id)
