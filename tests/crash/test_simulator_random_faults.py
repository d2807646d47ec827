"""Random worlds, faults, kills and people."""

from __future__ import annotations

import pytest

from tests.crash.simulator.acts import Act
from tests.crash.simulator.campaign import play_all
from tests.crash.simulator.schedule import random_schedule
from tests.crash.simulator.strikes import Aim

PART = 75
RARE = 4
"""Kinds of faults that so few schedules may miss; `make soak` demands each of them a thousand times."""


@pytest.mark.timeout(600)  # one part takes a minute, on a loaded machine more
@pytest.mark.parametrize("first", range(1, 151, PART))
def test_every_session_is_delivered_exactly_once_whatever_fails(first: int) -> None:
    total = play_all(map(random_schedule, range(first, first + PART)))
    assert total.schedules == PART
    assert len(total.never()) <= RARE, "kinds of faults never struck"
    assert set(total.aimed) >= set(Aim) - {Aim.WRITING}, "no ticket or no inbox was ever struck"
    assert set(total.acted) == set(Act), "something that people do never happened"
