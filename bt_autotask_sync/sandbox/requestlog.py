"""Which requests the two products received, for tests: no headers, no query strings, no secrets."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bt_autotask_sync.sandbox.calls import Call, Side

KEPT = 200_000
"""So many of the newest requests are kept; all are counted."""


@dataclass(slots=True)
class LoggedRequest:
    """A request as it arrived.

    `time` is the products', in seconds since 1970. `status` is None while it is worked on, and for good when the
    connection was cut. `body` is the JSON text of a write to Autotask, else empty.
    """

    side: Side
    method: str
    path: str
    endpoint: str
    time: float
    body: str = ""
    status: int | None = None


class RequestLog:
    """Every request to the products since the start or the last reset."""

    def __init__(self) -> None:
        self._entries: deque[LoggedRequest] = deque(maxlen=KEPT)
        self._counts: Counter[Side] = Counter()
        self._lock = threading.Lock()

    def add(self, call: Call, path: str, now: float, body: str = "") -> LoggedRequest:
        """Record a request that arrived at `now` and return its entry, to which the status is added later."""
        entry = LoggedRequest(call.side, call.method, path, call.endpoint, now, body)
        with self._lock:
            self._entries.append(entry)
            self._counts[call.side] += 1
        return entry

    def entries(self, side: str | None = None) -> list[LoggedRequest]:
        """Return the requests to `side`, or all, in the order of their arrival."""
        with self._lock:
            return [entry for entry in self._entries if side in (None, entry.side)]

    def counts(self) -> dict[str, int]:
        """Return how many requests each side received."""
        with self._lock:
            return {"appliance": self._counts["appliance"], "autotask": self._counts["autotask"]}

    def described(self, side: str | None = None) -> dict[str, Any]:
        """Return counts and entries as JSON values."""
        return {"counts": self.counts(), "requests": [asdict(entry) for entry in self.entries(side)]}
