"""The listener, killed with SIGKILL again and again under a stream of events: each is kept and worked on once."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.sandbox.application import Sandbox
from bt_autotask_sync.sandbox.connection import write_configuration
from bt_autotask_sync.sandbox.server import serve
from bt_autotask_sync.state.inbox import Inbox
from tests.conftest import MACHINE
from tests.listener import COMMAND, ListenerProcess, kept, post, variables
from tests.present import moving_clock

if TYPE_CHECKING:
    from collections.abc import Callable

HOOKS = Path(__file__).parent / "listener_hooks"
SETTLES = 430
"""Seconds of the products' time after which a create of unknown outcome may be sent again."""
STEPS_OF_A_LIFE = 90
"""A listener dies at one of its first so many steps; an event takes six to eight."""
Told = dict[str, str]


@dataclass
class Appliance:
    """Sends events as the reference says: in order, each until it is answered with 200.

    Attributes:
        events: What happens, and what is then told of it.
        refused: How often an event was sent in vain.
    """

    url: str
    events: list[tuple[Callable[[], None], Told]]
    refused: int = 0
    done: threading.Event = field(default_factory=threading.Event)
    failure: list[str] = field(default_factory=list)

    def send_all(self, patience: float) -> None:
        """Send everything; give up after `patience` seconds."""
        end = time.monotonic() + patience
        for happen, told in self.events:
            happen()
            while (status := post(self.url, told)) != 200:
                self.refused += 1
                if status not in (None, 503) or time.monotonic() > end:
                    self.failure.append(f"{told} was answered with {status}")
                    break
                time.sleep(0.01)
        self.done.set()


class World:
    """Both products, a state directory, and one listener after the other."""

    def __init__(self, directory: Path, sandbox: Sandbox, url: str, seed: int) -> None:
        self.sandbox = sandbox
        self.random = random.Random(seed)
        self.state = directory / "state"
        self.died_at: list[str] = []
        self._steps = directory / "steps"
        self.port = self._free_port()
        config = write_configuration(sandbox, url, directory)
        text = config.read_text(encoding="utf-8").replace(
            "[profile.default]\n",
            '[profile.default]\nreport_delay_seconds = 0\noutbound_events = ["session-end", "member-added"]\n',
            1,
        )
        config.write_text(f"{text}\n[listen]\nport = {self.port}\n", encoding="utf-8")
        self.options = ("--config", str(config), "--state-dir", str(self.state))

    def _free_port(self) -> int:
        """Return a port of those that the system gives to nobody by itself: the listener needs it again and again."""
        while True:
            port = self.random.randrange(20_000, 32_000)
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)):
                    return port

    def listen(self, kill_at: int = 0) -> ListenerProcess:
        """Start a listener that dies at a step; 0: at none."""
        self._steps.write_text("", encoding="utf-8")
        ahead = self._steps.with_name("machine-ahead")
        ahead.write_text(str(self.sandbox.clock.now() - time.time()), encoding="utf-8")
        told = {
            "PYTHONPATH": f"{HOOKS}{os.pathsep}{MACHINE}",
            "MACHINE_AHEAD": str(ahead),
            "STEPS_FILE": str(self._steps),
            "KILL_AT": str(kill_at),
        }
        return ListenerProcess(self.options, environment=told)

    def live_and_die(self, appliance: Appliance) -> bool:
        """Let a listener live until it dies, and tell whether it did; it does not if there are no more events."""
        kill_at = self.random.randint(1, STEPS_OF_A_LIFE)
        with self.listen(kill_at) as listener:
            listener.wait_until(lambda: listener.process.poll() is not None or appliance.done.is_set())
            if listener.process.poll() is None:
                return False
            assert listener.end() == -signal.SIGKILL
        number, name = self._steps.read_text(encoding="utf-8").splitlines()[-1].split()
        assert int(number) >= kill_at
        self.died_at.append(name)
        return True

    def events(self, sessions: int) -> list[tuple[Callable[[], None], Told]]:
        """Return what is told of these sessions, which are in progress: representatives join, and in the end they end.

        The sessions run side by side, so that their events mix; those of one keep their order.
        """
        lsids = self.sandbox.add_sessions(sessions, in_progress=True, late_seconds=0.0, external_key=None)
        order = [lsid for lsid in lsids for _ in range(2)]
        self.random.shuffle(order)
        joined: set[str] = set()
        events: list[tuple[Callable[[], None], Told]] = []
        for number, lsid in enumerate(order):
            if lsid in joined:
                events.append((self._end(lsid), variables("end", lsid, timestamp=number)))
            else:
                joined.add(lsid)
                told = variables("member_added", lsid, timestamp=number, type="representative", name="Maria Rossi")
                events.append((_nothing_happens, told))
        return events

    def _end(self, lsid: str) -> Callable[[], None]:
        return lambda: self.sandbox.appliance.end_session(lsid)

    def come_to_rest(self) -> None:
        """Let a listener that nobody kills take up what waits, until nothing does."""
        for _ in range(5):
            with self.listen() as listener:
                assert listener.url
                listener.wait_until(lambda: not self._waits())
                time.sleep(0.5)
                listener.end(signal.SIGTERM)
            if not self._unsettled():
                return
            self.sandbox.clock.advance(SETTLES)
        pytest.fail("it never comes to rest")

    def _waits(self) -> bool:
        inbox = Inbox.open_existing(self.state, read_only=True)
        assert inbox is not None
        with inbox:
            return inbox.waits()

    def _unsettled(self) -> bool:
        return subprocess.run([COMMAND, *self.options, "run"], capture_output=True, check=False).returncode != 0

    def see_each_once(self, lsids: list[str]) -> None:
        """See that each session has its note once and its time entry once."""
        rows = self.sandbox.autotask.store.rows
        titles = [row["title"].rpartition("[bt:")[2] for row in rows("TicketNotes") if "[bt:" in row["title"]]
        entries = [row["internalNotes"] for row in rows("TimeEntries") if "[bt:" in (row["internalNotes"] or "")]
        assert sorted(titles) == sorted(f"{lsid[:12]}]" for lsid in lsids)
        assert len(entries) == len(set(entries)) == len(lsids)


def _nothing_happens() -> None:
    """Only tell."""


def kill_again_and_again(directory: Path, seed: int, sessions: int, kills: int) -> World:
    """Send two events of each session to listeners that die, and see that each was kept and worked on once."""
    sandbox = Sandbox(0, seed, clock=moving_clock())
    with serve(sandbox) as server:
        world = World(directory, sandbox, server.url, seed)
        events = world.events(sessions)
        appliance = Appliance(f"http://127.0.0.1:{world.port}", events)
        sending = threading.Thread(target=appliance.send_all, args=(600.0,), daemon=True)
        sending.start()
        while len(world.died_at) < kills and world.live_and_die(appliance):
            pass
        with world.listen() as listener:
            listener.wait_until(appliance.done.is_set)
            listener.process.kill()
        sending.join()
        assert not appliance.failure
        assert len(world.died_at) == kills, "the events were over before all listeners had died"
        assert appliance.refused >= kills
        told = [(each["event"], each["lsid"], int(each["timestamp"])) for _, each in events]
        assert kept(world.state) == told
        world.come_to_rest()
        assert kept(world.state) == told
        world.see_each_once(sorted({each["lsid"] for _, each in events}))
        return world


def test_a_hundred_events_are_each_kept_and_worked_on_once_although_the_listener_is_killed(tmp_path: Path) -> None:
    kill_again_and_again(tmp_path, seed=1, sessions=50, kills=5)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_thousand_events_are_each_kept_and_worked_on_once_although_the_listener_is_killed(tmp_path: Path) -> None:
    world = kill_again_and_again(tmp_path, seed=7, sessions=500, kills=60)
    assert {"request", "commit", "committed", "mark", "marked", "answered"} <= set(world.died_at)
