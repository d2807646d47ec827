"""What is to be created: artifacts, what keeps some of them back, and the markers by which they are recognised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.config.models import OutboundEvent
from bt_autotask_sync.notes.text import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bt_autotask_sync.sync.states import ArtifactKind, Trouble

KEY_DIGITS = 12
LONGEST_TEXT = 32_000
"""UTF-16 units. Autotask: the length of a note's description and of a time entry's two texts."""
LONGEST_NAME = 200
"""UTF-16 units of a username in a marker."""
NEW = 0
"""The id of a ticket that does not exist yet: where a ticket stands itself, and what a dry run puts things on."""
PLACEHOLDER = "{new}"
"""What a dry run prints for that id."""
_HARMLESS = str.maketrans("[]", "()")


@dataclass(frozen=True, slots=True)
class Withheld:
    """Something that belongs on the ticket and waits; `minutes` are those that a person is asked about, if any."""

    marker: str
    kind: ArtifactKind
    trouble: Trouble
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Artifact:
    """A note, time entry or ticket to create.

    `marker` ends the title or the internal notes and makes the record recognisable. Artifacts of one `group`, which
    is the first one's marker, are parts of one thing: a later one is created only when the earlier ones are there.
    `path` starts behind the version. A ticket itself stands on `NEW`; `made_from` is the external
    key that it was made from. `author` is the username of the representative in whose name a note may stand,
    `respondents` are those whose surveys it tells, by gsnumber. `worked` are the seconds of a time entry that were
    work. One with a `review` is created only when a person has let it through.
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
    start: datetime | None = None
    end: datetime | None = None
    worked: int = 0
    review: Withheld | None = None

    @property
    def non_billable(self) -> bool:
        """Whether it is a time entry that is not billed: those can be hidden from the API user."""
        return self.body.get("isNonBillable") is True


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that one session puts on its ticket, in the order of creation."""

    lsid: str
    artifacts: tuple[Artifact, ...]
    withheld: tuple[Withheld, ...] = ()


def address(ticket_id: int) -> int | str:
    """Return a ticket's id as requests have it; one that does not exist yet has a placeholder."""
    return PLACEHOLDER if ticket_id == NEW else ticket_id


def note_marker(lsid: str, suffix: str = "") -> str:
    """Return the marker that ends a note's title: `[bt:KEY]`, KEY being the first 12 hex digits of the lsid."""
    return f"[bt:{lsid[:KEY_DIGITS]}{suffix}]"


def ticket_marker(lsid: str) -> str:
    """Return the external id of the ticket that a session has made for itself: `bt:LSID`."""
    return f"bt:{lsid}"


def time_entry_marker(lsid: str, username: str, part: int = 1) -> str:
    """Return the marker that ends a time entry's internal notes: `[bt:LSID:USERNAME]`, later parts numbered."""
    return f"[bt:{lsid}:{marker_name(username)}{numbered(part)}]"


def marker_name(username: str) -> str:
    """Return a username as it stands in markers: as the report has it, but for what would begin or end a marker."""
    return clip(one_line(username).translate(_HARMLESS), LONGEST_NAME)


def numbered(part: int) -> str:
    """Return what a marker says of a part: nothing of the first, `:2` of the second."""
    return f":{part}" if part > 1 else ""
