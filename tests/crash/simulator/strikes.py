"""Everything that can go wrong at a step: on the wire, in either product, on this machine's disk, with the process."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from tests.crash.simulator.clocks import HOUR, NINES, shift
from tests.crash.simulator.steps import Commit, Exchange, Telling

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

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
    TURNED_AWAY = "turned-away"
    TURNED_AWAY_AFTER = "turned-away-after"
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
    TICKETS_HIDDEN = "tickets-hidden"
    KEY_TYPED = "key-typed"
    NOT_WRITTEN = "not-written"
    MAY_NOT_WRITE = "may-not-write"
    DATELESS = "dateless"
    DATED_NINES = "dated-9999"
    DATED_AHEAD = "dated-ahead"
    DATED_BACK = "dated-back"
    EVENT_LOST = "event-lost"
    EVENT_DOUBLED = "event-doubled"
    EVENT_REFUSED = "event-refused"
    EVENT_OVERTAKEN = "event-overtaken"


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
        Kind.TICKETS_HIDDEN,
        Kind.NOT_WRITTEN,
        Kind.EVENT_REFUSED,
        Kind.DATELESS,
    }
)
"""Kinds that may go on for several steps."""
BLINDING: dict[Kind, dict[str, Any]] = {
    Kind.BLIND: {"missing_rights": ("TicketNotes", "TimeEntries")},
    Kind.NO_RIGHTS: {"missing_rights": ("TicketNotes", "TimeEntries")},
    Kind.HIDDEN: {"non_billable_hidden": True},
    Kind.TICKETS_HIDDEN: {"missing_rights": ("Tickets",)},
}
"""Kinds under which records that are there are not shown, by the sandbox's switches."""
SWITCHED: dict[Kind, dict[str, Any]] = {
    **BLINDING,
    Kind.NOT_WRITTEN: {"set_attributes": "error"},
    Kind.MAY_NOT_WRITE: {"set_attributes": "forbidden"},
}
"""Kinds that the sandbox's switches make."""
EVENTS = frozenset({Kind.EVENT_LOST, Kind.EVENT_DOUBLED, Kind.EVENT_REFUSED, Kind.EVENT_OVERTAKEN})
"""Kinds of what happens to outbound events."""
WITH_TICKETS = EVENTS | {Kind.KEY_TYPED, Kind.NOT_WRITTEN, Kind.MAY_NOT_WRITE}
"""Kinds that need a scene in which tickets are made."""
DATES: dict[Kind, Callable[[MutableMapping[str, str]], object]] = {
    Kind.DATELESS: lambda headers: headers.pop("Date", None),
    Kind.DATED_NINES: lambda headers: headers.update(Date=NINES),
    Kind.DATED_AHEAD: lambda headers: shift(headers, 9 * HOUR),
    Kind.DATED_BACK: lambda headers: shift(headers, -9 * HOUR),
}
"""Kinds under which a whole answer comes with a wrong date, and what becomes of its headers."""
HARMLESS = frozenset({*BLINDING, *DATES, Kind.KEY_TYPED, Kind.STOP})
"""Kinds under which a whole answer arrives from the appliance."""

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
    Kind.TURNED_AWAY: {"kind": "status", "status": 404},
    Kind.TURNED_AWAY_AFTER: {"kind": "status", "status": 413, "executed": True},
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
_OF_DISK = frozenset({Kind.KILL_BEFORE, Kind.KILL_AFTER, Kind.DISK_FULL, Kind.STOP})


class Aim(StrEnum):
    """What a strike is kept for."""

    ANYTHING = "anything"
    CREATE = "a create"
    TICKET = "the making of a ticket"
    WRITING = "the writing of its number"
    INBOX = "a commit of the inbox"

    def allows(self, step: Step) -> bool:
        """Tell whether a step is such a one."""
        match self:
            case Aim.ANYTHING:
                return True
            case Aim.CREATE:
                return isinstance(step, Exchange) and step.is_create
            case Aim.TICKET:
                return isinstance(step, Exchange) and step.makes_ticket
            case Aim.WRITING:
                return isinstance(step, Exchange) and step.writes_back
            case Aim.INBOX:
                return isinstance(step, Commit) and step.of_inbox

    def suits(self, kind: Kind) -> bool:
        """Tell whether a kind can be kept for it."""
        match self:
            case Aim.ANYTHING:
                return True
            case Aim.CREATE:
                return kind in AIMED
            case Aim.TICKET:
                return kind in AIMED or kind is Kind.KEY_TYPED
            case Aim.WRITING:
                return kind in AIMED and _ONLY_AT.get(kind) is not _of_autotask
            case Aim.INBOX:
                return kind in _OF_DISK


@dataclass(frozen=True, slots=True)
class Strike:
    """Something that goes wrong at a step, or at the first one from there on that it fits.

    Attributes:
        step: The number of the step.
        kind: What goes wrong.
        seconds: How long after the caller gave up a late commit is made.
        length: For how many steps on that side it goes on, for kinds that last.
        aim: What it is kept for.
    """

    step: int
    kind: Kind
    seconds: float = LATE
    length: int = 1
    aim: Aim = Aim.ANYTHING

    def __str__(self) -> str:
        """Return it as the command line takes it."""
        tail = (f"{self.seconds:g}", str(self.length)) if (self.seconds, self.length) != (LATE, 1) else ()
        return ":".join((str(self.step), self.kind, *tail)) + ("" if self.aim is Aim.ANYTHING else f" at {self.aim}")

    @classmethod
    def parse(cls, text: str) -> Strike:
        """Read `STEP:KIND[:SECONDS[:LENGTH]]`."""
        step, kind, *rest = text.split(":")
        seconds = float(rest[0]) if rest else LATE
        return cls(int(step), Kind(kind), seconds, int(rest[1]) if len(rest) > 1 else 1)

    def fits(self, step: Step) -> bool:
        """Tell whether this can go wrong at such a step."""
        if not self.aim.allows(step):
            return False
        match step:
            case Commit():
                return self.kind in _OF_DISK
            case Telling():
                return self.kind in EVENTS
            case Exchange():
                return self._fits_exchange(step)

    def _fits_exchange(self, exchange: Exchange) -> bool:
        if self.kind in _ONLY_AT:
            return _ONLY_AT[self.kind](exchange)
        return self.kind not in EVENTS | {Kind.DISK_FULL}

    def fault(self, timeout: float) -> dict[str, Any] | None:
        """Return the sandbox's fault that does this to a caller who waits `timeout` seconds; None if it needs none."""
        fields = _FAULTS.get(self.kind)
        if fields is None:
            return None
        if self.kind in {Kind.LATE_COMMIT, Kind.KILL_LATE}:
            return {**fields, "seconds": self.seconds}
        return {**fields, "seconds": timeout + self.seconds} if self.kind is Kind.SLOW else fields


def _of_autotask(exchange: Exchange) -> bool:
    return exchange.side == "autotask"


def _with_token(exchange: Exchange) -> bool:
    return exchange.side == "appliance" and not exchange.path.endswith("/token")


def _not_between(exchange: Exchange) -> bool:
    """Tell whether somebody may type now: between the look at a key and its replacement no program could tell."""
    return not exchange.writes_back and not exchange.path.endswith("/token")


_ONLY_AT: dict[Kind, Callable[[Exchange], bool]] = {
    Kind.REFUSED: _of_autotask,
    Kind.SPENT: _of_autotask,
    Kind.UNAUTHORIZED: _of_autotask,
    Kind.TURNED_AWAY: _of_autotask,
    Kind.TURNED_AWAY_AFTER: _of_autotask,
    Kind.EXPIRED_TOKEN: _with_token,
    Kind.NOTHING: _with_token,
    Kind.KEY_TYPED: _not_between,
    Kind.BLIND: attrgetter("is_query"),
    Kind.HIDDEN: attrgetter("is_query"),
    Kind.NO_RIGHTS: attrgetter("reads_records"),
    Kind.TICKETS_HIDDEN: attrgetter("reads_tickets"),
    Kind.NOT_WRITTEN: attrgetter("writes_back"),
    Kind.MAY_NOT_WRITE: attrgetter("writes_back"),
}
"""The exchanges at which a kind can go wrong, where not at all of them."""
