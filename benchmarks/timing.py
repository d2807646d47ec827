"""How long processes take, two commands by turns: what else the machine does falls on both."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PROGRAM = (sys.executable, "-m", "bt_autotask_sync")
"""The program as its command runs it, whatever the search path says."""


def bare_import(modules: str) -> tuple[str, ...]:
    """Return the command that imports `modules` (as after `import`) and ends."""
    return (sys.executable, "-c", f"import {modules}")


def seconds_of(command: Sequence[str], cache: str) -> float:
    """Run a command that must succeed, and return the seconds that it took, its start included.

    Args:
        command: What to run; its output goes nowhere.
        cache: The directory where Python keeps and finds compiled modules.
    """
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    started = time.perf_counter()
    subprocess.run(command, check=True, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def in_pairs(first: Sequence[str], second: Sequence[str], pairs: int) -> list[tuple[float, float]]:
    """Return the seconds of both commands, run by turns `pairs` times.

    Each is run once before, so that all modules are compiled, as an installation has them.
    """
    with tempfile.TemporaryDirectory(prefix="bt-autotask-sync-bench-") as cache:
        seconds_of(first, cache)
        seconds_of(second, cache)
        return [(seconds_of(first, cache), seconds_of(second, cache)) for _ in range(pairs)]
