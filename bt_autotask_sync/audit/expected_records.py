"""What is due of sessions that were never taken up: a fresh plan, made as the job would make it, and sent nowhere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bt_autotask_sync.audit.findings import Status
from bt_autotask_sync.audit.own_tickets import OwnTickets
from bt_autotask_sync.audit.snapshot import Expected
from bt_autotask_sync.state.states import DONE, ArtifactKind, Problem, Stage
from bt_autotask_sync.sync.markers import ticket_marker
from bt_autotask_sync.sync.match.external_key import NamedTickets
from bt_autotask_sync.sync.match.people import match_people
from bt_autotask_sync.sync.match.tickets import choose_tickets, find_tickets
from bt_autotask_sync.sync.plan.batch import plan_all, session_billing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bt_autotask_sync.appliance.session import Session
    from bt_autotask_sync.audit.lookups import AuditLookups
    from bt_autotask_sync.audit.snapshot import AuditedSession
    from bt_autotask_sync.autotask.entities import Ticket
    from bt_autotask_sync.state.session_record import SessionRecord
    from bt_autotask_sync.sync.match.tickets import TicketMatch
    from bt_autotask_sync.sync.plan.artifact import Plan
    from bt_autotask_sync.sync.run_context import RunContext

UNPLANNABLE = Problem(
    Stage.PLAN,
    "The session's note or time could not be made.",
    "Run `resync LSID --dry-run -v` to see where, and report it.",
)


class ExpectedRecords:
    """Plans sessions anew.

    Args:
        context: Everything the audit was given; its ledger is a copy, in which planning leaves its traces.
        lookups: Asks for tickets and people.
        now: The appliance's time in unix seconds.
    """

    def __init__(self, context: RunContext, lookups: AuditLookups, now: int) -> None:
        self._context = context
        self._lookups = lookups
        self._now = now
        self._own_tickets = OwnTickets(context.profile, lookups)

    def expect(self, sessions: Mapping[str, AuditedSession], reports: Sequence[Session]) -> list[AuditedSession]:
        """Return the sessions of these complete reports with what is due of them, or what keeps it from them."""
        named = self._tickets(sessions, reports)
        own = self._own(reports, named)
        matches = named | own
        tickets = {lsid: match for lsid, match in matches.items() if match and not isinstance(match, Problem)}
        matched = [report for report in reports if report.lsid in tickets]
        plans = {plan.lsid: plan for plan in self._plans(matched, tickets)}
        return [
            _expecting(sessions[report.lsid], matches[report.lsid], plans.get(report.lsid), own=report.lsid in own)
            for report in reports
        ]

    def _tickets(
        self, sessions: Mapping[str, AuditedSession], reports: Sequence[Session]
    ) -> dict[str, Ticket | TicketMatch]:
        records = self._context.sessions.get([report.lsid for report in reports])
        named = {
            report.lsid: self._named(report, sessions[report.lsid], records.get(report.lsid)) for report in reports
        }
        found = find_tickets(named.values(), self._lookups.permit()) if any(named.values()) else ()
        return choose_tickets(named, found)

    def _named(self, report: Session, session: AuditedSession, record: SessionRecord | None) -> NamedTickets:
        """Return the tickets that a session names: what a person said first, then where something of it stands.

        Its own ticket, if the ledger knows of one, is named by what names no other.
        """
        if record is not None and record.pinned_ticket:
            return NamedTickets(numbers=(record.pinned_ticket,))
        standing = [expected.ticket_id for expected in session.expected if expected.ticket_id is not None]
        if standing:
            return NamedTickets(ids=(standing[0],))
        own = self._context.artifacts.of([report.lsid])[report.lsid].get(ticket_marker(report.lsid))
        key = "" if own is not None and own.is_written(report.external_key) else report.external_key
        named = self._context.keys.read(report, key)
        if named or named.in_doubt or own is None or own.state not in DONE or own.autotask_id is None:
            return named
        return NamedTickets(ids=(own.autotask_id,))

    def _own(
        self, reports: Sequence[Session], named: Mapping[str, Ticket | TicketMatch]
    ) -> dict[str, Ticket | TicketMatch]:
        """Return the own tickets of those that name none."""
        unnamed = [report for report in reports if named[report.lsid] is None]
        records = self._context.sessions.get([report.lsid for report in unnamed])
        return dict(self._own_tickets.of(unnamed, records))

    def _plans(self, reports: Sequence[Session], tickets: Mapping[str, Ticket]) -> list[Plan]:
        context = self._context
        billing = session_billing(context, reports)
        names = billing.usernames(reports)
        people = match_people(names, context.profile.time_entries, self._lookups.permit()) if names else {}
        records = context.sessions.get([report.lsid for report in reports])
        announced = {lsid for lsid, record in records.items() if record.announced}
        return plan_all(context, self._now, reports, tickets, people, billing=billing, announced=announced)


def _expecting(session: AuditedSession, match: Ticket | TicketMatch, plan: Plan | None, *, own: bool) -> AuditedSession:
    """Return a session with what is due of it; `own` where its ticket is one that is made for it."""
    if match is None:
        return replace(session, status=Status.NO_TICKET)
    if isinstance(match, Problem):
        return replace(session, problem=match)
    placed = replace(session, ticket_id=match.id or None, ticket_number=match.number)
    if plan is None:
        return replace(placed, problem=UNPLANNABLE)
    known = {expected.marker for expected in session.expected}
    ticket = (Expected(ArtifactKind.TICKET, ticket_marker(session.lsid), None),) if own else ()
    fresh = (*ticket, *map(Expected.of_plan, plan.artifacts), *map(Expected.of_withheld, plan.blocked))
    new = (expected for expected in fresh if expected.marker not in known)
    return replace(placed, expected=(*session.expected, *new))
