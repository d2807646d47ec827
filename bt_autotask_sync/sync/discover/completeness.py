"""Whether a session's report can be delivered yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.state.states import Problem, SessionState, Stage

if TYPE_CHECKING:
    from bt_autotask_sync.appliance.session import Session
    from bt_autotask_sync.state.session_record import SessionRecord
    from bt_autotask_sync.state.sessions import Sessions

WITHOUT_END_EVENT = 600
"""Seconds after its end from which a report counts as complete although it names no `Session End`."""
CLOSES_WITHIN = 24 * 3600
"""Seconds of silence after which a session without an end counts as never closed."""
REPORT_COMES_WITHIN = 600
"""Seconds within which a listed session's report is merely late."""

SOONEST = 10
LATEST = 300
"""Seconds between two questions for a report that is not whole yet although the end was announced."""

NEVER_CLOSED = Problem(
    Stage.DISCOVER,
    "The session never closed: the appliance reports no end for it.",
    "It is asked for again in every run. Close it in the representative console, or skip it here.",
)
NO_REPORT = Problem(
    Stage.DISCOVER,
    "The appliance lists this session but gives no report of it.",
    "It is asked for again in every run. Look at the session in the appliance's reports; skip it here if it is gone.",
)


def _pause(waited: int) -> int:
    """Return the seconds after which a report that lags behind is asked for again: the longer it lags, the later."""
    return min(max(waited, SOONEST), LATEST)


def is_complete(session: Session, now: int, delay: int) -> bool:
    """Tell whether a report is whole at `now` (appliance time): ended, with its last event, and not just now."""
    if session.ended_at is None:
        return False
    age = now - session.ended_at.timestamp()
    if age < -CLOSES_WITHIN:
        return True  # written by an appliance clock that was far ahead: it has ended all the same
    return age >= delay and (session.has_end_event or age >= WITHOUT_END_EVENT)


def ask_later(sessions: Sessions, record: SessionRecord, session: Session | None, now: int, delay: int) -> None:
    """Record when a session whose report is not complete is asked for again.

    One whose end was announced is asked for in the next runs. One that is merely known to have begun will be listed
    when it ends; it is asked for again when it would count as never closed. A report that an event announced may be a
    little late.
    """
    if record.state is SessionState.DELIVERED:
        sessions.set_state(record.lsid, SessionState.DELIVERED)
        return
    ended_at = None if session is None or session.ended_at is None else int(session.ended_at.timestamp())
    if ended_at is not None:
        sessions.record_report(record.lsid, ended_at=ended_at, external_key=session.external_key if session else "")
        sessions.set_state(record.lsid, SessionState.DISCOVERED, next_at=max(ended_at + delay, now + 1))
        return
    announced = record.state is not SessionState.OPEN
    if session is None:
        unconfirmed = record.is_rumour and record.ticket_wanted
        silent_since, patience = record.seen_at, CLOSES_WITHIN if unconfirmed else REPORT_COMES_WITHIN
        problem = NO_REPORT
    else:
        last_event = session.last_event_at or session.started_at
        silent_since = record.seen_at if last_event is None else int(last_event.timestamp())
        patience, problem = CLOSES_WITHIN, NEVER_CLOSED
    if now - silent_since >= patience:
        since = record.waiting_since if record.waiting_since is not None else now
        sessions.hold(record.lsid, problem, next_at=0, attempts=record.attempts, waiting_since=since)
    elif announced or (session is None and record.announced):
        state = SessionState.DISCOVERED if announced else SessionState.OPEN
        sessions.set_state(record.lsid, state, next_at=now + _pause(now - record.seen_at))
    else:
        sessions.set_state(record.lsid, SessionState.OPEN, next_at=silent_since + patience)
