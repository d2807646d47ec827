"""Carries sessions from their reports to their tickets.

What delivers is imported only with this file: most runs of a year have nothing to deliver and should cost little.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from bt_autotask_sync.state.states import ArtifactState, SessionState
from bt_autotask_sync.sync.deliver.delivery import Delivery
from bt_autotask_sync.sync.discover.intake import Intake
from bt_autotask_sync.sync.plan.batch import plan_all, session_billing
from bt_autotask_sync.sync.tickets.choice import TicketChoice
from bt_autotask_sync.sync.tickets.maker import TicketMaker
from bt_autotask_sync.sync.tickets.running import RunningSessions
from bt_autotask_sync.sync.transitions import session_state_from_artifacts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from bt_autotask_sync.appliance.session import Session, Survey
    from bt_autotask_sync.state.session_record import SessionRecord
    from bt_autotask_sync.sync.plan.artifact import Plan
    from bt_autotask_sync.sync.run_context import RunContext
    from bt_autotask_sync.sync.summary import Summary


class Carrier:
    """Delivers for one run.

    Args:
        context: Everything the run was given.
        now: The appliance's time at the beginning of the run (unix seconds).
        surveys: Customer surveys that came after their sessions' reports, by lsid.
        named_by_person: The lsids of the sessions that a person named.
        summary: Where it is counted what becomes of sessions.
        partly: A person asks for the time of sessions that Autotask holds in part and the ledger does not know.
    """

    def __init__(
        self,
        context: RunContext,
        now: int,
        surveys: Mapping[str, Survey],
        named_by_person: Collection[str],
        summary: Summary,
        *,
        partly: bool = False,
    ) -> None:
        self._context = context
        self._now = now
        self._summary = summary
        self._named_by_person = named_by_person
        self._partly = partly
        self._intake = Intake(context, now, surveys)
        self._unopened_delivery = Delivery(context, now, named_by_person)
        self._maker = TicketMaker(context, lambda: self.delivery, now)
        self._choice = TicketChoice(context, lambda: self.delivery, self._maker, now)
        self._running = RunningSessions(context, self._maker, now)

    @cached_property
    def delivery(self) -> Delivery:
        """Autotask, opened at the first need."""
        self._unopened_delivery.open()
        return self._unopened_delivery

    def deliver(self, records: Sequence[SessionRecord], on_done: Callable[[], None]) -> None:
        """Take these sessions from their reports to their tickets; those that run still get a ticket of their own.

        Args:
            records: The sessions.
            on_done: Called when one that was to be delivered is through.
        """
        taken = self._intake.read(records)
        self._running.serve(taken.running)
        plans = self._plan(taken.complete, records)
        try:
            if plans:
                self.delivery.deliver(plans, on_done)
        finally:
            self._conclude(plans, records)

    def count(self) -> None:
        """Complete the summary with what was sent and found."""
        delivery = self._unopened_delivery
        self._summary.created, self._summary.planned, self._summary.adopted = (
            delivery.created,
            delivery.planned,
            delivery.adopted,
        )

    def _plan(self, sessions: Sequence[Session], records: Sequence[SessionRecord]) -> list[Plan]:
        """Match sessions to tickets and people, and plan them."""
        context = self._context
        tickets = self._choice.choose(sessions, records)
        self._summary.no_ticket = self._choice.no_ticket
        matched = [session for session in sessions if session.lsid in tickets]
        billing = session_billing(context, matched, self._named_by_person, partly=self._partly)
        people = self.delivery.people(billing.usernames(matched)) if matched else {}
        announced = {record.lsid for record in records if record.announced}
        with context.ledger.transaction():
            return plan_all(context, self._now, matched, tickets, people, billing=billing, announced=announced)

    def _conclude(self, plans: Sequence[Plan], records: Sequence[SessionRecord]) -> None:
        """Record where the sessions stand now, in one transaction, and count what is delivered."""
        context = self._context
        known = {record.lsid: record for record in records}
        delivered = []
        with context.ledger.transaction():
            for plan in plans:
                if session_state_from_artifacts(plan, context.sessions, context.artifacts) is SessionState.DELIVERED:
                    delivered.append(plan.lsid)
                    self._look_again(known[plan.lsid])
        for lsid, artifacts in context.artifacts.of(delivered).items():
            ours = any(record.state is ArtifactState.CREATED for record in artifacts.values())
            fresh = ours and known[lsid].state is not SessionState.DELIVERED
            if lsid in self._unopened_delivery.served or fresh:
                self._summary.delivered += 1
            else:
                self._summary.already += 1

    def _look_again(self, record: SessionRecord) -> None:
        """Have a delivered session looked at once more for a survey that an event announced and that may lag behind."""
        if record.look_again_at is None:
            return
        if record.look_again_at > self._now:
            self._context.sessions.take_up(record.lsid, record.look_again_at)
        else:
            self._context.sessions.look_again(record.lsid, None)
