"""The step that a tenant apparently rounds to."""

from __future__ import annotations

from math import ceil

import pytest

from bt_autotask_sync.autotask.billed_hours import BilledHours
from bt_autotask_sync.check.billing import STEPS, apparent_step

WORKED = (3, 8, 14, 21, 33, 44, 59, 61, 100, 187)


def rounded(step: int, decimals: int = 4) -> list[BilledHours]:
    return [
        BilledHours(round(minutes / 60, decimals), round(ceil(minutes / step) * step / 60, decimals))
        for minutes in WORKED
    ]


@pytest.mark.parametrize("decimals", [2, 4])
@pytest.mark.parametrize("step", STEPS)
def test_the_step_is_found_from_hours_of_two_or_four_decimals(step: int, decimals: int) -> None:
    assert apparent_step(rounded(step, decimals)) == step


def test_rounding_to_the_nearest_is_found_too() -> None:
    entries = [BilledHours(minutes / 60, round(minutes / 15) * 15 / 60) for minutes in WORKED]
    assert apparent_step(entries) == 15


def test_a_change_that_is_no_rounding_has_no_step() -> None:
    assert apparent_step([BilledHours(1.0, 0.0), BilledHours(0.5, 0.61)]) is None
    assert apparent_step([BilledHours(0.25, 4.0)]) is None
