"""The long hunt: every pair of lost answer, late commit and kill, and ten thousand random schedules."""

from __future__ import annotations

import pytest

from tests.crash.simulator.campaign import play_all
from tests.crash.simulator.exhaustive import PAIRED, pairs, undisturbed_steps
from tests.crash.simulator.schedule import random_schedule

PARTS = 20
PART = 500


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(PARTS))
def test_no_pair_of_faults_loses_or_doubles_anything(part: int) -> None:
    total = play_all(pairs(range(part + 1, undisturbed_steps() + 1, PARTS)))
    assert set(PAIRED) <= set(total.struck)
    assert total.struck.total() == 2 * total.schedules, "one of a pair did not strike"


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", range(1_001, 1_001 + PARTS * PART, PART))
def test_ten_thousand_random_schedules_lose_and_double_nothing(first: int) -> None:
    total = play_all(map(random_schedule, range(first, first + PART)))
    assert total.schedules == PART
    assert total.never() == []
