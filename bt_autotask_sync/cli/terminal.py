"""Whether a person sits in front of the command."""

from __future__ import annotations

import sys


def on_terminal() -> bool:
    """Return whether both input and output are a terminal's: nobody schedules a command like that."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))
