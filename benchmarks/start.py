"""What it costs to start the program at all."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from benchmarks.figure import Bar, Figure, median_ratio
from benchmarks.timing import PROGRAM, bare_import, in_pairs

if TYPE_CHECKING:
    from collections.abc import Iterator

PAIRS = 15


def measure() -> Iterator[Figure]:
    """Time `--version` against importing typer."""
    pairs = in_pairs((*PROGRAM, "--version"), bare_import("typer"), PAIRS)
    ours, bare = (1000 * median(column) for column in zip(*pairs, strict=True))
    remark = f"{ours:.0f} ms over {bare:.0f} ms, {PAIRS} pairs"
    yield Figure("`--version` over `import typer`", median_ratio(pairs), Bar(1.5), remark)
