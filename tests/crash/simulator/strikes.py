"""Everything that can go wrong at a step: on the wire, in either product, on this machine's disk, with the process."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tests.crash.simulator.steps import Commit, Exchange

if TYPE_CHECKING:
    from tests.crash.simulator.steps import Step

LATE = 400.0
"""Seconds after which a late commit is made: less than `settle_seconds`, in which Autotask may still do so."""

_NOTHING = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<error xmlns="https://www.beyondtrust.com/namespaces/API/reporting">'
    "No Support report information matching your chosen criteria is available.</error>"
)
_SPENT = "Request Threshold Exceeded. The external request threshold of 10000 requests per hour has been reached."
_WORDS = "Unable to create or update this record because it is locked by another user."


class Kind(StrEnum):
    """What goes wrong."""

    LOST_ANSWER = "lost-answer"
    LATE_COMMIT = "late-commit"
    DROPPED = "dropped"
    SLOW = "slow"
    DRIP = "drip"
    REFUSED = "refused"
    FAILED = "failed"
    FAILED_AFTER = "failed-after"
    BAD_GATEWAY = "bad-gateway"
    BAD_GATEWAY_AFTER = "bad-gateway-after"
    UNAVAILABLE = "unavailable"
    BUSY = "busy"
    BUSY_FOR = "busy-for"
    SPENT = "spent"
    UNAUTHORIZED = "unauthorized"
    EXPIRED_TOKEN = "expired-token"
    CUT_BODY = "cut-body"
    GARBLED = "garbled"
    REDIRECT = "redirect"
    OUTAGE = "outage"
    NOTHING = "nothing"
    BLIND = "blind"
    HIDDEN = "hidden"
    NO_RIGHTS = "no-rights"
    KILL_BEFORE = "kill-before"
    KILL_AFTER = "kill-after"
    KILL_LATE = "kill-late"
    DISK_FULL = "disk-full"
    STOP = "stop"


KILLS = frozenset({Kind.KILL_BEFORE, Kind.KILL_AFTER, Kind.KILL_LATE})
LASTING = frozenset(
    {
        Kind.OUTAGE,
        Kind.BUSY,
        Kind.BUSY_FOR,
        Kind.BLIND,
        Kind.HIDDEN,
        Kind.NO_RIGHTS,
        Kind.UNAVAILABLE,
        Kind.REFUSED,
        Kind.DISK_FULL,
    }
)
"""Kinds that may go on for several steps."""
BLINDING: dict[Kind, dict[str, Any]] = {
    Kind.BLIND: {"missing_rights": ("TicketNotes", "TimeEntries")},
    Kind.NO_RIGHTS: {"missing_rights": ("TicketNotes", "TimeEntries")},
    Kind.HIDDEN: {"non_billable_hidden": True},
}
"""Kinds under which records that are there are not shown, by the sandbox's switches."""

_FAULTS: dict[Kind, dict[str, Any]] = {
    Kind.LOST_ANSWER: {"kind": "lost_answer"},
    Kind.LATE_COMMIT: {"kind": "late_commit"},
    Kind.KILL_LATE: {"kind": "late_commit"},
    Kind.DROPPED: {"kind": "dropped"},
    Kind.SLOW: {"kind": "latency"},
    Kind.DRIP: {"kind": "slow_drip", "seconds": 2_000},
    Kind.REFUSED: {"kind": "status", "status": 500, "body": "errors", "text": _WORDS},
    Kind.FAILED: {"kind": "status", "status": 500, "body": "empty"},
    Kind.FAILED_AFTER: {"kind": "status", "status": 500, "body": "empty", "executed": True},
    Kind.BAD_GATEWAY: {"kind": "status", "status": 502},
    Kind.BAD_GATEWAY_AFTER: {"kind": "status", "status": 502, "executed": True},
    Kind.UNAVAILABLE: {"kind": "status", "status": 503, "retry_after": 7},
    Kind.BUSY: {"kind": "429"},
    Kind.BUSY_FOR: {"kind": "429", "retry_after": 3},
    Kind.SPENT: {"kind": "status", "status": 500, "body": "errors", "text": _SPENT},
    Kind.UNAUTHORIZED: {"kind": "status", "status": 401, "body": "empty"},
    Kind.EXPIRED_TOKEN: {"kind": "expired_token"},
    Kind.CUT_BODY: {"kind": "cut_body"},
    Kind.GARBLED: {"kind": "garbled"},
    Kind.REDIRECT: {"kind": "redirect"},
    Kind.OUTAGE: {"kind": "outage", "times": 1},
    Kind.NOTHING: {"kind": "status", "status": 200, "body": "text", "text": _NOTHING},
}
AIMED = frozenset(_FAULTS) - {Kind.EXPIRED_TOKEN, Kind.NOTHING} | {Kind.KILL_AFTER}
"""Kinds that can be kept for a create."""
_OF_AUTOTASK = frozenset({Kind.REFUSED, Kind.SPENT, Kind.UNAUTHORIZED})
_OF_APPLIANCE = frozenset({Kind.EXPIRED_TOKEN, Kind.NOTHING})


@dataclass(frozen=True, slots=True)
class Strike:
    """Something that goes wrong at a step, or at the first one from there on that it fits.

    Attributes:
        step: The number of the step.
        kind: What goes wrong.
        seconds: How long after the caller gave up a late commit is made.
        length: For how many steps on that side it goes on, for kinds that last.
        at_create: It fits creates only.
    """

    step: int
    kind: Kind
    seconds: float = LATE
    length: int = 1
    at_create: bool = False

    def __str__(self) -> str:
        """Return it as the command line takes it."""
        tail = (f"{self.seconds:g}", str(self.length)) if (self.seconds, self.length) != (LATE, 1) else ()
        return ":".join((str(self.step), self.kind, *tail)) + (" at a create" if self.at_create else "")

    @classmethod
    def parse(cls, text: str) -> Strike:
        """Read `STEP:KIND[:SECONDS[:LENGTH]]`."""
        step, kind, *rest = text.split(":")
        seconds = float(rest[0]) if rest else LATE
        return cls(int(step), Kind(kind), seconds, int(rest[1]) if len(rest) > 1 else 1)

    def fits(self, step: Step) -> bool:
        """Tell whether this can go wrong at such a step."""
        if isinstance(step, Commit):
            return not self.at_create and self.kind in {Kind.KILL_BEFORE, Kind.KILL_AFTER, Kind.DISK_FULL, Kind.STOP}
        if self.kind is Kind.DISK_FULL:
            return False
        return self._fits_exchange(step)

    def _fits_exchange(self, exchange: Exchange) -> bool:
        if self.at_create and not exchange.is_create:
            return False
        if self.kind in {Kind.BLIND, Kind.HIDDEN}:
            return exchange.is_query
        if self.kind is Kind.NO_RIGHTS:
            return exchange.reads_records
        if self.kind in _OF_APPLIANCE:
            return exchange.side == "appliance" and not exchange.path.endswith("/token")
        return self.kind not in _OF_AUTOTASK or exchange.side == "autotask"

    def fault(self, timeout: float) -> dict[str, Any] | None:
        """Return the sandbox's fault that does this to a caller who waits `timeout` seconds; None if it needs none."""
        fields = _FAULTS.get(self.kind)
        if fields is None:
            return None
        if self.kind in {Kind.LATE_COMMIT, Kind.KILL_LATE}:
            return {**fields, "seconds": self.seconds}
        return {**fields, "seconds": timeout + self.seconds} if self.kind is Kind.SLOW else fields
