"""Every kind of error as advice: what happened, to which item, and what to do next."""

from __future__ import annotations

import logging

from bt_autotask_sync.errors import SyncError
from bt_autotask_sync.exit_code import ExitCode, code_for

_LOG = logging.getLogger(__name__)


def explain(error: BaseException) -> tuple[str, str]:
    """Return what happened, and what to do about it."""
    if isinstance(error, SyncError):
        return error.message, error.advice
    if code_for(error) in (ExitCode.INTERRUPTED, ExitCode.TERMINATED):
        return "Interrupted; what was finished is recorded.", "Run again to go on."
    return (
        f"Something unexpected went wrong ({type(error).__name__}).",
        "Run it again with -vv and report what it prints; nothing is sent twice by running again.",
    )


def tell(error: BaseException, profile: str = "") -> ExitCode:
    """Tell an error on stderr, with the trace only when everything is to be told; return its exit code.

    Args:
        error: What ended the command or, among several profiles, the run of one.
        profile: The name of that one.
    """
    message, advice = explain(error)
    unexpected = code_for(error) is ExitCode.UNEXPECTED and not isinstance(error, SyncError)
    _LOG.error("%s%s%s", f"{profile}: " if profile else "", message, f"\n  {advice}" if advice else "")
    if unexpected:
        _LOG.debug("The trace:", exc_info=error)
    return code_for(error)
