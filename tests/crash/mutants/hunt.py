"""The hunt: schedules are played with a mutant in the program until one catches it."""

from __future__ import annotations

import subprocess
import sys
from itertools import count, islice
from typing import TYPE_CHECKING

from tests.crash.mutants.clocks import CLOCKS
from tests.crash.mutants.delivery import DELIVERY
from tests.crash.mutants.identity import IDENTITY
from tests.crash.mutants.tickets import TICKETS
from tests.crash.simulator.judge import Violation
from tests.crash.simulator.schedule import makes_tickets, random_schedule
from tests.crash.simulator.themes import Theme
from tests.crash.simulator.trial import Trial

if TYPE_CHECKING:
    from tests.crash.mutants.infection import Mutant

MOST_SCHEDULES = 1_000
"""So many schedules must be enough to catch any mutant."""
_SURVIVED = "survived"

MUTANTS: dict[str, Mutant] = DELIVERY | TICKETS | CLOCKS | IDENTITY


def hunt(name: str, most: int = MOST_SCHEDULES) -> str:
    """Infect this process with a mutant and play schedules until one catches it; return how.

    Raises:
        Violation: The mutant does not break a promise but the program, which proves nothing.
    """
    mutant = MUTANTS[name]
    mutant.infect()
    fitting = (seed for seed in count(1) if makes_tickets(seed) or not mutant.tickets)
    for seed in islice(fitting, most):
        try:
            Trial(random_schedule(seed, mutant.themes or tuple(Theme))).play()
        except Violation as violation:
            if str(violation).startswith("a run ended with"):
                raise
            return f"caught by seed {seed}: {str(violation).splitlines()[0]}"
    return _SURVIVED


def hunt_elsewhere(name: str, most: int = MOST_SCHEDULES) -> str:
    """Hunt a mutant in a process of its own; return how it was caught, or why not."""
    command = [sys.executable, "-m", "tests.crash.mutants", name, "--most", str(most)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return ended.stdout.strip() or ended.stderr.strip()
