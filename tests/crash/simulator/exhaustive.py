"""Every single strike at every step of a small world, and every pair of the strikes that protocols break on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.crash.simulator.steps import Exchange, Telling
from tests.crash.simulator.strikes import Kind, Strike
from tests.crash.simulator.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.crash.simulator.schedule import Schedule, World
    from tests.crash.simulator.steps import Step

LATE_KINDS = frozenset({Kind.LATE_COMMIT, Kind.KILL_LATE})
PAIRED = (Kind.LOST_ANSWER, Kind.LATE_COMMIT, Kind.KILL_BEFORE, Kind.KILL_LATE)
PAIRED_WITH_TICKETS = (*PAIRED, Kind.KEY_TYPED)


def singles(world: World, kind: Kind) -> Iterator[Schedule]:
    """Yield a schedule for a kind at every step of an undisturbed trial of a small world that it fits."""
    for strike in _strikes_on(_steps_of(world()), (kind,)):
        yield world(strike)


def pairs(world: World, first_steps: Sequence[int]) -> Iterator[Schedule]:
    """Yield a schedule for every pair of strikes whose first one falls on one of these steps.

    The second one falls on every step that follows, those of the runs that recover included.
    """
    kinds = PAIRED_WITH_TICKETS if world().setting.tickets else PAIRED
    for first in _strikes_on(_steps_of(world()), kinds):
        if first.step in first_steps:
            follow = _steps_of(world(first))
            for second in _strikes_on(follow, kinds):
                if second.step > first.step:
                    yield world(first, second)


def undisturbed_steps(world: World) -> int:
    """Return how many steps an undisturbed trial of a small world takes."""
    return len(_steps_of(world()))


def undisturbed_writes(world: World) -> int:
    """Return how many of them change something in one of the products."""
    return sum(isinstance(step, Exchange) and step.writes for step in _steps_of(world()))


def undisturbed_events(world: World) -> int:
    """Return how many of them are outbound events."""
    return sum(isinstance(step, Telling) for step in _steps_of(world()))


def _steps_of(schedule: Schedule) -> list[Step]:
    trial = Trial(schedule)
    trial.play()
    return trial.steps


def _strikes_on(steps: Sequence[Step], kinds: Sequence[Kind]) -> Iterator[Strike]:
    for number, step in enumerate(steps, start=1):
        for kind in kinds:
            strike = Strike(number, kind)
            # A read that is executed late is a read that failed.
            pointless = kind in LATE_KINDS and isinstance(step, Exchange) and not step.writes
            if strike.fits(step) and not pointless:
                yield strike
