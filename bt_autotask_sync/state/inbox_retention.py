"""Room in the inbox: what is old leaves it, and what is worth least when it is full."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3

REPEATS_KEPT: Final = 7 * 86400
"""Seconds for which an event is remembered after it came, so that its repeat is recognised."""

UNTAKEN_KEPT: Final = 30 * 86400
"""Seconds after which an event is dropped that no run took in: its profile is disabled, or gone."""

MOST_QUARANTINED: Final = 1000
"""How many bodies are kept that nobody can read, each of at most 64 KiB."""

QUARANTINED_DROPPED: Final = 100
"""How many of those leave at once when there are more."""

PRUNE_EVERY: Final = 3600
PRUNED_AT_ONCE: Final = 5000
_OF_AN_EVENT: Final = 32 * 1024
"""Bytes: more than an event takes with its places in the indexes."""

_SETTLED: Final = "variables = ''"
_LOG = logging.getLogger(__name__)


class Retention:
    """Makes room in an inbox. Each method belongs into a transaction, and may raise sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._pruned_at: int | None = None

    def is_due(self, now: int) -> bool:
        """Tell whether to prune at this machine's time in unix seconds: once an hour, wherever its clock jumps."""
        return self._pruned_at is None or abs(now - self._pruned_at) >= PRUNE_EVERY

    def prune(self, now: int) -> None:
        """Drop what is old, not too much at once.

        How old it is counts to the newest that came, if that is less: a clock that jumps ahead makes nothing old.
        """
        self._pruned_at = now
        now = min(now, self._newest())
        self._drop("event", f"{_SETTLED} AND received_at < ?", now - REPEATS_KEPT)
        untaken = self._drop("event", "received_at < ?", now - UNTAKEN_KEPT)
        self._drop("quarantine", "received_at < ?", now - UNTAKEN_KEPT)
        if untaken:
            _LOG.warning(
                "%d events were dropped from the inbox: no run took them in within 30 days. Their sessions are still "
                "found by polling.",
                untaken,
            )

    def make(self) -> bool:
        """Drop what nobody waits for, however young; return whether there was any."""
        quarantined = self._drop("quarantine", "? IS NULL", None)
        settled = self._drop("event", f"{_SETTLED} AND ? IS NULL", None)
        if quarantined:
            _LOG.warning("The inbox was full: %d pieces of its quarantine were dropped.", quarantined)
        return bool(quarantined + settled)

    def limit_quarantine(self) -> None:
        """Drop the oldest of what nobody can read when it becomes too much."""
        count = self._connection.execute("SELECT count(*) FROM quarantine").fetchone()[0]
        if count <= MOST_QUARANTINED:
            return
        self._connection.execute(
            "DELETE FROM quarantine WHERE id IN (SELECT id FROM quarantine ORDER BY id LIMIT ?)", (QUARANTINED_DROPPED,)
        )
        _LOG.warning(
            "More than %d bodies that cannot be read are in quarantine: the %d oldest were dropped. If no appliance "
            "sends them, set `token` and `accepted_addresses` in [listen].",
            MOST_QUARANTINED,
            QUARANTINED_DROPPED,
        )

    def is_there(self) -> None:
        """Return if there is room for an event; the transaction must not be committed."""
        self._connection.execute(
            "INSERT INTO quarantine (digest, body, reason, profiles, received_at) VALUES (zeroblob(1), zeroblob(?), '',"
            " '', 0)",
            (_OF_AN_EVENT,),
        )

    def _newest(self) -> int:
        """Return when the last one came, of what is here."""
        rows = self._connection.execute(
            "SELECT max(received_at) FROM event UNION ALL SELECT max(received_at) FROM quarantine"
        )
        return max(newest or 0 for (newest,) in rows)

    def _drop(self, table: str, condition: str, before: int | None) -> int:
        return self._connection.execute(
            f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE {condition} LIMIT ?)",  # noqa: S608 - ours
            (before, PRUNED_AT_ONCE),
        ).rowcount
