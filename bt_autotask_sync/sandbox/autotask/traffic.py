"""Autotask's two limits: requests in an hour, and requests at a time.

Autotask: 10,000 external requests in a rolling hour for all integrations of a tenant; at most 3 threads for each
integration code and endpoint, where `/Tickets/{id}/Notes` counts to TicketNotes.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bt_autotask_sync.sandbox.clock import SandboxClock

MOST_THREADS: Final = 3
_HOUR: Final = 3600.0
_TIERS: Final = ((0.75, 1.0), (0.5, 0.5))
"""Share of the threshold, and seconds that each request then takes longer."""


class Threshold:
    """Counts the requests of the last hour.

    Args:
        clock: The products' time.
        limit: How many an hour may have; 0 for no limit.
    """

    timeframe_minutes: Final = 60

    def __init__(self, clock: SandboxClock, limit: int) -> None:
        self.limit = limit
        self._clock = clock
        self._times: deque[float] = deque()

    def count(self) -> bool:
        """Count a request; False, and not counted, when the hour is used up."""
        if self.limit and self.used >= self.limit:
            return False
        self._times.append(self._clock.now())
        return True

    @property
    def used(self) -> int:
        """How many requests the last hour had."""
        hour_ago = self._clock.now() - _HOUR
        while self._times and self._times[0] <= hour_ago:
            self._times.popleft()
        return len(self._times)

    def penalty(self) -> float:
        """Return the seconds that a request takes longer because the hour is well used."""
        share = self.used / self.limit if self.limit else 0.0
        return next((seconds for least, seconds in _TIERS if share >= least), 0.0)


class Threads:
    """Counts the requests that are being worked on."""

    def __init__(self) -> None:
        self._busy: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def slot(self, code: str, path: str) -> Iterator[bool]:
        """Hold a thread of the endpoint at `path` while the context lasts; give False when there is none left."""
        key = (code, endpoint(path))
        with self._lock:
            admitted = self._busy[key] < MOST_THREADS or key[1] in _EXEMPT
            self._busy[key] += admitted
        try:
            yield admitted
        finally:
            with self._lock:
                self._busy[key] -= admitted


_EXEMPT: Final = ("zoneinformation", "versioninformation")


def endpoint(path: str) -> str:
    """Return the endpoint, in lower case, that a path behind the version counts to."""
    segments = path.lower().strip("/").split("/")
    return "ticketnotes" if segments[0] == "tickets" and segments[2:3] == ["notes"] else segments[0]
