"""What outbound events announce, taken from the inbox into the ledger.

An event is a hint: it has a session looked at, and what happened is read back from the appliance.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bt_autotask_sync.appliance.outbound_event import EventName
from bt_autotask_sync.config.models import OutboundEvent
from bt_autotask_sync.state.inbox import InboxError
from bt_autotask_sync.state.states import SessionState

if TYPE_CHECKING:
    from bt_autotask_sync.state.inbox import WaitingEvent
    from bt_autotask_sync.sync.run_context import RunContext

_LOG = logging.getLogger(__name__)

AT_ONCE = 500
"""Events that are taken in by one transaction."""
SURVEY_COMES_WITHIN = 120
"""Seconds after which a session is looked at once more for a survey that an event announced: reports lag behind."""
REPRESENTATIVE = "representative"

_TYPES: dict[str, OutboundEvent] = {
    EventName.END: OutboundEvent.SESSION_END,
    EventName.CUSTOMER_SURVEY_COMPLETED: OutboundEvent.CUSTOMER_SURVEY,
    EventName.REPRESENTATIVE_SURVEY_COMPLETED: OutboundEvent.REPRESENTATIVE_SURVEY,
    EventName.MEMBER_ADDED: OutboundEvent.MEMBER_ADDED,
}


def take_in(context: RunContext, now: int) -> bool:
    """Take what waits for the profile into the ledger, and then out of the inbox: a repeat does nothing.

    An inbox that cannot be used is warned about and left alone: polling finds all that ended.

    Args:
        context: Everything the run was given.
        now: The appliance's time at the beginning of the run (unix seconds).

    Returns:
        Whether there is an inbox that can be used.
    """
    if context.inbox is None:
        return False
    name, after = context.profile.name, 0
    try:
        while events := context.inbox.waiting(name, after=after, limit=AT_ONCE):
            with context.ledger.transaction():
                for event in events:
                    _take_in(context, event, now)
            if not context.dry_run:
                context.inbox.done(name, [event.id for event in events])
            after = events[-1].id
    except InboxError as error:
        _LOG.warning("%s\n  %s", error.message, error.advice)
        return False
    return True


def _take_in(context: RunContext, event: WaitingEvent, now: int) -> None:
    announced = _TYPES.get(event.name)
    if announced not in context.profile.outbound_events:
        return
    sessions = context.sessions
    match announced:
        case OutboundEvent.SESSION_END:
            sessions.announce(event.lsid, ended=True, now=now)
        case OutboundEvent.MEMBER_ADDED:
            if event.member_type == REPRESENTATIVE and context.profile.tickets.create_on_session_start:
                sessions.announce(event.lsid, ended=False, now=now)
                sessions.want_ticket(event.lsid)
        case _:
            sessions.announce(event.lsid, ended=False, now=now)
            sessions.look_again(event.lsid, now + SURVEY_COMES_WITHIN)
            if sessions.get([event.lsid])[event.lsid].state is SessionState.DELIVERED:
                sessions.take_up(event.lsid)
