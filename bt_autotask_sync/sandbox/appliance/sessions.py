"""The sessions that the appliance keeps, and how much of each it already shows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.sandbox.appliance.record import SESSION_END, Event, Party, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bt_autotask_sync.sandbox.appliance.record import Representative, Session


class SessionStore:
    """All sessions by lsid, in the order in which they were added."""

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

    def active(self, lsid: str) -> Session | None:
        """Return the session if it is known and still running."""
        session = self._sessions.get(lsid.lower())
        return session if session is not None and session.active else None

    def reported(self, now: float, lag: float) -> tuple[Session, ...]:
        """Return what reports show at `now`, each session as far as it is known `lag` seconds after its end."""
        shown = (as_reported(session, now, lag) for session in self)
        return tuple(session for session in shown if session is not None)


def as_reported(session: Session, now: float, lag: float) -> Session | None:
    """Return the session as the reports show it at `now`, or None while they do not show it at all.

    BeyondTrust (production clients): for some seconds after the end event the report lacks the end.
    """
    if session.visible_from > now:
        return None
    if session.ended_at is not None and now < session.ended_at + lag:
        events = tuple(event for event in session.events if event.type != SESSION_END)
        return replace(session, ended_at=None, events=events, customer_survey=None, representative_surveys=())
    if session.customer_survey is not None and session.customer_survey.submitted_at > now:
        return replace(session, customer_survey=None)
    return session


def ended(session: Session, at: int) -> Session:
    """Return the session closed at `at`: whoever is still in it departs, and the end is logged."""
    customer = Party("customer", session.customer.gsnumber, session.customer.name)
    still_in = [each for each in session.representatives if each.spans and each.spans[-1].left is None]
    leaving = [Party("representative", each.gsnumber, each.private_name) for each in still_in]
    departures = tuple(Event(at, "Conference Member Departed", performed_by=party) for party in (*leaving, customer))
    return replace(
        session,
        ended_at=at,
        closed_abnormally=False,
        representatives=tuple(_left(each, at) for each in session.representatives),
        events=(*session.events, *departures, Event(at, SESSION_END)),
    )


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
        "primary_representative": session.primary_representative.username,
        "representatives": [each.username for each in session.representatives],
        "custom_attributes": dict(session.custom_attributes),
        "events": len(session.events),
        "customer_survey": session.customer_survey is not None,
        "representative_surveys": len(session.representative_surveys),
    }


def _left(representative: Representative, at: int) -> Representative:
    spans = tuple(span if span.left is not None else Span(span.joined, at) for span in representative.spans)
    return replace(representative, spans=spans)
