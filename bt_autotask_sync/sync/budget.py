"""How many requests a run may still send to Autotask in this hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.errors import OutageError

if TYPE_CHECKING:
    from bt_autotask_sync.autotask.entities import Threshold

OWN_REQUESTS = 200
"""Requests in an hour that a run may send although others have used up the share."""
OWN_SHARE = 0.95
"""The share of the tenant's requests up to which those are allowed."""


class BudgetSpentError(OutageError):
    """The tenant's hourly requests are used up as far as this program may use them: the rest waits."""


class Budget:
    """The requests that are left, reckoned from the tenant's own count.

    Args:
        share: The share of the tenant's hourly requests up to which a run works.
        own: The requests that earlier runs sent within the last hour.
    """

    def __init__(self, share: float, own: int) -> None:
        self._share = share
        self._own = own
        self._ceiling: float | None = None
        self._threshold: Threshold | None = None

    def learn(self, threshold: Threshold, sent: int) -> None:
        """Take the tenant's count, read when this run had sent `sent` requests."""
        self._threshold = threshold
        if threshold.limit <= 0:
            self._ceiling = None
            return
        by_share = threshold.limit * self._share - threshold.used
        by_own = min(OWN_REQUESTS - self._own - sent, threshold.limit * OWN_SHARE - threshold.used)
        self._ceiling = sent + max(by_share, by_own)

    def check(self, sent: int) -> None:
        """Raise BudgetSpentError when this run, having sent `sent` requests, may send no more."""
        if self._ceiling is None or self._threshold is None or sent < self._ceiling:
            return
        raise BudgetSpentError(
            f"The tenant has used {self._threshold.used} of its {self._threshold.limit} requests of this hour.",
            "The rest is delivered by the next runs. If this happens often, look for another integration that asks "
            "too much, or raise autotask.request_share.",
        )
