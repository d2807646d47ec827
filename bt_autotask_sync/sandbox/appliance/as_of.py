"""A session as far as it has happened: the sandbox may know its story in advance, the appliance does not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bt_autotask_sync.sandbox.appliance.record import OWNER_CHANGED, Span

if TYPE_CHECKING:
    from bt_autotask_sync.sandbox.appliance.record import Event, Representative, Session


def as_of(session: Session, now: float) -> Session | None:
    """Return the session as it is at `now`; None before it begins."""
    if session.started_at > now:
        return None
    shown = session if _is_told(session, now) else _so_far(session, now)
    if shown.customer_survey is None and not shown.representative_surveys:
        return shown
    return _without_surveys_to_come(shown, now)


def _is_told(session: Session, now: float) -> bool:
    """Tell whether nothing more is going to happen in the session by itself."""
    ended_at = session.ended_at
    if ended_at is not None:
        return ended_at <= now
    return not session.events or session.events[-1].timestamp <= now


def _so_far(session: Session, now: float) -> Session:
    events = tuple(event for event in session.events if event.timestamp <= now)
    representatives = (_so_far_present(each, now) for each in session.representatives)
    return replace(
        session,
        ended_at=None,
        closed_abnormally=False,
        representatives=tuple(each for each in representatives if each.spans),
        primary=_owner(events),
        events=events,
    )


def _so_far_present(representative: Representative, now: float) -> Representative:
    spans = tuple(
        Span(span.joined, None if span.left is None or span.left > now else span.left)
        for span in representative.spans
        if span.joined <= now
    )
    return replace(representative, spans=spans)


def _owner(events: tuple[Event, ...]) -> int:
    owners = (event.destination for event in reversed(events) if event.type == OWNER_CHANGED)
    return next((each.gsnumber for each in owners if each is not None and each.type == "representative"), 0)


def _without_surveys_to_come(session: Session, now: float) -> Session:
    customer, representatives = session.customer_survey, session.representative_surveys
    if customer is not None and customer.submitted_at > now:
        session = replace(session, customer_survey=None)
    if any(each.submitted_at > now for each in representatives):
        given = tuple(each for each in representatives if each.submitted_at <= now)
        session = replace(session, representative_surveys=given)
    return session
