"""The queue: which of the ledger's sessions a run takes up, and when the next ones are due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.state.session_record import COLUMNS, FARTHEST, QueueClass, read_record
from bt_autotask_sync.state.states import SessionState

if TYPE_CHECKING:
    from bt_autotask_sync.state.ledger import Ledger
    from bt_autotask_sync.state.session_record import SessionRecord

_CONDITIONS = {
    QueueClass.STARTED: "state = :open AND ticket_wanted",
    QueueClass.WAITING: "state = :held AND next_at = 0",
    QueueClass.FRESH: "state <> :held",
    QueueClass.REFUSED: "state = :held AND next_at > 0",
}


class Queue:
    """The sessions of one profile in the order in which they are taken up."""

    def __init__(self, ledger: Ledger, profile: str) -> None:
        self._ledger = ledger
        self._profile = profile

    def due(self, now: int, queue_class: QueueClass, *, after: int = 0, limit: int = -1) -> list[SessionRecord]:
        """Return sessions to take up at `now`, in the order of the listing, from behind the id `after`.

        Args:
            now: Appliance time in unix seconds.
            queue_class: Which of them.
            after: An id; 0 for the first.
            limit: The most to return; -1 for all.
        """
        rows = self._ledger.rows(
            f"SELECT {COLUMNS} FROM session WHERE profile = :profile AND (next_at <= :now OR next_at > :farthest) "  # noqa: S608 - our own words
            f"AND {_CONDITIONS[queue_class]} AND id > :after ORDER BY id LIMIT :limit",
            {
                "profile": self._profile,
                "now": now,
                "farthest": now + FARTHEST,
                "held": SessionState.HELD,
                "open": SessionState.OPEN,
                "after": after,
                "limit": limit,
            },
        )
        return [read_record(row) for row in rows]

    def count(self, now: int) -> int:
        """Return how many sessions wait to be taken up at `now`."""
        rows = self._ledger.rows(
            "SELECT count(*) FROM session WHERE profile = ? AND (next_at <= ? OR next_at > ?)",
            (self._profile, now, now + FARTHEST),
        )
        return int(rows[0][0])

    def next_due(self, now: int) -> int | None:
        """Return the first appliance time after `now` at which a session is to be taken up by itself.

        A time that is absurdly far ahead is none: any run takes up such a session.
        """
        rows = self._ledger.rows(
            "SELECT min(next_at) FROM session WHERE profile = ? AND next_at BETWEEN ? AND ?",
            (self._profile, now + 1, now + FARTHEST),
        )
        return None if rows[0][0] is None else int(rows[0][0])
