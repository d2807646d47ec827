"""The file of the inbox: how it is opened, and what can be wrong with it."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import tenacity

from bt_autotask_sync.errors import SyncError
from bt_autotask_sync.events.schema import STEPS, grow, version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE_NAME: Final = "inbox.db"
BUSY_SECONDS: Final = 2.0
"""How long the listener waits for another process in its transaction before a step counts as failed."""

PATIENT_SECONDS: Final = 30.0
"""How long a run waits: among events that come as fast as they can, its turn may be long in coming."""

LARGEST_PAGES: Final = 262_144
"""One gigabyte: whoever sends without end finds a full inbox, not a full disk under the checkpoint file."""


class InboxError(SyncError):
    """The inbox cannot be used, or a step of it was not committed; nothing of that step stands."""


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
        raise unusable(path, str(error)) from error
    except sqlite3.DatabaseError as error:
        raise InboxError(
            f"The inbox is damaged: {path}: {error}.",
            "Stop the listener, move the file away and start again: the appliance sends again what was not answered, "
            "and polling finds every session that ended.",
        ) from error


def unusable(path: Path, reason: str) -> InboxError:
    """Return the error for a file that cannot be opened, read or written."""
    return InboxError(
        f"The inbox cannot be used: {path}: {reason}.",
        "Free disk space or mend the permissions; what is in it stays, and the appliance sends again what was not "
        "answered.",
    )


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
        raise InboxError(
            f"The inbox was written by a newer version of this program: {path}.",
            "Install that version again (or a newer one); an older one must not touch the file.",
        )
    return found
