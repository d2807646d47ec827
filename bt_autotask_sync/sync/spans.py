"""Which stretches of time a session bills, and how they are cut into entries that Autotask takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bt_autotask_sync.appliance.session import Session

LONGEST_ENTRY = timedelta(hours=24)
"""Autotask: a time entry has at most 24 hours."""


@dataclass(frozen=True, slots=True)
class Part:
    """One time entry's stretch; `number` counts the parts of one person in one session from 1."""

    number: int
    start: datetime
    end: datetime


def primary_parts(session: Session) -> tuple[Part, ...]:
    """Return the session from its start to its end, in parts of at most 24 hours; none when it took no time."""
    if session.started_at is None or session.ended_at is None:
        return ()
    return tuple(
        Part(number, start, end)
        for number, (start, end) in enumerate(_cut(session.started_at, session.ended_at), start=1)
    )


def _cut(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    while start < end:
        stop = min(start + LONGEST_ENTRY, end)
        yield start, stop
        start = stop
