"""Which requests go wrong, and how: every fault says what it matches, how often it strikes, and counts that it did."""

from __future__ import annotations

import dataclasses
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from bt_autotask_sync.sandbox.calls import endpoint_matcher
from bt_autotask_sync.sandbox.checking import checked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from bt_autotask_sync.sandbox.calls import Call

Kind = Literal[
    "latency",
    "status",
    "lost_answer",
    "late_commit",
    "dropped",
    "cut_body",
    "garbled",
    "slow_drip",
    "429",
    "outage",
    "redirect",
    "expired_token",
]
_STATUSES = range(200, 600)


@dataclass(eq=False)
class Fault:
    """Something that goes wrong with matching requests.

    Attributes:
        kind: "latency" (answered `seconds` later), "status" (`status` with `body` instead of an answer),
            "lost_answer" (executed, then the connection is cut), "late_commit" (the connection is cut, the request is
            executed `seconds` later), "dropped" (cut, never executed), "cut_body" (half of the answer, then cut),
            "garbled" (a complete answer with damaged bytes), "slow_drip" (the answer in pieces over `seconds`), "429",
            "outage" (cut, or `status` where one is given), "redirect" (to `location`), "expired_token" (the
            appliance refuses the token that the request carries).
        side: Whose requests.
        endpoint: A pattern as `calls.endpoint_matcher` reads it.
        times: It strikes so often; None for ever.
        skip: So many matching requests are spared first.
        share: The part of the matching requests that it strikes, drawn from the sandbox's seed.
        seconds: For the kinds that wait.
        status: For "status" (500 when None) and "outage".
        body: For "status": the form of the body.
        text: For "status": what stands in the body.
        executed: For "status", "429" and "redirect": the request is executed all the same.
        retry_after: For "429" and "status": seconds for the header `Retry-After`.
        location: For "redirect".
        seen: How many requests matched.
        struck: How many of them went wrong.
    """

    kind: Kind
    side: Literal["appliance", "autotask", "both"] = "both"
    endpoint: str = ""
    times: int | None = 1
    skip: int = 0
    share: float = 1.0
    seconds: float = 0.0
    status: int | None = None
    body: Literal["html", "empty", "errors", "text"] = "html"
    text: str = ""
    executed: bool = False
    retry_after: int | None = None
    location: str = "https://elsewhere.example/"
    seen: int = field(default=0, init=False)
    struck: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        if (self.times is not None and self.times < 1) or self.skip < 0 or self.seconds < 0:
            raise ValueError("times must be at least 1 (or null), skip and seconds at least 0")
        if not 0 < self.share <= 1:
            raise ValueError("share: must be above 0 and at most 1")
        if self.status is not None and self.status not in _STATUSES:
            raise ValueError("status: must be from 200 to 599")
        self._matches: Callable[[Call], bool] = endpoint_matcher(self.endpoint)

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Fault:
        """Return the fault that JSON describes: an outage and a share go on until cleared, the others strike once.

        Raises:
            ValueError: A name or a value is wrong.
        """
        if "kind" not in values:
            raise ValueError("kind: is required")
        endless = values["kind"] == "outage" or "share" in values
        return cls(**checked(cls, {"times": None if endless else 1, **values}))

    @property
    def lets_execute(self) -> bool:
        """Whether the product works on the request although this struck it."""
        return self.executed or self.kind not in ("status", "429", "redirect", "dropped", "outage")

    def strikes(self, call: Call, random: Random) -> bool:
        """Count `call` if it matches, and tell whether it goes wrong."""
        if self.side not in ("both", call.side) or not self._matches(call) or self._spares(call):
            return False
        self.seen += 1
        if self.seen <= self.skip or (self.times is not None and self.struck >= self.times):
            return False
        if self.share < 1 and random.random() >= self.share:
            return False
        self.struck += 1
        return True

    def _spares(self, call: Call) -> bool:
        return self.kind == "expired_token" and (call.side != "appliance" or call.endpoint == "token")

    def described(self) -> dict[str, Any]:
        """Return every field, with the counts, as JSON values."""
        return dataclasses.asdict(self)


@dataclass(frozen=True, slots=True)
class Strike:
    """What happens to one request: seconds to wait, then at most one thing that goes wrong."""

    delay: float = 0.0
    fault: Fault | None = None


class Faults:
    """The faults that are set, in their order.

    Args:
        random: Decides about shares.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, kind: Kind, **values: Any) -> Fault:
        """Set a fault by its fields and return it.

        Raises:
            ValueError: A name or a value is wrong.
        """
        return self.set(Fault.parse({"kind": kind, **values}))

    def set(self, fault: Fault) -> Fault:
        """Set a fault and return it."""
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Take every fault away."""
        with self._lock:
            self._faults.clear()

    def strike(self, call: Call) -> Strike:
        """Return what happens to `call`: all latencies that match, and the first other fault."""
        delay, chosen = 0.0, None
        with self._lock:
            for fault in self._faults:
                if fault.kind == "latency":
                    delay += fault.seconds if fault.strikes(call, self._random) else 0.0
                elif chosen is None and fault.strikes(call, self._random):
                    chosen = fault
        return Strike(delay, chosen)

    def described(self) -> list[dict[str, Any]]:
        """Return the faults with their counts as JSON values."""
        with self._lock:
            return [fault.described() for fault in self._faults]


def reason_phrase(status: int) -> str:
    """Return the usual phrase of an HTTP status; some clients read it."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
