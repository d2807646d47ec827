"""When the next run is due: because of events, because the last one failed, or because it asked for another."""

from __future__ import annotations

import math
import threading
from typing import Final

SHORTEST_PAUSE: Final = 5.0
LONGEST_PAUSE: Final = 300.0
LONGEST_WAIT: Final = 86_400.0
"""Seconds. What a run asks for later than in a day is looked at in a day: it then asks for the rest."""


class Pause:
    """Seconds between tries: 5, doubling to 300, from 5 again after `reset`."""

    def __init__(self) -> None:
        self._next = SHORTEST_PAUSE

    def take(self) -> float:
        """Return the pause before the next try; the one after it is longer."""
        pause = self._next
        self._next = min(2 * pause, LONGEST_PAUSE)
        return pause

    def reset(self) -> None:
        """Begin again with the shortest."""
        self._next = SHORTEST_PAUSE


class Schedule:
    """The due times of runs, in seconds of a clock that only ever grows (`Clock.monotonic`).

    Events are marked from the receiver's threads, everything else comes from one thread. The order is what makes a
    lost wake-up impossible: an event is marked after it is on disk, and `take` forgets marks before a run starts. A
    mark that `take` forgot belongs to an event which that run finds; one set later leads to another run.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._marks: set[int] = set()
        self._again: float | None = None
        self._not_before = -math.inf
        self._failing = Pause()
        self._fruitless = Pause()

    def mark(self, now: float, delay: float) -> None:
        """Have a run start `delay` seconds from now; 0: at once. The event must be on disk already."""
        # Whole seconds: however many events come, there are never more marks than seconds to wait.
        at = math.ceil(now + delay) if delay else math.floor(now)
        with self._lock:
            self._marks.add(at)

    def due(self) -> float | None:
        """Return when the next run is due; None when nothing asks for one."""
        with self._lock:
            asked = [*self._marks, *(() if self._again is None else (self._again,))]
        return max(min(asked), self._not_before) if asked else None

    def take(self, now: float) -> None:
        """Forget what is due by now: a run is about to start. What is due later stays."""
        with self._lock:
            taken = {mark for mark in self._marks if mark <= now}
            self._marks -= taken
        self._again = None
        if taken:
            self._fruitless.reset()

    def succeeded(self, now: float, *, asked: float | None, did_work: bool) -> None:
        """Take note that a run ended well, and when it asked for the next.

        A run that changed nothing and asks for another is followed after a growing pause: what it waits for may take
        its time.

        Args:
            now: When it ended.
            asked: When it asked for the next run; None: it did not.
            did_work: Whether it did anything.
        """
        self._failing.reset()
        if did_work:
            self._fruitless.reset()
        if asked is not None:
            self._again = max(min(asked, now + LONGEST_WAIT), now + self._fruitless.take())

    def failed(self, now: float, *, asked: float | None) -> float:
        """Take note that a run ended early, or could not run at all; return the seconds until it is tried again.

        Events bring the next try forward, but to no sooner than after the shortest pause.
        """
        pause = self._failing.take()
        retry = now + pause
        self._again = retry if asked is None else min(retry, max(asked, now + SHORTEST_PAUSE))
        self._not_before = now + SHORTEST_PAUSE
        return pause
