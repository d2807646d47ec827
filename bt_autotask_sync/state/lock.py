"""One run at a time for each state directory."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from bt_autotask_sync.errors import LockedError
from bt_autotask_sync.state.directory import StateDirectoryError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def run_lock(directory: Path) -> Iterator[None]:
    """Hold the run lock of a state directory.

    The lock is an exclusive transaction on `lock.db`: it dies with the process, on Linux and on Windows, whatever
    kills it.

    Raises:
        LockedError: Another process holds it.
        StateDirectoryError: The lock file cannot be written.
    """
    path = directory / "lock.db"
    try:
        connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    except sqlite3.Error as error:
        raise StateDirectoryError(path, str(error)) from error
    with closing(connection):
        _take(connection, path)
        yield


def _take(connection: sqlite3.Connection, path: Path) -> None:
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise LockedError(
                f"Another run is working in {path.parent}.",
                "Nothing to do: it will finish its work, and the next scheduled run goes on from there.",
            ) from error
        raise StateDirectoryError(path, str(error)) from error
    except sqlite3.DatabaseError as error:
        raise StateDirectoryError(path, f"{error}; the lock file holds nothing of value: delete it") from error
