"""The present of the tests: always the same moment at the start, so that no world depends on today's date."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.sandbox.clock import SandboxClock

if TYPE_CHECKING:
    from collections.abc import Callable

BEGINNING = 1_795_345_200.0
"""2026-11-22T11:00:00Z."""


def present_from(beginning: float = BEGINNING) -> Callable[[], float]:
    """Return a present that is `beginning` now and moves as real time does, in seconds since 1970."""
    started = time.monotonic()
    return lambda: beginning + time.monotonic() - started


def moving_clock(beginning: float = BEGINNING, **options: Any) -> SandboxClock:
    """Return the clock of both products that begins at `beginning`."""
    return SandboxClock(base=present_from(beginning), **options)
