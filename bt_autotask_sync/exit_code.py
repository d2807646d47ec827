"""Exit codes, for cron, Task Scheduler and scripts."""

from __future__ import annotations

from enum import IntEnum
from signal import Signals
from typing import TYPE_CHECKING

from bt_autotask_sync.errors import CredentialsError, LockedError, OutageError, UsageError
from bt_autotask_sync.stop import StoppedError

if TYPE_CHECKING:
    from collections.abc import Iterable


class ExitCode(IntEnum):
    """What a command's exit code says."""

    DONE = 0
    """Done, or nothing to do."""
    UNEXPECTED = 1
    """Something unexpected went wrong."""
    USAGE = 2
    """The command line or the configuration is wrong; a first run without a starting point too."""
    WAITING = 3
    """Done, but the ledger holds something held, unsettled or parked."""
    ENDED_EARLY = 4
    """The run ended early, or believed no listing: a product's answer is missing or unusable, or the budget spent."""
    CREDENTIALS = 5
    """One of the products refused the credentials, or has refused them before and is not asked again yet."""
    LOCKED = 75
    """Another run holds the lock."""
    INTERRUPTED = 130
    """Interrupted from the keyboard; what was finished is recorded."""
    TERMINATED = 143
    """Told to terminate; what was finished is recorded."""


_WORST_FIRST = (
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
    ExitCode.UNEXPECTED,
    ExitCode.USAGE,
    ExitCode.CREDENTIALS,
    ExitCode.ENDED_EARLY,
    ExitCode.WAITING,
    ExitCode.LOCKED,
    ExitCode.DONE,
)

_TEMPERAMENTS: tuple[tuple[type[BaseException], ExitCode], ...] = (
    (UsageError, ExitCode.USAGE),
    (CredentialsError, ExitCode.CREDENTIALS),
    (OutageError, ExitCode.ENDED_EARLY),
    (LockedError, ExitCode.LOCKED),
    (KeyboardInterrupt, ExitCode.INTERRUPTED),
)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the worst of several profiles' codes; DONE when there are none."""
    return min(codes, key=_WORST_FIRST.index, default=ExitCode.DONE)


def code_for(error: BaseException) -> ExitCode:
    """Return the exit code of what ended a command early."""
    if isinstance(error, StoppedError):
        return ExitCode.INTERRUPTED if error.signal_number == Signals.SIGINT else ExitCode.TERMINATED
    return next((code for kind, code in _TEMPERAMENTS if isinstance(error, kind)), ExitCode.UNEXPECTED)
