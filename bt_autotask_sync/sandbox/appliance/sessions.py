"""The sessions that the appliance keeps, and how much of each it already shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.sandbox.appliance.as_of import as_of
from bt_autotask_sync.sandbox.appliance.record import SESSION_END

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bt_autotask_sync.sandbox.appliance.record import Session


class SessionStore:
    """All sessions by lsid, in the order in which they were added, with all that is yet to happen in them."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}

    def __iter__(self) -> Iterator[Session]:
        return iter(tuple(self._sessions.values()))

    def __getitem__(self, lsid: str) -> Session:
        return self._sessions[lsid]

    def add(self, session: Session) -> None:
        """Keep a new session.

        Raises:
            ValueError: The lsid is taken.
        """
        if session.lsid in self._sessions:
            raise ValueError(f"There is already a session {session.lsid}.")
        self._sessions[session.lsid] = session

    def put(self, session: Session) -> None:
        """Replace a session by its changed self."""
        self._sessions[session.lsid] = session

    def begun(self, now: float) -> Iterator[Session]:
        """Yield the sessions that have begun, each as it is at `now`."""
        for session in self:
            shown = as_of(session, now)
            if shown is not None:
                yield shown

    def seen(self, lsid: str, now: float) -> Session | None:
        """Return the session as it is at `now`; None if it has not begun or is unknown."""
        session = self._sessions.get(lsid.lower())
        return None if session is None else as_of(session, now)

    def reported(self, now: float, lags: Lags) -> tuple[Session, ...]:
        """Return what reports show at `now`."""
        shown = (as_reported(session, now, lags) for session in self)
        return tuple(session for session in shown if session is not None)


@dataclass(frozen=True, slots=True)
class Lags:
    """Seconds by which reports are late: with an `end`, and with what happens in a `running` session."""

    end: float
    running: float


def as_reported(session: Session, now: float, lags: Lags) -> Session | None:
    """Return the session as the reports show it at `now`, or None while they do not show it at all.

    BeyondTrust (production clients): for some seconds after the end event the report lacks the end.
    """
    shown = as_of(session, now)
    if shown is None or shown.visible_from > now:
        return None
    if shown.ended_at is None:
        return as_of(session, now - lags.running)
    if now < shown.ended_at + lags.end:
        events = tuple(event for event in shown.events if event.type != SESSION_END)
        return replace(shown, ended_at=None, events=events, customer_survey=None, representative_surveys=())
    return shown


def summary(session: Session) -> dict[str, Any]:
    """Return what a person steering the sandbox wants to know of a session, fit for JSON."""
    return {
        "lsid": session.lsid,
        "lseq": session.lseq,
        "external_key": session.external_key,
        "started_at": session.started_at,
        "ended_at": session.ended_at,
        "closed_abnormally": session.closed_abnormally,
        "visible_from": session.visible_from,
        "customer": session.customer.name,
        "primary_representative": "" if session.owner is None else session.owner.username,
        "representatives": [each.username for each in session.representatives],
        "custom_attributes": dict(session.custom_attributes),
        "events": len(session.events),
        "customer_survey": session.customer_survey is not None,
        "representative_surveys": len(session.representative_surveys),
    }
