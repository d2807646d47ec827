"""Credentials that a product refused, kept by a fingerprint that gives nothing of them away."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from bt_autotask_sync.state.ledger import Ledger

HOUR = 3600
PAUSES = (HOUR, 12 * HOUR, 24 * HOUR)
"""Seconds after the first, the second and every further refusal."""
KEY_BYTES = 32


class Side(StrEnum):
    """Whose credentials they are, as messages name it."""

    APPLIANCE = "appliance"
    AUTOTASK = "Autotask"


@dataclass(frozen=True, slots=True)
class Credentials:
    """One set: all values that together decide whether a product lets us in, its address included."""

    side: Side
    values: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refusal:
    """How often a set was refused after whole pauses, and how far the present pause has come.

    Times are this machine's in unix seconds. `waited` grows from look to look, so that a clock that is set back adds
    nothing, and one that jumps ahead ends one pause at most.
    """

    refusals: int
    first_at: int
    waited: int
    looked_at: int

    def waited_by(self, now: int) -> int:
        """Return the seconds of the present pause that have passed by `now`."""
        return self.waited + max(0, now - self.looked_at)

    def remaining(self, now: int) -> int:
        """Return the seconds until the credentials may be presented again; 0 when they may."""
        return max(0, PAUSES[min(self.refusals, len(PAUSES)) - 1] - self.waited_by(now))


class RefusedCredentials:
    """The refused sets of all profiles in a ledger.

    Args:
        ledger: The ledger.
        random_bytes: Where the key comes from.
    """

    def __init__(self, ledger: Ledger, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._ledger = ledger
        self._random_bytes = random_bytes

    def refusal(self, credentials: Credentials) -> Refusal | None:
        """Return how a set stands; None when it was not refused, or was accepted since."""
        fingerprint = self._fingerprint(credentials)
        if fingerprint is None:
            return None
        rows = self._ledger.rows(
            "SELECT refusals, first_at, waited, looked_at FROM refused_credentials WHERE fingerprint = ?",
            (fingerprint,),
        )
        return Refusal(*rows[0]) if rows else None

    def record(self, credentials: Credentials, now: int) -> None:
        """Record that a set was refused now.

        One that was presented within a pause, by a person, leaves the pause as it is.
        """
        with self._ledger.transaction():
            if self._key() is None:
                self._ledger.execute("INSERT INTO credentials_key (key) VALUES (?)", (self._random_bytes(KEY_BYTES),))
            before = self.refusal(credentials)
            if before is None:
                self._ledger.execute(
                    "INSERT INTO refused_credentials (fingerprint, refusals, first_at, waited, looked_at) "
                    "VALUES (?, 1, ?, 0, ?)",
                    (self._fingerprint(credentials), now, now),
                )
            elif before.remaining(now):
                self.look(credentials, now)
            else:
                self._ledger.execute(
                    "UPDATE refused_credentials SET refusals = refusals + 1, waited = 0, looked_at = ? "
                    "WHERE fingerprint = ?",
                    (now, self._fingerprint(credentials)),
                )

    def look(self, credentials: Credentials, now: int) -> None:
        """Add the time since the last look to what has passed of the pause."""
        self._ledger.execute(
            "UPDATE refused_credentials SET waited = waited + max(0, :now - looked_at), looked_at = :now "
            "WHERE fingerprint = :fingerprint",
            {"now": now, "fingerprint": self._fingerprint(credentials)},
        )

    def erase(self, credentials: Credentials) -> None:
        """Forget the refusals of a set: it was accepted."""
        self._ledger.execute("DELETE FROM refused_credentials WHERE fingerprint = ?", (self._fingerprint(credentials),))

    def _fingerprint(self, credentials: Credentials) -> str | None:
        key = self._key()
        if key is None:
            return None
        told = json.dumps([credentials.side, *credentials.values]).encode()
        return hmac.new(key, told, hashlib.sha256).hexdigest()

    def _key(self) -> bytes | None:
        rows = self._ledger.rows("SELECT key FROM credentials_key")
        return bytes(rows[0][0]) if rows else None
