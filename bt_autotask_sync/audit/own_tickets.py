"""Tickets of their own for sessions that were never taken up: those that are there, and those that are due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.entities import Ticket
from bt_autotask_sync.state.states import Problem
from bt_autotask_sync.sync.markers import marker_of, ticket_marker
from bt_autotask_sync.sync.plan.artifact import NEW
from bt_autotask_sync.sync.tickets.request import TicketRequest, as_created, ticket_request
from bt_autotask_sync.sync.tickets.ticket_artifact import plan_tickets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bt_autotask_sync.appliance.session import Session
    from bt_autotask_sync.audit.lookups import AuditLookups
    from bt_autotask_sync.config.models import Profile
    from bt_autotask_sync.state.artifact_record import ArtifactRecord
    from bt_autotask_sync.state.session_record import SessionRecord
    from bt_autotask_sync.sync.match.external_key import KeyReader
    from bt_autotask_sync.sync.plan.artifact import Artifact


def gets_ticket(
    report: Session, record: SessionRecord | None, own: ArtifactRecord | None, profile: Profile, keys: KeyReader
) -> bool:
    """Tell whether a session names no ticket, nor a person one for it, and today's settings make it one of its own.

    Args:
        report: The session.
        record: What the ledger knows of it.
        own: What the ledger knows of a ticket of its own; if that is gone it is made again.
        profile: The settings.
        keys: Reads what external keys name.
    """
    if record is not None and record.pinned_ticket:
        return False
    if not isinstance(_wish(report, record, own, profile), TicketRequest):
        return False
    named = keys.read(as_created(report, own))
    return not named and not named.in_doubt


class OwnTickets:
    """Finds tickets that were made for sessions, and plans those that would be.

    Args:
        profile: Its settings.
        lookups: Asks Autotask.
    """

    def __init__(self, profile: Profile, lookups: AuditLookups) -> None:
        self._profile = profile
        self._lookups = lookups

    def of(self, reports: Sequence[Session], records: Mapping[str, SessionRecord]) -> dict[str, Ticket | Problem]:
        """Return by lsid: the ticket, which has the id `NEW` where it is not made yet; or why it cannot be made.

        Args:
            reports: Sessions that name no ticket; those that get none are left out of the answer.
            records: What the ledger knows of them.
        """
        if not self._profile.tickets.enabled or not reports:
            return {}
        there = self._there(reports)
        due = [report for report in reports if report.lsid not in there]
        wishes = (_wish(report, records.get(report.lsid), None, self._profile) for report in due)
        wanted = {report.lsid: each for report, each in zip(due, wishes, strict=True) if each is not None}
        return there | {lsid: _outcome(planned) for lsid, planned in self._plan(wanted).items()}

    def _there(self, reports: Iterable[Session]) -> dict[str, Ticket]:
        """Return the tickets that are there, of several the oldest."""
        lsids = {ticket_marker(report.lsid): report.lsid for report in reports}
        found = sorted(self._lookups.tickets((), list(lsids)), key=lambda ticket: -ticket.id)
        return {lsids[marker]: ticket for ticket in found if (marker := marker_of(ticket)) in lsids}

    def _plan(self, wanted: Mapping[str, TicketRequest | Problem]) -> dict[str, Artifact | Problem]:
        wishes = [each for each in wanted.values() if isinstance(each, TicketRequest)]
        planned = plan_tickets(wishes, self._lookups.permit()) if wishes else {}
        return planned | {lsid: each for lsid, each in wanted.items() if isinstance(each, Problem)}


def _wish(
    report: Session, record: SessionRecord | None, own: ArtifactRecord | None, profile: Profile
) -> TicketRequest | Problem | None:
    joined = own is not None or (record is not None and record.ticket_wanted)
    return ticket_request(as_created(report, own), profile.tickets, joined=joined)


def _outcome(planned: Artifact | Problem) -> Ticket | Problem:
    if isinstance(planned, Problem):
        return planned
    return Ticket(NEW, "", assigned_role_id=planned.body.get("assignedResourceRoleID"))
