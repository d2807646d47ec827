"""A measured figure, and the bar that it is held to."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Bar:
    """How far a figure may go: at most `limit`, or at least it."""

    limit: float
    is_least: bool = False

    def holds(self, value: float) -> bool:
        """Tell whether `value` stays on the right side."""
        return value >= self.limit if self.is_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'at least' if self.is_least else 'at most'} {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Attributes:
        name: What was measured, with its unit.
        value: What came out.
        bar: What it is held to; None: a figure to know.
        remark: What it was made of.
    """

    name: str
    value: float
    bar: Bar | None = None
    remark: str = ""

    @property
    def verdict(self) -> str:
        """Whether the bar is reached; empty where there is none."""
        if self.bar is None:
            return ""
        return "reached" if self.bar.holds(self.value) else "MISSED"


def median_ratio(pairs: Sequence[tuple[float, float]]) -> float:
    """Return the median of first over second, for pairs that were measured right after each other."""
    return median(first / second for first, second in pairs)


def as_table(figures: Sequence[Figure]) -> str:
    """Return the figures as a Markdown table."""
    head = "| figure | measured | bar | | made of |\n|---|---|---|---|---|\n"
    rows = (
        f"| {figure.name} | {figure.value:.3g} | {figure.bar or ''} | {figure.verdict} | {figure.remark} |\n"
        for figure in figures
    )
    return head + "".join(rows)
