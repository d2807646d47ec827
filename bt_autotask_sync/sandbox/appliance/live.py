"""What happens in a running session, and in one that ended: who comes, who takes it over, its end, its surveys."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

from bt_autotask_sync.sandbox.appliance.record import (
    MEMBER_ADDED,
    MEMBER_DEPARTED,
    OWNER_CHANGED,
    SESSION_END,
    Event,
    Party,
    Representative,
    Span,
)

if TYPE_CHECKING:
    from random import Random

    from bt_autotask_sync.sandbox.appliance.record import Session, Survey
    from bt_autotask_sync.sandbox.scenarios.people import Technician


def arriving(technician: Technician, gsnumber: int, at: int, random: Random) -> Representative:
    """Return a technician as one who joins a session at `at` and stays."""
    return Representative(
        gsnumber=gsnumber,
        user_id=technician.user_id,
        username=technician.username,
        public_name=technician.public_name,
        private_name=technician.private_name,
        public_ip=f"198.51.100.{random.randint(2, 250)}:{random.randint(1025, 65535)}",
        private_ip=f"10.20.0.{random.randint(2, 250)}",
        os="Windows 11 Enterprise x64 (22631)",
        hostname=f"MSP-{technician.account[:4].upper()}",
        owner=False,
        spans=(Span(at, None),),
    )


def party(representative: Representative) -> Party:
    """Return the representative as a party of events."""
    return Party("representative", representative.gsnumber, representative.private_name)


def arrival(representative: Representative, at: int) -> Event:
    """Return the event of somebody who joins."""
    data = {
        "private_name": representative.private_name,
        "username": representative.username,
        "private_ip": representative.private_ip,
        "public_ip": representative.public_ip,
        "os": representative.os,
        "user_id": str(representative.user_id),
    }
    return Event(at, MEMBER_ADDED, party(representative), data=tuple(data.items()))


def taking_over(representative: Representative, at: int) -> Event:
    """Return the event of a session that becomes somebody's."""
    data = (("owner", representative.private_name),)
    return Event(at, OWNER_CHANGED, destination=party(representative), data=data)


def joined(session: Session, representative: Representative, at: int, *, owns: bool) -> Session:
    """Return the session with somebody more in it, who owns it from then on if so told."""
    happened = [arrival(representative, at)]
    if owns:
        happened.append(taking_over(representative, at))
    return replace(
        session,
        representatives=(*session.representatives, replace(representative, owner=owns)),
        primary=session.primary or representative.gsnumber,
        events=_with(session.events, happened),
    )


def ended(session: Session, at: int) -> Session:
    """Return the session closed at `at`: whoever is still in it departs, and the end is logged."""
    customer = Party("customer", session.customer.gsnumber, session.customer.name)
    leaving = [party(each) for each in session.representatives if each.spans and each.spans[-1].left is None]
    departures = tuple(Event(at, MEMBER_DEPARTED, performed_by=each) for each in (*leaving, customer))
    return replace(
        session,
        ended_at=at,
        closed_abnormally=False,
        representatives=tuple(_left(each, at) for each in session.representatives),
        events=(*session.events, *departures, Event(at, SESSION_END)),
    )


def surveyed(session: Session, survey: Survey) -> Session:
    """Return the session with an exit survey, the customer's or a representative's by its `gsnumber`."""
    if survey.gsnumber == session.customer.gsnumber:
        return replace(session, customer_survey=survey)
    given = sorted((*session.representative_surveys, survey), key=lambda each: each.submitted_at)
    return replace(session, representative_surveys=tuple(given))


def _with(events: tuple[Event, ...], happened: list[Event]) -> tuple[Event, ...]:
    """Return the events with those that happened among them: before all that is yet to come."""
    place = bisect_right(events, happened[0].timestamp, key=lambda event: event.timestamp)
    return (*events[:place], *happened, *events[place:])


def _left(representative: Representative, at: int) -> Representative:
    spans = tuple(span if span.left is not None else Span(span.joined, at) for span in representative.spans)
    return replace(representative, spans=spans)
