"""From listed sessions to complete reports: everything else is asked for later, held, or not ours."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bt_autotask_sync.sync import completeness
from bt_autotask_sync.sync.refusals import pause
from bt_autotask_sync.sync.reports import Reports
from bt_autotask_sync.sync.states import SessionState, Stage, Trouble

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bt_autotask_sync.appliance.session import Session, Survey
    from bt_autotask_sync.errors import SyncError
    from bt_autotask_sync.sync.reports import Reading
    from bt_autotask_sync.sync.sessions import SessionRecord
    from bt_autotask_sync.sync.world import World


class Intake:
    """Reads the reports of a run's sessions and decides which can be delivered.

    Args:
        world: Everything the run was given.
        now: The appliance's time at the beginning of the run (unix seconds).
        surveys: Customer surveys that came after their sessions' reports, by lsid.
    """

    def __init__(self, world: World, now: int, surveys: Mapping[str, Survey]) -> None:
        self._ledger = world.ledger
        self._sessions = world.sessions
        self._artifacts = world.artifacts
        self._profile = world.profile
        self._reports = Reports(world.appliance)
        self._now = now
        self._surveys = surveys

    def read(self, records: Sequence[SessionRecord]) -> list[Session]:
        """Return the reports that are complete, and record what becomes of the other sessions.

        Raises:
            OutageError: The appliance is out of reach, or its answers cannot be used.
        """
        suspects = {record.lsid for record in records if record.stage == Stage.DISCOVER and record.attempts}
        reading = self._reports.read([record.lsid for record in records], suspects)
        with self._ledger.transaction():
            return self._sort(records, reading)

    def _sort(self, records: Sequence[SessionRecord], reading: Reading) -> list[Session]:
        """Return the complete reports, and record what becomes of the others."""
        complete = []
        for record in records:
            session = reading.sessions.get(record.lsid)
            if record.lsid in reading.unreadable:
                self._hold_unreadable(record, reading.unreadable[record.lsid])
            elif session is None or not self._is_complete(session):
                completeness.ask_later(self._sessions, record, session, self._now, self._profile.report_delay_seconds)
            elif self._is_ours(session, record):
                complete.append(self._with_late_survey(session))
        return complete

    def _is_complete(self, session: Session) -> bool:
        return completeness.is_complete(session, self._now, self._profile.report_delay_seconds)

    def _is_ours(self, session: Session, record: SessionRecord) -> bool:
        """Record what a complete report says, and tell whether the session is to be delivered at all."""
        if session.started_at is None or session.ended_at is None or session.ended_at < session.started_at:
            self._sessions.hold(session.lsid, SENSELESS, state=SessionState.PARKED, next_at=None)
            return False
        self._sessions.learn(
            session.lsid, ended_at=int(session.ended_at.timestamp()), external_key=session.external_key
        )
        start_at = self._profile.start_at and self._profile.start_at.replace(microsecond=0)  # as the appliance reckons
        begun = record.named or bool(self._artifacts.of([session.lsid])[session.lsid])
        if start_at is not None and session.ended_at < start_at and not begun:
            self._sessions.settle(session.lsid, SessionState.BEFORE_START)
            return False
        return True

    def _hold_unreadable(self, record: SessionRecord, error: SyncError) -> None:
        attempts = record.attempts + 1
        parked = attempts > self._profile.retry_limit
        self._sessions.hold(
            record.lsid,
            Trouble(Stage.DISCOVER, error.message, error.advice),
            state=SessionState.PARKED if parked else SessionState.HELD,
            next_at=None if parked else self._now + pause(attempts),
            attempts=attempts,
        )

    def _with_late_survey(self, session: Session) -> Session:
        late = self._surveys.get(session.lsid)
        return session if late is None or session.customer_surveys else replace(session, customer_surveys=(late,))


SENSELESS = Trouble(
    Stage.PLAN,
    "The report's start and end make no sense.",
    "Look at the session in the appliance's reports; skip it here if it is not to be delivered.",
)
