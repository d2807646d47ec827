"""What the ledger's rows of artifacts say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bt_autotask_sync.state.states import DONE, ArtifactKind, ArtifactState

if TYPE_CHECKING:
    import sqlite3


@dataclass(frozen=True, slots=True)
class ArtifactRecord:
    """What the ledger knows of an artifact.

    `resource_id`, `starts_at` and `ends_at` are those of a time entry as it was sent, or found when it was adopted.
    `given_up_at` is how long had been waited altogether, in seconds, when an unclear create was given up (see
    `clocks.Track`); `due_at` and `waiting_since` are appliance time in unix seconds. `waited_days` is on how many days
    a run has looked for what it waits for, `waited_on` the last of them in days since 1970.
    """

    lsid: str
    marker: str
    kind: ArtifactKind
    state: ArtifactState
    ticket_id: int | None
    autotask_id: int | None
    resource_id: int | None
    starts_at: int | None
    ends_at: int | None
    non_billable: bool
    given_up_at: int | None
    due_at: int
    attempts: int
    waiting_since: int | None
    waited_days: int
    waited_on: int | None
    stage: str
    error: str
    advice: str
    answer_status: int | None
    """The HTTP status of the last answer to a create of unknown outcome; None where no whole one came."""
    answer: str
    """What that answer was, or why none came."""
    unclear_sends: int
    """How many creates of it had an unknown outcome."""
    unclear_counted: int
    """1 where the last of them counts as an attempt: others of its kind were accepted in that run."""
    respondents: str
    """Whose surveys a note tells: the gsnumbers of representatives, blanks between them."""
    made_from: str
    """The external key that a ticket was made from."""
    written: str
    """The external key that was written into the session for a ticket: its number."""

    def stands(self) -> bool:
        """Tell whether it is in Autotask, or may come to be."""
        return self.state in (ArtifactState.CREATED, ArtifactState.ADOPTED, ArtifactState.UNSETTLED)

    def is_written(self, key: str) -> bool:
        """Tell whether an external key is what was written into the session for a ticket, and nobody's own words."""
        return bool(self.written) and key.strip() == self.written

    def is_done(self) -> bool:
        """Return whether nothing more is to be done for it, on whatever ticket it stands by now."""
        return self.state in DONE


COLUMNS = ", ".join(ArtifactRecord.__slots__)


def read_record(row: sqlite3.Row) -> ArtifactRecord:
    """Return a row of the ledger's artifacts."""
    values = dict(row)
    return ArtifactRecord(**{**values, "kind": ArtifactKind(values["kind"]), "state": ArtifactState(values["state"])})


class RecordClass(NamedTuple):
    """Records that a look-up shows or hides together."""

    kind: ArtifactKind
    non_billable: bool = False
