"""What the ledger's rows of sessions say, and the order in which sessions are taken up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from bt_autotask_sync.state.states import SessionState

if TYPE_CHECKING:
    import sqlite3


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a profile's listings have come, in appliance time (unix seconds)."""

    origin: int
    """Where the first run began."""
    watermark: int | None
    """Everything that ended before has been listed."""
    started_listed_at: int | None
    """When the sessions that began were last listed."""
    listed_at: int | None = None
    """When an answer that was believed last listed the sessions that ended: what a profile's lag counts from."""


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """What the ledger knows of a session. Times are appliance time in unix seconds."""

    id: int
    lsid: str
    state: SessionState
    next_at: int | None
    seen_at: int
    ended_at: int | None
    external_key: str
    ticket_id: int | None
    ticket_number: str
    pinned_ticket: str
    stage: str
    error: str
    advice: str
    named: bool
    """A person named it: it is delivered even if it ended before `start_at`."""
    polled: bool
    """A listing named it."""
    announced: bool
    """An outbound event named it."""
    ticket_wanted: bool
    """Somebody joined it while it named no ticket, and its number is not in the session yet."""
    look_again_at: int | None
    """When to look once more for a survey that an event announced."""
    attempts: int
    waiting_since: int | None
    waited_days: int
    """On how many days a run has looked for what it waits for."""
    waited_on: int | None
    """The last of them, in days since 1970."""
    billing: str | None
    """Who is billed for which span, as it was planned first; None before the first plan from a complete report."""

    @property
    def is_rumour(self) -> bool:
        """Whether nothing but an event has ever named it."""
        return self.announced and not self.polled and not self.named


@dataclass(frozen=True, slots=True)
class Skip:
    """A session that a person decided not to deliver: who, when (this machine's unix seconds) and why."""

    lsid: str
    external_key: str
    at: int
    by: str
    reason: str


class QueueClass(Enum):
    """What a session that is due stands in for, in the order in which they are taken up.

    What was refused comes last, so that it never keeps others waiting.
    """

    STARTED = auto()
    """Still running and in need of a ticket."""
    WAITING = auto()
    """Held for a cause outside: looked up in every run."""
    FRESH = auto()
    """Anything but held."""
    REFUSED = auto()
    """Held, and tried again at a time of its own."""


FARTHEST = 2 * 24 * 3600
"""Seconds ahead beyond which no due time is believed: the clock that it was reckoned by was wrong."""

COLUMNS = ", ".join(SessionRecord.__slots__)


def read_record(row: sqlite3.Row) -> SessionRecord:
    """Return a row of the ledger's sessions."""
    values = dict(row)
    flags = {name: bool(values[name]) for name in ("named", "polled", "announced", "ticket_wanted")}
    return SessionRecord(**{**values, **flags, "state": SessionState(values["state"])})
