"""What a mutant is: a way to break the protocol, done to this process by patching the program; no source is touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.crash.simulator.themes import Theme


@dataclass(frozen=True, slots=True)
class Mutant:
    """One way to break the protocol.

    `rule` names what it breaks, `infect` does it to this process; `tickets` tells that only schedules in which tickets
    are made can show it, `themes` names those of the schedules that show it soonest; none: all of them.
    """

    rule: str
    infect: Callable[[], None]
    tickets: bool = False
    themes: tuple[Theme, ...] = ()


def replace(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Put what `make` makes of it in the place of a name, which must be there."""
    setattr(owner, name, make(getattr(owner, name)))
