"""Gathers what an audit is made from: the sessions of a window, what is due of them, and what Autotask holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bt_autotask_sync.audit.expected_records import ExpectedRecords
from bt_autotask_sync.audit.findings import Remark
from bt_autotask_sync.audit.lookups import AuditLookups
from bt_autotask_sync.audit.sessions import SessionReader, ended_between, known_keys
from bt_autotask_sync.audit.snapshot import Snapshot, key_in, marker_in
from bt_autotask_sync.state.states import ArtifactKind
from bt_autotask_sync.sync.job import BATCH
from bt_autotask_sync.sync.markers import ticket_marker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bt_autotask_sync.audit.snapshot import AuditedSession, Expected, Record
    from bt_autotask_sync.autotask.entities import Ticket
    from bt_autotask_sync.sync.run_context import RunContext

SOON_AFTER = timedelta(hours=1)
"""How long after a window notes on its sessions are looked for on whatever ticket; on their own tickets always."""


def gather(context: RunContext, since: datetime, until: datetime | None) -> Snapshot:
    """Ask the appliance, the ledger and Autotask for everything about the sessions that ended in a window.

    Args:
        context: Everything the audit is given. Its ledger is a copy, in which a fresh plan leaves its traces.
        since: Where the window begins.
        until: Where it ends; None: now.

    Raises:
        SyncError: One of the products is out of reach or refuses us, or the request budget is spent.
        StoppedError: The audit was told to stop.
    """
    present = context.appliance.time() or context.clock.now()
    now = int(present.timestamp())
    listing = context.appliance.list_ended(since, until)
    end = until or listing.answered_at or present
    in_ledger = ended_between(context.ledger, context.profile.name, since, end)
    lookups = AuditLookups(context, now)
    sessions = tuple(_sessions(context, lookups, now, list(dict.fromkeys((*listing.lsids, *in_ledger)))))
    unlisted = len(set(in_ledger) - set(listing.lsids))
    return _with_holdings(context, lookups, sessions, (since, end), _unlisted(unlisted))


def _sessions(context: RunContext, lookups: AuditLookups, now: int, lsids: Sequence[str]) -> Iterator[AuditedSession]:
    reader, expected = SessionReader(context, now), ExpectedRecords(context, lookups, now)
    for start in range(0, len(lsids), BATCH):
        context.stop.check()
        context.on_progress(start, len(lsids))
        told = list(reader.tell(lsids[start : start + BATCH]))
        sessions = {each.session.lsid: each.session for each in told}
        due = [each.report for each in told if each.is_due and each.report is not None]
        if due:
            sessions |= {session.lsid: session for session in expected.expect(sessions, due)}
        yield from sessions.values()
    context.on_progress(len(lsids), len(lsids))


def _with_holdings(
    context: RunContext,
    lookups: AuditLookups,
    sessions: tuple[AuditedSession, ...],
    window: tuple[datetime, datetime],
    remarks: tuple[Remark, ...],
) -> Snapshot:
    """Add what Autotask holds of these sessions, and what else bears our markers or is their technicians' time."""
    expected = [one for session in sessions for one in session.expected]
    during = _hours(expected, window)
    tickets = _own_tickets(lookups, sessions, expected)
    own = {ticket.id for ticket in tickets}
    notes = lookups.notes(
        _ids(expected, ArtifactKind.NOTE),
        _tickets(expected, ArtifactKind.NOTE) | own,
        (window[0], window[1] + SOON_AFTER),
    )
    entries = lookups.time_entries(
        _ids(expected, ArtifactKind.TIME_ENTRY), _tickets(expected, ArtifactKind.TIME_ENTRY) | own, during
    )
    resources = {one.resource_id for one in expected if one.resource_id is not None}
    entries += lookups.time_entries_of(resources, during)
    theirs = resources | {entry.resource_id for entry in entries if marker_in(entry) and entry.resource_id is not None}
    known = lookups.permit().resources_by_id(sorted(theirs)) if theirs else {}
    keys = {session.key for session in sessions}
    return Snapshot(
        sessions=sessions,
        notes=tuple(notes),
        entries=tuple(entries),
        tickets=tuple(tickets),
        blind=frozenset(lookups.blind),
        known_keys=known_keys(context.ledger, _keys((*tickets, *notes, *entries)) - keys),
        names={key: f"{one.first_name} {one.last_name}".strip() for key, one in known.items()},
        web_url=context.client.web_url(),
        remarks=remarks,
    )


def _own_tickets(
    lookups: AuditLookups, sessions: Iterable[AuditedSession], expected: Sequence[Expected]
) -> list[Ticket]:
    """Return the tickets that were made for these sessions, whether the ledger knows of them or not."""
    markers = [ticket_marker(session.lsid) for session in sessions]
    return lookups.tickets(_ids(expected, ArtifactKind.TICKET), markers)


def _hours(expected: Sequence[Expected], window: tuple[datetime, datetime]) -> tuple[datetime, datetime]:
    """Return the time in which the work of a window's sessions lies: some of it began before."""
    since, until = window
    starts = (datetime.fromtimestamp(one.starts_at, UTC) for one in expected if one.starts_at is not None)
    ends = (datetime.fromtimestamp(one.ends_at, UTC) for one in expected if one.ends_at is not None)
    return min(since, *starts, since), max(until, *ends, until)


def _ids(expected: Sequence[Expected], kind: ArtifactKind) -> set[int]:
    return {one.autotask_id for one in expected if one.kind is kind and one.autotask_id is not None}


def _tickets(expected: Sequence[Expected], kind: ArtifactKind) -> set[int]:
    return {one.ticket_id for one in expected if one.kind is kind and one.ticket_id is not None}


def _keys(records: Iterable[Record]) -> set[str]:
    return {key_in(marker) for marker in map(marker_in, records) if marker}


def _unlisted(count: int) -> tuple[Remark, ...]:
    if not count:
        return ()
    return (
        Remark(
            f"The appliance does not list {count} of the sessions that the ledger knows of this window: it has purged "
            "their reports, or they never closed. They are held against Autotask alone."
        ),
    )
