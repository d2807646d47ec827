"""Gives sessions that name no ticket one of their own: found by its external id, or created, once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.entities import Ticket
from bt_autotask_sync.state.states import DONE, ArtifactKind, ArtifactState, Problem, Stage
from bt_autotask_sync.sync.markers import ticket_marker
from bt_autotask_sync.sync.plan.artifact import NEW, Artifact, Blocked, Plan
from bt_autotask_sync.sync.tickets.request import TicketRequest, as_created, ticket_request
from bt_autotask_sync.sync.tickets.ticket_artifact import plan_tickets
from bt_autotask_sync.sync.transitions import hold_artifact, session_state_from_artifacts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from bt_autotask_sync.appliance.session import Session
    from bt_autotask_sync.state.artifact_record import ArtifactRecord
    from bt_autotask_sync.sync.deliver.delivery import Delivery
    from bt_autotask_sync.sync.run_context import RunContext


HIDDEN = Problem(
    Stage.MATCH,
    "Autotask does not show the ticket that was made for the session.",
    "Let the API user's security level see the tickets that it makes; if somebody deleted it, `resync LSID` makes it "
    "again.",
)


@dataclass(frozen=True, slots=True)
class CreatedTickets:
    """What came of sessions that name no ticket: their own one, or why it cannot be had, by lsid; and who waits."""

    tickets: Mapping[str, Ticket | Problem] = field(default_factory=dict)
    waiting: frozenset[str] = frozenset()


class TicketMaker:
    """Makes tickets for one run.

    Args:
        context: Everything the run was given.
        desk: Opens Autotask.
        now: The appliance's time at the beginning of the run (unix seconds).
    """

    def __init__(self, context: RunContext, desk: Callable[[], Delivery], now: int) -> None:
        self._context = context
        self._delivery = desk
        self._now = now
        self._planned: dict[str, Artifact] = {}

    def make(self, sessions: Sequence[Session], joined: Collection[str]) -> CreatedTickets:
        """Return the tickets of these sessions, made where they are to be; record why others have to wait.

        Args:
            sessions: They name no ticket; some may run still.
            joined: The lsids of those that somebody was seen to join.

        Raises:
            OutageError: Autotask is out of reach, or the budget is spent; the rest stays to be made.
            CredentialsError: Autotask refused who we are.
            StoppedError: The run was told to stop.
        """
        settings = self._context.profile.tickets
        if not settings.enabled or not sessions:
            return CreatedTickets()
        self._delivery().permit()
        self._adopt(sessions)
        own = self._own(sessions, frozenset(ArtifactState))
        joined = {*joined, *own}
        unsettled = [lsid for lsid, record in own.items() if record.state is ArtifactState.UNSETTLED]
        wishes = {
            session.lsid: ticket_request(
                as_created(session, own.get(session.lsid)), settings, joined=session.lsid in joined
            )
            for session in sessions
            if session.lsid not in own or own[session.lsid].state in (ArtifactState.HELD, ArtifactState.PARKED)
        }
        plans = [*self._plan(wishes), *(Plan(lsid, ()) for lsid in unsettled)]
        running = {session.lsid for session in sessions if session.ended_at is None}
        try:
            if plans:
                self._delivery().deliver(plans, lambda: None)
        finally:
            waiting = self._conclude(plans, running)
        return CreatedTickets(self._tickets(self._own(sessions, DONE)), frozenset(waiting))

    def _adopt(self, sessions: Iterable[Session]) -> None:
        """Take tickets that are there already, also those of which the ledger knows nothing (any more)."""
        known = self._context.artifacts.of([session.lsid for session in sessions])
        unknown = [session for session in sessions if ticket_marker(session.lsid) not in known[session.lsid]]
        if unknown:
            self._delivery().adopt([_looked_for(session) for session in unknown])

    def _own(self, sessions: Iterable[Session], states: Collection[ArtifactState]) -> dict[str, ArtifactRecord]:
        """Return the sessions' own tickets that stand in one of `states`, by lsid."""
        artifacts = self._context.artifacts.of([session.lsid for session in sessions])
        own = ((lsid, records.get(ticket_marker(lsid))) for lsid, records in artifacts.items())
        return {lsid: record for lsid, record in own if record is not None and record.state in states}

    def _plan(self, wishes: Mapping[str, TicketRequest | Problem | None]) -> list[Plan]:
        """Plan a ticket for each wish; hold what cannot be planned."""
        planned: dict[str, Artifact | Problem | None]
        planned = {lsid: each for lsid, each in wishes.items() if not isinstance(each, TicketRequest)}
        planned |= plan_tickets(
            [each for each in wishes.values() if isinstance(each, TicketRequest)], self._context.records
        )
        with self._context.ledger.transaction():
            return [self._as_plan(lsid, each) for lsid, each in planned.items() if each is not None]

    def _as_plan(self, lsid: str, planned: Artifact | Problem) -> Plan:
        if isinstance(planned, Artifact):
            self._planned[lsid] = planned
            return Plan(lsid, (planned,))
        blocked = Blocked(ticket_marker(lsid), ArtifactKind.TICKET, planned)
        hold_artifact(self._context, self._now, lsid, blocked)
        return Plan(lsid, (), (blocked,))

    def _conclude(self, plans: Iterable[Plan], running: Collection[str]) -> set[str]:
        """Record that sessions whose ticket is not there yet wait for it, and return their lsids."""
        context, waiting = self._context, set()
        with context.ledger.transaction():
            for plan in plans:
                record = context.artifacts.of([plan.lsid])[plan.lsid].get(ticket_marker(plan.lsid))
                if record is None or record.state not in DONE:
                    session_state_from_artifacts(
                        plan, context.sessions, context.artifacts, runs=plan.lsid in running, whole=False
                    )
                    waiting.add(plan.lsid)
        return waiting

    def _tickets(self, own: Mapping[str, ArtifactRecord]) -> dict[str, Ticket | Problem]:
        """Return the tickets themselves. One that a query does not show yet is asked for directly."""
        ids = {lsid: record.autotask_id for lsid, record in own.items()}
        found = self._context.records.tickets_by_id({key for key in ids.values() if key is not None})
        tickets: dict[str, Ticket | Problem] = {}
        for lsid, key in ids.items():
            ticket = self._rehearsed(lsid) if key is None else found.get(key) or self._context.records.ticket(key)
            tickets[lsid] = ticket or HIDDEN
        return tickets

    def _rehearsed(self, lsid: str) -> Ticket | None:
        """Return the ticket that a dry run only planned."""
        planned = self._planned.get(lsid)
        if planned is None:
            return None
        return Ticket(NEW, planned.ticket_number, assigned_role_id=planned.body.get("assignedResourceRoleID"))


def _looked_for(session: Session) -> Artifact:
    """Return what a session's own ticket is recognised by."""
    marker = ticket_marker(session.lsid)
    return Artifact(
        session.lsid,
        ArtifactKind.TICKET,
        marker,
        marker,
        ticket_id=NEW,
        ticket_number="",
        path="",
        body={},
        made_from=session.external_key.strip(),
    )
