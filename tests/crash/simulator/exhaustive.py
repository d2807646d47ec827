"""Every single strike at every step of the small world, and every pair of the strikes that protocols break on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.crash.simulator.schedule import small_world
from tests.crash.simulator.steps import Exchange
from tests.crash.simulator.strikes import Kind, Strike
from tests.crash.simulator.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.crash.simulator.schedule import Schedule
    from tests.crash.simulator.steps import Step

LATE_KINDS = frozenset({Kind.LATE_COMMIT, Kind.KILL_LATE})
PAIRED = (Kind.LOST_ANSWER, Kind.LATE_COMMIT, Kind.KILL_BEFORE, Kind.KILL_LATE)


def singles(kind: Kind) -> Iterator[Schedule]:
    """Yield a schedule for a kind at every step of an undisturbed trial that it fits."""
    for strike in _strikes_on(_steps_of(small_world()), (kind,)):
        yield small_world(strike)


def pairs(first_steps: Sequence[int]) -> Iterator[Schedule]:
    """Yield a schedule for every pair of strikes whose first one falls on one of these steps.

    The second one falls on every step that follows, those of the runs that recover included.
    """
    for first in _strikes_on(_steps_of(small_world()), PAIRED):
        if first.step in first_steps:
            follow = _steps_of(small_world(first))
            for second in _strikes_on(follow, PAIRED):
                if second.step > first.step:
                    yield small_world(first, second)


def undisturbed_steps() -> int:
    """Return how many steps an undisturbed trial of the small world takes."""
    return len(_steps_of(small_world()))


def undisturbed_creates() -> int:
    """Return how many of them are creates."""
    return sum(isinstance(step, Exchange) and step.is_create for step in _steps_of(small_world()))


def _steps_of(schedule: Schedule) -> list[Step]:
    trial = Trial(schedule)
    trial.play()
    return trial.steps


def _strikes_on(steps: Sequence[Step], kinds: Sequence[Kind]) -> Iterator[Strike]:
    for number, step in enumerate(steps, start=1):
        for kind in kinds:
            strike = Strike(number, kind)
            # A read that is executed late is a read that failed.
            pointless = kind in LATE_KINDS and isinstance(step, Exchange) and not step.is_create
            if strike.fits(step) and not pointless:
                yield strike
