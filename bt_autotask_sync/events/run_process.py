"""The ordinary `run` as a child process: started, listened to, asked to stop; never killed."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from typing import IO, TYPE_CHECKING, Any, Final, Protocol

from bt_autotask_sync.events.outcome import Outcome, read_outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LOG = logging.getLogger(__name__)
_LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO, "error": logging.ERROR}

READ_SECONDS: Final = 5.0
"""How long what a run said is read for after its end."""

Word = tuple[int, str]
"""What a run says: the level, and the message."""


class Child(Protocol):
    """A run that was started."""

    @property
    def number(self) -> int:
        """The number of its process."""
        ...

    def outcome(self) -> Outcome | None:
        """Return what came of it; None while it is at work."""
        ...

    def stop(self) -> None:
        """Ask it to finish what is under way, record it and end."""
        ...


class RunLogRelay:
    """Passes on what runs say to the listener's own log; what the run before said too only when all is told."""

    def __init__(self) -> None:
        self._before: frozenset[Word] = frozenset()
        self._said: set[Word] = set()
        self._stops = False

    def begin(self) -> None:
        """Note that another run begins."""
        self._before, self._said = frozenset(self._said), set()

    def say(self, level: int, message: str) -> None:
        """Pass on a message."""
        self._said.add((level, message))
        known = (level, message) in self._before or (self._stops and level >= logging.ERROR)
        _LOG.log(logging.DEBUG if known else level, "%s", message)

    def calm_down(self) -> None:
        """Take nothing for an error any more: a run that is told to stop calls that one, and wants another run."""
        self._stops = True


class RunProcess:
    """A run in a process of its own.

    Args:
        options: What stands before the command: where the configuration and the state are, which profiles.
        relay: Where what it says goes.
        on_end: Called from another thread when its outcome is known.

    Raises:
        OSError: The process cannot be started.
    """

    def __init__(self, options: Sequence[str], relay: RunLogRelay, on_end: Callable[[], None]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own command with our own arguments
            own_command(*options, "--log-format", "json", "run", "--json"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            **own_group(),
        )
        self._outcome: Outcome | None = None
        self._relay = relay
        relay.begin()
        threading.Thread(target=self._follow, args=(on_end,), name="run", daemon=True).start()

    @property
    def number(self) -> int:
        """The number of its process."""
        return self._process.pid

    def outcome(self) -> Outcome | None:
        """Return what came of it; None while it is at work."""
        return self._outcome

    def stop(self) -> None:
        """Ask it to stop as a signal would: it finishes and records the requests under way."""
        self._relay.calm_down()
        ask_to_stop(self._process)

    def _follow(self, on_end: Callable[[], None]) -> None:
        """Read what it says as it says it, and its JSON, until its process has ended.

        What it started itself may hold the pipes for longer; that is not waited for.
        """
        assert self._process.stdout is not None  # noqa: S101 - both are pipes
        assert self._process.stderr is not None  # noqa: S101
        printed: list[bytes] = []
        readers = [
            threading.Thread(target=_collect, args=(self._process.stdout, printed), name="run-json", daemon=True),
            threading.Thread(target=_pass_on, args=(self._process.stderr, self._relay), name="run-log", daemon=True),
        ]
        for reader in readers:
            reader.start()
        code = self._process.wait()
        for reader in readers:
            reader.join(READ_SECONDS)
        self._outcome = read_outcome(code, b"".join(printed))
        on_end()


def own_command(*arguments: str) -> list[str]:
    """Return the command line of this program; `-P`, as no file of the directory it is started in may be run."""
    return [sys.executable, "-P", "-m", "bt_autotask_sync", *arguments]


def own_group() -> dict[str, Any]:
    """Return options for a process that the terminal's Ctrl-C does not reach: whoever starts it tells it to stop."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def ask_to_stop(process: subprocess.Popen[Any]) -> None:
    """Send a process of a group of its own the signal that it ends in good order by."""
    if sys.platform == "win32":
        process.send_signal(signal.CTRL_BREAK_EVENT)
    else:
        process.terminate()


def _collect(stdout: IO[bytes], printed: list[bytes]) -> None:
    with stdout:
        printed.extend(stdout)


def _pass_on(stderr: IO[bytes], relay: RunLogRelay) -> None:
    with stderr:
        for line in stderr:
            relay.say(*_read(line.decode("utf-8", "replace").rstrip()))


def _read(line: str) -> Word:
    """Return what a line of the run's log says: JSON, or the words of an interpreter that fails."""
    try:
        told = json.loads(line)
        words = [told["message"], *([told["trace"]] if "trace" in told else ())]
        return _LEVELS.get(told["level"], logging.WARNING), "\n".join(words)
    except (ValueError, LookupError, TypeError, RecursionError):
        return logging.WARNING, line
