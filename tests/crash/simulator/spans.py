"""Sets of seconds, as spans in order and apart: what overlaps, what is missing, what is too much."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.crash.simulator.terms import Spans


def union(spans: Iterable[tuple[int, int]]) -> Spans:
    """Return the same seconds in as few spans as can be."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def without(spans: Iterable[tuple[int, int]], taken: Iterable[tuple[int, int]]) -> Spans:
    """Return the seconds of `spans` that are not in `taken`."""
    left = list(union(spans))
    for from_, to in union(taken):
        left = [
            piece
            for start, end in left
            for piece in ((start, min(end, from_)), (max(start, to), end))
            if piece[0] < piece[1]
        ]
    return tuple(left)


def overlap(spans: Iterable[tuple[int, int]]) -> bool:
    """Tell whether any second is in two of them."""
    ordered = sorted(spans)
    return any(later[0] < earlier[1] for earlier, later in pairwise(ordered))
