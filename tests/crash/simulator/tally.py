"""What really happened over many trials: how often each kind of strike struck, and what the runs did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.crash.simulator.strikes import Aim, Kind
from tests.crash.simulator.themes import Theme, pairs_of, struck

if TYPE_CHECKING:
    from tests.crash.simulator.acts import Act


@dataclass
class Tally:
    """Counts over trials."""

    schedules: int = 0
    runs: int = 0
    steps: int = 0
    struck: Counter[Kind] = field(default_factory=Counter)
    aimed: Counter[Aim] = field(default_factory=Counter)
    """What those strikes were kept for."""
    acted: Counter[Act] = field(default_factory=Counter)
    themes: Counter[Theme] = field(default_factory=Counter)
    """In how many schedules each was played."""
    pairs: Counter[tuple[Theme, Theme]] = field(default_factory=Counter)
    """In how many two of them were."""
    ended: Counter[str] = field(default_factory=Counter)
    """What ended runs early, by the name of the error."""

    def add(self, other: Tally) -> None:
        """Add another one's counts."""
        self.schedules += other.schedules
        self.runs += other.runs
        self.steps += other.steps
        self.struck.update(other.struck)
        self.aimed.update(other.aimed)
        self.acted.update(other.acted)
        self.themes.update(other.themes)
        self.pairs.update(other.pairs)
        self.ended.update(other.ended)

    def note_themes(self) -> None:
        """Count the themes of the one schedule that was played."""
        played = struck(self.acted, self.struck)
        self.themes.update(played)
        self.pairs.update(pairs_of(played))

    def never(self) -> list[Kind]:
        """Return the kinds that never struck."""
        return [kind for kind in Kind if not self.struck[kind]]

    def __str__(self) -> str:
        """Return the counts as lines of text."""
        counts: dict[str, Counter[Any]] = {
            "struck": self.struck,
            "struck at": self.aimed,
            "acts": self.acted,
            "schedules with": self.themes,
            "with two": Counter({" and ".join(pair): count for pair, count in self.pairs.items()}),
            "runs ended early by": self.ended,
        }
        lines = [f"{self.schedules} schedules, {self.runs} runs, {self.steps} steps"]
        for name, counter in counts.items():
            lines.append(f"{name}: " + ", ".join(f"{key} {count}" for key, count in sorted(counter.items())))
        return "\n".join(lines)
