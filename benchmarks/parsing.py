"""How fast reports are read, next to a parser that only looks at the end of every element."""

from __future__ import annotations

import time
from collections import deque
from io import BytesIO
from typing import TYPE_CHECKING

from lxml import etree

from benchmarks.figure import Bar, Figure, median_ratio
from benchmarks.reports import SESSIONS, report
from bt_autotask_sync.appliance.report import read_sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROUNDS = 7


def measure() -> Iterator[Figure]:
    """Read the same bytes both ways, by turns. Seconds are of processor time: both do nothing else."""
    content = report()
    pairs = [_pair(content) for _ in range(ROUNDS)]
    fastest = min(ours for _, ours in pairs)
    yield Figure(
        "speed of reading reports over bare `lxml.etree.iterparse`",
        median_ratio(pairs),
        Bar(0.4, is_least=True),
        f"{SESSIONS} sessions, {len(content) / 1024**2:.1f} MiB, {1000 * fastest / SESSIONS:.2f} ms a session",
    )


def _pair(content: bytes) -> tuple[float, float]:
    """Time both readers. What the bare one frees is tidied up by the next large allocation only: not on our time."""
    bare = _seconds(_bare, content)
    _ours(content)
    return bare, _seconds(_ours, content)


def _seconds(read: Callable[[bytes], None], content: bytes) -> float:
    started = time.process_time()
    read(content)
    return time.process_time() - started


def _bare(content: bytes) -> None:
    for _ in etree.iterparse(BytesIO(content), events=("end",)):
        pass


def _ours(content: bytes) -> None:
    deque(read_sessions(BytesIO(content)), maxlen=0)
