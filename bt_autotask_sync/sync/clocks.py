"""Clocks that are not believed blindly: how far two of them have moved since they last agreed, and how long we waited.

Only steps are compared, never times: a clock that is always three hours ahead is as good as any other. Times are whole
unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

EARLIEST = 946_684_800
"""2000-01-01T00:00:00Z: an answer that is dated before it bears no time."""
LATEST = 4_102_444_800
"""2100-01-01T00:00:00Z: an answer that is dated from then on bears no time."""
DIFFERENCE = 600
"""Seconds by which the steps of two clocks may differ."""
DRIFT = 0.01
"""The share of the time since two clocks last agreed by which their steps may differ in addition."""
DATELESS_RUNS = 3
"""After so many runs in a row without a usable date our own elapsed time counts."""
SLOWER = 3
"""Without any usable date waiting takes so many times longer."""


class Side(StrEnum):
    """Whose clock it is that we read in the dates of answers."""

    APPLIANCE = "appliance"
    AUTOTASK = "autotask"


class Verdict(StrEnum):
    """Which clock stands against the two others in a run, if any."""

    AGREED = "agreed"
    APPLIANCE_WRONG = "appliance"
    OWN_WRONG = "own"
    SPLIT = "split"
    """No two of them agree, or there is no third: nobody can tell which is wrong."""


@dataclass(frozen=True, slots=True)
class Reading:
    """This machine's time and the other side's, read together."""

    own: int
    foreign: int


@dataclass(frozen=True, slots=True)
class Track:
    """What is remembered of one other side's clock.

    Attributes:
        own: This machine's time up to which `waited` counts; None before the first answer.
        foreign: The other side's time then, read when both clocks agreed, or reckoned on from there by our own
            elapsed time while it gives no date; None: it has never given one.
        seen: The last reading of an earlier run, believed or not.
        waited: The seconds that have passed by both clocks, altogether.
        dateless_runs: The runs in a row that brought no usable date.
        warned: Which clock a person was last warned of; empty once they agree.
    """

    own: int | None = None
    foreign: int | None = None
    seen: Reading | None = None
    waited: int = 0
    dateless_runs: int = 0
    warned: str = ""

    @property
    def agreed(self) -> Reading | None:
        """The reading at which both clocks last agreed."""
        return None if self.own is None or self.foreign is None else Reading(self.own, self.foreign)

    def fits(self, now: Reading, ahead: int = 0) -> bool:
        """Tell whether the other clock has made our steps, since they last agreed or since the run before.

        A clock that keeps a new offset from one run to the next is believed again.

        Args:
            now: The present reading.
            ahead: The seconds that this machine's clock is known to have lost since.
        """
        before = [reading for reading in (self.agreed, self.seen) if reading is not None]
        return not before or any(abs(_gain(then, now) - ahead) <= _tolerance(then, now) for then in before)

    def gains(self, now: Reading) -> tuple[int, ...]:
        """Return by how many seconds the other clock went ahead of ours, by each reading to compare with."""
        return tuple(_gain(then, now) for then in (self.agreed, self.seen) if then is not None)

    def advanced(self, now: Reading) -> Track:
        """Return the track after a reading that is believed: what both clocks say has passed is waited."""
        passed = 0 if self.agreed is None else min(now.own - self.agreed.own, now.foreign - self.agreed.foreign)
        return replace(
            self, own=now.own, foreign=now.foreign, seen=now, waited=self.waited + max(0, passed), dateless_runs=0
        )

    def without_date(self, own: int, *, first: bool) -> Track:
        """Return the track after an answer without a usable date.

        From the third such run on our own elapsed time counts: by it the other clock is reckoned on, and for waiting it
        counts three times slower. Until then the reading before stays: an answer with a date may still say what has
        passed since.

        Args:
            own: This machine's time.
            first: Whether it is the run's first.
        """
        runs = self.dateless_runs + first
        if runs < DATELESS_RUNS or self.own is None:
            return replace(self, dateless_runs=runs, own=own if self.own is None else self.own)
        passed = max(0, own - self.own)
        foreign = None if self.foreign is None else clamp(self.foreign + passed)
        waited = self.waited + passed // SLOWER
        return replace(self, own=own, foreign=foreign, seen=None, waited=waited, dateless_runs=runs)

    @property
    def counts_alone(self) -> bool:
        """Whether there were so many answers without a date that our own time counts."""
        return self.dateless_runs >= DATELESS_RUNS


def judge(appliance: Track, autotask: Track, now: Reading, third: Reading | None) -> tuple[Verdict, int]:
    """Return which clock stands against two others, given that the appliance's and ours differ.

    Args:
        appliance: What is remembered of the appliance's clock.
        autotask: What is remembered of Autotask's.
        now: The appliance's time.
        third: Autotask's time; None: it could not be read.

    Returns:
        The verdict, and by how many seconds this machine's clock has fallen behind both others when it is ours.
    """
    if third is None or not autotask.gains(third):
        return Verdict.SPLIT, 0
    if autotask.fits(third):
        return Verdict.APPLIANCE_WRONG, 0
    for lost in appliance.gains(now):
        if autotask.fits(third, lost):
            return Verdict.OWN_WRONG, lost
    return Verdict.SPLIT, 0


def estimate(appliance: Track, own: int) -> int | None:
    """Return the appliance's time by its last believed reading and our own step since; None without such a reading."""
    if appliance.agreed is None:
        return None
    return clamp(appliance.agreed.foreign + max(0, own - appliance.agreed.own))


def clamp(seconds: int) -> int:
    """Return a time within those that count as one."""
    return min(max(seconds, EARLIEST), LATEST - 1)


def _gain(then: Reading, now: Reading) -> int:
    return (now.foreign - then.foreign) - (now.own - then.own)


def _tolerance(then: Reading, now: Reading) -> float:
    passed = min(now.own - then.own, now.foreign - then.foreign)
    return DIFFERENCE + DRIFT * max(0, passed)
