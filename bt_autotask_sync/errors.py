"""What can go wrong, by temperament: who must act, and whether the run can go on.

Every error carries its advice. The worlds `appliance` and `autotask` derive their own errors from these, so that
the command line maps a temperament to an exit code without knowing where it came from.
"""

from __future__ import annotations


class SyncError(Exception):
    """Something went wrong that the user can understand.

    Args:
        message: What happened, to which item.
        advice: What to do next; may be empty.
    """

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


class UsageError(SyncError):
    """The command line or the configuration is wrong: a person must mend it."""


class CredentialsError(SyncError):
    """One of the two products refused who we are: a person must mend it."""


class OutageError(SyncError):
    """One of the two products cannot be reached or gives no usable answer: the next run tries again."""


class LockedError(SyncError):
    """Another run works in the same state directory."""
