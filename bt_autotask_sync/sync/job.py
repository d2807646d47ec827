"""The job: what one run does for one profile, from the listing to the last create."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from itertools import count
from math import ceil
from typing import TYPE_CHECKING

from bt_autotask_sync.config.models import PollEvent
from bt_autotask_sync.errors import OutageError, SyncError
from bt_autotask_sync.state.session_record import QueueClass
from bt_autotask_sync.state.states import ArtifactState
from bt_autotask_sync.stop import StoppedError
from bt_autotask_sync.sync.discover import listing
from bt_autotask_sync.sync.discover.late_surveys import take_up_customers, take_up_representatives
from bt_autotask_sync.sync.profile_identity import keep_zone
from bt_autotask_sync.sync.summary import Summary, waiting_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from bt_autotask_sync.appliance.session import Survey
    from bt_autotask_sync.state.session_record import SessionRecord
    from bt_autotask_sync.sync.carrier import Carrier
    from bt_autotask_sync.sync.deliver.delivery import Delivery
    from bt_autotask_sync.sync.run_context import RunContext
    from bt_autotask_sync.sync.summary import ProblemRow

_LOG = logging.getLogger(__name__)

BATCH = 300
"""Sessions that are matched, compared and delivered together."""


class Job:
    """One pass over one profile.

    Args:
        context: Everything the run is given.
    """

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self.summary = Summary(context.profile.name)
        self.now = 0
        self._began = 0.0
        self._surveys: dict[str, Survey] = {}
        self.named_by_person: Collection[str] = ()
        """The lsids of the sessions that a person named."""
        self.partly = False
        """Whether a person asks for time that is withheld since Autotask holds a part that the ledger does not know."""
        self._carrier: Carrier | None = None
        """What delivers, from the first need on."""
        self._listens = context.inbox is not None
        """Whether events are taken in: there is an inbox, and it can be used."""
        self._started: set[int] = set()
        """The ids of the sessions that were looked at for a ticket of their own; once a run is enough."""

    def run(self, since: datetime | None, until: datetime | None, limit: int | None) -> None:
        """Discover what ended, then deliver what is due, in the order of the listing.

        Args:
            since: Where the listing starts this once.
            until: Where it ends; None: now.
            limit: The most sessions to take up, beside those that are held; None: all.

        Raises:
            OutageError: A product gave no usable answer; at the end of all other work, if it was the listing's.
            SyncError: What else ended the run.
        """
        doubt = self._discover(since, until)
        self._surveys = take_up_customers(self.context, self.now)
        self.resolve_unsettled()
        self._drain(limit)
        if doubt is not None:
            raise doubt

    def deliver(self, records: Sequence[SessionRecord], done: int, total: int) -> None:
        """Take these sessions from their reports to their tickets.

        Args:
            records: The sessions.
            done: How many others of this run are done, to show progress.
            total: How many there are in all.
        """
        through = count(done + 1)
        self.carrier.deliver(records, lambda: self.context.on_progress(next(through), total))

    def resolve_unsettled(self) -> None:
        """Look at creates of unknown outcome before anything else."""
        if self.context.artifacts.in_state(ArtifactState.UNSETTLED):
            self.delivery.open()

    def start(self) -> datetime:
        """Log in to the appliance; its time is the run's where it can be believed. Return that time."""
        self._began = self.context.clock.monotonic()
        self.now = self.context.clocks.begin(self.context.appliance.time(), self._autotask_time)
        return datetime.fromtimestamp(self.now, UTC)

    def _autotask_time(self) -> datetime | None:
        """Return Autotask's time as a third opinion; None where it gives none now.

        Raises:
            CredentialsError: Autotask does not accept who we are.
        """
        from bt_autotask_sync.sync.budget import read_threshold  # noqa: PLC0415 - few runs ask

        try:
            return read_threshold(self.context.client)[1]
        except OutageError:
            return None

    def _settles_at(self) -> int | None:
        """Return the appliance time at which the first unsettled create may be sent again; None: none waits for it."""
        given_up = self.context.artifacts.first_given_up()
        if given_up is None:
            return None
        left = given_up + self.context.profile.autotask.settle_seconds + 1 - self.context.clocks.waited
        return self.now + ceil(self.context.clock.monotonic() - self._began) + max(left, 1)

    @property
    def delivery(self) -> Delivery:
        """Autotask, opened at the first need."""
        return self.carrier.delivery

    @property
    def carrier(self) -> Carrier:
        """What delivers; most runs of a year have nothing to deliver, and import nothing for it."""
        from bt_autotask_sync.sync.carrier import Carrier  # noqa: PLC0415 - as said

        if self._carrier is None:
            self._carrier = Carrier(
                self.context, self.now, self._surveys, self.named_by_person, self.summary, partly=self.partly
            )
        return self._carrier

    def summarise(self) -> Summary:
        """Complete the summary with what was sent and where everything stands, and return it."""
        context, summary = self.context, self.summary
        if self._carrier is not None:
            self._carrier.count()
        progress = context.sessions.progress()
        summary.appliance_requests = context.appliance.requests_sent
        summary.autotask_requests = context.client.requests_sent
        summary.watermark = progress.watermark if progress else None
        due = (context.queue.next_due(self.now), self._settles_at())
        summary.next_due = min((moment for moment in due if moment), default=None)
        summary.standing = context.sessions.counts()
        summary.problems = waiting_problems(context.sessions, context.artifacts)
        return summary

    def _discover(self, since: datetime | None, until: datetime | None) -> OutageError | None:
        """Take in what events announced and what the listings show; return why a listing was not believed."""
        context = self.context
        listing.refuse_start(context.profile, context.sessions.progress(), since, until)
        moment = self.start()
        self._take_in_events()
        view = listing.window(
            context.profile, context.sessions.progress(), moment, since, until, believed=context.clocks.believed
        )
        whole = since is None and until is None
        if whole and PollEvent.SESSION_END not in context.profile.poll_events:
            listing.begin(context.sessions, view, self.now)
            return None
        doubt = self._believed(lambda: self._list_ended(view))
        if not (whole and context.clocks.believed):
            return doubt
        return self._believed(lambda: self._list_started(moment, doubted=doubt is not None)) or doubt

    def _list_ended(self, view: listing.Window) -> None:
        self.summary.found = listing.list_ended(self.context.appliance, self.context.sessions, view).discovered

    def _list_started(self, moment: datetime, *, doubted: bool) -> None:
        context = self.context
        if listing.list_started_daily(context.appliance, context.sessions, context.profile, moment, doubted=doubted):
            take_up_representatives(context, self.now)
            context.sessions.take_up_without_ticket(self.now - context.profile.lookback_hours * 3600)

    def _believed(self, list_some: Callable[[], None]) -> OutageError | None:
        """List some sessions; an answer that is not believed moves nothing, and is returned: it ends the run, last."""
        try:
            list_some()
        except listing.NOT_BELIEVED as error:
            _LOG.info("%s Nothing new is taken from this listing; all other work goes on.", error.message)
            return error
        return None

    def _drain(self, limit: int | None) -> None:
        """Deliver what is due; what is held never keeps others waiting under a limit."""
        total = self.context.queue.count(self.now)
        done = 0
        self.context.on_progress(done, total)
        for queue_class in QueueClass:
            for records in self._batches(queue_class, limit if queue_class is QueueClass.FRESH else None):
                self.deliver(records, done, total)
                done += len(records)
                self.context.on_progress(done, total)
                self._serve_events(done, total)

    def _take_in_events(self) -> None:
        if self._listens:
            from bt_autotask_sync.sync.discover.outbound_events import take_in  # noqa: PLC0415 - only where a listener works

            self._listens = take_in(self.context, self.now)

    def _serve_events(self, done: int, total: int) -> None:
        """Between two batches, make the tickets of sessions that somebody has joined meanwhile."""
        if self._listens and not self.context.dry_run:
            self._take_in_events()
            for records in self._batches(QueueClass.STARTED, None):
                self.deliver(records, done, total)

    def _batches(self, queue_class: QueueClass, limit: int | None) -> Iterator[list[SessionRecord]]:
        after, left = 0, limit
        while left is None or left > 0:
            self.context.stop.check()
            size = BATCH if left is None else min(BATCH, left)
            records = self.context.queue.due(self.now, queue_class, after=after, limit=size)
            if not records:
                return
            after = records[-1].id
            if queue_class is QueueClass.STARTED:
                self._started.update(record.id for record in records)
            else:
                records = [record for record in records if record.id not in self._started]
            yield records
            left = None if left is None else left - len(records)


def perform(context: RunContext, work: Callable[[Job], None], command: str) -> Summary:
    """Do `work`, and return what came of it; what ended it early stands in the summary.

    Args:
        context: Everything the run is given.
        work: What to do with the job.
        command: The command's name, for the log of runs.
    """
    started = context.clock.monotonic()
    job = Job(context)
    before: set[ProblemRow] = set()
    error: BaseException | None = None
    try:
        before.update(waiting_problems(context.sessions, context.artifacts))
        work(job)
        keep_zone(context)
    except (SyncError, StoppedError) as reason:
        error = reason
    except Exception as reason:  # noqa: BLE001 - it ends this profile's run, told and recorded, not the others'
        _LOG.debug("Unexpected", exc_info=True)
        error = reason
    summary = _summarise(job, error)
    summary.new_problems = [problem for problem in summary.problems if problem not in before]
    summary.seconds = context.clock.monotonic() - started
    if job.now:
        _record(context, job, command, summary)
    return summary


def _summarise(job: Job, error: BaseException | None) -> Summary:
    try:
        job.summarise()
    except SyncError as reason:
        error = error or reason
    job.summary.error = error
    return job.summary


def _record(context: RunContext, job: Job, command: str, summary: Summary) -> None:
    outcome = type(summary.error).__name__ if summary.error else "done"
    try:
        context.runs.add(command, at=job.now, outcome=outcome, autotask_requests=summary.autotask_requests)
    except SyncError as reason:
        summary.error = summary.error or reason
