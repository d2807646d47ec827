"""What a note needs to know beside the session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class NoteContext:
    """The profile's settings and the plan's figures that a text may show.

    `timezone` is the zone of every time in the text. Minutes are worked, and billed after rounding: in a note those of
    all whose time is entered, in an entry's summary its own; None where there is no entry. `publish_session_notes`
    lets technicians' notes into public texts.
    """

    timezone: ZoneInfo
    ticket_number: str = ""
    publish_session_notes: bool = False
    actual_minutes: int | None = None
    billed_minutes: int | None = None
