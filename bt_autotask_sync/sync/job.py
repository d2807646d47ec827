"""The job: what one run does for one profile, from the listing to the last create."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from bt_autotask_sync.config.models import NoTicket
from bt_autotask_sync.sync import discover
from bt_autotask_sync.sync.conclude import conclude
from bt_autotask_sync.sync.external_key import NamedTickets, read_external_key
from bt_autotask_sync.sync.late_surveys import take_up_customers, take_up_representatives
from bt_autotask_sync.sync.match import choose_tickets
from bt_autotask_sync.sync.sessions import Lane
from bt_autotask_sync.sync.states import ArtifactState, SessionState, Trouble
from bt_autotask_sync.sync.summary import Summary, waiting_problems
from bt_autotask_sync.sync.waiting import NAMES_NO_TICKET, hold_waiting

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from bt_autotask_sync.appliance.session import Session, Survey
    from bt_autotask_sync.autotask.entities import Ticket
    from bt_autotask_sync.sync.intake import Intake
    from bt_autotask_sync.sync.match import TicketMatch
    from bt_autotask_sync.sync.plan import Plan
    from bt_autotask_sync.sync.service_desk import ServiceDesk
    from bt_autotask_sync.sync.sessions import SessionRecord
    from bt_autotask_sync.sync.world import World

BATCH = 300
"""Sessions that are matched, compared and delivered together."""


class Job:
    """One pass over one profile.

    Args:
        world: Everything the run is given.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.summary = Summary(world.profile.name)
        self.now = 0
        self._surveys: dict[str, Survey] = {}
        self._intake: Intake | None = None
        self._desk: ServiceDesk | None = None
        self.insisted: Collection[str] = ()
        """The lsids of the sessions that a person named."""

    def run(self, since: datetime | None, until: datetime | None, limit: int | None) -> None:
        """Discover what ended, then deliver what is due, in the order of the listing.

        Args:
            since: Where the listing starts this once.
            until: Where it ends; None: now.
            limit: The most sessions to take up, beside those that are held; None: all.
        """
        self._discover(since, until)
        self._surveys = take_up_customers(self.world, self.now)
        self.settle()
        self._drain(limit)

    def deliver(self, records: Sequence[SessionRecord], done: int, total: int) -> None:
        """Take these sessions from their reports to their tickets.

        Args:
            records: The sessions.
            done: How many others of this run are done, to show progress.
            total: How many there are in all.
        """
        through = count(done + 1)
        from bt_autotask_sync.sync.intake import Intake  # noqa: PLC0415 - see `desk`

        if self._intake is None:
            self._intake = Intake(self.world, self.now, self._surveys)
        sessions = self._intake.read(records)
        plans = self._plan(sessions, records)
        try:
            if plans:
                self.desk.put(plans, lambda: self.world.on_progress(next(through), total))
        finally:
            self._conclude(plans, records)

    def settle(self) -> None:
        """Look at creates of unknown outcome before anything else."""
        if self.world.artifacts.in_state(ArtifactState.UNSETTLED):
            self.desk.open()

    def start(self) -> datetime:
        """Log in to the appliance; its time is the run's. Return it."""
        moment = self.world.appliance.time()
        self.now = int(moment.timestamp())
        return moment

    @property
    def desk(self) -> ServiceDesk:
        """Autotask, opened at the first need.

        What delivers is imported only then, too: most runs of a year have nothing to deliver and should cost little.
        """
        from bt_autotask_sync.sync.service_desk import ServiceDesk  # noqa: PLC0415 - as said

        if self._desk is None:
            self._desk = ServiceDesk(self.world, self.now, self.insisted)
        self._desk.open()
        return self._desk

    def summarise(self) -> Summary:
        """Complete the summary with what was sent and where everything stands, and return it."""
        world, summary = self.world, self.summary
        if self._desk is not None:
            summary.created, summary.planned = self._desk.created, self._desk.planned
            summary.adopted = self._desk.adopted
        progress = world.sessions.progress()
        summary.appliance_requests = world.appliance.requests_sent
        summary.autotask_requests = world.client.requests_sent
        summary.watermark = progress.watermark if progress else None
        settles = world.artifacts.first_given_up()
        due = (world.sessions.next_due(self.now), settles and settles + world.profile.autotask.settle_seconds + 1)
        summary.next_due = min((moment for moment in due if moment), default=None)
        summary.standing = world.sessions.counts()
        summary.problems = waiting_problems(world.sessions, world.artifacts)
        return summary

    def _discover(self, since: datetime | None, until: datetime | None) -> None:
        world = self.world
        discover.refuse_start(world.profile, world.sessions.progress(), since, until)
        moment = self.start()
        view = discover.window(world.profile, world.sessions.progress(), moment, since, until)
        self.summary.found = discover.list_ended(world.appliance, world.sessions, view).discovered
        whole = since is None and until is None
        if whole and discover.list_started_daily(world.appliance, world.sessions, world.profile, moment):
            take_up_representatives(world, self.now)
            world.sessions.take_up_without_ticket(self.now - world.profile.lookback_hours * 3600)

    def _drain(self, limit: int | None) -> None:
        """Deliver what is due; what is held never keeps others waiting under a limit."""
        total = self.world.sessions.count_due(self.now)
        done = 0
        self.world.on_progress(done, total)
        for lane in Lane:
            for records in self._batches(lane, limit if lane is Lane.FRESH else None):
                self.deliver(records, done, total)
                done += len(records)
                self.world.on_progress(done, total)

    def _batches(self, lane: Lane, limit: int | None) -> Iterator[list[SessionRecord]]:
        after, left = 0, limit
        while left is None or left > 0:
            self.world.stop.check()
            size = BATCH if left is None else min(BATCH, left)
            records = self.world.sessions.due(self.now, lane, after=after, limit=size)
            if not records:
                return
            yield records
            after = records[-1].id
            left = None if left is None else left - len(records)

    def _plan(self, sessions: Sequence[Session], records: Sequence[SessionRecord]) -> list[Plan]:
        """Match sessions to tickets and people, and plan them."""
        from bt_autotask_sync.sync.planning import plan_all, usernames  # noqa: PLC0415 - see `desk`

        world = self.world
        by_lsid = {record.lsid: record for record in records}
        named = {session.lsid: self._name_tickets(session, by_lsid[session.lsid]) for session in sessions}
        found = self.desk.tickets(named.values()) if any(named.values()) else ()
        with world.ledger.transaction():
            tickets = self._record_tickets(records, choose_tickets(named, found))
        matched = [session for session in sessions if session.lsid in tickets]
        people = self.desk.people(usernames(world, matched)) if matched else {}
        with world.ledger.transaction():
            return plan_all(world, self.now, matched, tickets, people)

    def _name_tickets(self, session: Session, record: SessionRecord) -> NamedTickets:
        """Return the tickets that a session names: where something of it stands, it stays, unless a person moved it."""
        if record.pinned_ticket:
            return NamedTickets(numbers=(record.pinned_ticket,))
        artifacts = self.world.artifacts.of([session.lsid])[session.lsid].values()
        standing = {
            artifact.ticket_id for artifact in artifacts if artifact.stands() and artifact.ticket_id is not None
        }
        if standing:
            return NamedTickets(ids=tuple(sorted(standing)[:1]))
        return read_external_key(session.external_key, numeric_keys=self.world.profile.autotask.numeric_keys)

    def _record_tickets(
        self, records: Sequence[SessionRecord], matches: Mapping[str, Ticket | TicketMatch]
    ) -> dict[str, Ticket]:
        """Record each session's ticket, or what becomes of it without one; return the tickets by lsid."""
        tickets = {}
        for record in records:
            if record.lsid not in matches:
                continue
            match = matches[record.lsid]
            if isinstance(match, Trouble):
                hold_waiting(self.world, self.now, record, match)
            elif match is not None:
                self.world.sessions.name_ticket(record.lsid, match.id, match.number)
                tickets[record.lsid] = match
            elif self.world.profile.no_ticket is NoTicket.HOLD:
                hold_waiting(self.world, self.now, record, NAMES_NO_TICKET)
            else:
                self.world.sessions.settle(record.lsid, SessionState.NO_TICKET)
                self.summary.no_ticket += record.state is not SessionState.NO_TICKET
        return tickets

    def _conclude(self, plans: Sequence[Plan], records: Sequence[SessionRecord]) -> None:
        """Record where the sessions stand now, in one transaction, and count what is delivered."""
        world = self.world
        with world.ledger.transaction():
            concluded = [(plan.lsid, conclude(plan, world.sessions, world.artifacts)) for plan in plans]
        delivered = [lsid for lsid, state in concluded if state is SessionState.DELIVERED]
        before = {record.lsid for record in records if record.state is SessionState.DELIVERED}
        served = self._desk.served if self._desk else ()
        for lsid, artifacts in world.artifacts.of(delivered).items():
            ours = any(record.state is ArtifactState.CREATED for record in artifacts.values())
            if lsid in served or (ours and lsid not in before):
                self.summary.delivered += 1
            else:
                self.summary.already += 1
