"""How many requests Autotask gets for each delivered session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.figure import Bar, Figure
from benchmarks.world import world

if TYPE_CHECKING:
    from collections.abc import Iterator

BATCHES = (500, 2)
MOST = 2.05


def measure() -> Iterator[Figure]:
    """Deliver batches of sessions, note and time entry each. Surveys are notes of their own and are left out."""
    for batch in BATCHES:
        with world(batch) as here:
            here.add_sessions(batch)
            profile = here.run().profile
        surveys = profile["created"]["notes"] - batch
        asked = profile["requests"]["autotask"]
        yield Figure(
            f"requests to Autotask per session, batch of {batch}",
            (asked - surveys) / batch,
            Bar(MOST) if batch == max(BATCHES) else None,
            f"{asked} requests: {2 * batch} creates, {surveys} notes of surveys, {asked - 2 * batch - surveys} others",
        )
