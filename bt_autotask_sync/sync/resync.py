"""The manual one-shot: named sessions, or all that ended in a window, also long ago. It moves no watermark."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.links import ticket_link
from bt_autotask_sync.errors import UsageError
from bt_autotask_sync.state.artifact_record import RecordClass
from bt_autotask_sync.state.states import DONE, ArtifactKind, ArtifactState, Problem, SessionState, Stage
from bt_autotask_sync.sync.compare.lookup_state import BlindLookUpError, LookupState
from bt_autotask_sync.sync.discover.listing import refuse_future, refuse_unbelievable
from bt_autotask_sync.sync.discover.reports import Reports
from bt_autotask_sync.sync.job import BATCH, Job
from bt_autotask_sync.sync.markers import ticket_marker
from bt_autotask_sync.sync.match.external_key import read_external_key
from bt_autotask_sync.sync.match.key_text import shown_key
from bt_autotask_sync.sync.match.tickets import find_tickets
from bt_autotask_sync.sync.plan.time_entries import PARTLY
from bt_autotask_sync.sync.summary import ProblemRow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from bt_autotask_sync.appliance.session import Session
    from bt_autotask_sync.autotask.entities import Ticket
    from bt_autotask_sync.state.artifact_record import ArtifactRecord
    from bt_autotask_sync.state.session_record import SessionRecord
    from bt_autotask_sync.sync.run_context import RunContext

_LOG = logging.getLogger(__name__)

LSID_DIGITS = 32
SHORTEST_BEGINNING = 12
"""Hex digits that a beginning of an lsid must have at least: those that notes show in their titles."""

GONE = Problem(Stage.COMPARE, "The session's own ticket is not in Autotask any more.", "It is made again.")
LEFT_ALONE = frozenset({SessionState.DELIVERED, SessionState.SKIPPED, SessionState.PARKED, SessionState.BEFORE_START})
"""What a window takes up no more: done, or a person's decision."""


def resync_named(job: Job, lsids: Sequence[str], ticket_number: str) -> None:
    """Deliver the sessions that a person named; what was deleted in Autotask is created again.

    Args:
        job: The job of this run.
        lsids: Whole lsids.
        ticket_number: The ticket that a person sends them to, remembered from now on; empty: their own.

    Raises:
        UsageError: The appliance knows no such session, there is no such ticket, or a time entry stands elsewhere.
    """
    context = job.context
    job.named_by_person = lsids
    job.start()
    reading = Reports(context.appliance).read(lsids)
    unknown = [lsid for lsid in lsids if lsid not in reading.sessions and lsid not in reading.unreadable]
    if unknown:
        raise UsageError(
            f"The appliance has no report of session {', '.join(unknown)}.",
            "Copy the lsid from the appliance's session report; reports may also have been purged.",
        )
    if ticket_number:
        _send_to(job, _named_ticket(job, ticket_number), reading.sessions.values())
    for lsid in lsids:
        context.sessions.add(lsid, now=job.now)
        context.sessions.name(lsid)
        context.artifacts.release(lsid)
    _make_again(job, _gone(job, lsids))
    job.resolve_unsettled()
    _deliver(job, lsids)
    for lsid, session in context.sessions.get(lsids).items():
        if session.state in (SessionState.OPEN, SessionState.DISCOVERED):
            _LOG.warning("Session %s has no complete report yet; `run` delivers it when it has.", lsid)


def _make_again(job: Job, gone: Iterable[ArtifactRecord]) -> None:
    """Have what was deleted in Autotask created again; should this run break off, a later one does it."""
    context = job.context
    with context.ledger.transaction():
        for record in gone:
            context.sessions.take_up(record.lsid)
            if record.kind is ArtifactKind.TICKET:  # what it was made from is needed to make it again
                context.artifacts.hold(record.lsid, record.marker, record.kind, GONE)
            else:
                context.artifacts.forget(record.lsid, record.marker)


def resync_window(job: Job, since: datetime, until: datetime | None, *, partly: bool = False) -> None:
    """Deliver what ended in a window and is not delivered; report what was deleted in Autotask since.

    Args:
        job: The job of this run.
        since: Where the window begins.
        until: Where it ends; None: now.
        partly: Deliver also the time of sessions that Autotask holds in part and the ledger does not know.
    """
    context = job.context
    job.partly = partly
    now = job.start()
    refuse_future(since, now)
    listing = context.appliance.list_ended(since, until)
    refuse_unbelievable(context.appliance, listing, context.sessions, since, until or listing.answered_at or now)
    known = context.sessions.get(listing.lsids)
    with context.ledger.transaction():  # one for all: each alone would wait for the disk
        for lsid in listing.lsids:
            context.stop.check()
            context.sessions.add(lsid, now=job.now)
    job.summary.found = len(listing.lsids) - len(known)
    delivered = [lsid for lsid, record in known.items() if record.state is SessionState.DELIVERED]
    job.summary.missing = [_missing(record) for record in _gone(job, delivered) if not _is_left_over(record, known)]
    released = _release_time(context, known) if partly else set()
    job.resolve_unsettled()
    left_alone = {lsid for lsid, record in known.items() if record.state in LEFT_ALONE} - released
    _deliver(job, [lsid for lsid in listing.lsids if lsid not in left_alone])


def _release_time(context: RunContext, known: Collection[str]) -> set[str]:
    """Take up the time that was parked since Autotask holds a part of its session; return the lsids concerned."""
    released = set()
    for lsid, artifacts in context.artifacts.of(list(known)).items():
        for record in artifacts.values():
            if record.state is ArtifactState.PARKED and record.error == PARTLY.error:
                context.artifacts.hold(lsid, record.marker, record.kind, PARTLY)
                context.sessions.release(lsid)
                released.add(lsid)
    return released


def whole_lsids(context: RunContext, names: Iterable[str]) -> list[str]:
    """Return the whole lsids that these beginnings, of 12 digits or more, stand for.

    Raises:
        UsageError: One is no lsid, or stands for none or several that the ledger knows.
    """
    return list(dict.fromkeys(_whole_lsid(context, name) for name in names))


def read_beginning(name: str) -> str:
    """Return an lsid, or the beginning of one, as it is compared.

    Raises:
        UsageError: It is neither.
    """
    beginning = name.strip().lower()
    if not SHORTEST_BEGINNING <= len(beginning) <= LSID_DIGITS or not set(beginning) <= set("0123456789abcdef"):
        raise UsageError(f"{name!r} is not an lsid.", "Give all 32 hex digits, or a beginning of at least 12.")
    return beginning


def _whole_lsid(context: RunContext, name: str) -> str:
    beginning = read_beginning(name)
    if len(beginning) == LSID_DIGITS:
        return beginning
    found = context.sessions.starting_with(beginning)
    if len(found) == 1:
        return found[0]
    how_many = "no session" if not found else "several sessions"
    raise UsageError(f"The ledger knows {how_many} whose lsid begins with {beginning}.", "Give all 32 hex digits.")


def _named_ticket(job: Job, number: str) -> Ticket:
    named = read_external_key(number, numeric_keys=True, web_url=job.context.client.web_url)
    tickets = find_tickets([named], job.context.records) if named else ()
    if len(tickets) != 1:
        meant = named.unread.candidate if named.unread else ""
        advice = f"Give --ticket {meant}, if that is meant." if meant else "Give a ticket number like T20261122.0042."
        raise UsageError(f"Autotask has no ticket {shown_key(number)}.", advice)
    return tickets[0]


def _send_to(job: Job, ticket: Ticket, sessions: Iterable[Session]) -> None:
    """Remember the ticket for these sessions, unless a time entry of one stands on another ticket."""
    context = job.context
    sessions = list(sessions)
    for session in sessions:
        elsewhere = _entry_elsewhere(job, session, ticket)
        if elsewhere is not None:
            link = ticket_link(context.client.web_url(), elsewhere)
            raise UsageError(
                f"Session {session.lsid} has a time entry on another ticket: {link or f'id {elsewhere}'}.",
                "Delete that time entry in Autotask first, or leave the session where it is.",
            )
    for session in sessions:
        context.sessions.add(session.lsid, now=job.now)
        context.sessions.pin_ticket(session.lsid, ticket.number)
        for record in context.artifacts.of([session.lsid])[session.lsid].values():
            moves = record.kind is not ArtifactKind.TICKET and record.ticket_id != ticket.id
            if moves and record.state is not ArtifactState.UNSETTLED:
                context.artifacts.forget(session.lsid, record.marker)


def _entry_elsewhere(job: Job, session: Session, ticket: Ticket) -> int | None:
    """Return the id of another ticket that has a time entry of the session, or may come to have one.

    What the ledger knows is asked for by its id; on the ticket that the session's own key names, and on one that was
    made for it, all entries are looked at.

    Raises:
        BlindLookUpError: The look-up of time entries cannot be believed.
    """
    context = job.context
    for record in context.artifacts.of([session.lsid])[session.lsid].values():
        if record.kind is not ArtifactKind.TIME_ENTRY or record.ticket_id in (None, ticket.id):
            continue
        if record.state is ArtifactState.UNSETTLED or (
            record.state in DONE and not job.delivery.gone(record.kind, [record])
        ):
            return record.ticket_id
    key = context.keys.read(session)
    own = context.records.tickets_with([ticket_marker(session.lsid)]).items
    others = {found.id for found in (*find_tickets([key], context.records), *own)} - {ticket.id}
    existing = job.delivery.existing(ArtifactKind.TIME_ENTRY, others)
    if job.delivery.lookup_state(RecordClass(ArtifactKind.TIME_ENTRY)) is LookupState.BLIND:
        raise BlindLookUpError
    return next((other for other in sorted(others) if existing.holds(session.lsid, other)), None)


def _gone(job: Job, lsids: Sequence[str]) -> list[ArtifactRecord]:
    """Return the artifacts that the ledger knows to have been there and that Autotask does not have any more."""
    gone: list[ArtifactRecord] = []
    artifacts = job.context.artifacts.of(lsids)
    for kind in ArtifactKind:
        known = [
            record
            for records in artifacts.values()
            for record in records.values()
            if record.kind is kind and record.state in DONE and record.autotask_id is not None
        ]
        gone.extend(job.delivery.gone(kind, known))
    return gone


def _is_left_over(record: ArtifactRecord, known: Mapping[str, SessionRecord]) -> bool:
    """Tell whether it is a ticket that was made for a session which stands on another one."""
    return record.kind is ArtifactKind.TICKET and record.autotask_id != known[record.lsid].ticket_id


def _deliver(job: Job, lsids: Sequence[str]) -> None:
    for start in range(0, len(lsids), BATCH):
        chunk = lsids[start : start + BATCH]
        job.deliver(list(job.context.sessions.get(chunk).values()), start, len(lsids))
    job.context.on_progress(len(lsids), len(lsids))


def _missing(record: ArtifactRecord) -> ProblemRow:
    return ProblemRow(
        lsid=record.lsid,
        external_key="",
        kind=record.kind,
        stage=Stage.COMPARE,
        error="It was delivered, and is not in Autotask any more.",
        advice=f"If it was deleted by mistake, create it again with `resync {record.lsid}`.",
        attempts=record.attempts,
        state="missing",
    )
