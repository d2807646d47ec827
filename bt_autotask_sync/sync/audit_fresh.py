"""What is due of sessions that were never taken up: a fresh plan, made as the job would make it, and sent nowhere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bt_autotask_sync.sync.audit_evidence import Expected
from bt_autotask_sync.sync.audit_findings import Standing
from bt_autotask_sync.sync.external_key import NamedTickets, read_external_key
from bt_autotask_sync.sync.match import choose_tickets, find_tickets, match_people
from bt_autotask_sync.sync.planning import plan_all, usernames
from bt_autotask_sync.sync.states import Stage, Trouble

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bt_autotask_sync.appliance.session import Session
    from bt_autotask_sync.autotask.entities import Ticket
    from bt_autotask_sync.sync.audit_evidence import AuditedSession
    from bt_autotask_sync.sync.audit_inquiry import Inquiry
    from bt_autotask_sync.sync.match import TicketMatch
    from bt_autotask_sync.sync.planned import Plan
    from bt_autotask_sync.sync.sessions import SessionRecord
    from bt_autotask_sync.sync.world import World

UNPLANNABLE = Trouble(
    Stage.PLAN,
    "The session's note or time could not be made.",
    "Run `resync LSID --dry-run -v` to see where, and report it.",
)


class FreshPlan:
    """Plans sessions anew.

    Args:
        world: Everything the audit was given; its ledger is a copy, in which planning leaves its traces.
        inquiry: Asks for tickets and people.
        now: The appliance's time in unix seconds.
    """

    def __init__(self, world: World, inquiry: Inquiry, now: int) -> None:
        self._world = world
        self._inquiry = inquiry
        self._now = now

    def expect(self, sessions: Mapping[str, AuditedSession], reports: Sequence[Session]) -> list[AuditedSession]:
        """Return the sessions of these complete reports with what is due of them, or what keeps it from them."""
        matches = self._tickets(sessions, reports)
        tickets = {lsid: match for lsid, match in matches.items() if match and not isinstance(match, Trouble)}
        matched = [report for report in reports if report.lsid in tickets]
        plans = {plan.lsid: plan for plan in self._plans(matched, tickets)}
        return [_expecting(sessions[report.lsid], matches[report.lsid], plans.get(report.lsid)) for report in reports]

    def _tickets(
        self, sessions: Mapping[str, AuditedSession], reports: Sequence[Session]
    ) -> dict[str, Ticket | TicketMatch]:
        records = self._world.sessions.get([report.lsid for report in reports])
        named = {
            report.lsid: self._named(report, sessions[report.lsid], records.get(report.lsid)) for report in reports
        }
        found = find_tickets(named.values(), self._inquiry.permit()) if any(named.values()) else ()
        return choose_tickets(named, found)

    def _named(self, report: Session, session: AuditedSession, record: SessionRecord | None) -> NamedTickets:
        """Return the tickets that a session names: what a person said first, then where something of it stands."""
        if record is not None and record.pinned_ticket:
            return NamedTickets(numbers=(record.pinned_ticket,))
        standing = [expected.ticket_id for expected in session.expected if expected.ticket_id is not None]
        if standing:
            return NamedTickets(ids=(standing[0],))
        return read_external_key(report.external_key, numeric_keys=self._world.profile.autotask.numeric_keys)

    def _plans(self, reports: Sequence[Session], tickets: Mapping[str, Ticket]) -> list[Plan]:
        world = self._world
        names = usernames(world, reports)
        people = match_people(names, world.profile.time_entries, self._inquiry.permit()) if names else {}
        return plan_all(world, self._now, reports, tickets, people)


def _expecting(session: AuditedSession, match: Ticket | TicketMatch, plan: Plan | None) -> AuditedSession:
    if match is None:
        return replace(session, standing=Standing.NO_TICKET)
    if isinstance(match, Trouble):
        return replace(session, trouble=match)
    if plan is None:
        return replace(session, ticket_number=match.number, trouble=UNPLANNABLE)
    known = {expected.marker for expected in session.expected}
    fresh = (*map(Expected.of_plan, plan.artifacts), *map(Expected.of_withheld, plan.withheld))
    new = (expected for expected in fresh if expected.marker not in known)
    return replace(session, ticket_number=match.number, expected=(*session.expected, *new))
