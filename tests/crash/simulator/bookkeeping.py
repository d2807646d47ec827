"""What the ledger says between two runs, read from its file without the program."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bt_autotask_sync.state.ledger import FILE_NAME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

_FINAL = ("created", "adopted")
ENTITIES = {"note": "TicketNotes", "time_entry": "TimeEntries", "ticket": "Tickets"}
"""Where Autotask keeps each kind of artifact."""


@dataclass(frozen=True, slots=True)
class Books:
    """A ledger at rest.

    Attributes:
        watermark: Up to where it says that everything was listed (appliance time).
        sessions: The state of every session, by lsid.
        artifacts: The state of every artifact, by lsid and marker.
        final: The kind and the id in Autotask of every artifact that is said to be there.
    """

    watermark: int | None = None
    sessions: dict[str, str] = field(default_factory=dict)
    artifacts: dict[tuple[str, str], str] = field(default_factory=dict)
    final: frozenset[tuple[str, int]] = frozenset()

    @property
    def unsettled(self) -> int:
        """How many creates are of unknown outcome."""
        return sum(state == "unsettled" for state in self.artifacts.values())

    def lost_since(self, before: Books, deleted: Collection[tuple[str, int]], unseen: Collection[str]) -> Iterator[str]:
        """Yield what an earlier look at the same ledger knew for good and this one does not.

        What is among `deleted`, kinds and ids, may be forgotten, as somebody deleted it in Autotask; and a session of
        `unseen`, of which an event has told and no report does yet.
        """
        if before.watermark is not None and (self.watermark is None or self.watermark < before.watermark):
            yield f"the watermark went back from {before.watermark} to {self.watermark}"
        for kind, autotask_id in before.final - self.final - set(deleted):
            yield f"the ledger has lost the {kind} with the id {autotask_id}"
        for lsid in before.sessions.keys() - self.sessions.keys() - set(unseen):
            yield f"the ledger has lost the session {lsid}"


def read_books(directory: Path) -> Books:
    """Read the ledger of a state directory; one that was never finished is empty."""
    path = directory / FILE_NAME
    if not path.exists():
        return Books()
    with closing(sqlite3.connect(path)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'artifact'").fetchone():
            return Books()
        watermark = connection.execute("SELECT max(watermark) FROM profile").fetchone()
        artifacts = connection.execute("SELECT lsid, marker, state, kind, autotask_id FROM artifact").fetchall()
        return Books(
            watermark=watermark[0] if watermark else None,
            sessions=dict(connection.execute("SELECT lsid, state FROM session").fetchall()),
            artifacts={(lsid, marker): state for lsid, marker, state, _, _ in artifacts},
            final=frozenset((kind, key) for _, _, state, kind, key in artifacts if state in _FINAL),
        )


def known_profiles(directory: Path) -> set[str]:
    """Return the names of the profiles that the ledger of a state directory knows."""
    path = directory / FILE_NAME
    if not path.exists():
        return set()
    with closing(sqlite3.connect(path)) as connection, suppress(sqlite3.OperationalError):
        return {name for (name,) in connection.execute("SELECT name FROM profile")}
    return set()
