"""What anyone can provoke as often as he likes is told seldom."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

BETWEEN_SECONDS: Final = 60.0
"""How long nothing is told of an address of which something was told."""

MOST_REMEMBERED: Final = 1000
"""Addresses; of more, something is told again sooner."""


class RateLimitedLog:
    """Remembers of whom something was told within the last minute.

    Args:
        now: A clock that only ever grows, in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._told: dict[str, float] = {}

    def may_tell(self, address: str) -> bool:
        """Tell whether to tell of this address now; if so, it is taken for told."""
        now = self._now()
        if now - self._told.get(address, -BETWEEN_SECONDS) < BETWEEN_SECONDS:
            return False
        self._told.pop(address, None)
        while len(self._told) >= MOST_REMEMBERED:
            del self._told[next(iter(self._told))]
        self._told[address] = now
        return True
