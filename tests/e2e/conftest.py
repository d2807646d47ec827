"""The installed command, in processes of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from tests.conftest import machine_clock
from tests.listener import ListenerProcess
from tests.present import moving_clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Execute, OpenSite, Site

COMMAND = str(Path(sys.executable).with_name("bt-autotask-sync"))
PATIENCE = 30
"""Seconds that nothing takes for which these tests wait."""
LONGEST_COMMAND = 600


class Start(Protocol):
    """Starts the command, to be gone at the end of the test."""

    def __call__(self, *arguments: str, **options: Any) -> subprocess.Popen[str]: ...


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """This process's environment without what would change the command's behaviour; time passes for all together."""
    ours = ("BT_AUTOTASK_SYNC_", "NO_COLOR", "FORCE_COLOR", "CLICOLOR")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    with machine_clock(tmp_path / "machine-ahead") as clock:
        yield kept | clock


@pytest.fixture
def execute(environment: dict[str, str]) -> Execute:
    def execute_there(*arguments: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [COMMAND, *arguments],
            capture_output=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            env=environment,
            timeout=LONGEST_COMMAND,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    return execute_there


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def start_there(*arguments: str, **options: Any) -> subprocess.Popen[str]:
        given: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environment, **options}
        started.append(subprocess.Popen([COMMAND, *arguments], encoding="utf-8", stdin=subprocess.DEVNULL, **given))
        return started[-1]

    yield start_there
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=PATIENCE)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What the answers of a gated site wait for."""
    gate = threading.Event()
    yield gate
    gate.set()


@pytest.fixture
def gated(open_site: OpenSite, gate: threading.Event) -> Site:
    """A site where what is made to take time takes until the gate is opened."""

    def sleep(_: float) -> None:
        gate.wait(PATIENCE)

    return open_site(clock=moving_clock(sleep=sleep))


class Listen(Protocol):
    """Starts the listener of a site with options before and after its name, to be gone at the end of the test."""

    def __call__(self, site: Site, *after: str, before: tuple[str, ...] = (), **options: Any) -> ListenerProcess: ...


@pytest.fixture
def listen() -> Iterator[Listen]:
    with ExitStack() as listeners:

        def start(site: Site, *after: str, before: tuple[str, ...] = (), **options: Any) -> ListenerProcess:
            return listeners.enter_context(ListenerProcess((*before, *site.options), *after, **options))

        yield start
