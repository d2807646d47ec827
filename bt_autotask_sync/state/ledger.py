"""The checkpoint file: what the program knows of every session, in SQLite, committed step by step."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.errors import SyncError, UsageError
from bt_autotask_sync.state.directory import StateDirectoryError
from bt_autotask_sync.state.ledger_migrations import MIGRATIONS, migrate, version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FILE_NAME = "checkpoint.db"


class LedgerError(UsageError):
    """The checkpoint file cannot be used as it is; the advice names the way out."""


class LedgerReadError(SyncError):
    """The checkpoint file could not be read in the middle of a run (a failing disk, a share that is gone)."""


class LedgerWriteError(SyncError):
    """The checkpoint file could not be written in the middle of a run (disk full, read-only)."""


class Ledger:
    """An open checkpoint file. One process at a time works with it: see `lock`.

    Every change is a transaction of its own, on disk before the next step is taken.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path | None) -> None:
        self._connection = connection
        self._path = path
        self._depth = 0

    @classmethod
    def open(cls, directory: Path, *, migrates: bool = True) -> Ledger:
        """Open the ledger of a state directory, making it when there is none.

        Args:
            directory: The state directory.
            migrates: Whether an earlier version's is brought up to date; else it is refused.

        Raises:
            LedgerError: It is corrupt, or was written by a newer version of the program, or an earlier one.
            StateDirectoryError: It cannot be opened or written.
        """
        path = directory / FILE_NAME
        try:
            if not path.exists():
                path.touch(mode=0o600)
            connection = _connect(path)
        except sqlite3.OperationalError as error:
            raise StateDirectoryError(path, str(error)) from error
        except OSError as error:
            raise StateDirectoryError(path, error.strerror or str(error)) from error
        ledger = cls(connection, path)
        try:
            ledger._prepare(migrates=migrates)
        except BaseException:
            connection.close()
            raise
        return ledger

    @classmethod
    def copy_in_memory(cls, directory: Path) -> Ledger:
        """Return a copy of a state directory's ledger that forgets everything when closed; empty when there is none.

        The file is copied first, as even reading a SQLite file in place may write beside it.

        Raises:
            LedgerError: It is corrupt, or was written by a newer version of the program.
            StateDirectoryError: It cannot be read.
        """
        path = directory / FILE_NAME
        memory = sqlite3.connect(":memory:", isolation_level=None)
        memory.row_factory = sqlite3.Row
        ledger = cls(memory, path)
        try:
            with tempfile.TemporaryDirectory(prefix="bt-autotask-sync-") as copies:
                for suffix in ("", "-wal"):
                    source = path.with_name(path.name + suffix)
                    if source.exists():
                        shutil.copyfile(source, Path(copies, source.name))
                with closing(sqlite3.connect(Path(copies, path.name))) as copy:
                    copy.backup(memory)
            ledger._prepare()
        except OSError as error:
            memory.close()
            raise StateDirectoryError(path, error.strerror or str(error)) from error
        except sqlite3.Error as error:
            memory.close()
            raise _corrupt(path, error) from error
        except BaseException:
            memory.close()
            raise
        return ledger

    @classmethod
    def read_only(cls, directory: Path) -> Ledger | None:
        """Open a state directory's ledger to look at, also while a run works with it; None when there is none yet.

        Raises:
            LedgerError: It is corrupt, or was written by another version of the program.
            StateDirectoryError: It cannot be read.
        """
        path = directory / FILE_NAME
        if not path.exists():
            return None
        try:
            connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
            connection.row_factory = sqlite3.Row
            found = version(connection)
        except sqlite3.OperationalError as error:
            raise StateDirectoryError(path, str(error)) from error
        except sqlite3.DatabaseError as error:
            raise _corrupt(path, error) from error
        if found < len(MIGRATIONS):  # an older version's: a copy of it is brought up to date
            connection.close()
            return cls.copy_in_memory(directory) if found else None
        ledger = cls(connection, path)
        try:
            ledger._prepare()
        except BaseException:
            connection.close()
            raise
        return ledger

    def copy(self) -> Ledger:
        """Return a copy in memory as of this moment, which forgets everything when closed.

        Raises:
            LedgerError: The file is corrupt.
        """
        memory = sqlite3.connect(":memory:", isolation_level=None)
        memory.row_factory = sqlite3.Row
        try:
            self._connection.backup(memory)
        except sqlite3.Error as error:
            memory.close()
            raise _corrupt(self._path, error) from error
        return Ledger(memory, self._path)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is done inside as one, or nothing of it. Inside another transaction it joins that one.

        Raises:
            LedgerWriteError: The file could not be written; nothing of the transaction stands.
        """
        if self._depth:
            yield
            return
        self._depth += 1
        try:
            self._write("BEGIN IMMEDIATE", ())
            try:
                yield
                self._write("COMMIT", ())
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        finally:
            self._depth -= 1

    def execute(self, statement: str, parameters: Iterable[Any] | dict[str, Any] = ()) -> int:
        """Run a writing statement and return how many rows it changed.

        Raises:
            LedgerWriteError: The file could not be written.
        """
        with self.transaction():
            return self._write(statement, parameters).rowcount

    def rows(self, statement: str, parameters: Iterable[Any] | dict[str, Any] = ()) -> list[sqlite3.Row]:
        """Return all rows of a reading statement.

        Raises:
            LedgerReadError: The file could not be read.
        """
        try:
            return self._run(statement, parameters).fetchall()
        except sqlite3.OperationalError as error:
            raise LedgerReadError(
                f"The checkpoint file could not be read: {self._path}: {error}.",
                "See that its disk works and that no other program holds the file; the next run goes on where this one "
                "stopped.",
            ) from error

    def _write(self, statement: str, parameters: Iterable[Any] | dict[str, Any]) -> sqlite3.Cursor:
        try:
            return self._run(statement, parameters)
        except sqlite3.OperationalError as error:
            raise LedgerWriteError(
                f"The checkpoint file could not be written: {self._path}: {error}.",
                "Free disk space or correct the permissions; the next run goes on where this one stopped.",
            ) from error

    def _run(self, statement: str, parameters: Iterable[Any] | dict[str, Any]) -> sqlite3.Cursor:
        try:
            return self._connection.execute(
                statement, parameters if isinstance(parameters, dict) else tuple(parameters)
            )
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            raise _corrupt(self._path, error) from error

    def _prepare(self, *, migrates: bool = True) -> None:
        try:
            found = version(self._connection)
            if found > len(MIGRATIONS):
                raise LedgerError(
                    f"The checkpoint file was written by a newer version of this program: {self._path}.",
                    "Install that version again (or a newer one); an older one must not touch the file.",
                )
            if found < len(MIGRATIONS) and not migrates:
                raise LedgerError(
                    f"The checkpoint file was written by an earlier version of this program: {self._path}.",
                    "The next run brings it up to date.",
                )
            migrate(self._connection)
            self._connection.execute("SELECT count(*) FROM session").fetchone()
        except sqlite3.OperationalError as error:
            raise StateDirectoryError(self._path or Path(), str(error)) from error
        except sqlite3.DatabaseError as error:
            raise _corrupt(self._path, error) from error


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=10)
    connection.row_factory = sqlite3.Row
    try:
        # A commit must survive a power loss: WAL with FULL costs one sync for each.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
    except sqlite3.OperationalError as error:
        connection.close()
        raise StateDirectoryError(path, str(error)) from error
    except sqlite3.DatabaseError as error:
        connection.close()
        raise _corrupt(path, error) from error
    return connection


def _corrupt(path: Path | None, error: Exception) -> LedgerError:
    return LedgerError(
        f"The checkpoint file is damaged: {path}: {error}.",
        "Move it away and run again, with `start_at` in the profile or once with --since and a time before the "
        "damage: what is in Autotask already is found there and not created again.",
    )
