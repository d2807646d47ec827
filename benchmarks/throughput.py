"""How fast a backlog is delivered when every answer takes a tenth of a second."""

from __future__ import annotations

import json
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import requests

from benchmarks.figure import Bar, Figure, median_ratio
from benchmarks.world import world

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.world import World

SESSIONS = 600
LATENCY_MS = 100
AT_A_TIME = 3
LEAST = 0.8


def measure(pairs: int = 1) -> Iterator[Figure]:
    """Deliver a backlog, then let a bare client repeat the same creates on a fresh sandbox with the same seed."""
    taken = [_pair() for _ in range(pairs)]
    bare, ours = taken[0]
    remark = f"{SESSIONS} sessions: {ours:.1f} s, the bare client {bare:.1f} s"
    yield Figure(
        f"speed of delivery at {LATENCY_MS} ms over a bare client's",
        median_ratio(taken),
        Bar(LEAST, is_least=True),
        remark,
    )


def _pair() -> tuple[float, float]:
    """Return the seconds from the first to the last create, of the bare client and of the program."""
    with world(SESSIONS, latency_ms=LATENCY_MS) as here:
        here.add_sessions(SESSIONS)
        here.run()
        creates = here.creates()
    with world(SESSIONS, latency_ms=LATENCY_MS) as here:
        here.add_sessions(SESSIONS)
        _repeat(here, creates)
        repeated = here.creates()
    if len(repeated) != len(creates):
        raise RuntimeError(f"The bare client made {len(repeated)} records of {len(creates)}.")
    return _first_to_last(repeated), _first_to_last(creates)


def _first_to_last(creates: Sequence[dict[str, Any]]) -> float:
    times = [request["time"] for request in creates]
    return float(max(times) - min(times))


def _repeat(here: World, creates: Sequence[dict[str, Any]]) -> None:
    """Send the creates again, `AT_A_TIME` to each endpoint, as fast as the answers come."""
    notes = deque(request for request in creates if request["path"].endswith("/Notes"))
    entries = deque(request for request in creates if not request["path"].endswith("/Notes"))
    with ThreadPoolExecutor(2 * AT_A_TIME) as pool:
        for queue in (notes, entries) * AT_A_TIME:
            pool.submit(_send, here, queue)


def _send(here: World, queue: deque[dict[str, Any]]) -> None:
    with requests.Session() as http:
        http.trust_env = False
        http.headers.update(here.http.headers)
        while queue:
            try:
                request = queue.popleft()
            except IndexError:  # another thread took the last one
                return
            http.post(here.url + request["path"], json=json.loads(request["body"]), timeout=60)
