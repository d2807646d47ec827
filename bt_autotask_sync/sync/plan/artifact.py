"""What is to be created: artifacts, what keeps some of them back, and the markers by which they are recognised."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.config.models import OutboundEvent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bt_autotask_sync.state.states import ArtifactKind, Problem
    from bt_autotask_sync.sync.plan.billing import BilledTime


LONGEST_TEXT = 32_000
"""UTF-16 units. Autotask: the length of a note's description and of a time entry's two texts."""
NEW = 0
"""The id of a ticket that does not exist yet: where a ticket stands itself, and what a dry run puts things on."""
PLACEHOLDER = "{new}"
"""What a dry run prints for that id."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """Something that belongs on the ticket and waits; `minutes` are those that a person is asked about, if any."""

    marker: str
    kind: ArtifactKind
    problem: Problem
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Artifact:
    """A note, time entry or ticket to create.

    By its `marker` the ledger knows it: for a note that is what ends its title, for a time entry what ends its internal
    notes without the name. Artifacts of one `group`, which is the first one's marker, are parts of one thing: a later
    one is created only when the earlier ones are there. `path` starts behind the version. A ticket itself stands on
    `NEW`; `made_from` is the external key that it was made from. `author` is the username of the representative in
    whose name a note may stand, `respondents` are those whose surveys it tells, by gsnumber. `worked` are the seconds
    of a time entry that were work, `gsnumbers` those of the representative whose time it is, and `username` what the
    report calls them. One with a `review` is created only when a person has let it through.
    """

    lsid: str
    kind: ArtifactKind
    marker: str
    group: str
    ticket_id: int
    ticket_number: str
    path: str
    body: Mapping[str, Any]
    event: OutboundEvent = OutboundEvent.SESSION_END
    author: str = ""
    respondents: tuple[str, ...] = ()
    made_from: str = ""
    technician: str = ""
    username: str = ""
    gsnumbers: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    worked: int = 0
    review: Blocked | None = None

    @property
    def non_billable(self) -> bool:
        """Whether it is a time entry that is not billed: those can be hidden from the API user."""
        return self.body.get("isNonBillable") is True

    @property
    def resource_id(self) -> int | None:
        """Whose time it is in Autotask; None for what is no time entry."""
        return self.body.get("resourceID")


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that one session puts on its ticket, in the order of creation.

    `bills` is the time that it stands for, to be kept in the ledger before anything is created; None leaves what is
    kept there. `is_first` tells that the ledger knows of nothing that was ever sent for the session, and that nobody
    asked for it by name: what Autotask holds of it all the same comes from a ledger that is lost.
    """

    lsid: str
    artifacts: tuple[Artifact, ...]
    blocked: tuple[Blocked, ...] = ()
    started_at: datetime | None = None
    ended_at: datetime | None = None
    bills: tuple[BilledTime, ...] | None = None
    is_unclear: bool = False
    is_first: bool = False


def address(ticket_id: int) -> int | str:
    """Return a ticket's id as requests have it; one that does not exist yet has a placeholder."""
    return PLACEHOLDER if ticket_id == NEW else ticket_id


@dataclass
class Chain:
    """What is to be created of one session, in order."""

    artifacts: deque[Artifact]

    def drop_group(self, group: str) -> None:
        """Leave out the further parts of something whose earlier part is not there."""
        self.artifacts = deque(artifact for artifact in self.artifacts if artifact.group != group)
