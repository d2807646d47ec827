"""The words for where a session and its artifacts stand."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SessionState(StrEnum):
    """Where a session stands in the ledger; it shows the worst state of its artifacts."""

    DISCOVERED = "discovered"
    """Listed as ended: the job will read its report."""
    OPEN = "open"
    """Known, but not known to have ended."""
    HELD = "held"
    """Something cannot be delivered yet; tried again by itself."""
    UNSETTLED = "unsettled"
    """A create was sent whose outcome is not known yet."""
    PARKED = "parked"
    """Given up; a person decides."""
    DELIVERED = "delivered"
    NO_TICKET = "no_ticket"
    SKIPPED = "skipped"
    """A person decided that it is not to be delivered."""
    BEFORE_START = "before_start"
    """Ended before the profile's `start_at`: another system's business."""


class ArtifactState(StrEnum):
    """Where a note, a time entry or a ticket to create stands."""

    UNSETTLED = "unsettled"
    """Its intent is recorded and its outcome is not: it may exist in Autotask."""
    CREATED = "created"
    ADOPTED = "adopted"
    """Found in Autotask by its marker."""
    HELD = "held"
    PARKED = "parked"
    SKIPPED = "skipped"


DONE = frozenset({ArtifactState.CREATED, ArtifactState.ADOPTED, ArtifactState.SKIPPED})
"""Nothing more is to be done for an artifact in one of these."""


class ArtifactKind(StrEnum):
    """What can be created in Autotask."""

    TICKET = "ticket"
    NOTE = "note"
    TIME_ENTRY = "time_entry"


class Stage(StrEnum):
    """The step of the flow at which something was held."""

    DISCOVER = "discover"
    MATCH = "match"
    PLAN = "plan"
    COMPARE = "compare"
    DELIVER = "deliver"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something waits, and what a person can do about it."""

    stage: Stage
    error: str
    advice: str = ""
