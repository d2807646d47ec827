"""What an audit finds, and the time it accounts for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from bt_autotask_sync.state.states import ArtifactState

if TYPE_CHECKING:
    from collections.abc import Mapping


_COMMANDS = frozenset({"run", "resync", "held"})


class FindingKind(StrEnum):
    """What is wrong, in the order in which findings are shown."""

    BLIND = "blind"
    """A look-up of Autotask's does not show what is there: the audit cannot vouch for records of that kind."""
    MISSING = "missing"
    """Due, and not in Autotask."""
    DELETED = "deleted"
    """Delivered, and not in Autotask any more."""
    DOUBLED = "doubled"
    """Stands in Autotask a second time."""
    OTHER_TICKET = "other_ticket"
    LEFT_OVER = "left_over"
    """A ticket that was made for a session which is on another one."""
    TIME_DIFFERS = "time_differs"
    OVERLAP = "overlap"
    UNKNOWN = "unknown"
    """Bears a marker of ours, and the ledger does not know it."""
    PARKED = "parked"
    UNSETTLED = "unsettled"
    HELD = "held"
    NO_TICKET = "no_ticket"


DELIVERED = frozenset({ArtifactState.CREATED, ArtifactState.ADOPTED})
WAITING = {
    ArtifactState.HELD: FindingKind.HELD,
    ArtifactState.UNSETTLED: FindingKind.UNSETTLED,
    ArtifactState.PARKED: FindingKind.PARKED,
}
"""What is found of a record that is not delivered yet."""


class Status(StrEnum):
    """Where a session, or a technician's time in it, stands. Every session and every second has exactly one."""

    DELIVERED = "delivered"
    MISSING = "missing"
    NO_TICKET = "no_ticket"
    HELD = "held"
    UNSETTLED = "unsettled"
    PARKED = "parked"
    SKIPPED = "skipped"
    NOT_ENTERED = "not_entered"
    """Time that the settings enter nowhere, of a session that is on its ticket."""
    BEFORE_START = "before_start"
    PENDING = "pending"
    """Ended since the last run, or reported in part so far."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    `lsid` is empty where no session is concerned, 12 digits where no more is known. `technician` is whose time it is
    about, and `seconds` how much. `external_key` is what was typed, where that keeps a session from its ticket. `fix`
    is a command of this program, or what is to be done at `link`.
    """

    kind: FindingKind
    text: str
    fix: str
    lsid: str = ""
    ticket_number: str = ""
    technician: str = ""
    seconds: int = 0
    link: str = ""
    external_key: str = ""

    @property
    def is_command(self) -> bool:
        """Whether the mend is a command of this program."""
        return self.fix.partition(" ")[0] in _COMMANDS


@dataclass(frozen=True, slots=True)
class Remark:
    """Something worth knowing that is not wrong."""

    text: str
    lsid: str = ""


@dataclass(frozen=True, slots=True)
class TimeRow:
    """A technician's time in one session, in seconds; a session without any has one row without a technician.

    `worked` is what the appliance reports, `due` what is, or would be, on the ticket: as it was sent, else as today's
    settings have it. `standing` splits `due` up. `in_autotask` is what stands there now.
    """

    lsid: str
    ended_at: int | None
    external_key: str
    ticket_number: str
    session_standing: Status
    username: str = ""
    technician: str = ""
    worked: int = 0
    standing: Mapping[Status, int] = field(default_factory=dict)
    in_autotask: int = 0

    @property
    def due(self) -> int:
        """All seconds of `standing`."""
        return sum(self.standing.values())

    @property
    def on_ticket(self) -> int:
        """The seconds of `due` that are on the ticket."""
        return self.standing.get(Status.DELIVERED, 0)


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What came of an audit of one profile."""

    findings: tuple[Finding, ...]
    remarks: tuple[Remark, ...]
    rows: tuple[TimeRow, ...]

    def sessions(self) -> Counter[Status]:
        """Return how many sessions stand where."""
        return Counter({row.lsid: row.session_standing for row in self.rows}.values())

    def seconds(self) -> Counter[Status]:
        """Return how much time stands where; all together it is the time that is due."""
        total: Counter[Status] = Counter()
        for row in self.rows:
            total.update(row.standing)
        return total
