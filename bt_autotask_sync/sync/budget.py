"""How many requests a run may still send to Autotask in this hour."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.errors import AutotaskOutage, BudgetSpent, QueryRefused
from bt_autotask_sync.errors import OutageError

if TYPE_CHECKING:
    from datetime import datetime

    from bt_autotask_sync.autotask.client import AutotaskClient
    from bt_autotask_sync.autotask.entities import Threshold

_LOG = logging.getLogger(__name__)

OWN_REQUESTS = 200
"""Requests in an hour that a run may send although others have used up the share, or their count cannot be read."""
OWN_SHARE = 0.95
"""The share of the tenant's requests up to which those are allowed."""


class BudgetSpentError(OutageError):
    """The tenant's hourly requests are used up as far as this program may use them: the rest waits."""


class Budget:
    """The requests that are left, reckoned from the tenant's own count; where that cannot be read, from ours.

    Args:
        share: The share of the tenant's hourly requests up to which a run works.
        own: The requests that earlier runs sent within the last hour.
    """

    def __init__(self, share: float, own: int) -> None:
        self._share = share
        self._own = own
        self._ceiling: float | None = None
        self._threshold: Threshold | None = None
        self._unreadable = False

    def read(self, client: AutotaskClient) -> datetime | None:
        """Read the tenant's count, and return Autotask's time.

        A count that cannot be read is warned of once and not asked for again; the time then comes with another answer.

        Raises:
            BudgetSpent: The hourly threshold is spent, by Autotask's own words.
            OutageError: Autotask answers nothing else either.
            CredentialsError: Autotask does not accept who we are.
        """
        if self._unreadable:
            return client.time()
        threshold, answered_at, reason = read_threshold(client)
        self.record_threshold(threshold, client.requests_sent)
        if threshold is None:
            self._unreadable = True
            _LOG.warning(
                "Autotask's count of the requests of this hour cannot be read: %s\n"
                "  Until it can, this program sends at most %d requests an hour. If it stays so, look at GET "
                "/ThresholdInformation: a firewall may keep it back, or Autotask has changed; report that.",
                reason,
                OWN_REQUESTS,
            )
        return answered_at

    def record_threshold(self, threshold: Threshold | None, sent: int) -> None:
        """Take the tenant's count, read when this run had sent `sent` requests; None where it cannot be read.

        One that was read before in this run goes on to count: what has been sent since is reckoned from there.
        """
        if threshold is None:
            if self._threshold is None:
                self._ceiling = OWN_REQUESTS - self._own
            return
        self._threshold = threshold
        if threshold.limit <= 0:
            self._ceiling = None
            return
        by_share = threshold.limit * self._share - threshold.used
        by_own = min(OWN_REQUESTS - self._own - sent, threshold.limit * OWN_SHARE - threshold.used)
        self._ceiling = sent + max(by_share, by_own)

    def check(self, sent: int) -> None:
        """Raise BudgetSpentError when this run, having sent `sent` requests, may send no more."""
        if self._ceiling is None or sent < self._ceiling:
            return
        if self._threshold is None:
            raise BudgetSpentError(
                f"The tenant's count of requests cannot be read, and this program has sent its {OWN_REQUESTS} of this "
                "hour.",
                "The rest is delivered by the next runs. `check` shows whether the count can be read again.",
            )
        raise BudgetSpentError(
            f"The tenant has used {self._threshold.used} of its {self._threshold.limit} requests of this hour.",
            "The rest is delivered by the next runs. If this happens often, look for another integration that asks "
            "too much, or raise autotask.request_share.",
        )


def read_threshold(client: AutotaskClient) -> tuple[Threshold | None, datetime | None, str]:
    """Return the tenant's count, None where it cannot be read, Autotask's time, and why it cannot be read.

    Raises:
        As `Budget.read`.
    """
    try:
        threshold, answered_at = client.threshold()
    except BudgetSpent:
        raise
    except (AutotaskOutage, QueryRefused) as error:
        # Only this call may be out of order; one that fails as well shows that nothing works.
        return None, client.time(), error.message
    return threshold, answered_at, "" if threshold else "the answer does not name it"
