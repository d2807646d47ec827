"""The inbox: events that were answered with 200 and wait until every profile they went to has taken them in.

One SQLite file in the state directory. The listener writes it while `run` reads and marks: every transaction is short.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from bt_autotask_sync.state.inbox_file import (
    BUSY_SECONDS,
    FILE_NAME,
    PATIENT_SECONDS,
    InboxError,
    InboxFullError,
    connect,
    explained,
    identity,
    is_at_its_limit,
    too_large,
    unusable,
)
from bt_autotask_sync.state.inbox_retention import Retention

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from bt_autotask_sync.appliance.outbound_event import Event

__all__ = ["FILE_NAME", "Inbox", "InboxError", "WaitingEvent"]

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class WaitingEvent:
    """An event that a profile has not taken in yet; `member_type` is "customer", "representative" or ""."""

    id: int
    name: str
    lsid: str
    timestamp: int | None
    member_type: str


class Inbox:
    """An open inbox. Every method may raise InboxError; it is used from one thread at a time."""

    def __init__(self, connection: sqlite3.Connection, path: Path, *, read_only: bool = False) -> None:
        self._connection = connection
        self._read_only = read_only
        self._path = path
        self._file = identity(path)
        self._retention = Retention(connection)

    @classmethod
    def open(cls, directory: Path) -> Inbox:
        """Open the inbox of a state directory for the listener, making it when there is none.

        Raises:
            InboxError: It cannot be opened or written, is corrupt, or was written by a newer version of the program.
        """
        path = directory / FILE_NAME
        try:
            path.touch(mode=0o600)
        except OSError as error:
            raise unusable(path, error.strerror or str(error)) from error
        connection = connect(path, busy=BUSY_SECONDS)
        assert connection is not None  # noqa: S101 - only one that may not be written can lack its tables
        return cls(connection, path)

    @classmethod
    def open_existing(cls, directory: Path, *, read_only: bool = False) -> Inbox | None:
        """Open the inbox of a state directory for a run, or to look at it; None when there is none yet.

        Raises:
            InboxError: It cannot be read (or written), is corrupt, or was written by another version of the program.
        """
        path = directory / FILE_NAME
        connection = connect(path, busy=PATIENT_SECONDS, read_only=read_only) if path.exists() else None
        return None if connection is None else cls(connection, path, read_only=read_only)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def store(self, event: Event, *, profiles: Sequence[str], at: int) -> bool:
        """Commit an event to disk.

        Args:
            event: What the appliance told.
            profiles: The names of those that it goes to; to one that lacks a repeated event it goes now.
            at: This machine's time, in unix seconds.

        Returns:
            False if each of them has it already: the appliance sent it again.
        """
        variables = json.dumps(dict(sorted(event.variables.items())))
        digest = _digest(variables.encode())

        def insert() -> bool:
            self._connection.execute(
                "INSERT OR IGNORE INTO event (digest, name, lsid, timestamp, member_type, variables, received_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (digest, event.name, event.lsid, event.timestamp, event.member_type, variables, at),
            )
            added = self._connection.executemany(
                "INSERT OR IGNORE INTO destination (event_id, profile) SELECT id, ? FROM event WHERE digest = ?",
                [(profile, digest) for profile in profiles],
            )
            return added.rowcount > 0

        return self._in_room(insert, at)

    def quarantine(self, body: bytes, *, reason: str, profiles: Sequence[str], at: int) -> bool:
        """Commit to disk what an appliance sent and nobody can read, as `store` does; False if it is here already."""

        def insert() -> bool:
            added = self._connection.execute(
                "INSERT OR IGNORE INTO quarantine (digest, body, reason, profiles, received_at) VALUES (?, ?, ?, ?, ?)",
                (_digest(body), body, reason, json.dumps(list(profiles)), at),
            )
            self._retention.limit_quarantine()
            return bool(added.rowcount)

        return self._in_room(insert, at)

    def waiting(self, profile: str, *, after: int = 0, limit: int = 500) -> list[WaitingEvent]:
        """Return events that the profile has not taken in, in the order of arrival, those behind the id `after`."""
        with explained(self._path):
            rows = self._connection.execute(
                "SELECT id, name, lsid, timestamp, member_type FROM destination JOIN event ON id = event_id"
                " WHERE profile = ? AND done = 0 AND event_id > ? ORDER BY event_id LIMIT ?",
                (profile, after, limit),
            ).fetchall()
        return [WaitingEvent(*row) for row in rows]

    def done(self, profile: str, ids: Sequence[int]) -> None:
        """Mark events as taken in by the profile, in one transaction.

        What every profile has taken in leaves the inbox: only what recognises its repeats is kept.
        """
        with self._transaction():
            for event in ids:
                self._connection.execute(
                    "UPDATE destination SET done = 1 WHERE event_id = ? AND profile = ?", (event, profile)
                )
                self._connection.execute(
                    "UPDATE event SET variables = '' WHERE id = ?"
                    " AND NOT EXISTS (SELECT 1 FROM destination WHERE event_id = id AND done = 0)",
                    (event,),
                )

    def rename(self, profile: str, new: str) -> None:
        """Give what waits for a profile to another name; a dry run, which only reads, leaves it."""
        if self._read_only:
            return
        with self._transaction():
            self._connection.execute("UPDATE OR IGNORE destination SET profile = ? WHERE profile = ?", (new, profile))

    def waits(self, profiles: Collection[str] | None = None) -> bool:
        """Say whether anything waits, for any profile or for one of those named."""
        question = "SELECT EXISTS (SELECT 1 FROM destination WHERE done = 0"
        with explained(self._path):
            if profiles is None:
                return bool(self._connection.execute(f"{question})").fetchone()[0])
            answers = (self._connection.execute(f"{question} AND profile = ?)", (name,)) for name in profiles)
            return any(answer.fetchone()[0] for answer in answers)

    def check_writable(self, *, at: int) -> None:
        """Raise InboxError unless an event could be stored now, at this machine's time in unix seconds."""

        def write() -> None:
            self._connection.execute("UPDATE trial SET at = ?", (at,))
            self._connection.execute("SAVEPOINT event")
            self._retention.is_there()
            self._connection.execute("ROLLBACK TO event")

        self._in_room(write, at)

    def _in_room(self, step: Callable[[], Result], at: int) -> Result:
        """Commit a step, once more if it was too much for the inbox and there is something that it can spare."""
        if self._retention.is_due(at):
            with self._transaction():
                self._retention.prune(at)
        try:
            with self._transaction():
                return step()
        except InboxFullError:
            if not is_at_its_limit(self._connection):
                raise
        with self._transaction():
            spared = self._retention.make()
        if not spared:
            raise too_large(self._path)
        with self._transaction():
            return step()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        if identity(self._path) != self._file:
            raise InboxError(f"The inbox was taken away while it was in use: {self._path}.", "It is opened anew.")
        with explained(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
