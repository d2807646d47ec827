"""The sessions of an audit's window: what the appliance reports of each, and what the ledger says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bt_autotask_sync.audit.findings import Status
from bt_autotask_sync.audit.own_tickets import gets_ticket
from bt_autotask_sync.audit.snapshot import AuditedSession, Expected, Work
from bt_autotask_sync.state.artifacts import seconds
from bt_autotask_sync.state.sessions import Sessions
from bt_autotask_sync.state.states import Problem, SessionState, Stage
from bt_autotask_sync.sync.discover.completeness import is_complete
from bt_autotask_sync.sync.discover.reports import Reports
from bt_autotask_sync.sync.markers import entry_key, ticket_marker
from bt_autotask_sync.sync.plan.attendance import attendances
from bt_autotask_sync.sync.plan.billing import bills, parts
from bt_autotask_sync.sync.plan.billing_record import UNCLEAR, read_bills

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from bt_autotask_sync.appliance.session import Representative, Session
    from bt_autotask_sync.config.models import Profile
    from bt_autotask_sync.state.ledger import Ledger
    from bt_autotask_sync.state.session_record import Progress, SessionRecord
    from bt_autotask_sync.sync.plan.billing import BilledTime
    from bt_autotask_sync.sync.run_context import RunContext

_STANDINGS = {
    SessionState.HELD: Status.HELD,
    SessionState.UNSETTLED: Status.UNSETTLED,
    SessionState.PARKED: Status.PARKED,
    SessionState.DELIVERED: Status.DELIVERED,
    SessionState.NO_TICKET: Status.NO_TICKET,
    SessionState.SKIPPED: Status.SKIPPED,
    SessionState.BEFORE_START: Status.BEFORE_START,
}


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A session with its report, which is kept only while it is needed."""

    session: AuditedSession
    report: Session | None

    @property
    def is_due(self) -> bool:
        """Whether a fresh plan has to say what should be in Autotask."""
        return self.session.status is Status.MISSING and self.session.problem is None and self.report is not None


class SessionReader:
    """Tells of sessions what both the appliance and the ledger know.

    Args:
        context: Everything the audit was given.
        now: The appliance's time in unix seconds.
    """

    def __init__(self, context: RunContext, now: int) -> None:
        self._context = context
        self._now = now
        self._reports = Reports(context.appliance)
        self._progress = context.sessions.progress()

    def tell(self, lsids: Sequence[str]) -> Iterator[Witnessed]:
        """Yield these sessions, in this order.

        Raises:
            OutageError: The appliance is out of reach, or its answers cannot be used.
        """
        context = self._context
        records, artifacts = context.sessions.get(lsids), context.artifacts.of(lsids)
        waiting = {record.lsid for record in records.values() if record.stage == Stage.DISCOVER and record.attempts}
        reading = self._reports.read(lsids, waiting)
        for lsid in lsids:
            report, record = reading.sessions.get(lsid), records.get(lsid)
            ended_at = seconds(report.ended_at) if report else record.ended_at if record else None
            key = report.external_key if report else record.external_key if record else ""
            unreadable = reading.unreadable.get(lsid)
            problem = _trouble(record)
            if problem is None and unreadable is not None:
                problem = Problem(Stage.DISCOVER, unreadable.message, unreadable.advice)
            session = AuditedSession(
                lsid=lsid,
                status=self._standing(record, report, unreadable=unreadable is not None),
                ended_at=ended_at,
                external_key=key,
                ticket_id=record.ticket_id if record else None,
                ticket_number=record.ticket_number if record else "",
                gets_ticket=report is not None
                and gets_ticket(
                    report, record, artifacts[lsid].get(ticket_marker(lsid)), context.profile, context.keys
                ),
                in_ledger=record is not None,
                expected=tuple(map(Expected.of_record, artifacts[lsid].values())),
                worked=tuple(_worked(report, context.profile)) if report else (),
                billed=tuple(_billed(report, record, context.profile)) if report else (),
                problem=problem,
            )
            yield Witnessed(session, report)

    def _standing(self, record: SessionRecord | None, report: Session | None, *, unreadable: bool) -> Status:
        """Return where the ledger has a session; of one that was not taken up, whether it is due."""
        if record is not None and record.state in _STANDINGS:
            return _STANDINGS[record.state]
        if unreadable:
            return Status.MISSING
        if report is None or not is_complete(report, self._now, self._context.profile.report_delay_seconds):
            return Status.PENDING
        ended_at = seconds(report.ended_at) or 0
        if ended_at < _first_moment(self._context.profile, self._progress):
            return Status.BEFORE_START
        listed_until = self._progress.watermark if self._progress else None
        if record is None and listed_until is not None and ended_at >= listed_until:
            return Status.PENDING
        return Status.MISSING


def ended_between(ledger: Ledger, profile: str, since: datetime, until: datetime) -> list[str]:
    """Return the lsids that the ledger knows to have ended in a window.

    Of those that wait and whose end it does not know, those first seen in the window count.
    """
    rows = ledger.rows(
        """
        SELECT lsid FROM session WHERE profile = :profile AND (
            ended_at BETWEEN :since AND :until
            OR (ended_at IS NULL AND seen_at BETWEEN :since AND :until AND state IN (:held, :unsettled, :parked))
        ) ORDER BY id
        """,
        {
            "profile": profile,
            "since": int(since.timestamp()),
            "until": int(until.timestamp()),
            "held": SessionState.HELD,
            "unsettled": SessionState.UNSETTLED,
            "parked": SessionState.PARKED,
        },
    )
    return [row[0] for row in rows]


def known_keys(ledger: Ledger, keys: Iterable[str]) -> frozenset[str]:
    """Return those beginnings of lsids that the ledger knows, in whatever profile."""
    profiles = [Sessions(ledger, row[0]) for row in ledger.rows("SELECT DISTINCT profile FROM session")]
    return frozenset(key for key in keys if any(sessions.starting_with(key) for sessions in profiles))


def _trouble(record: SessionRecord | None) -> Problem | None:
    return Problem(Stage(record.stage), record.error, record.advice) if record is not None and record.error else None


def _first_moment(profile: Profile, progress: Progress | None) -> float:
    """Return the unix seconds from which on sessions are this program's to deliver."""
    start_at = profile.start_at.timestamp() if profile.start_at else 0
    return max(start_at, progress.origin if progress else 0)


def _worked(report: Session, profile: Profile) -> Iterator[Work]:
    for attendance in attendances(report, profile.time_entries.representatives):
        person = attendance.representative
        marker = entry_key(report.lsid, attendance.gsnumbers[0])
        for stay in attendance.stays:
            yield _work(marker, person, stay.start, stay.end)


def _billed(report: Session, record: SessionRecord | None, profile: Profile) -> Iterator[Work]:
    """Yield what is billed, as it was planned first; where no time is entered, what would be."""
    settings = profile.time_entries.model_copy(update={"enabled": True})
    for bill in _kept(report, record) or bills(report, settings):
        for _, cut in parts(bill, settings.split_at, profile.zone):
            for part in cut:
                marker = entry_key(report.lsid, bill.gsnumbers[0], part.number)
                yield _work(marker, bill.representative, part.start, part.end)


def _kept(report: Session, record: SessionRecord | None) -> tuple[BilledTime, ...]:
    """Return who is billed as the ledger keeps it; nobody where it keeps nothing that can be read."""
    if record is None or record.billing is None or record.billing == UNCLEAR:
        return ()
    try:
        return read_bills(record.billing, report)
    except ValueError:
        return ()


def _work(marker: str, person: Representative, start: datetime, end: datetime) -> Work:
    return Work(
        marker=marker,
        username=person.username,
        technician=person.private_display_name or person.display_name or person.username,
        start=int(start.timestamp()),
        end=int(end.timestamp()),
    )
