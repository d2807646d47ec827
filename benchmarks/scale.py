"""Whether memory and time stay the same however many sessions there are."""

from __future__ import annotations

from contextlib import ExitStack
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.figure import Bar, Figure
from benchmarks.world import world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.world import World

SMALL, LARGE, FULL = 1_000, 20_000, 100_000
BATCH = 500
ROUNDS = 5
MOST_MIB = 150


def measure(*, full: bool) -> Iterator[Figure]:
    """Deliver all of a small and of a large backlog, then equal batches beside both, by turns.

    The time is processor time of the program: the sandbox, which keeps its sessions in a list, grows slower with them.
    """
    sizes = (SMALL, LARGE, FULL) if full else (SMALL, LARGE)
    with ExitStack() as stack:
        worlds = {size: stack.enter_context(world(size)) for size in sizes}
        peaks = {size: _fill(here, size) for size, here in worlds.items()}
        for size in sizes[1:]:
            yield _growth("peak memory", peaks[SMALL], peaks[size], size, 1.25, "MiB")
        yield Figure("peak memory, in MiB", max(peaks.values()), Bar(MOST_MIB))
        costs: dict[int, list[float]] = {size: [] for size in sizes}
        for _ in range(ROUNDS):
            for size, here in worlds.items():
                costs[size].append(_cost_of_a_session(here))
    for size in sizes[1:]:
        yield _growth("time per session", median(costs[SMALL]), median(costs[size]), size, 1.1, "ms")


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


def _growth(what: str, small: float, large: float, size: int, most: float, unit: str) -> Figure:
    remark = f"{small:.3g} {unit} and {large:.3g} {unit}"
    return Figure(f"{what} at {size:,} sessions over that at {SMALL:,}", large / small, Bar(most), remark)
