"""Many trials after each other."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.crash.simulator.tally import Tally
from tests.crash.simulator.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.crash.simulator.schedule import Schedule


def play_all(schedules: Iterable[Schedule]) -> Tally:
    """Play schedules, print and return what happened in all of them.

    Raises:
        Violation: One broke a promise; the message tells how to see it again.
    """
    total = Tally()
    for schedule in schedules:
        total.add(Trial(schedule).play())
    sys.stdout.write(f"{total}\n")
    return total
