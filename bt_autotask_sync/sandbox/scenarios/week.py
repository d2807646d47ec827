"""A week of sessions: when each took place, who held it, and about which ticket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bt_autotask_sync.sandbox.scenarios.author import Story
from bt_autotask_sync.sandbox.scenarios.scenarios import CREWS, plots

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from bt_autotask_sync.sandbox.appliance.record import Session
    from bt_autotask_sync.sandbox.scenarios.author import Author, TicketReference
    from bt_autotask_sync.sandbox.scenarios.people import Technician
    from bt_autotask_sync.sandbox.scenarios.scenarios import Plot

DAY = 86_400
DAYS = 7
_SETTLED = 120
"""Seconds: every session ended at least so long ago."""
_RUNNING = 25 * 60
_SATURDAY = 5
_WEEKEND_DUTY = 0.1
_DRAWS = 50


@dataclass(frozen=True, slots=True)
class _Slot:
    plot: Plot
    start: int
    end: int


class Week:
    """The seven days before a moment.

    Args:
        author: Writes the sessions.
        tickets: What they are about; some open, some completed.
        now: The moment, in unix seconds.
        random: The source of chance.
    """

    def __init__(self, author: Author, tickets: Sequence[TicketReference], now: int, random: Random) -> None:
        self._author = author
        self._tickets = tickets
        self._now = now
        self._midnight = now - now % DAY
        self._random = random
        self._free_from: dict[Technician, int] = {}

    def sessions(self, count: int) -> Iterator[Session]:
        """Yield `count` ended sessions by their start, then one that runs.

        A technician holds two sessions at a time only when all are busy.
        """
        slots = [self._slot(plot) for plot in plots(count, self._random)]
        for slot in sorted(slots, key=lambda slot: slot.start):
            yield self._author.write(self._story(slot))
        yield self._author.ordinary(self._now - _RUNNING, None, now=self._now, key=None)

    def _story(self, slot: _Slot) -> Story:
        plot = slot.plot
        ticket = self._completed() if plot.completed else self._author.ticket(slot.start)
        if ticket is None:
            raise ValueError("A week needs open tickets.")
        key = plot.key(ticket, next(each for each in self._tickets if each is not ticket))
        end, present = (None, slot.end) if plot.hours == "broken" else (slot.end, self._now)
        return Story(slot.start, end, present, self._technician(slot), ticket.trouble, key, plot.twists)

    def _completed(self) -> TicketReference:
        return self._random.choice([each for each in self._tickets if not each.open])

    def _technician(self, slot: _Slot) -> Technician:
        crew = CREWS[slot.plot.technician]
        free = [each for each in crew if self._free_from.get(each, 0) <= slot.start]
        technician = self._random.choice(free or crew)
        self._free_from[technician] = slot.end
        return technician

    def _slot(self, plot: Plot) -> _Slot:
        random = self._random
        if plot.hours == "midnight":
            midnight = self._midnight - random.randint(1, DAYS - 2) * DAY
            return _Slot(plot, midnight - random.randint(300, 1800), midnight + random.randint(300, 1800))
        start, end = self._working_hours()
        return _Slot(plot, start, start if plot.hours == "instant" else end)

    def _working_hours(self) -> tuple[int, int]:
        """Return a start and an end, nearly always on a working day between eight and six."""
        random, latest = self._random, self._now - _SETTLED
        for _ in range(_DRAWS):
            day = self._midnight - random.randint(0, DAYS) * DAY
            start = int(day + random.triangular(7.5, 18, 10) * 3600)
            length = int(random.triangular(4 * 60, 55 * 60, 12 * 60))
            weekend = datetime.fromtimestamp(day, UTC).weekday() >= _SATURDAY
            fits = self._now - DAYS * DAY < start and start + length <= latest
            if fits and (not weekend or random.random() < _WEEKEND_DUTY):
                return start, start + length
        return latest - 600, latest
