"""From listed sessions to complete reports: everything else is asked for later, held, or not ours."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bt_autotask_sync.config.models import PollEvent
from bt_autotask_sync.state.states import Problem, SessionState, Stage
from bt_autotask_sync.sync.discover import completeness
from bt_autotask_sync.sync.discover.reports import Reports
from bt_autotask_sync.sync.transitions import pause

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bt_autotask_sync.appliance.session import Session, Survey
    from bt_autotask_sync.errors import SyncError
    from bt_autotask_sync.state.session_record import SessionRecord
    from bt_autotask_sync.sync.discover.reports import Reading
    from bt_autotask_sync.sync.run_context import RunContext

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """The reports that are complete, and those of sessions that run still and want a ticket."""

    complete: Sequence[Session] = ()
    running: Sequence[Session] = ()


class Intake:
    """Reads the reports of a run's sessions and decides which can be delivered.

    Args:
        context: Everything the run was given.
        now: The appliance's time at the beginning of the run (unix seconds).
        surveys: Customer surveys that came after their sessions' reports, by lsid.
    """

    def __init__(self, context: RunContext, now: int, surveys: Mapping[str, Survey]) -> None:
        self._ledger = context.ledger
        self._sessions = context.sessions
        self._artifacts = context.artifacts
        self._profile = context.profile
        self._reports = Reports(context.appliance)
        self._now = now
        self._surveys = surveys
        progress = context.sessions.progress()
        self._origin = 0 if progress is None else progress.origin

    def read(self, records: Sequence[SessionRecord]) -> Taken:
        """Return the reports that are complete, and record what becomes of the other sessions.

        Raises:
            OutageError: The appliance is out of reach, or its answers cannot be used.
        """
        suspects = {record.lsid for record in records if record.stage == Stage.DISCOVER and record.attempts}
        reading = self._reports.read([record.lsid for record in records], suspects)
        with self._ledger.transaction():
            return self._sort(records, reading)

    def _sort(self, records: Sequence[SessionRecord], reading: Reading) -> Taken:
        """Return the complete reports, and record what becomes of the others."""
        complete, running = [], []
        for record in records:
            session = reading.sessions.get(record.lsid)
            if record.lsid in reading.unreadable:
                self._hold_unreadable(record, reading.unreadable[record.lsid])
            elif session is None or not self._is_complete(session):
                if session is not None and self._wants_ticket_now(session, record):
                    running.append(session)
                else:
                    self._ask_later(record, session)
            elif self._is_ours(session, record):
                complete.append(self._with_late_survey(session))
        return Taken(complete, running)

    def _wants_ticket_now(self, session: Session, record: SessionRecord) -> bool:
        """Tell whether a session runs and wants a ticket.

        One whose end was announced gets its ticket then: its report merely lags behind. One that is silent for long is
        left to be held as never closed.
        """
        wanted = record.ticket_wanted and not record.pinned_ticket and record.state is not SessionState.DISCOVERED
        last_event = session.last_event_at or session.started_at
        silent = last_event is not None and self._now - last_event.timestamp() >= completeness.CLOSES_WITHIN
        return wanted and session.ended_at is None and not silent

    def _ask_later(self, record: SessionRecord, session: Session | None) -> None:
        """Record when a session is asked for again; one that only an event ever named is forgotten in the end."""
        if session is None and self._is_refuted(record):
            _LOG.warning("Session %s: an event named it, but the appliance does not know it.", record.lsid)
            self._sessions.forget(record.lsid)
        else:
            completeness.ask_later(self._sessions, record, session, self._now, self._profile.report_delay_seconds)

    def _is_refuted(self, record: SessionRecord) -> bool:
        """Tell whether an event alone names a session that the appliance will not report any more.

        If it does all the same, polling finds it. That somebody joined it is known from the event alone, and kept for
        as long as a session may be silent.
        """
        patience = completeness.CLOSES_WITHIN if record.ticket_wanted else completeness.REPORT_COMES_WITHIN
        unheard = record.is_rumour and self._now - record.seen_at >= patience
        polled = PollEvent.SESSION_END in self._profile.poll_events
        return unheard and polled and not self._artifacts.of([record.lsid])[record.lsid]

    def _is_complete(self, session: Session) -> bool:
        return completeness.is_complete(session, self._now, self._profile.report_delay_seconds)

    def _is_ours(self, session: Session, record: SessionRecord) -> bool:
        """Record what a complete report says, and tell whether the session is to be delivered at all."""
        if session.started_at is None or session.ended_at is None or session.ended_at < session.started_at:
            self._sessions.hold(session.lsid, SENSELESS, state=SessionState.PARKED, next_at=None)
            return False
        self._sessions.record_report(
            session.lsid, ended_at=int(session.ended_at.timestamp()), external_key=session.external_key
        )
        start_at = self._profile.start_at and self._profile.start_at.replace(microsecond=0)  # as the appliance reckons
        begun = record.named or bool(self._artifacts.of([session.lsid])[session.lsid])
        if start_at is not None and session.ended_at < start_at and not begun:
            self._sessions.set_state(session.lsid, SessionState.BEFORE_START)
            return False
        if record.is_rumour and session.ended_at.timestamp() < self._origin and not begun:
            self._sessions.forget(session.lsid)  # by itself nothing goes back behind the beginning of the first run
            return False
        return True

    def _hold_unreadable(self, record: SessionRecord, error: SyncError) -> None:
        attempts = record.attempts + 1
        parked = attempts > self._profile.retry_limit
        self._sessions.hold(
            record.lsid,
            Problem(Stage.DISCOVER, error.message, error.advice),
            state=SessionState.PARKED if parked else SessionState.HELD,
            next_at=None if parked else self._now + pause(attempts),
            attempts=attempts,
        )

    def _with_late_survey(self, session: Session) -> Session:
        late = self._surveys.get(session.lsid)
        return session if late is None or session.customer_surveys else replace(session, customer_surveys=(late,))


SENSELESS = Problem(
    Stage.PLAN,
    "The report's start and end make no sense.",
    "Look at the session in the appliance's reports; skip it here if it is not to be delivered.",
)
