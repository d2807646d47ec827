"""What an audit is made from: the appliance's sessions, the ledger, and Autotask's records of one window."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.entities import Ticket, TicketNote, TimeEntry
from bt_autotask_sync.state.artifacts import seconds
from bt_autotask_sync.state.states import ArtifactKind, Problem, Stage
from bt_autotask_sync.sync.markers import KEY_DIGITS, marker_name, marker_of, read_entry_marker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bt_autotask_sync.audit.findings import Remark, Status
    from bt_autotask_sync.state.artifact_record import ArtifactRecord
    from bt_autotask_sync.state.states import ArtifactState
    from bt_autotask_sync.sync.plan.artifact import Artifact, Blocked

Record = Ticket | TicketNote | TimeEntry

_TICKET = re.compile(r"bt:[0-9a-f]{32}")
_NOTE = re.compile(r"\[bt:[0-9a-f]{12}(?::[a-z0-9:-]+)?\]")


@dataclass(frozen=True, slots=True)
class Work:
    """A stretch of a representative's time in a session; `person` as `person_of` has it, unix seconds."""

    marker: str
    username: str
    technician: str
    start: int
    end: int

    @property
    def person(self) -> str:
        """Whose time it is, as markers have it."""
        return person_of(self.marker)


@dataclass(frozen=True, slots=True)
class Expected:
    """What the ledger or, with no `state`, a fresh plan expects in Autotask; unix seconds.

    `ticket_id` is the ticket that a note or a time entry stands on; None for a ticket, and where that is not made yet.
    """

    kind: ArtifactKind
    marker: str
    state: ArtifactState | None
    ticket_id: int | None = None
    autotask_id: int | None = None
    resource_id: int | None = None
    starts_at: int | None = None
    ends_at: int | None = None
    problem: Problem | None = None

    @classmethod
    def of_record(cls, record: ArtifactRecord) -> Expected:
        """Return what the ledger says."""
        return cls(
            kind=record.kind,
            marker=record.marker,
            state=record.state,
            ticket_id=record.ticket_id or None,
            autotask_id=record.autotask_id,
            resource_id=record.resource_id,
            starts_at=record.starts_at,
            ends_at=record.ends_at,
            problem=Problem(Stage(record.stage), record.error, record.advice) if record.error else None,
        )

    @classmethod
    def of_plan(cls, artifact: Artifact) -> Expected:
        """Return what a fresh plan says."""
        return cls(
            kind=artifact.kind,
            marker=artifact.marker,
            state=None,
            ticket_id=artifact.ticket_id or None,
            resource_id=artifact.body.get("resourceID"),
            starts_at=seconds(artifact.start),
            ends_at=seconds(artifact.end),
            problem=artifact.review.problem if artifact.review else None,
        )

    @classmethod
    def of_withheld(cls, blocked: Blocked) -> Expected:
        """Return what a fresh plan would say if nothing kept it from it."""
        return cls(blocked.kind, blocked.marker, None, problem=blocked.problem)

    @property
    def length(self) -> int:
        """The seconds of a time entry; 0 for a note, or where they are not known."""
        return 0 if self.starts_at is None or self.ends_at is None else self.ends_at - self.starts_at


@dataclass(frozen=True, slots=True)
class AuditedSession:
    """A session of the window.

    `status` is the ledger's; of a session that the ledger does not know, MISSING where a fresh plan was made. That
    plan, or what keeps from it (`problem`), is in `expected` then. `ticket_id` is the ticket that it goes to, as far as
    there is one; `gets_ticket` tells that it names none, and that today's settings make it one of its own. `worked` is
    the representatives' time as it was, `billed` as today's settings bill it.
    """

    lsid: str
    status: Status
    ended_at: int | None = None
    external_key: str = ""
    ticket_id: int | None = None
    ticket_number: str = ""
    gets_ticket: bool = False
    in_ledger: bool = True
    expected: tuple[Expected, ...] = ()
    worked: tuple[Work, ...] = ()
    billed: tuple[Work, ...] = ()
    problem: Problem | None = None

    @property
    def key(self) -> str:
        """The digits of the lsid that stand in titles."""
        return self.lsid[:KEY_DIGITS]

    def technician(self, marker: str) -> str:
        """Return the name of the technician whose time entry bears a marker; empty for a note's."""
        person = self.person(marker)
        names = (work.technician for work in (*self.billed, *self.worked) if work.person == person)
        return next(names, username_of(marker))

    def person(self, marker: str) -> str:
        """Return whose time entry bears a marker, as `Work` has it; one of an earlier version holds the username."""
        person = person_of(marker)
        known = (*self.billed, *self.worked)
        named = (work.person for work in known if marker_name(work.username).casefold() == person.casefold())
        return person if any(work.person == person for work in known) else next(named, person)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is known of one window."""

    sessions: tuple[AuditedSession, ...] = ()
    notes: tuple[TicketNote, ...] = ()
    entries: tuple[TimeEntry, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    """Those that were made for sessions: known to the ledger, or marked so."""
    blind: frozenset[ArtifactKind] = frozenset()
    """Whose look-ups do not show what is there."""
    known_keys: frozenset[str] = frozenset()
    """The first 12 digits of lsids beyond the window that the ledger knows, in whatever profile."""
    names: Mapping[int, str] = field(default_factory=dict)
    """Resources' names by id, as far as they are known."""
    web_url: str = ""
    remarks: tuple[Remark, ...] = ()


def ticket_of(record: Record) -> int | None:
    """Return the id of the ticket that a record stands on; of a ticket, its own."""
    return record.id if isinstance(record, Ticket) else record.ticket_id


def marker_in(record: Record) -> str:
    """Return the last marker of ours that a record bears; empty where there is none."""
    text = marker_of(record)
    if isinstance(record, Ticket):
        return text if _TICKET.fullmatch(text) else ""
    if isinstance(record, TimeEntry):
        return text[: text.rfind("]") + 1]
    found = _NOTE.match(text)
    return found[0] if found else ""


def key_in(marker: str) -> str:
    """Return the first 12 digits of the lsid in a marker."""
    return lsid_in(marker)[:KEY_DIGITS]


def lsid_in(marker: str) -> str:
    """Return the lsid in a marker; of a note's, which holds no more, the first 12 digits."""
    return marker.strip("[]").removeprefix("bt:").partition(":")[0]


def person_of(marker: str) -> str:
    """Return whose time entry bears a marker: `#` and the gsnumber, in those of earlier versions the username.

    It is empty for another record's marker.
    """
    read = read_entry_marker(marker)
    if read is None:
        return ""
    return read.name if read.number is None else f"#{read.number}"


def username_of(marker: str) -> str:
    """Return the representative's name in a time entry's marker; empty where there is none."""
    read = read_entry_marker(marker)
    return read.name if read else ""
