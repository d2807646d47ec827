"""The audit: a window's sessions, the ledger and Autotask's records held against each other. Pure: nobody is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.audit.findings import DELIVERED, WAITING, AuditResult, Finding, FindingKind, Remark, Standing
from bt_autotask_sync.audit.overlaps import doubles_in, find_overlaps
from bt_autotask_sync.audit.records import Holdings
from bt_autotask_sync.audit.snapshot import key_in, marker_in, ticket_of
from bt_autotask_sync.audit.tickets import find_tickets
from bt_autotask_sync.audit.wording import Words
from bt_autotask_sync.audit.worked_time import time_rows
from bt_autotask_sync.state.states import ArtifactKind
from bt_autotask_sync.sync.compare.lookup_state import BLIND
from bt_autotask_sync.sync.markers import kind_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from bt_autotask_sync.audit.records import Match, SessionMatch
    from bt_autotask_sync.audit.snapshot import Evidence

_PLURALS = {ArtifactKind.TICKET: "tickets", ArtifactKind.NOTE: "notes", ArtifactKind.TIME_ENTRY: "time entries"}
_SESSION_FINDINGS = {
    Standing.HELD: FindingKind.HELD,
    Standing.UNSETTLED: FindingKind.UNSETTLED,
    Standing.PARKED: FindingKind.PARKED,
    Standing.MISSING: FindingKind.MISSING,
}


def audit(evidence: Evidence) -> AuditResult:
    """Return what is wrong in a window, what is worth knowing, and where its time stands."""
    holdings = Holdings((*evidence.tickets, *evidence.notes, *evidence.entries))
    matched = [holdings.match(session) for session in evidence.sessions]
    words = Words(evidence)
    findings = [_blind(kind) for kind in sorted(evidence.blind)]
    doubled = doubles_in(matched, evidence.entries)
    for match in matched:
        findings.extend(_of_session(match, evidence, words, doubled))
    findings.extend(
        words.unknown_session(record)
        for record in holdings.beyond(evidence.sessions)
        if key_in(marker_in(record)) not in evidence.known_keys
    )
    on_tickets, closed = find_tickets(matched, evidence)
    overlaps, remarks = find_overlaps(matched, evidence.entries, words)
    order = list(FindingKind)
    return AuditResult(
        findings=tuple(sorted((*on_tickets, *findings, *overlaps), key=lambda finding: order.index(finding.kind))),
        remarks=(*evidence.remarks, *_pending(evidence), *closed, *remarks),
        rows=tuple(row for match in matched for row in time_rows(match)),
    )


def _of_session(matched: SessionMatch, evidence: Evidence, words: Words, doubled: Collection[int]) -> Iterator[Finding]:
    session = matched.session
    if session.standing is Standing.NO_TICKET:
        yield words.no_ticket(session)
    elif session.trouble is not None and session.standing in _SESSION_FINDINGS:
        yield words.waiting(_SESSION_FINDINGS[session.standing], session, session.trouble)
    for match in matched.matches:
        if match.expected.kind is not ArtifactKind.TICKET:
            yield from _of_match(match, matched, evidence, words)
    own_tickets = matched.unplaced()
    for record in matched.strays:
        is_double = kind_of(record) is ArtifactKind.TIME_ENTRY and record.id in doubled
        if kind_of(record) is not ArtifactKind.TICKET and not is_double:
            yield words.stray(record, session, own_tickets.get(ticket_of(record), ""))


def _of_match(match: Match, matched: SessionMatch, evidence: Evidence, words: Words) -> Iterator[Finding]:
    """Yield what is wrong with one note or time entry."""
    session, expected, found = matched.session, match.expected, match.found
    state = expected.state
    if state in WAITING:
        if session.trouble is None:
            yield words.waiting_artifact(WAITING[state], session, expected)
    elif state in DELIVERED or state is None:
        if found is None:
            if expected.kind not in evidence.blind:
                lost = ArtifactKind.TICKET not in evidence.blind and matched.has_lost(expected.ticket_id)
                yield words.absent(session, expected, with_ticket=lost)
        elif found.id != expected.autotask_id:
            yield words.unknown_record(session, expected, found)
        if found is not None and expected.ticket_id not in (None, ticket_of(found)):
            yield words.other_ticket(session, expected, found)
        if match.entry is not None and match.differs:
            yield words.time_differs(session, expected, match.entry)
    for double in match.doubles:
        yield words.doubled(session, expected, double, found)


def _blind(kind: ArtifactKind) -> Finding:
    text = f"Autotask's look-ups do not show all {_PLURALS[kind]}: which of them are missing cannot be told."
    return Finding(FindingKind.BLIND, text, BLIND.advice)


def _pending(evidence: Evidence) -> Iterator[Remark]:
    for session in evidence.sessions:
        if session.standing is Standing.PENDING:
            yield Remark("It ended since the last run, or its report is not complete yet.", session.lsid)
