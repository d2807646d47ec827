"""The state directory and the checkpoint file in it, looked at without making or changing anything."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bt_autotask_sync.check.findings import Area, failed, ok
from bt_autotask_sync.errors import SyncError
from bt_autotask_sync.state.directory import StateDirectoryError
from bt_autotask_sync.state.ledger import FILE_NAME, Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bt_autotask_sync.check.findings import Finding


@dataclass(frozen=True, slots=True)
class State:
    """A state directory, and its ledger: None before the first run, or when it cannot be used because of `error`."""

    directory: Path
    ledger: Ledger | None = None
    error: SyncError | None = None


@contextmanager
def look_at_state(directory: Path) -> Iterator[State]:
    """Give the state directory with a copy of its ledger, or, while a run works there, the ledger itself to look at."""
    try:
        ledger = _look_at_ledger(directory)
    except SyncError as error:
        yield State(directory, error=error)
        return
    try:
        yield State(directory, ledger)
    finally:
        if ledger is not None:
            ledger.close()


def check_state(state: State) -> Iterator[Finding]:
    """Yield whether a run could keep its state here."""
    unusable = _unusable(state.directory)
    if unusable is not None:
        yield failed(Area.STATE, unusable)
    else:
        yield ok(Area.STATE, f"{state.directory} can be used.")
    if state.error is not None:
        yield failed(Area.STATE, state.error)
    elif state.ledger is None:
        yield ok(Area.STATE, "There is no checkpoint file yet; the first run makes it.")
    else:
        yield ok(Area.STATE, "The checkpoint file can be read.")


def _look_at_ledger(directory: Path) -> Ledger | None:
    path = directory / FILE_NAME
    try:
        if not path.exists():
            return None
        working = path.with_name(f"{FILE_NAME}-wal").exists()
    except OSError as error:
        raise StateDirectoryError(path, error.strerror or str(error)) from error
    # Opening the file in place would leave files of SQLite's beside it, unless a run has them there already.
    return Ledger.read_only(directory) if working else Ledger.copy_in_memory(directory)


def _unusable(directory: Path) -> StateDirectoryError | None:
    """Return why a run could not write here, or make the directory."""
    try:
        whole = directory.absolute()
        nearest = next((place for place in (whole, *whole.parents) if place.exists()), whole)
        if not nearest.is_dir():
            return StateDirectoryError(directory, f"{nearest} is not a directory")
    except OSError as error:
        return StateDirectoryError(directory, error.strerror or str(error))
    if not os.access(nearest, os.W_OK | os.X_OK):
        return StateDirectoryError(nearest, "no permission to write")
    return None
