"""How soon an event needs a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bt_autotask_sync.appliance.outbound_event import EventName
from bt_autotask_sync.config.models import OutboundEvent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bt_autotask_sync.appliance.outbound_event import Event
    from bt_autotask_sync.config.models import Profile

MARGIN: Final = 1.0
"""Seconds more than a report needs: the appliance's times are whole seconds, and it may be slow by a little."""

_DELAYED: Final = {
    EventName.END: OutboundEvent.SESSION_END,
    EventName.CUSTOMER_SURVEY_COMPLETED: OutboundEvent.CUSTOMER_SURVEY,
    EventName.REPRESENTATIVE_SURVEY_COMPLETED: OutboundEvent.REPRESENTATIVE_SURVEY,
}
"""Those whose report must be complete first."""


def delays(event: Event, profiles: Iterable[Profile]) -> set[float]:
    """Return after how many seconds an event needs a run; none: it can wait for the next one, whatever brings that.

    A representative who joins waits for a ticket, so that is at once; what ended waits until its report is complete.

    Args:
        event: What the appliance told.
        profiles: Those that it goes to.
    """
    found = (_delay(event, profile) for profile in profiles if profile.enabled)
    return {delay for delay in found if delay is not None}


def _delay(event: Event, profile: Profile) -> float | None:
    wanted = profile.outbound_events
    if event.name == EventName.MEMBER_ADDED:
        joins = event.member_type == "representative" and OutboundEvent.MEMBER_ADDED in wanted
        return 0.0 if joins else None
    delayed = any(event.name == name and kind in wanted for name, kind in _DELAYED.items())
    return profile.report_delay_seconds + MARGIN if delayed else None
