"""The commands in this process, with both products behind an adapter instead of sockets."""

from __future__ import annotations

import io
import json
import logging
import sys
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests

from bt_autotask_sync import cli
from bt_autotask_sync.clock import SystemClock
from bt_autotask_sync.sandbox.adapter import SandboxAdapter
from bt_autotask_sync.sandbox.application import Sandbox
from bt_autotask_sync.sandbox.clock import SandboxClock
from bt_autotask_sync.sandbox.connection import write_configuration
from bt_autotask_sync.sync import clients
from tests.present import BEGINNING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Desk:
    """A sandbox, a configuration for it, a state directory, and the command.

    Attributes:
        sandbox: Both products; it begins without ended sessions.
    """

    def __init__(self, directory: Path) -> None:
        self.sandbox = Sandbox(sessions=0, clock=SandboxClock.virtual(BEGINNING))
        self.config = write_configuration(self.sandbox, "http://127.0.0.1:7", directory)
        self.state = directory / "state"

    def command(self, *arguments: str, before: tuple[str, ...] = ()) -> tuple[int, str, str]:
        """Run a command; return its exit code, stdout and stderr. Nobody may ever see a traceback."""
        stdout, stderr = io.StringIO(), io.StringIO()
        options = ["--config", str(self.config), "--state-dir", str(self.state), *before]
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(stdout), redirect_stderr(stderr):
            patch.setattr(sys, "argv", ["bt-autotask-sync", *options, *arguments])
            with pytest.raises(SystemExit) as left:
                cli.main()
        assert "Traceback" not in stdout.getvalue() + stderr.getvalue()
        assert isinstance(left.value.code, int)
        return left.value.code, stdout.getvalue(), stderr.getvalue()

    def json(self, *arguments: str, before: tuple[str, ...] = ()) -> dict[str, Any]:
        """Run a command that prints one JSON object."""
        code, stdout, _ = self.command(*arguments, "--json", before=before)
        report: dict[str, Any] = json.loads(stdout)
        assert report["exit_code"] == code
        return report

    def add(self, count: int = 1, key: str | None = None) -> list[str]:
        """Let sessions end two minutes ago."""
        return self.sandbox.add_sessions(count, in_progress=False, late_seconds=0.0, external_key=key)

    def second_profile(self, name: str, **changes: str) -> None:
        """Copy the profile under another name, with lines replaced: `secret='"wrong"'`.

        Its appliance has another name, unless that is replaced too: no two profiles may serve the same one.
        """
        changes = {"host": '"localhost:7"', **changes}
        text = self.config.read_text(encoding="utf-8")
        profile = text[text.index("[profile.default]") :].replace("profile.default", f"profile.{name}")
        lines = [
            next((f"{key} = {value}" for key, value in changes.items() if line.startswith(f"{key} =")), line)
            for line in profile.splitlines()
        ]
        self.config.write_text(text + "\n".join(lines) + "\n", encoding="utf-8")

    def ours(self) -> list[str]:
        """The titles of our notes in Autotask."""
        return [row["title"] for row in self.sandbox.autotask.store.rows("TicketNotes") if "[bt:" in row["title"]]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    made = Desk(tmp_path)

    def without_sockets(pool: int = 6) -> requests.Session:
        session = requests.Session()
        session.mount("http://", SandboxAdapter(made.sandbox))
        return session

    monkeypatch.setattr(clients, "open_session", without_sockets)
    monkeypatch.setattr(SystemClock, "now", lambda _: datetime.fromtimestamp(made.sandbox.clock.now(), UTC))
    monkeypatch.setattr("bt_autotask_sync.stop.StoppableClock.sleep", lambda _, seconds: None)
    log = logging.getLogger("bt_autotask_sync")
    before = log.handlers[:], log.level, log.propagate
    yield made
    log.handlers[:], log.level, log.propagate = before
