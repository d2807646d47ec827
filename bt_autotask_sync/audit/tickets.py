"""What is wrong with the tickets that were made for sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.audit.findings import DELIVERED, WAITING, Finding, Remark, Status
from bt_autotask_sync.audit.ticket_wording import TicketWords
from bt_autotask_sync.autotask.entities import Ticket
from bt_autotask_sync.state.states import ArtifactKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bt_autotask_sync.audit.records import Match, SessionMatch
    from bt_autotask_sync.audit.snapshot import AuditedSession, Expected, Snapshot

COMPLETE = 5
"""Autotask: the status of a ticket that is complete; this number is every tenant's."""
_ON_TICKETS = frozenset({ArtifactKind.NOTE, ArtifactKind.TIME_ENTRY})


def find_tickets(matched: Iterable[SessionMatch], snapshot: Snapshot) -> tuple[list[Finding], list[Remark]]:
    """Return what is wrong with sessions' own tickets; one too many that is closed by now is only a remark."""
    words = TicketWords(snapshot)
    told = [each for one in matched for each in _of_session(one, snapshot, words)]
    findings = [each for each in told if isinstance(each, Finding)]
    return findings, [each for each in told if isinstance(each, Remark)]


def _of_session(matched: SessionMatch, snapshot: Snapshot, words: TicketWords) -> Iterator[Finding | Remark]:
    session = matched.session
    for match in matched.matches:
        if match.expected.kind is ArtifactKind.TICKET:
            yield from _of_match(match, matched, snapshot, words)
    for ticket in matched.strays:
        if not isinstance(ticket, Ticket):
            continue
        if _is_left_over(ticket, matched, snapshot):
            yield _unless_closed(words.left_over(session, ticket), ticket)
        elif ticket.id in matched.unplaced() and session.status is not Status.SKIPPED:
            yield words.unplaced(session, ticket)


def _of_match(
    match: Match, matched: SessionMatch, snapshot: Snapshot, words: TicketWords
) -> Iterator[Finding | Remark]:
    """Yield what is wrong with the ticket that the ledger, or a fresh plan, has for a session."""
    session, expected = matched.session, match.expected
    found = match.found if isinstance(match.found, Ticket) else None
    if expected.state in WAITING:
        if session.problem is None:
            yield words.waiting(WAITING[expected.state], session, expected)
    elif expected.state in DELIVERED or expected.state is None:
        if found is None:
            if ArtifactKind.TICKET not in snapshot.blind and _is_needed(session, expected):
                yield words.absent(session, expected)
        elif _is_left_over(found, matched, snapshot):
            yield _unless_closed(words.left_over(session, found), found)
        elif found.id != expected.autotask_id:
            yield words.unknown(session, expected, found)
    for double in match.doubles:
        if isinstance(double, Ticket) and double.id != session.ticket_id:
            yield _unless_closed(words.doubled(session, double, found), double)


def _is_needed(session: AuditedSession, expected: Expected) -> bool:
    """Tell whether a session's own ticket has to be there: a person may do without one that is left over."""
    return session.ticket_id in (None, expected.autotask_id) and session.status is not Status.SKIPPED


def _is_left_over(ticket: Ticket, matched: SessionMatch, snapshot: Snapshot) -> bool:
    """Tell whether a session is on another ticket than this one of its own, and nothing of it stands here."""
    elsewhere = matched.session.ticket_id not in (None, ticket.id)
    return elsewhere and snapshot.blind.isdisjoint(_ON_TICKETS) and not matched.stands_on(ticket.id)


def _unless_closed(finding: Finding, ticket: Ticket) -> Finding | Remark:
    return Remark(f"{finding.text} It is closed.", finding.lsid) if ticket.status == COMPLETE else finding
