"""Breaks the delivery protocol in one way after the other, and shows that the simulator sees each.

Every mutant runs in a process of its own, where it patches the program. `python -m tests.crash.mutants` runs them all
and prints which schedule caught which.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tests.crash.mutants.hunt import MOST_SCHEDULES, MUTANTS, hunt, hunt_elsewhere


def main() -> int:
    """Hunt one mutant here, or all of them elsewhere; return 1 if any survived."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.mutants", description=__doc__)
    parser.add_argument("mutant", nargs="?", choices=MUTANTS)
    parser.add_argument("--most", type=int, default=MOST_SCHEDULES, help="so many schedules before it has survived")
    asked = parser.parse_args()
    if asked.mutant:
        sys.stdout.write(f"{hunt(asked.mutant, asked.most)}\n")
        return 0
    began = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        fates = dict(zip(MUTANTS, pool.map(lambda name: hunt_elsewhere(name, asked.most), MUTANTS), strict=True))
    for name, fate in fates.items():
        sys.stdout.write(f"{name:22} {MUTANTS[name].rule:45} {fate}\n")
    survivors = sum(not fate.startswith("caught") for fate in fates.values())
    sys.stdout.write(f"{len(fates)} mutants, {survivors} survived, {time.perf_counter() - began:.0f} seconds\n")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
