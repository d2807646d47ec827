"""The simulator can fail: it sees a broken protocol. `make mutants` hunts all of them, this a few."""

from __future__ import annotations

import pytest

from tests.crash.mutants.hunt import MUTANTS, hunt_elsewhere

QUICK = (
    "no-intent",
    "no-compare",
    "blind-retry",
    "adopt-any-record",
    "alike-is-same",
    "past-by-name",
    "billed-by-settings",
)


def test_the_protocol_is_broken_in_ten_ways_at_least() -> None:
    assert len(MUTANTS) >= 10
    assert set(QUICK) <= set(MUTANTS)


@pytest.mark.parametrize("name", QUICK)
def test_a_broken_protocol_is_caught(name: str) -> None:
    assert hunt_elsewhere(name, most=60).startswith("caught by seed ")
