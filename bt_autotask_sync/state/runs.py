"""The ledger's log of runs of one profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.state.session_record import FARTHEST

if TYPE_CHECKING:
    from bt_autotask_sync.state.ledger import Ledger

KEPT = 30 * 24 * 3600
"""Seconds for which a run stays in the log."""


class Runs:
    """The runs of one profile; times are appliance time in unix seconds."""

    def __init__(self, ledger: Ledger, profile: str) -> None:
        self._ledger = ledger
        self._profile = profile

    def add(self, command: str, *, at: int, outcome: str, autotask_requests: int) -> None:
        """Record a run, and forget those that are long past."""
        with self._ledger.transaction():
            self._ledger.execute(
                "INSERT INTO run (profile, command, at, outcome, autotask_requests) VALUES (?, ?, ?, ?, ?)",
                (self._profile, command, at, outcome, autotask_requests),
            )
            self._ledger.execute("DELETE FROM run WHERE profile = ? AND at < ?", (self._profile, at - KEPT))

    def first_at(self) -> int | None:
        """Return when the first run began that is still in the log; None where there is none."""
        rows = self._ledger.rows("SELECT min(at) FROM run WHERE profile = ?", (self._profile,))
        return None if rows[0][0] is None else int(rows[0][0])

    def requests_since(self, at: int) -> int:
        """Return how many requests runs since `at` sent to Autotask, leaving out those of an absurdly far future."""
        rows = self._ledger.rows(
            "SELECT coalesce(sum(autotask_requests), 0) FROM run WHERE profile = ? AND at BETWEEN ? AND ?",
            (self._profile, at, at + FARTHEST),
        )
        return int(rows[0][0])
