"""What people call the service desk about: the scenarios in `conversations.toml`, one per kind of trouble."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

_SPEAKERS = {"c": "customer", "r": "representative"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a conversation in its variants; `speaker` is "customer" or "representative"."""

    speaker: str
    variants: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A kind of trouble: the ticket that it makes, the chat, what came of it, and the customer's comment."""

    topic: str
    language: str
    title: str
    issue: str
    details: str
    note: str
    comment: str
    lines: tuple[Line, ...]

    def play(self, random: Random, names: dict[str, str]) -> Iterator[tuple[str, str]]:
        """Yield speaker and text of one run of the conversation; `names` fills in $name, $rep and $host."""
        fill = {**names, "number": str(random.randint(12, 98))}
        for line in self.lines:
            yield line.speaker, random.choice(line.variants).substitute(fill)


def _scenarios() -> Iterator[Scenario]:
    rows = tomllib.loads((files(__package__) / "conversations.toml").read_text(encoding="utf-8"))
    for row in rows["scenario"]:
        chat = row.pop("chat")
        lines = tuple(Line(_SPEAKERS[who], tuple(Template(text) for text in texts)) for who, *texts in chat)
        yield Scenario(**row, lines=lines)


SCENARIOS: tuple[Scenario, ...] = tuple(_scenarios())
