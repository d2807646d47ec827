"""The command in this process, over real sockets: quick to start, and its waits between attempts cost no time."""

from __future__ import annotations

import io
import logging
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync import cli
from bt_autotask_sync.clock import SystemClock
from bt_autotask_sync.sandbox.clock import SandboxClock
from bt_autotask_sync.stop import StoppableClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Execute


@dataclass
class Machine:
    """This machine, as far as its clock goes: by how many seconds it is ahead of the real one."""

    ahead: float = 0.0


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the command would have waited."""
    waited: list[float] = []
    monkeypatch.setattr(StoppableClock, "sleep", lambda _, seconds: waited.append(seconds))
    return waited


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """This machine's clock: time that passes for both products passes here too."""
    machine, advance = Machine(), SandboxClock.advance

    def advance_all(self: SandboxClock, seconds: float) -> None:
        advance(self, seconds)
        machine.ahead += seconds if type(self) is SandboxClock else 0.0

    monkeypatch.setattr(SandboxClock, "advance", advance_all)
    return machine


@pytest.fixture
def execute(
    monkeypatch: pytest.MonkeyPatch, waits: list[float], machine: Machine, present: Callable[[], float]
) -> Iterator[Execute]:
    def execute_here(*arguments: str) -> tuple[int, str, str]:
        stdout, stderr = io.StringIO(), io.StringIO()
        with monkeypatch.context() as patch, redirect_stdout(stdout), redirect_stderr(stderr):
            patch.setattr(SystemClock, "now", lambda _: datetime.fromtimestamp(present() + machine.ahead, UTC))
            patch.setattr(sys, "argv", ["bt-autotask-sync", *arguments])
            with pytest.raises(SystemExit) as left:
                cli.main()
        assert isinstance(left.value.code, int)
        return left.value.code, stdout.getvalue(), stderr.getvalue()

    log = logging.getLogger("bt_autotask_sync")
    before = log.handlers[:], log.level, log.propagate
    yield execute_here
    log.handlers[:], log.level, log.propagate = before
