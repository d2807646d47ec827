"""The file of the inbox: how it is opened, and what can be wrong with it."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import tenacity

from bt_autotask_sync.errors import SyncError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

STEPS: Final[tuple[tuple[str, ...], ...]] = (
    (
        # An id is never used twice: `run` remembers the last one it saw. `received_at` is this machine's time and
        # `timestamp` the appliance's, both unix seconds. `variables` are JSON, blanked when every destination is done.
        """
        CREATE TABLE event (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            digest BLOB NOT NULL UNIQUE,
            name TEXT NOT NULL,
            lsid TEXT NOT NULL,
            timestamp INTEGER,
            member_type TEXT NOT NULL,
            variables TEXT NOT NULL,
            received_at INTEGER NOT NULL
        )
        """,
        "CREATE INDEX event_received ON event (received_at)",
        "CREATE INDEX event_settled ON event (received_at) WHERE variables = ''",
        """
        CREATE TABLE destination (
            event_id INTEGER NOT NULL REFERENCES event ON DELETE CASCADE,
            profile TEXT NOT NULL,
            done INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (event_id, profile)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX destination_waiting ON destination (profile, event_id) WHERE done = 0",
        # What an appliance sent and this program could not read, for a person to look at. `profiles` is a JSON list.
        """
        CREATE TABLE quarantine (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            digest BLOB NOT NULL UNIQUE,
            body BLOB NOT NULL,
            reason TEXT NOT NULL,
            profiles TEXT NOT NULL,
            received_at INTEGER NOT NULL
        )
        """,
        "CREATE INDEX quarantine_received ON quarantine (received_at)",
        # One row, written only to see whether anything can be written.
        "CREATE TABLE trial (at INTEGER NOT NULL)",
        "INSERT INTO trial (at) VALUES (0)",
    ),
)


def grow(connection: sqlite3.Connection) -> None:
    """Bring the tables up to date; of two processes that do so at once, one finds it done."""
    if version(connection) >= len(STEPS):
        return
    connection.execute("BEGIN IMMEDIATE")
    for statements in STEPS[version(connection) :]:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {len(STEPS)}")
    connection.execute("COMMIT")


def version(connection: sqlite3.Connection) -> int:
    """Return how many steps the file has seen."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


FILE_NAME: Final = "inbox.db"
BUSY_SECONDS: Final = 2.0
"""How long the listener waits for another process in its transaction before a step counts as failed."""

PATIENT_SECONDS: Final = 30.0
"""How long a run waits: among events that come as fast as they can, its turn may be long in coming."""

LARGEST_PAGES: Final = 262_144
"""One gigabyte: whoever sends without end finds a full inbox, not a full disk under the checkpoint file."""


_SPARE_PAGES: Final = 128
"""Half a megabyte: a file that lacks less than this to its limit has no room for the largest event."""

_DISK: Final = "Free disk space; what is in it stays, and the appliance sends again what was not answered."
_PERMISSIONS: Final = "It must be a file that this user can read and write, in a directory where this user can write."
_ADVICE: Final[Mapping[int, str]] = {
    sqlite3.SQLITE_FULL: _DISK,
    sqlite3.SQLITE_IOERR: "See whether its disk is full or failing; the appliance sends again what was not answered.",
    sqlite3.SQLITE_BUSY: "Another process holds it for long. If that lasts, end the process that has it open.",
    sqlite3.SQLITE_CANTOPEN: _PERMISSIONS,
    sqlite3.SQLITE_READONLY: _PERMISSIONS,
    sqlite3.SQLITE_PERM: _PERMISSIONS,
}
"""What to do, by SQLite's primary result code."""


class InboxError(SyncError):
    """The inbox cannot be used, or a step of it was not committed; nothing of that step stands."""


class InboxFullError(InboxError):
    """There is no room for a step: on the disk, or in the file, which has a limit."""


class InboxUnusableError(InboxError, UsageError):
    """The file is damaged, or another version's: a person must mend it."""


def connect(path: Path, *, busy: float, read_only: bool = False) -> sqlite3.Connection | None:
    """Open the file, bringing its tables up to date; None if it has none yet and may not be written.

    Args:
        path: The file, which is there.
        busy: How many seconds a step waits for another process before it counts as failed.
        read_only: Whether only to look at it.

    Raises:
        InboxError: It cannot be opened or written, is corrupt, or was written by a newer version of the program.
    """
    address = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}"
    with explained(path):
        connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=busy, check_same_thread=False)
        try:
            if not read_only:
                _prepare(connection, path)
            elif not _known_version(connection, path):
                connection.close()
                return None
            connection.execute("SELECT count(*) FROM trial").fetchone()
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours."""
    try:
        yield
    except sqlite3.OperationalError as error:
        code = error.sqlite_errorcode & 0xFF
        kind = InboxFullError if code == sqlite3.SQLITE_FULL else InboxError
        raise kind(f"The inbox cannot be used: {path}: {error}.", _ADVICE.get(code, _PERMISSIONS)) from error
    except sqlite3.DatabaseError as error:
        raise InboxUnusableError(
            f"The inbox is damaged: {path}: {error}.",
            "Stop the listener, move the file away and start again: the appliance sends again what was not answered, "
            "and polling finds every session that ended.",
        ) from error


def unusable(path: Path, reason: str) -> InboxError:
    """Return the error for a file that the system does not let be opened."""
    return InboxError(f"The inbox cannot be used: {path}: {reason}.", _PERMISSIONS)


def too_large(path: Path) -> InboxError:
    """Return the error for a file that has reached its limit, with nothing in it to spare."""
    return InboxFullError(
        f"The inbox is full: {path} has a gigabyte of events that no run has taken in.",
        "See why no run does, with `run -v`. If no appliance sent them, set `token` and `accepted_addresses` in "
        "[listen], stop the listener and move the file away: polling finds every session that ended.",
    )


def is_at_its_limit(connection: sqlite3.Connection) -> bool:
    """Tell whether the file itself has no room left for an event, whatever the disk has."""
    pages, free, most = (
        int(connection.execute(f"PRAGMA {what}").fetchone()[0])
        for what in ("page_count", "freelist_count", "max_page_count")
    )
    return pages - free + _SPARE_PAGES > most


def identity(path: Path) -> tuple[int, int] | None:
    """Return what tells this file from another one that is put in its place; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    _known_version(connection, path)
    # A commit must survive a power loss: WAL with FULL costs one sync for each.
    _use_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute(f"PRAGMA max_page_count = {LARGEST_PAGES}")
    grow(connection)


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging. For this alone SQLite does not wait when another process looks at the file."""
    tenacity.Retrying(
        retry=tenacity.retry_if_exception(_is_busy),
        stop=tenacity.stop_after_delay(BUSY_SECONDS),
        wait=tenacity.wait_random(0.01, 0.05),
        reraise=True,
    )(connection.execute, "PRAGMA journal_mode = WAL")


def _is_busy(error: BaseException) -> bool:
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode == sqlite3.SQLITE_BUSY


def _known_version(connection: sqlite3.Connection, path: Path) -> int:
    found = version(connection)
    if found > len(STEPS):
        raise InboxUnusableError(
            f"The inbox was written by a newer version of this program: {path}.",
            "Install that version again (or a newer one); an older one must not touch the file.",
        )
    return found
