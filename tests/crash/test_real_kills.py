"""The installed command, killed with SIGKILL at the steps of a run, then run on: once and only once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from bt_autotask_sync.sandbox.application import Sandbox
from bt_autotask_sync.sandbox.connection import write_configuration
from bt_autotask_sync.sandbox.server import serve
from tests.conftest import MACHINE
from tests.present import moving_clock

HOOKS = Path(__file__).parent / "hooks"
COMMAND = Path(sys.executable).with_name("bt-autotask-sync")
SESSIONS = 2
SETTLES = 500
"""Seconds of the products' time between two runs: more than it takes until a create may be sent again."""
SHARES = 4
"""The steps are tested in so many shares, side by side."""
SPARSE = 9
"""Of each share, `make test` takes every so manieth step; `make soak` takes all."""


@dataclass
class World:
    """A sandbox on a port, and the state directory of a client that knows it."""

    sandbox: Sandbox
    config: Path
    directory: Path

    def run(self, kill_at: int = 0) -> int:
        """Run the installed command and return its exit code."""
        done = subprocess.run(
            [COMMAND, "--config", self.config, "--state-dir", self.directory / "state", "run"],
            env={
                **os.environ,
                "PYTHONPATH": f"{HOOKS}{os.pathsep}{MACHINE}",
                "MACHINE_AHEAD": str(self._ahead()),
                "STEPS_FILE": str(self.steps_file),
                "KILL_AT": str(kill_at),
            },
            capture_output=True,
            check=False,
            timeout=60,
        )
        return done.returncode

    def _ahead(self) -> Path:
        """Let this machine's clock go with that of the products."""
        file = self.directory / "machine-ahead"
        file.write_text(str(self.sandbox.clock.now() - time.time()), encoding="utf-8")
        return file

    def run_until_quiet(self) -> None:
        """Run as cron does until nothing is left to do."""
        for _ in range(5):
            if self.run() == 0:
                return
            self.sandbox.clock.advance(SETTLES)
        pytest.fail("it never comes to rest")

    @property
    def steps_file(self) -> Path:
        return self.directory / "steps"

    def steps(self) -> list[str]:
        """Return the steps of the runs so far."""
        return self.steps_file.read_text(encoding="utf-8").splitlines()

    def check_each_once(self) -> None:
        """See that every session has its note and its time entry once."""
        rows = self.sandbox.autotask.store.rows
        notes = Counter(row["title"].rpartition("[bt:")[2] for row in rows("TicketNotes") if "[bt:" in row["title"])
        entries = Counter(
            row["internalNotes"].rpartition("[bt:")[2]
            for row in rows("TimeEntries")
            if "[bt:" in (row["internalNotes"] or "")
        )
        session_notes = [marker for marker in notes if ":" not in marker]
        assert len(session_notes) == SESSIONS
        assert len(entries) == SESSIONS
        assert set(notes.values()) == set(entries.values()) == {1}


def make_world(directory: Path, sandbox: Sandbox, url: str) -> World:
    return World(sandbox, write_configuration(sandbox, url, directory), directory)


def kill_at_steps(tmp_path: Path, share: int, every: int) -> int:
    """Kill a run at each step of a share, go on until quiet, and check; return how many kills that were."""
    kills, number = 0, share + 1
    while True:
        sandbox = Sandbox(SESSIONS, seed=3, clock=moving_clock())
        with serve(sandbox) as server:
            directory = tmp_path / str(number)
            directory.mkdir()
            world = make_world(directory, sandbox, server.url)
            code = world.run(kill_at=number)
            if code == 0:
                assert len(world.steps()) < number
                return kills
            assert code == -9
            # Another thread may have taken one more before the kill struck.
            assert str(number) in {step.partition(" ")[0] for step in world.steps()[-2:]}
            sandbox.clock.advance(SETTLES)
            world.run_until_quiet()
            world.check_each_once()
        kills += 1
        number += SHARES * every


@pytest.mark.parametrize("share", range(SHARES))
def test_a_run_killed_at_some_of_its_steps_delivers_everything_once(tmp_path: Path, share: int) -> None:
    assert kill_at_steps(tmp_path, share, SPARSE) > 0


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("share", range(SHARES))
def test_a_run_killed_at_any_of_its_steps_delivers_everything_once(tmp_path: Path, share: int) -> None:
    assert kill_at_steps(tmp_path, share, 1) > 0


def test_the_steps_are_those_of_every_exchange_and_every_commit(tmp_path: Path) -> None:
    sandbox = Sandbox(SESSIONS, seed=3, clock=moving_clock())
    with serve(sandbox) as server:
        world = make_world(tmp_path, sandbox, server.url)
        assert world.run() == 0
        exchanges = len(sandbox.log.entries())
    names = Counter(step.split()[1] for step in world.steps())
    assert names["send"] == names["sent"] == names["answered"] == exchanges
    assert names["commit"] == names["committed"] > 2 * 2 * SESSIONS
