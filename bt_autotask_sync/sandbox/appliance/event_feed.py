"""Tells the outside what happens in the sessions, when it happens.

What the log of a session says is told by outbound events; a session that was there before is not told of, unless
something new happens in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from bt_autotask_sync.sandbox.appliance.event_mapping import log_event, survey_event

if TYPE_CHECKING:
    from collections.abc import Callable

    from bt_autotask_sync.sandbox.appliance.record import Session
    from bt_autotask_sync.sandbox.appliance.sessions import SessionStore
    from bt_autotask_sync.sandbox.outbound.event import OutboundEvent


@dataclass(slots=True)
class Told:
    """How much of a session has been told: events of its log, surveys of representatives, the customer's survey."""

    log: int = 0
    representative_surveys: int = 0
    customer_survey: bool = False


class EventFeed:
    """Follows sessions.

    Args:
        sessions: With all that is yet to happen in them.
        tell: Takes an event, and the moment at which it is told.
    """

    def __init__(self, sessions: SessionStore, tell: Callable[[OutboundEvent, float], None]) -> None:
        self._sessions = sessions
        self._tell = tell
        self._told: dict[str, Told] = {}
        self._next: dict[str, float] = {}
        self._agenda: list[tuple[float, str]] = []

    def follow(self, lsid: str) -> None:
        """Tell of a session from its beginning on."""
        self._told[lsid] = Told()
        self.look_again(lsid)

    def follow_from(self, lsid: str, now: float) -> None:
        """Tell of a session what happens in it after `now`, unless it is followed already."""
        if lsid not in self._told:
            self._told[lsid] = Told()
            self._news(self._sessions[lsid], now)

    def look_again(self, lsid: str) -> None:
        """Take note that a session was changed."""
        session, told = self._sessions[lsid], self._told[lsid]
        moments = [event.timestamp for event in session.events[told.log : told.log + 1]]
        surveys = session.representative_surveys[told.representative_surveys :]
        moments += [survey.submitted_at for survey in surveys[:1]]
        if session.customer_survey is not None and not told.customer_survey:
            moments.append(session.customer_survey.submitted_at)
        if moments:
            self._next[lsid] = min(moments)
            heappush(self._agenda, (self._next[lsid], lsid))
        else:
            self._next.pop(lsid, None)

    def tell_due(self, now: float) -> None:
        """Tell what has happened by `now`, in the order in which it happened."""
        news: list[OutboundEvent] = []
        while (due := self.next_due()) is not None and due <= now:
            lsid = self._agenda[0][1]
            news += self._news(self._sessions[lsid], now)
            self.look_again(lsid)
        for event in sorted(news, key=lambda event: event.timestamp):
            self._tell(event, now)

    def next_due(self) -> float | None:
        """Return when there is something to tell next, in unix seconds; None if nothing more is known to happen."""
        while self._agenda and self._next.get(self._agenda[0][1]) != self._agenda[0][0]:
            heappop(self._agenda)
        return self._agenda[0][0] if self._agenda else None

    def _news(self, session: Session, now: float) -> list[OutboundEvent]:
        """Return what is to be told now for the first time."""
        told = self._told[session.lsid]
        news: list[OutboundEvent | None] = []
        for event in session.events[told.log :]:
            if event.timestamp > now:
                break
            told.log += 1
            news.append(log_event(session, event))
        for survey in session.representative_surveys[told.representative_surveys :]:
            if survey.submitted_at > now:
                break
            told.representative_surveys += 1
            news.append(survey_event(session, survey))
        customers = session.customer_survey
        if customers is not None and not told.customer_survey and customers.submitted_at <= now:
            told.customer_survey = True
            news.append(survey_event(session, customers))
        return [event for event in news if event is not None]
