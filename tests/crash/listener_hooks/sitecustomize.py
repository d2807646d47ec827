"""Python imports this first in a process whose PYTHONPATH names its directory: it numbers the steps of a listener.

A step is a point around taking an event in or starting a run. `STEPS_FILE` gets a line for each; at the step with the
number `KILL_AT` the process kills itself as `kill -9` does. The runs that a listener starts are left alone.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import os
import signal
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import machine_clock  # type: ignore[import-not-found]  # noqa: F401 - it sets the clock

if TYPE_CHECKING:
    from collections.abc import Callable

_numbers = itertools.count(1)


def step(name: str) -> None:
    """Take note of a step, and die at the one that was asked for."""
    number = next(_numbers)
    with Path(os.environ["STEPS_FILE"]).open("a", encoding="utf-8") as file:
        file.write(f"{number} {name}\n")
    if number == int(os.environ["KILL_AT"]):
        os.kill(os.getpid(), signal.SIGKILL)


def between(before: str, function: Callable[..., Any], after: str) -> Callable[..., Any]:
    """Return the function, a coroutine or not, with a step before and one after it."""

    @functools.wraps(function)
    def stepping(*args: Any, **kwargs: Any) -> Any:
        step(before)
        result = function(*args, **kwargs)
        step(after)
        return result

    @functools.wraps(function)
    async def stepping_coroutine(*args: Any, **kwargs: Any) -> Any:
        step(before)
        result = await function(*args, **kwargs)
        step(after)
        return result

    return stepping_coroutine if inspect.iscoroutinefunction(function) else stepping


class _Connection(sqlite3.Connection):
    def execute(self, statement: str, *args: Any) -> sqlite3.Cursor:
        if statement != "COMMIT":
            return super().execute(statement, *args)
        cursor: sqlite3.Cursor = between("commit", super().execute, "committed")(statement)
        return cursor


def _number_the_steps() -> None:
    from bt_autotask_sync.events.connection import Connection  # noqa: PLC0415
    from bt_autotask_sync.events.receiver import Receiver  # noqa: PLC0415
    from bt_autotask_sync.events.run_process import RunProcess  # noqa: PLC0415 - only a listener needs them
    from bt_autotask_sync.events.schedule import Schedule  # noqa: PLC0415

    sqlite3.connect = functools.partial(sqlite3.connect, factory=_Connection)  # type: ignore[assignment]
    Receiver._answer = between("request", Receiver._answer, "decided")  # type: ignore[method-assign]
    Connection.on_response_complete = between(  # type: ignore[method-assign]
        "answered", Connection.on_response_complete, "told"
    )
    Schedule.mark = between("mark", Schedule.mark, "marked")  # type: ignore[method-assign]
    Schedule.take = between("take", Schedule.take, "taken")  # type: ignore[method-assign]
    RunProcess.__init__ = between("start", RunProcess.__init__, "started")  # type: ignore[method-assign]


if sys.orig_argv[-1] == "listen":
    _number_the_steps()
