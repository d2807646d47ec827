"""The long hunt: pairs of lost answer, late commit, kill and typed key, and ten thousand random schedules."""

from __future__ import annotations

import pytest

from tests.crash.simulator.campaign import play_all
from tests.crash.simulator.exhaustive import PAIRED, PAIRED_WITH_TICKETS, pairs, singles, undisturbed_steps
from tests.crash.simulator.schedule import random_schedule, small_world, ticket_world
from tests.crash.simulator.strikes import Kind
from tests.crash.simulator.themes import Theme, pairs_of

PARTS = 20
PART = 500


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(PARTS))
def test_no_pair_of_faults_loses_or_doubles_anything(part: int) -> None:
    total = play_all(pairs(small_world, range(part + 1, undisturbed_steps(small_world) + 1, PARTS)))
    assert set(PAIRED) <= set(total.struck)
    assert total.struck.total() == 2 * total.schedules, "one of a pair did not strike"


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.HIDDEN])
def test_no_single_fault_at_any_step_loses_or_doubles_the_ticket_of_a_session(kind: Kind) -> None:
    assert play_all(singles(ticket_world, kind)).struck[kind] > 0


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(PARTS))
def test_no_pair_of_faults_loses_or_doubles_the_ticket_of_a_session(part: int) -> None:
    total = play_all(pairs(ticket_world, range(part + 1, undisturbed_steps(ticket_world) + 1, PARTS)))
    assert set(PAIRED_WITH_TICKETS) <= set(total.struck)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", range(1_001, 1_001 + PARTS * PART, PART))
def test_ten_thousand_random_schedules_lose_and_double_nothing(first: int) -> None:
    total = play_all(map(random_schedule, range(first, first + PART)))
    assert total.schedules == PART
    assert total.never() == []
    assert min(total.themes[theme] for theme in Theme) >= PART // 10, "a theme was played too seldom"
    assert min(total.pairs[pair] for pair in pairs_of(Theme)) >= PART // 200, "two themes met too seldom"
