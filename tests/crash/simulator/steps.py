"""The I/O steps of a trial, numbered: each HTTP exchange, each commit and each event that is sent is one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.crash.simulator.strikes import Strike
    from tests.crash.simulator.tally import Tally

Side = Literal["appliance", "autotask"]
_LOOK_UPS = ("/ticketnotes", "/timeentries")
_TICKETS = "/tickets"
_CREATES = ("/notes", "/timeentries", _TICKETS)
_WRITES_BACK = "set_session_attributes"
_ACTION = re.compile(r"(?:generate_report|action)=(\w+)")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP request with its answer.

    `path` is the whole one, in lower case; `action` is the report or the command that the appliance is asked for.
    """

    side: Side
    method: str
    path: str
    action: str = ""

    @classmethod
    def of(cls, method: str, path: str, body: bytes | str) -> Exchange:
        """Name the exchange of a request."""
        lowered = path.lower()
        if lowered.startswith("/atservicesrest"):
            return cls("autotask", method, lowered)
        found = _ACTION.search(body.decode() if isinstance(body, bytes) else body)
        return cls("appliance", method, lowered, found[1] if found else "")

    @property
    def name(self) -> str:
        """How a log calls it."""
        return f"{self.method} {self.path.removeprefix('/atservicesrest/v1.0')} {self.action}".rstrip()

    @property
    def is_create(self) -> bool:
        """Whether it makes a record."""
        return self.side == "autotask" and self.method == "POST" and self.path.endswith(_CREATES)

    @property
    def makes_ticket(self) -> bool:
        """Whether it makes a ticket."""
        return self.is_create and self.path.endswith(_TICKETS)

    @property
    def writes_back(self) -> bool:
        """Whether it writes something into a running session."""
        return self.action == _WRITES_BACK

    @property
    def writes(self) -> bool:
        """Whether it changes something in one of the products."""
        return self.is_create or self.writes_back

    @property
    def reads_tickets(self) -> bool:
        """Whether it reads tickets, by a query or by id."""
        entity = self.path.removeprefix("/atservicesrest/v1.0")
        return self.side == "autotask" and entity.startswith(f"{_TICKETS}/") and not self.is_create

    @property
    def is_query(self) -> bool:
        """Whether it is a query of notes or time entries."""
        return "/query" in self.path and self.reads_records

    @property
    def reads_records(self) -> bool:
        """Whether it reads notes or time entries, by a query or by id."""
        entity = self.path.removeprefix("/atservicesrest/v1.0")
        return self.side == "autotask" and entity.startswith(_LOOK_UPS) and not self.is_create


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of the ledger, or of the inbox by a run."""

    of_inbox: bool = False
    side: Literal["disk"] = "disk"

    @property
    def name(self) -> str:
        """How a log calls it."""
        return "inbox commit" if self.of_inbox else "commit"


@dataclass(frozen=True, slots=True)
class Telling:
    """One outbound event that is sent to the listener."""

    event: str
    side: Literal["listener"] = "listener"

    @property
    def name(self) -> str:
        """How a log calls it."""
        return f"event {self.event}"


Step = Exchange | Commit | Telling


class Steps:
    """Numbers the steps of a trial from 1 and deals out its strikes.

    A strike waits from its step on for the first one that it fits, and lasts for the next ones on the same side.

    Args:
        strikes: What is to go wrong.
        tally: Counts what did.
        log: Is told of every step.
    """

    def __init__(self, strikes: Sequence[Strike], tally: Tally, log: Callable[[str], None]) -> None:
        self._waiting = sorted(strikes, key=lambda strike: strike.step)
        self._lasting: dict[str, tuple[Strike, int]] = {}
        self._tally = tally
        self._log = log
        self.taken: list[Step] = []

    @property
    def waiting(self) -> bool:
        """Whether some strike has not come yet."""
        return bool(self._waiting)

    def take(self, step: Step) -> Strike | None:
        """Count a step, and return what is to go wrong with it."""
        self.taken.append(step)
        strike = self._due(step)
        self._log(f"{len(self.taken):5} {step.name}" + (f"  <- {strike}" if strike else ""))
        return strike

    def struck(self, strike: Strike) -> None:
        """Take note that a strike did what it is for."""
        self._tally.struck[strike.kind] += 1
        self._tally.aimed[strike.aim] += 1

    def _due(self, step: Step) -> Strike | None:
        if step.side in self._lasting:
            strike, left = self._lasting.pop(step.side)
            if left > 1:
                self._lasting[step.side] = (strike, left - 1)
            if strike.fits(step):
                return strike
        for strike in self._waiting:
            if strike.step > len(self.taken):
                return None
            if strike.fits(step):
                self._waiting.remove(strike)
                if strike.length > 1:
                    self._lasting[step.side] = (strike, strike.length - 1)
                return strike
        return None
