"""A provider in small: both products on loopback, a configuration, a state directory, and the command."""

from __future__ import annotations

import json
import os
import re
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Protocol
from unittest.mock import patch

import hypothesis
import pytest
import requests

from bt_autotask_sync.sandbox.application import Sandbox
from bt_autotask_sync.sandbox.clock import SandboxClock
from bt_autotask_sync.sandbox.connection import write_configuration
from bt_autotask_sync.sandbox.requestlog import RequestLog
from bt_autotask_sync.sandbox.server import serve
from tests.present import present_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

REST = "/atservicesrest/v1.0"
TOP = {"schema", "command", "dry_run", "exit_code", "profiles"}
PROFILE = {
    "profile",
    "outcome",
    "sessions",
    "created",
    "adopted",
    "requests",
    "watermark",
    "seconds",
    "next_due",
    "problems",
    "plan",
}
REASON = {"error", "advice"}
MACHINE = Path(__file__).parent / "machine"
"""What sets the clock of a process of its own; see there."""
MARKER = re.compile(r"\[bt:[^\]]*\]$")


@dataclass(frozen=True, slots=True)
class Done:
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def report(self) -> dict[str, Any]:
        """What `--json` printed: one object, nothing else."""
        report: dict[str, Any] = json.loads(self.stdout)
        return report

    @property
    def profile(self) -> dict[str, Any]:
        """What it says of its only profile."""
        (profile,) = self.report["profiles"]
        found: dict[str, Any] = profile
        return found


class Execute(Protocol):
    """Runs the command with these arguments to its end; its exit code, and what it wrote on stdout and stderr."""

    def __call__(self, *arguments: str) -> tuple[int, str, str]: ...


class OpenSite(Protocol):
    """Opens a site that is closed at the end of the test."""

    def __call__(self, sessions: int = 0, seed: int = 1, **options: Any) -> Site: ...


class Site:
    """A sandbox on a socket, and the command with a configuration for it.

    Attributes:
        sandbox: Both products, in this process: what they hold and received is the judge.
    """

    def __init__(self, sandbox: Sandbox, url: str, directory: Path, execute: Execute) -> None:
        self.sandbox = sandbox
        self.url = url
        self.config = write_configuration(sandbox, url, directory)
        self.state = directory / "state"
        self._execute = execute

    @property
    def options(self) -> tuple[str, ...]:
        """The options before the command."""
        return "--config", str(self.config), "--state-dir", str(self.state)

    def command(self, *arguments: str) -> Done:
        """Run a command; whatever it is given, nobody may ever see a traceback."""
        done = Done(*self._execute(*self.options, *arguments))
        assert "Traceback" not in done.stdout + done.stderr
        return done

    def run(self, *arguments: str, code: int | None = 0) -> Done:
        """Make a run that reports as JSON, and see its exit code; None: any."""
        return self.json("run", *arguments, code=code)

    def json(self, *arguments: str, code: int | None = 0) -> Done:
        """Run a command that reports as JSON, and see its keys and its exit code; None: any."""
        done = self.command(*arguments, "--json")
        report = done.report
        assert report["exit_code"] == done.code
        assert TOP <= report.keys() <= TOP | REASON
        assert all(PROFILE <= profile.keys() <= PROFILE | REASON for profile in report["profiles"])
        if code is not None:
            assert done.code == code, done
        return done

    def add(self, count: int = 1, **options: Any) -> list[str]:
        """Let sessions end two minutes ago, each with a ticket and a technician that Autotask knows."""
        given = {"in_progress": False, "late_seconds": 0.0, "external_key": None, **options}
        return self.sandbox.add_sessions(count, **given)

    def pass_time(self, seconds: float) -> None:
        """Move the time of both products."""
        self.sandbox.clock.advance(seconds)

    def set(self, key: str, value: str) -> None:
        """Set a key of the default profile, as `autotask.secret`, to a value as TOML writes it; "" removes the key."""
        table, _, name = f"profile.default.{key}".rpartition(".")
        text = self.config.read_text(encoding="utf-8")
        if f"[{table}]\n" not in text:
            text += f"\n[{table}]\n"
        before, after = text.split(f"[{table}]\n")
        section, *rest = after.split("\n[", 1)
        lines = [line for line in section.splitlines() if not line.startswith(f"{name} =")]
        lines[:0] = [f"{name} = {value}"] if value else []
        self.config.write_text("\n[".join([f"{before}[{table}]\n" + "\n".join(lines) + "\n", *rest]), encoding="utf-8")

    @contextmanager
    def setting(self, key: str, value: str) -> Iterator[None]:
        """Set a key for a while."""
        before = self.config.read_bytes()
        self.set(key, value)
        yield
        self.config.write_bytes(before)

    def session(self, lsid: str) -> dict[str, Any]:
        """What the appliance knows of a session, in short."""
        found: dict[str, Any] = next(
            each for each in self.sandbox.appliance.state()["sessions"] if each["lsid"] == lsid
        )
        return found

    def ended(self) -> list[str]:
        """The lsids of all sessions that ended."""
        sessions = self.sandbox.appliance.state()["sessions"]
        return [session["lsid"] for session in sessions if session["ended_at"] is not None]

    def rows(self, entity: str) -> list[dict[str, Any]]:
        """All records of an entity in Autotask."""
        return [dict(row) for row in self.sandbox.autotask.store.rows(entity)]

    def notes(self) -> dict[str, dict[str, Any]]:
        """Our notes in Autotask by marker; none may stand there twice."""
        return _by_marker(self.rows("TicketNotes"), "title")

    def entries(self) -> dict[str, dict[str, Any]]:
        """Our time entries in Autotask by marker without the number in it; none may stand there twice."""
        found = _by_marker(self.rows("TimeEntries"), "internalNotes")
        named = {re.sub(r"#[0-9]+(?=[:\]])", "", marker): row for marker, row in found.items()}
        assert len(named) == len(found), list(found)
        return named

    def see_each_once(self, lsids: Iterable[str]) -> None:
        """See that each of these sessions is on the ticket that it names, exactly once, with its technician's time."""
        numbers = {row["id"]: row["ticketNumber"] for row in self.rows("Tickets")}
        notes, entries = self.notes(), self.entries()
        for lsid in lsids:
            session = self.session(lsid)
            note = notes[f"[bt:{lsid[:12]}]"]
            entry = entries[f"[bt:{lsid}:{session['primary_representative']}]"]
            assert numbers[note["ticketID"]] == numbers[entry["ticketID"]] == session["external_key"]

    def forget_requests(self) -> None:
        """Let the list of requests begin anew."""
        self.sandbox.log = RequestLog()

    def counts(self) -> dict[str, int]:
        """How many requests each side has received."""
        return self.sandbox.log.counts()

    def asked(self, side: str) -> Counter[str]:
        """How often each endpoint of a side was asked."""
        return Counter(entry.endpoint for entry in self.sandbox.log.entries(side))

    def creates(self) -> list[tuple[str, dict[str, Any]]]:
        """Every create that Autotask received, in order: the path behind the version, and the body."""
        return [
            (entry.path.removeprefix(REST), json.loads(entry.body))
            for entry in self.sandbox.log.entries("autotask")
            if entry.method == "POST" and entry.body
        ]

    def wait_until(self, happened: Callable[[], object]) -> None:
        """Wait until something is true, at most half a minute."""
        end = time.monotonic() + 30
        while not happened():
            assert time.monotonic() < end, "it did not happen"
            time.sleep(0.01)

    def as_person(self, method: str, path: str) -> None:
        """Do something in Autotask by hand."""
        known = self.sandbox.autotask.credentials
        headers = {"UserName": known.username, "Secret": known.secret, "ApiIntegrationCode": known.integration_code}
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, self.url + REST + path, headers=headers, timeout=10)
        assert answer.status_code == 200, answer.text

    def add_ticket(self, number: str) -> int:
        """Make a ticket of this number in Autotask, like the first one there, and return its id."""
        like = {key: value for key, value in self.rows("Tickets")[0].items() if key != "id"}
        return self.sandbox.autotask.store.insert("Tickets", {**like, "ticketNumber": number})


@contextmanager
def machine_clock(file: Path) -> Iterator[dict[str, str]]:
    """Let time that passes for both products pass for processes with this environment too."""
    advance, ahead = SandboxClock.advance, [0.0]

    def advance_all(self: SandboxClock, seconds: float) -> None:
        advance(self, seconds)
        ahead[0] += seconds if type(self) is SandboxClock else 0.0
        file.write_text(str(ahead[0]), encoding="utf-8")

    with patch.object(SandboxClock, "advance", advance_all):
        yield {"PYTHONPATH": str(MACHINE), "MACHINE_AHEAD": str(file)}


def _by_marker(rows: Iterable[dict[str, Any]], field: str) -> dict[str, dict[str, Any]]:
    marked = [(found[0], row) for row in rows if (found := MARKER.search(row[field] or ""))]
    doubled = [marker for marker, count in Counter(marker for marker, _ in marked).items() if count > 1]
    assert not doubled
    return dict(marked)


@pytest.fixture
def present() -> Callable[[], float]:
    """The time of both products and of commands in this process: the same at the start of every test."""
    return present_from()


@pytest.fixture
def open_site(tmp_path: Path, execute: Execute, present: Callable[[], float]) -> Iterator[OpenSite]:
    with ExitStack() as servers:

        def open_one(sessions: int = 0, seed: int = 1, **options: Any) -> Site:
            sandbox = Sandbox(sessions, seed, **{"clock": SandboxClock(present), **options})
            directory = tmp_path / f"site-{len(list(tmp_path.glob('site-*')))}"
            return Site(sandbox, servers.enter_context(serve(sandbox)).url, directory, execute)

        yield open_one


@pytest.fixture
def site(open_site: OpenSite) -> Site:
    """A site where no session has ended yet."""
    return open_site()


def pytest_configure(config: pytest.Config) -> None:
    """Know what may be skipped, and draw many examples without a deadline: a loaded machine is slow, not wrong."""
    config.pluginmanager.import_plugin("tests.skips")
    hypothesis.settings.register_profile(
        "tests", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("tests")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests into the order that TESTS_SHUFFLED_BY draws."""
    if seed := os.environ.get("TESTS_SHUFFLED_BY"):
        Random(seed).shuffle(items)
