"""What outbound events are given from outside: the network, and the switches for what is not confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class Send(Protocol):
    """Posts a form to an address."""

    def __call__(self, url: str, form: Mapping[str, str], /) -> int:
        """Return the HTTP status.

        Raises:
            OSError: No answer came.
        """
        ...


class Habits(Protocol):
    """How events are written, and how many of them a network loses."""

    @property
    def event_lsid(self) -> str:
        """Return "lower" or "upper": how the hexadecimal digits are written."""
        ...

    @property
    def event_custom_fields(self) -> str:
        """Return "code_name" or "session.custom": how a custom field is named."""
        ...

    @property
    def events_lost(self) -> float:
        """Return the share of events that are never sent."""
        ...

    @property
    def events_reordered(self) -> float:
        """Return the share of events that later ones overtake."""
        ...

    @property
    def event_answers_lost(self) -> float:
        """Return the share of the 200s that get lost, so that their events are sent again."""
        ...
