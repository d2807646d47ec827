"""The time of both products: it can be moved forward, and a fault simulator's sleeping costs no real time."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class SandboxClock:
    """Time as both products see it, in seconds since 1970.

    Args:
        base: The time that this clock follows.
        sleep: How a product lets seconds pass.
    """

    def __init__(self, base: Callable[[], float] = time.time, sleep: Callable[[float], None] = time.sleep) -> None:
        self._base = base
        self._sleep = sleep
        self._ahead = 0.0
        self._lock = threading.Lock()

    @classmethod
    def virtual(cls, start: float) -> SandboxClock:
        """Return a clock that stands at `start` until it is advanced or sleeps: sleeping moves it and takes no time."""
        clock = cls(base=lambda: start)
        clock._sleep = clock.advance
        return clock

    def now(self) -> float:
        """Return the products' present, in seconds since 1970."""
        return self._base() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move the products' time forward by `seconds`."""
        with self._lock:
            self._ahead += seconds

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass; nothing happens for zero."""
        if seconds > 0:
            self._sleep(seconds)

    def restore(self) -> None:
        """Follow `base` again, as if the clock had never been advanced."""
        with self._lock:
            self._ahead = 0.0

    def of_product(self) -> ProductClock:
        """Return one product's own clock, which follows this one until it is set otherwise."""
        return ProductClock(self)


class ProductClock(SandboxClock):
    """The clock of one product: it can be set alone, ahead or back. Time passes as it does for both."""

    def __init__(self, both: SandboxClock) -> None:
        super().__init__(base=both.now, sleep=both.sleep)
