"""How long processes take, two commands by turns: what else the machine does falls on both."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PROGRAM = (sys.executable, "-m", "bt_autotask_sync")
"""The program as its command runs it, whatever the search path says."""


def bare_import(modules: str) -> tuple[str, ...]:
    """Return the command that imports `modules` (as after `import`) and ends."""
    return (sys.executable, "-c", f"import {modules}")


def seconds_of(command: Sequence[str]) -> float:
    """Run a command that must succeed quietly, and return the seconds that it took, its start included."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def in_pairs(first: Sequence[str], second: Sequence[str], pairs: int) -> list[tuple[float, float]]:
    """Return the seconds of both commands, run by turns `pairs` times after once each to warm up."""
    seconds_of(first)
    seconds_of(second)
    return [(seconds_of(first), seconds_of(second)) for _ in range(pairs)]
