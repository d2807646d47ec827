"""The directory that holds the ledger and the lock, and what can be wrong with it."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from bt_autotask_sync.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


class StateDirectoryError(UsageError):
    """The state directory, or a file in it, cannot be used.

    Args:
        path: The file or directory.
        reason: What the system said.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The state directory cannot be used: {path}: {reason}.",
            f"Make it writable for this user{_owner_advice(path)}, or name another one with --state-dir.",
        )


def prepare(directory: Path) -> None:
    """Make the state directory, readable by its owner alone.

    Raises:
        StateDirectoryError: It cannot be made or is not a directory that this user can write to.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StateDirectoryError(directory, error.strerror or str(error)) from error
    if not os.access(directory, os.W_OK | os.X_OK):
        raise StateDirectoryError(directory, "no permission to write")


def _owner_advice(path: Path) -> str:
    """Name the user that owns the nearest existing part of the path, when that is not this user."""
    if os.name != "posix":
        return ""
    import pwd  # noqa: PLC0415 - exists on POSIX systems alone

    existing = next((place for place in (path, *path.parents) if place.exists()), None)
    if existing is None or existing.stat().st_uid == os.geteuid():
        return ""
    owner = existing.stat()
    try:
        name = pwd.getpwuid(owner.st_uid).pw_name
    except KeyError:
        name = f"user {owner.st_uid}"
    return f" ({existing} belongs to {name}, mode {stat.filemode(owner.st_mode)}: run this as {name})"
