"""The audit: a window's sessions, the ledger and Autotask's records held against each other. Pure: nobody is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.audit.findings import DELIVERED, WAITING, AuditResult, Finding, FindingKind, Remark, Status
from bt_autotask_sync.audit.overlaps import doubles_in, find_overlaps
from bt_autotask_sync.audit.records import Records
from bt_autotask_sync.audit.snapshot import key_in, marker_in, ticket_of
from bt_autotask_sync.audit.tickets import find_tickets
from bt_autotask_sync.audit.wording import Wording
from bt_autotask_sync.audit.worked_time import time_rows
from bt_autotask_sync.state.states import ArtifactKind
from bt_autotask_sync.sync.compare.lookup_state import BLIND
from bt_autotask_sync.sync.markers import kind_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from bt_autotask_sync.audit.records import Match, SessionMatch
    from bt_autotask_sync.audit.snapshot import Snapshot

_PLURALS = {ArtifactKind.TICKET: "tickets", ArtifactKind.NOTE: "notes", ArtifactKind.TIME_ENTRY: "time entries"}
_SESSION_FINDINGS = {
    Status.HELD: FindingKind.HELD,
    Status.UNSETTLED: FindingKind.UNSETTLED,
    Status.PARKED: FindingKind.PARKED,
    Status.MISSING: FindingKind.MISSING,
}


def audit(snapshot: Snapshot) -> AuditResult:
    """Return what is wrong in a window, what is worth knowing, and where its time stands."""
    records = Records((*snapshot.tickets, *snapshot.notes, *snapshot.entries))
    matched = [records.match(session) for session in snapshot.sessions]
    wording = Wording(snapshot)
    findings = [_blind(kind) for kind in sorted(snapshot.blind)]
    doubled = doubles_in(matched, snapshot.entries)
    for match in matched:
        findings.extend(_of_session(match, snapshot, wording, doubled))
    findings.extend(
        wording.unknown_session(record)
        for record in records.beyond(snapshot.sessions)
        if key_in(marker_in(record)) not in snapshot.known_keys
    )
    on_tickets, closed = find_tickets(matched, snapshot)
    overlaps, remarks = find_overlaps(matched, snapshot.entries, wording)
    order = list(FindingKind)
    return AuditResult(
        findings=tuple(sorted((*on_tickets, *findings, *overlaps), key=lambda finding: order.index(finding.kind))),
        remarks=(*snapshot.remarks, *_pending(snapshot), *closed, *remarks),
        rows=tuple(row for match in matched for row in time_rows(match)),
    )


def _of_session(
    matched: SessionMatch, snapshot: Snapshot, wording: Wording, doubled: Collection[int]
) -> Iterator[Finding]:
    session = matched.session
    if session.status is Status.NO_TICKET:
        yield wording.no_ticket(session)
    elif session.problem is not None and session.status in _SESSION_FINDINGS:
        yield wording.waiting(_SESSION_FINDINGS[session.status], session, session.problem)
    for match in matched.matches:
        if match.expected.kind is not ArtifactKind.TICKET:
            yield from _of_match(match, matched, snapshot, wording)
    own_tickets = matched.unplaced()
    for record in matched.strays:
        is_double = kind_of(record) is ArtifactKind.TIME_ENTRY and record.id in doubled
        if kind_of(record) is not ArtifactKind.TICKET and not is_double:
            yield wording.stray(record, session, own_tickets.get(ticket_of(record), ""))


def _of_match(match: Match, matched: SessionMatch, snapshot: Snapshot, wording: Wording) -> Iterator[Finding]:
    """Yield what is wrong with one note or time entry."""
    session, expected, found = matched.session, match.expected, match.found
    state = expected.state
    if state in WAITING:
        if session.problem is None:
            yield wording.waiting_artifact(WAITING[state], session, expected)
    elif state in DELIVERED or state is None:
        if found is None:
            if expected.kind not in snapshot.blind:
                lost = ArtifactKind.TICKET not in snapshot.blind and matched.has_lost(expected.ticket_id)
                yield wording.absent(session, expected, with_ticket=lost)
        elif found.id != expected.autotask_id:
            yield wording.unknown_record(session, expected, found)
        if found is not None and expected.ticket_id not in (None, ticket_of(found)):
            yield wording.other_ticket(session, expected, found)
        if match.entry is not None and match.differs:
            yield wording.time_differs(session, expected, match.entry)
    for double in match.doubles:
        yield wording.doubled(session, expected, double, found)


def _blind(kind: ArtifactKind) -> Finding:
    text = f"Autotask's look-ups do not show all {_PLURALS[kind]}: which of them are missing cannot be told."
    return Finding(FindingKind.BLIND, text, BLIND.advice)


def _pending(snapshot: Snapshot) -> Iterator[Remark]:
    for session in snapshot.sessions:
        if session.status is Status.PENDING:
            yield Remark("It ended since the last run, or its report is not complete yet.", session.lsid)
