"""Each single fault at each step of a small world."""

from __future__ import annotations

import pytest

from tests.crash.simulator.campaign import play_all
from tests.crash.simulator.exhaustive import singles, undisturbed_creates, undisturbed_steps
from tests.crash.simulator.strikes import KILLS, Kind


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in KILLS | {Kind.HIDDEN}])
def test_no_single_fault_at_any_step_loses_or_doubles_anything(kind: Kind) -> None:
    total = play_all(singles(kind))
    assert total.struck[kind] == total.schedules > 0


@pytest.mark.parametrize("kind", sorted(KILLS))
def test_no_kill_at_any_step_loses_or_doubles_anything(kind: Kind) -> None:
    total = play_all(singles(kind))
    points = undisturbed_creates() if kind is Kind.KILL_LATE else undisturbed_steps()
    assert total.struck[kind] == total.ended["Killed"] == total.schedules == points > 0
