"""A sandbox in a process of its own, a state directory beside it, and the program run against both."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from benchmarks.timing import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator

NEW_WEEK = 9 * 86_400
"""Seconds after which no look-back reaches what was there before."""
_SETTLING = 3600
_HEAD_START = 600
_PATIENCE = 600.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run said and what it cost: `cpu_seconds` of processor time, `peak_mib` of memory, both with its start."""

    profile: dict[str, Any]
    cpu_seconds: float
    peak_mib: float


class World:
    """Both products with seeded tickets, none of whose seeded sessions are delivered.

    Args:
        described: What the sandbox says of itself.
        directory: For the configuration and the state.
    """

    def __init__(self, described: dict[str, Any], directory: Path) -> None:
        self.url: str = described["url"]
        self._rest = f"{described['autotask']['services_url']}/v1.0"
        self._directory = directory
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers.update(
            {
                "UserName": described["autotask"]["username"],
                "Secret": described["autotask"]["secret"],
                "ApiIntegrationCode": described["autotask"]["integration_code"],
            }
        )
        self._config = directory / "config.toml"
        self._config.touch(mode=0o600)
        self._config.write_text(self._starting_now(Path(described["config"])), encoding="utf-8")

    def steer(self, lever: str, body: dict[str, Any]) -> dict[str, Any]:
        """Move one of the sandbox's levers and return its answer."""
        return self._post(f"{self.url}/sandbox/{lever}", body)

    def add_sessions(self, count: int) -> None:
        """Let `count` ordinary sessions end, each on one of the seeded tickets."""
        self.steer("sessions", {"count": count})

    def add_sessions_on_new_tickets(self, count: int) -> None:
        """Let `count` ordinary sessions end, each on a new ticket, a look-back after all that was there before."""
        self.steer("clock", {"advance_seconds": NEW_WEEK})
        asked = {"MaxRecords": 1, "filter": [{"op": "exist", "field": "id"}]}
        seeded = self._post(f"{self._rest}/Tickets/query", asked)["items"][0]
        wanted = ("companyID", "title", "priority", "queueID", "dueDateTime")
        ticket = {"status": 1, **{name: seeded[name] for name in wanted}}
        ids = [self._post(f"{self._rest}/Tickets", ticket)["itemId"] for _ in range(count)]
        for ticket_id in ids:
            self.steer("sessions", {"external_key": f"id:{ticket_id}"})

    def creates(self) -> list[dict[str, Any]]:
        """Return the creates of notes and time entries that Autotask answered with success, in order."""
        answer = self.http.get(f"{self.url}/sandbox/requests", params={"side": "autotask"}, timeout=_PATIENCE)
        return [
            request
            for request in answer.json()["requests"]
            if request["method"] == "POST" and request["body"] and request["status"] == requests.codes.ok
        ]

    def command(self, *arguments: str) -> tuple[str, ...]:
        """Return the command that runs the program here."""
        return (*PROGRAM, *self._places(), *arguments)

    def run(self) -> Measured:
        """Run the main job, which must end well, and return what it cost.

        Raises:
            RuntimeError: It did not.
        """
        peak = self._directory / "peak"
        command = (sys.executable, "-m", "benchmarks.peak", str(peak), *self._places(), "run", "--json")
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            said = process.stdout.read() if process.stdout else b""
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"The run ended with {process.returncode}: {said.decode()[:400]}")
        (profile,) = json.loads(said)["profiles"]
        return Measured(profile, usage.ru_utime + usage.ru_stime, int(peak.read_text()) / 1024)

    def _places(self) -> tuple[str, ...]:
        return ("--config", str(self._config), "--state-dir", str(self._directory / "state"))

    def _starting_now(self, ready: Path) -> str:
        """Return the sandbox's configuration, starting after the seeded week."""
        now = self.steer("clock", {"advance_seconds": _SETTLING})["now"]
        start = datetime.fromtimestamp(now - _HEAD_START, UTC)
        text = ready.read_text(encoding="utf-8")
        return re.sub(r"(?m)^start_at = .*$", f"start_at = {start:%Y-%m-%dT%H:%M:%SZ}", text, count=1)

    def _post(self, url: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.http.post(url, json=body, timeout=_PATIENCE)
        answer.raise_for_status()
        answered: dict[str, Any] = answer.json()
        return answered


@contextmanager
def world(sessions: int = 0, *, latency_ms: int = 0) -> Iterator[World]:
    """Start a sandbox with tickets for so many sessions, at least 40 tickets, without an hourly limit."""
    arguments = ("sandbox", "--json", "--threshold", "0", "--sessions", str(sessions), "--latency", str(latency_ms))
    with (
        tempfile.TemporaryDirectory(prefix="bt-autotask-sync-bench-") as directory,
        subprocess.Popen((*PROGRAM, *arguments), stdout=subprocess.PIPE) as process,
    ):
        try:
            here = World(json.loads(process.stdout.readline() if process.stdout else b""), Path(directory))
            with here.http:
                yield here
        finally:
            process.terminate()
