"""What a run costs that finds nothing new: what cron pays every five minutes."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from benchmarks.figure import Bar, Figure, median_ratio
from benchmarks.timing import bare_import, in_pairs
from benchmarks.world import world

if TYPE_CHECKING:
    from collections.abc import Iterator

LIBRARIES = "requests, lxml.etree, typer, pydantic"
PAIRS = 15
DELIVERED = 24


def measure() -> Iterator[Figure]:
    """Run with everything delivered: count its requests, and time it against importing the libraries it needs."""
    with world() as here:
        here.add_sessions(DELIVERED)
        here.run()
        asked = here.run().profile["requests"]
        pairs = in_pairs(here.command("run"), bare_import(LIBRARIES), PAIRS)
    yield Figure("nothing new: requests to the appliance", asked["appliance"], Bar(3), "token, listing, surveys")
    yield Figure("nothing new: requests to Autotask", asked["autotask"], Bar(0))
    ours, bare = (1000 * median(column) for column in zip(*pairs, strict=True))
    yield Figure(
        f"nothing new: wall time over `import {LIBRARIES}`",
        median_ratio(pairs),
        Bar(1.8),
        f"{ours:.0f} ms over {bare:.0f} ms, {PAIRS} pairs",
    )
