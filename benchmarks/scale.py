"""Whether memory and time stay the same however many sessions there are."""

from __future__ import annotations

from contextlib import ExitStack
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.figure import Bar, Figure
from benchmarks.world import world

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.world import World

SIZES = (1_000, 20_000)
BATCH = 500
ROUNDS = 5
MOST_MIB = 150


def measure(sizes: Sequence[int] = SIZES) -> Iterator[Figure]:
    """Deliver all of a small backlog and of larger ones, then equal batches beside both, by turns.

    The time is processor time of the program: the sandbox, which keeps its sessions in a list, grows slower with them.
    """
    smallest, *larger = sizes
    with ExitStack() as stack:
        worlds = {size: stack.enter_context(world(size)) for size in sizes}
        peaks = {size: _fill(here, size) for size, here in worlds.items()}
        for size in larger:
            yield _growth("peak memory", "MiB", (smallest, peaks[smallest]), (size, peaks[size]), Bar(1.25))
        yield Figure("peak memory, in MiB", max(peaks.values()), Bar(MOST_MIB))
        costs: dict[int, list[float]] = {size: [] for size in sizes}
        for _ in range(ROUNDS):
            for size, here in worlds.items():
                costs[size].append(_cost_of_a_session(here))
    medians = {size: median(each) for size, each in costs.items()}
    for size in larger:
        yield _growth("time per session", "ms", (smallest, medians[smallest]), (size, medians[size]), Bar(1.1))


def _fill(here: World, sessions: int) -> float:
    """Deliver so many sessions in one run and return its peak memory in MiB."""
    here.add_sessions(sessions)
    return here.run().peak_mib


def _cost_of_a_session(here: World) -> float:
    """Return the milliseconds of processor time for each session of a batch, beyond those of a run with nothing new."""
    here.add_sessions_on_new_tickets(BATCH)
    busy, idle = here.run(), here.run()
    if busy.profile["sessions"]["delivered"] != BATCH:
        raise RuntimeError(f"The batch was not delivered: {busy.profile['sessions']}")
    return 1000 * (busy.cpu_seconds - idle.cpu_seconds) / BATCH


def _growth(what: str, unit: str, small: tuple[int, float], large: tuple[int, float], bar: Bar) -> Figure:
    """Return how much more something is at the second size than at the first; both as sessions and value."""
    remark = f"{small[1]:.3g} {unit} and {large[1]:.3g} {unit}"
    return Figure(f"{what} at {large[0]:,} sessions over that at {small[0]:,}", large[1] / small[1], bar, remark)
