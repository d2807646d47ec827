"""Plays one schedule again and tells every step, or plays many and counts."""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from tests.crash.simulator.exhaustive import pairs, undisturbed_steps
from tests.crash.simulator.judge import Violation
from tests.crash.simulator.schedule import Schedule, World, random_schedule, small_world, ticket_world
from tests.crash.simulator.strikes import Strike
from tests.crash.simulator.tally import Tally
from tests.crash.simulator.themes import Theme
from tests.crash.simulator.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

_PART = 50
"""Random schedules that one process plays in a row."""


def main() -> int:
    """Play what the command line asks for; return 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.simulator", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the random schedule to play, or the first one")
    parser.add_argument("--strike", action="append", default=[], help="STEP:KIND[:SECONDS[:LENGTH]] on the small world")
    parser.add_argument("--count", type=int, help="play so many random schedules and count")
    parser.add_argument("--pairs", action="store_true", help="play every pair of faults on the small world and count")
    parser.add_argument("--tickets", action="store_true", help="strikes and pairs are on the small world of tickets")
    parser.add_argument("--theme", action="append", type=Theme, help="play these themes alone")
    parser.add_argument("--plain", action="store_true", help="play no theme")
    asked = parser.parse_args()
    themes = () if asked.plain else tuple(asked.theme or Theme)
    world = ticket_world if asked.tickets else small_world
    if asked.pairs:
        return _count(partial(_play_pairs, world), range(1, undisturbed_steps(world) + 1))
    if asked.count:
        return _count(partial(_play_seeds, themes), range(asked.seed, asked.seed + asked.count, _PART))
    strikes = [Strike.parse(text) for text in asked.strike]
    return _tell(world(*strikes) if strikes or asked.tickets else random_schedule(asked.seed, themes))


def _tell(schedule: Schedule) -> int:
    def log(line: str) -> None:
        sys.stdout.write(f"{line}\n")

    log(f"{schedule}")
    try:
        tally = Trial(schedule, log).play()
    except Violation as violation:
        log(f"BROKEN: {violation}")
        return 1
    log(f"{tally}")
    return 0


def _count(play: Callable[[int], tuple[Tally, list[str]]], parts: Sequence[int]) -> int:
    """Play parts side by side, as many as there are processors, and tell what happened."""
    total, all_broken, began = Tally(), 0, time.perf_counter()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for tally, broken in pool.map(play, parts):
            total.add(tally)
            all_broken += len(broken)
            sys.stdout.writelines(f"BROKEN: {violation}\n" for violation in broken)
    sys.stdout.write(f"{total}\n{all_broken} broken, {time.perf_counter() - began:.0f} seconds\n")
    return 1 if all_broken else 0


def _play_seeds(themes: Collection[Theme], first: int) -> tuple[Tally, list[str]]:
    return _play(random_schedule(seed, themes) for seed in range(first, first + _PART))


def _play_pairs(world: World, step: int) -> tuple[Tally, list[str]]:
    return _play(pairs(world, [step]))


def _play(schedules: Iterable[Schedule]) -> tuple[Tally, list[str]]:
    total, broken = Tally(), []
    for schedule in schedules:
        try:
            total.add(Trial(schedule).play())
        except Violation as violation:
            broken.append(str(violation))
    return total, broken


if __name__ == "__main__":
    sys.exit(main())
