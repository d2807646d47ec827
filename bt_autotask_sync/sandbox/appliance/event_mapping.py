"""What happened in a session, as the outbound event that tells it.

BeyondTrust (reference of outbound events): which events there are, and the variables of each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bt_autotask_sync.sandbox.appliance.record import (
    MEMBER_ADDED,
    MEMBER_DEPARTED,
    OWNER_CHANGED,
    SESSION_END,
    SESSION_START,
)
from bt_autotask_sync.sandbox.outbound.event import OutboundEvent

if TYPE_CHECKING:
    from bt_autotask_sync.sandbox.appliance.record import Event, Party, Representative, Session, Survey
    from bt_autotask_sync.sandbox.outbound.event import EventName

    Variables = tuple[tuple[str, str], ...]

_NAMES: Final[dict[str, EventName]] = {
    SESSION_START: "support_conference_begin",
    SESSION_END: "support_conference_end",
    OWNER_CHANGED: "support_conference_owner_changed",
    MEMBER_ADDED: "support_conference_member_added",
    MEMBER_DEPARTED: "support_conference_member_departed",
}


def log_event(session: Session, event: Event) -> OutboundEvent | None:
    """Return what tells an event of the log; None for one that nobody outside is told."""
    name = _NAMES.get(event.type)
    if name is None:
        return None
    variables: Variables = ()
    if event.type == OWNER_CHANGED:
        variables = _owner(session, event.destination)
    elif event.performed_by is not None:
        variables = _member(session, event.performed_by)
    return _told(session, name, event.timestamp, variables)


def survey_event(session: Session, survey: Survey) -> OutboundEvent:
    """Return what tells that an exit survey was submitted."""
    by_customer = survey.gsnumber == session.customer.gsnumber
    who: EventName = (
        "support_conference_customer_exit_survey_completed"
        if by_customer
        else "support_conference_rep_exit_survey_completed"
    )
    return _told(session, who, survey.submitted_at, ())


def _told(session: Session, name: EventName, timestamp: int, variables: Variables) -> OutboundEvent:
    fields = tuple((name, value) for name, value in session.custom_attributes.items() if value)
    return OutboundEvent(name, timestamp, session.lsid, session.external_key, variables, fields)


def _owner(session: Session, owner: Party | None) -> Variables:
    """BeyondTrust: "rep:12" or "team:5"; a session that waits for a representative is its team's."""
    representative = None if owner is None else _representative(session, owner)
    if representative is None:
        return (("conference_id", f"team:{session.team.id}"), ("conference_name", session.team.name))
    return (("conference_id", f"rep:{representative.user_id}"), ("conference_name", representative.private_name))


def _member(session: Session, member: Party) -> Variables:
    """BeyondTrust: `user_id` and `username` only of a representative."""
    representative = _representative(session, member)
    named = (("type", member.type), ("name", member.name))
    if representative is None:
        return named
    return (*named, ("user_id", str(representative.user_id)), ("username", representative.username))


def _representative(session: Session, party: Party) -> Representative | None:
    if party.type != "representative":
        return None
    return next((each for each in session.representatives if each.gsnumber == party.gsnumber), None)
