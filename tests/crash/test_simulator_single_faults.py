"""Each single fault at each step of a small world, and some of them at each step of one in which a ticket is made."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import pytest

from tests.crash.simulator.campaign import play_all
from tests.crash.simulator.exhaustive import singles, undisturbed_steps, undisturbed_writes
from tests.crash.simulator.schedule import small_world, ticket_world
from tests.crash.simulator.strikes import KILLS, WITH_TICKETS, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.crash.simulator.schedule import Schedule

DATES = frozenset({Kind.DATELESS, Kind.DATED_NINES, Kind.DATED_AHEAD, Kind.DATED_BACK})
"""The kinds that strike the date of an answer."""
TELLING = (Kind.LOST_ANSWER, Kind.LATE_COMMIT, Kind.TICKETS_HIDDEN, *sorted(WITH_TICKETS))
"""The kinds that ticket creation and write-back break on; all the others are played in `make soak`."""


EVERYWHERE = frozenset({Kind.LOST_ANSWER, Kind.LATE_COMMIT, Kind.DROPPED, Kind.STOP})
"""The kinds that are played at every step here; the others at every third one, and in `make soak` at all."""
THIRD = 3
KINDS = [kind for kind in Kind if kind not in KILLS | WITH_TICKETS | {Kind.HIDDEN}]


@pytest.mark.parametrize("kind", KINDS)
def test_no_single_fault_at_any_step_loses_or_doubles_anything(kind: Kind) -> None:
    first, step = (0, 1) if kind in EVERYWHERE else (KINDS.index(kind) % THIRD, THIRD)
    see_nothing_lost(kind, islice(singles(small_world, kind), first, None, step))


@pytest.mark.soak
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in EVERYWHERE])
def test_no_single_fault_at_all_steps_loses_or_doubles_anything(kind: Kind) -> None:
    see_nothing_lost(kind, singles(small_world, kind))


def see_nothing_lost(kind: Kind, schedules: Iterable[Schedule]) -> None:
    total = play_all(schedules)
    # A date is struck only where one is read.
    assert 0 < total.struck[kind] <= total.schedules
    assert kind in DATES or total.struck[kind] == total.schedules


@pytest.mark.parametrize("kind", sorted(KILLS))
def test_no_kill_at_any_step_loses_or_doubles_anything(kind: Kind) -> None:
    total = play_all(singles(small_world, kind))
    points = undisturbed_writes(small_world) if kind is Kind.KILL_LATE else undisturbed_steps(small_world)
    assert total.struck[kind] == total.ended["Killed"] == total.schedules == points > 0


@pytest.mark.parametrize("kind", TELLING)
def test_no_single_fault_loses_or_doubles_the_ticket_of_a_session(kind: Kind) -> None:
    total = play_all(singles(ticket_world, kind))
    assert total.struck[kind] == total.schedules > 0


@pytest.mark.parametrize("kind", [Kind.KILL_AFTER, Kind.KILL_LATE])
def test_no_kill_loses_or_doubles_the_ticket_of_a_session(kind: Kind) -> None:
    total = play_all(singles(ticket_world, kind))
    assert total.struck[kind] == total.ended["Killed"] == total.schedules > 0
