"""The hourly requests: up to the share, and a few of one's own beyond it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_autotask_sync.autotask.entities import Threshold
from bt_autotask_sync.errors import OutageError
from bt_autotask_sync.sync.budget import OWN_REQUESTS, OWN_SHARE, Budget, BudgetSpentError


def allowed(share: float, own: int, threshold: Threshold, sent: int = 1) -> int:
    """How many more requests a run may send that had sent `sent` when it read the threshold."""
    budget = Budget(share, own)
    budget.record_threshold(threshold, sent)
    for more in range(threshold.limit + OWN_REQUESTS + 2):
        try:
            budget.check(sent + more)
        except BudgetSpentError:
            return more
    return -1


@pytest.mark.parametrize(
    ("own", "used", "more"),
    [
        (0, 100, 700),  # up to 0.8 of 1,000
        (0, 799, 151),  # the own 200 would be more: bounded by 0.95
        (0, 800, 150),
        (0, 760, 190),
        (0, 949, 1),
        (0, 950, 0),
        (0, 2000, 0),
        (150, 800, 49),  # 200 less 150 of earlier runs and the one sent
        (199, 800, 0),
        (500, 800, 0),
        (500, 700, 100),
    ],
)
def test_D4_a_run_works_up_to_the_share_and_has_200_an_hour_of_its_own(own: int, used: int, more: int) -> None:
    assert allowed(0.8, own, Threshold(1000, used)) == more


def test_a_tenant_without_a_limit_has_no_budget() -> None:
    budget = Budget(0.8, 10_000)
    budget.check(10_000)
    budget.record_threshold(Threshold(0, 5_000), 10)
    budget.check(10**6)


def test_a_spent_budget_ends_the_run_as_an_outage_does_and_names_both_figures() -> None:
    budget = Budget(0.8, 300)
    budget.record_threshold(Threshold(1000, 900), 1)
    with pytest.raises(OutageError) as spent:
        budget.check(1)
    assert "900 of its 1000" in spent.value.message


@given(
    st.floats(0.05, 0.95),
    st.integers(0, 400),
    st.integers(1, 2000),
    st.integers(0, 2500),
)
def test_nothing_is_ever_sent_beyond_the_own_share_or_the_configured_one(
    share: float, own: int, limit: int, used: int
) -> None:
    more = allowed(share, own, Threshold(limit, used))
    assert more == 0 or used + more - 1 < limit * max(share, OWN_SHARE)
