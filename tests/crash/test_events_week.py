"""A seeded week, polled alone, and polled and listened to: in the end the same stands in Autotask.

What is the same is everything: every note with its text, every time entry, every ticket on which something stands, with
all its fields; ids, numbers and the times at which records were made aside. The external keys themselves differ in the
appliance: where a ticket was made while a session ran, its number has taken the place of the JSON. The shipped
templates show no external key, so that even the texts are the same to the letter.

One thing may be there in addition where tickets are made while sessions run: the ticket of a session into which
somebody typed another ticket's number. Nothing stands on it.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.crash.week.office import LISTENER, Office
from tests.crash.week.script import DAY, Script
from tests.crash.week.standing import Standing, standing

if TYPE_CHECKING:
    from collections.abc import Mapping

MISHAPS = {"events_lost": 0.15, "events_reordered": 0.2, "event_answers_lost": 0.15}
LAGS = {"report_lag_seconds": 20.0, "running_lag_seconds": 10.0}
LATE = 3 * 3600
"""Seconds after the week in which all arrives that is late."""
_MEMORY = Path("/dev/shm")
"""Where files cost nothing, on systems that have it."""


@dataclass(frozen=True, slots=True)
class Week:
    """Which week, and whether polls are left out while nothing happens."""

    seed: int
    sessions: int
    rests: bool


@dataclass(frozen=True, slots=True)
class Past:
    """A week that is over."""

    script: Script
    standing: Standing

    def own_tickets(self) -> list[dict[str, Any]]:
        """The tickets that were made for sessions."""
        return [row for row in self.script.sandbox.autotask.store.scan("Tickets") if row["externalID"]]

    def typed(self) -> set[str]:
        """The external ids of tickets of the sessions into which somebody typed another ticket's number."""
        return {f"bt:{typing.lsid}" for typing in self.script.typings}

    def made_while_running(self) -> int:
        """How many tickets were made while their session ran."""
        sessions = {f"bt:{each.lsid}": each for each in self.script.sandbox.appliance._sessions}
        made = [(row, sessions[row["externalID"]].ended_at) for row in self.own_tickets()]
        return sum(end is not None and datetime.fromisoformat(row["createDate"]).timestamp() < end for row, end in made)

    def written_back(self) -> int:
        """How many sessions show the number of their own ticket."""
        numbers = {row["ticketNumber"] for row in self.own_tickets()}
        return sum(session.external_key in numbers for session in self.script.sandbox.appliance._sessions)

    def see_mishaps(self) -> None:
        """See that events were lost, sent twice, and overtaken."""
        outbound = self.script.sandbox.appliance.outbound
        described = outbound.described()[0]
        assert described["lost"] > 0
        assert described["failed"] > 0
        times = [int(attempt.form["timestamp"]) for attempt in outbound.attempts]
        assert any(later < earlier for earlier, later in pairwise(times))


def live(week: Week, *, listens: bool, habits: Mapping[str, float]) -> Past:
    """Live through a week, end what still runs, and wait for all that is late."""
    script = Script(week.seed, week.sessions, (LISTENER,) if listens else (), {**LAGS, **habits})
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as directory:
        office = Office(script, Path(directory), listens=listens, rests=week.rests)
        office.live(7 * DAY)
        script.end_all()
        office.live(LATE)
        office.close()
    return Past(script, standing(script.sandbox))


def compare(week: Week) -> None:
    """See that it makes no difference whether a week was polled, or listened to as well, with and without mishaps."""
    alone = live(week, listens=False, habits={})
    assert alone.made_while_running() == alone.written_back() == 0
    assert len(alone.standing.tickets) > week.sessions // 5
    assert not alone.standing.left_over
    for habits in ({}, MISHAPS):
        both = live(week, listens=True, habits=habits)
        if habits:
            both.see_mishaps()
        assert both.made_while_running() > week.sessions // 5
        assert both.written_back() > week.sessions // 5
        assert both.standing.records == alone.standing.records
        assert both.standing.tickets == alone.standing.tickets
        assert both.standing.left_over <= both.typed()


def test_poll_and_events_together_leave_the_same_as_polling_alone_whatever_becomes_of_events() -> None:
    compare(Week(seed=1, sessions=24, rests=True))


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(2, 6))
def test_polling_day_and_night_over_any_week_makes_no_difference_either(seed: int) -> None:
    compare(Week(seed, sessions=100, rests=False))
