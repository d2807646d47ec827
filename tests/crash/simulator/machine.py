"""The machine that the runs take place on: its clock, its disk and its processes, which can be killed."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from signal import SIGTERM
from typing import TYPE_CHECKING, Any, NoReturn
from unittest.mock import patch

from bt_autotask_sync.state.inbox import Inbox
from bt_autotask_sync.state.ledger import Ledger
from bt_autotask_sync.stop import Stop
from tests.crash.simulator.steps import Commit
from tests.crash.simulator.strikes import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bt_autotask_sync.sandbox.clock import SandboxClock
    from tests.crash.simulator.clocks import Clocks
    from tests.crash.simulator.steps import Steps


class Killed(BaseException):
    """The process is gone. Nothing that it would still do has any effect: every further step raises this again."""


class Process:
    """One life of the program, from its start to its end or its kill."""

    def __init__(self) -> None:
        self.alive = True
        self.stop = Stop()

    def kill(self) -> NoReturn:
        """End the process at this very point."""
        self.alive = False
        raise Killed

    def check(self) -> None:
        """Raise Killed if it was killed."""
        if not self.alive:
            raise Killed


class MachineClock:
    """The clock that the program is given: sleeping moves the time of both products, `now` is wrong.

    Args:
        products: The time of both products.
        process: Is told to stop while it sleeps, perhaps.
        clocks: How wrong it is.
    """

    def __init__(self, products: SandboxClock, process: Process, clocks: Clocks) -> None:
        self._products = products
        self._process = process
        self._clocks = clocks

    def now(self) -> datetime:
        """Return a time that is up to a year ahead or behind: it only tells how much has passed."""
        return datetime.fromtimestamp(self._products.now(), UTC) + timedelta(seconds=self._clocks.own)

    def monotonic(self) -> float:
        """Return the seconds of a clock that only grows."""
        return self._products.now()

    def sleep(self, seconds: float) -> None:
        """Let seconds pass for everybody, or raise StoppedError when told to stop."""
        self._process.check()
        self._process.stop.check()
        self._products.advance(seconds)


@contextmanager
def open_ledger(directory: Path, process: Process, steps: Steps) -> Iterator[Ledger]:
    """Open the ledger as a new process would, on a disk that takes part in the simulation.

    What was not committed when the process ends is lost, as after a kill.
    """
    with _disk(process, steps, Commit()):
        ledger = Ledger.open(directory)
    try:
        yield ledger
    finally:
        ledger.close()


@contextmanager
def open_inbox(directory: Path, process: Process, steps: Steps) -> Iterator[Inbox | None]:
    """Open the inbox as `open_ledger` does the ledger; None where there is none yet."""
    with _disk(process, steps, Commit(of_inbox=True)):
        inbox = Inbox.open_existing(directory)
    try:
        yield inbox
    finally:
        if inbox is not None:
            inbox.close()


@contextmanager
def _disk(process: Process, steps: Steps, step: Commit) -> Iterator[None]:
    """Let what is opened inside take part in the simulation, its commits as steps."""

    class Disk(sqlite3.Connection):
        """Numbers the commits; slow guarantees against power loss are left out."""

        def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
            process.check()
            if sql.startswith("PRAGMA synchronous"):
                return super().execute("PRAGMA synchronous = OFF")
            return self._commit() if sql == "COMMIT" else super().execute(sql, parameters)

        def _commit(self) -> sqlite3.Cursor:
            strike = steps.take(step)
            kind = strike.kind if strike else None
            if strike:
                steps.struck(strike)
            if kind is Kind.KILL_BEFORE:
                process.kill()
            if kind is Kind.DISK_FULL:
                raise _full()
            if kind is Kind.STOP:
                process.stop.tell(SIGTERM)
            done = super().execute("COMMIT")
            if kind is Kind.KILL_AFTER:
                process.kill()
            return done

    connect = sqlite3.connect
    with patch.object(sqlite3, "connect", lambda *given, **named: connect(*given, **named, factory=Disk)):
        yield


def _full() -> sqlite3.OperationalError:
    """Return SQLite's error for a full disk."""
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    error.sqlite_errorname = "SQLITE_FULL"
    return error
