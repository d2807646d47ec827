"""Starts the ordinary `run` when one is due, one at a time. However it fares, events are stored meanwhile."""

from __future__ import annotations

import logging
import queue
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from bt_autotask_sync.exit_code import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from bt_autotask_sync.clock import Clock
    from bt_autotask_sync.events.outcome import Outcome, ProfileOutcome
    from bt_autotask_sync.events.run_process import Child
    from bt_autotask_sync.events.schedule import Schedule

LONG: Final = 3600.0
"""Seconds from which on a run's length is told. It is not killed: nothing is lost, and it may have much to do."""
LONGEST_STOP: Final = 120.0
"""Seconds that a run has for its requests under way: one to Autotask may take 100."""

_LOG = logging.getLogger(__name__)
_WORDS: Final[Mapping[int, str]] = {
    ExitCode.UNEXPECTED: "something unexpected went wrong",
    ExitCode.USAGE: "the configuration cannot be used",
    ExitCode.ENDED_EARLY: "it ended early",
    ExitCode.CREDENTIALS: "credentials were refused",
    ExitCode.LOCKED: "another run is at work",
    ExitCode.INTERRUPTED: "it was interrupted",
    ExitCode.TERMINATED: "it was told to stop",
}


class Waiting(Protocol):
    """Waits, and is woken."""

    def wait(self, seconds: float) -> None:
        """Let at most `seconds` pass; return at once when woken since the last wait."""
        ...


class Wakeup:
    """Wakes whoever waits; may be rung from any thread, and from a signal handler."""

    def __init__(self) -> None:
        # Of all that wakes a thread only this queue may be used by a signal handler that interrupts the waiting thread.
        self._rung: queue.SimpleQueue[None] = queue.SimpleQueue()

    def ring(self) -> None:
        """Wake the one who waits, or who will wait next."""
        self._rung.put(None)

    def wait(self, seconds: float) -> None:
        """Let at most `seconds` pass; return at once when rung since the last wait."""
        try:
            self._rung.get(timeout=max(seconds, 0.0))
            while True:
                self._rung.get_nowait()
        except queue.Empty:
            return


@dataclass(slots=True)
class _Work:
    """A run at work, and when it began: by the clock that only grows, and by this machine's."""

    child: Child
    began: float
    began_at: datetime
    told_long: bool = False


class Runner:
    """Starts runs as they become due, and takes note of what came of each.

    Args:
        schedule: When runs are due.
        start: Starts one; may raise OSError.
        clock: Time.
    """

    def __init__(self, schedule: Schedule, start: Callable[[], Child], clock: Clock) -> None:
        self._schedule = schedule
        self._start = start
        self._clock = clock
        self._work: _Work | None = None
        self._code: int | None = None
        self._standing: dict[str, tuple[str, ...]] = {}

    @property
    def waits_for_a_person(self) -> bool:
        """Whether the last run could not work as the configuration stood: it was wrong, or credentials were refused."""
        return self._code in (ExitCode.USAGE, ExitCode.CREDENTIALS)

    def look(self) -> float | None:
        """Take note of a run that ended, start the one that is due; return the seconds until the next is due.

        None means: only when something happens.
        """
        if self._work is not None and not self._ended(self._work):
            return None
        due, now = self._schedule.due(), self._clock.monotonic()
        if due is None or due > now:
            return None if due is None else due - now
        self._schedule.take(now)
        try:
            self._work = _Work(self._start(), now, self._clock.now())
        except OSError as error:
            pause = self._schedule.failed(now, asked=None)
            _LOG.error("No run can be started: %s.\n  It is tried again in %d s.", error.strerror or error, pause)
            return pause
        _LOG.debug("A run begins, process %d.", self._work.child.number)
        return None

    def stop(self, waiting: Waiting) -> None:
        """Ask the run at work to stop, and wait until it has finished what is under way, two minutes at most."""
        if self._work is None:
            return
        child, end = self._work.child, self._clock.monotonic() + LONGEST_STOP
        _LOG.info("Stopping; the run at work finishes its requests.")
        child.stop()
        while (outcome := child.outcome()) is None:
            left = end - self._clock.monotonic()
            if left <= 0:
                _LOG.warning("The run, process %d, is still at work; it is not waited for any longer.", child.number)
                return
            waiting.wait(min(left, 1.0))
        self._tell_changes(outcome)

    def _ended(self, work: _Work) -> bool:
        """Tell whether a run has ended; if so, take note of what came of it."""
        outcome, now = work.child.outcome(), self._clock.monotonic()
        if outcome is None:
            self._tell_long(work, now)
            return False
        self._work = None
        wait = outcome.wait(work.began_at)
        asked = None if wait is None else work.began + wait
        if outcome.ended_well:
            self._schedule.succeeded(now, asked=asked, did_work=outcome.did_work)
        else:
            self._tell_failure(outcome, self._schedule.failed(now, asked=asked))
        self._tell_changes(outcome)
        self._code = outcome.code
        return True

    def _tell_long(self, work: _Work, now: float) -> None:
        if now - work.began >= LONG and not work.told_long:
            work.told_long = True
            _LOG.warning(
                "The run, process %d, has been at work for an hour; it is left to finish.\n  If it hangs, end that "
                "process: nothing is lost, and another one starts.",
                work.child.number,
            )

    def _tell_failure(self, outcome: Outcome, pause: float) -> None:
        """Tell that a run did not end well: once, as long as that stays so. The reason the run has told itself."""
        expected = outcome.code in (ExitCode.LOCKED, ExitCode.TERMINATED, ExitCode.INTERRUPTED)
        level = logging.INFO if expected else logging.WARNING
        _LOG.log(
            logging.DEBUG if outcome.code == self._code else level,
            "A run did not end well: %s. It is tried again in %d s; events are stored meanwhile.",
            _WORDS.get(outcome.code, f"it was killed ({outcome.code})"),
            pause,
        )

    def _tell_changes(self, outcome: Outcome) -> None:
        """Tell what a run did, and what waits in the ledger if that is not what waited before."""
        for profile in outcome.profiles:
            if not profile.ended_well and not profile.changes:
                continue
            news = bool(profile.changes) or profile.standing != self._standing.get(profile.profile, ())
            self._standing[profile.profile] = profile.standing
            _LOG.log(logging.INFO if news else logging.DEBUG, "%s: %s.", profile.profile, _told(profile))


def _told(profile: ProfileOutcome) -> str:
    parts = (", ".join(profile.changes) or "nothing new", ", ".join(profile.standing))
    return "; ".join(filter(None, parts))
