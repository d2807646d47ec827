"""Python imports this first in a process whose PYTHONPATH names its directory: it numbers the steps of a run.

A step is a point around an HTTP exchange or a commit. `STEPS_FILE` gets a line for each; at the step with the
number `KILL_AT` the process kills itself as `kill -9` does. The program under test knows nothing of it.
"""

from __future__ import annotations

import functools
import http.client
import itertools
import os
import signal
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import machine_clock  # type: ignore[import-not-found]  # noqa: F401 - it sets the clock

if TYPE_CHECKING:
    from collections.abc import Callable

_KILL_AT = int(os.environ.get("KILL_AT", "0"))
_STEPS_FILE = Path(os.environ["STEPS_FILE"])
_numbers = itertools.count(1)


def step(name: str) -> None:
    """Take note of a step, and die at the one that was asked for."""
    number = next(_numbers)
    with _STEPS_FILE.open("a", encoding="utf-8") as file:
        file.write(f"{number} {name}\n")
    if number == _KILL_AT:
        os.kill(os.getpid(), signal.SIGKILL)


def between(before: str, function: Callable[..., Any], after: str) -> Callable[..., Any]:
    """Return the function with a step before and, unless it is empty, one after it."""

    @functools.wraps(function)
    def stepping(*args: Any, **kwargs: Any) -> Any:
        step(before)
        result = function(*args, **kwargs)
        if after:
            step(after)
        return result

    return stepping


class _Connection(sqlite3.Connection):
    def execute(self, statement: str, *args: Any) -> sqlite3.Cursor:
        if statement != "COMMIT":
            return super().execute(statement, *args)
        cursor: sqlite3.Cursor = between("commit", super().execute, "committed")(statement)
        return cursor


http.client.HTTPConnection.putrequest = between("send", http.client.HTTPConnection.putrequest, "")  # type: ignore[method-assign]
http.client.HTTPConnection.getresponse = between(  # type: ignore[method-assign]
    "sent", http.client.HTTPConnection.getresponse, "answered"
)
sqlite3.connect = functools.partial(sqlite3.connect, factory=_Connection)  # type: ignore[assignment]
