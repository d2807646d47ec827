"""The inbox between processes: the listener stores while a run takes in, and either may die at any moment."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from typing import IO, TYPE_CHECKING

from bt_autotask_sync.state.inbox import FILE_NAME, Inbox
from tests.unit.events.receiving import lsids

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STORE = """
import sys
from pathlib import Path
from bt_autotask_sync.appliance.outbound_event import read_event
from bt_autotask_sync.state.inbox import Inbox

inbox = Inbox.open(Path(sys.argv[1]))
for number in range(1, int(sys.argv[2]) + 1):
    lsid = f"{number:032x}"
    inbox.store(read_event([("event", "support_conference_end"), ("lsid", lsid)]), profiles=("a", "b"), at=number)
    print(lsid, flush=True)
"""
OPEN = """
import sys
from pathlib import Path
from bt_autotask_sync.state.inbox import Inbox

for directory in sys.stdin:
    with Inbox.open(Path(directory.strip())) as inbox:
        inbox.check_writable(at=1)
    print("opened", flush=True)
"""


@contextmanager
def process(*command: str) -> Iterator[subprocess.Popen[str]]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", *command], text=True, **pipes) as started:  # type: ignore[call-overload]
        yield started
        started.kill()


def read(stream: IO[str] | None) -> list[str]:
    assert stream
    return stream.read().split()


def take_some(inbox: Inbox, profile: str) -> list[str]:
    """Take in what waits, as a run does."""
    events = inbox.waiting(profile, limit=20)
    inbox.done(profile, [event.id for event in events])
    return [event.lsid for event in events]


def test_what_one_process_stores_another_takes_in_meanwhile_once_and_in_order(tmp_path: Path) -> None:
    taken: dict[str, list[str]] = {"a": [], "b": []}
    Inbox.open(tmp_path).close()
    run = Inbox.open_existing(tmp_path)
    assert run
    with run as inbox, process(STORE, str(tmp_path), "400") as listener:
        meanwhile = 0
        while listener.poll() is None or inbox.waits():
            for profile, seen in taken.items():
                seen.extend(take_some(inbox, profile))
            meanwhile += listener.poll() is None
        assert meanwhile > 3, "nothing was taken in while it stored"
        assert listener.wait() == 0
        assert read(listener.stdout) == lsids(400)
    assert taken == {"a": lsids(400), "b": lsids(400)}


def test_what_was_told_as_stored_is_there_after_kill_9(tmp_path: Path) -> None:
    Inbox.open(tmp_path).close()
    with process(STORE, str(tmp_path), "1000000") as listener:
        assert listener.stdout
        told = [listener.stdout.readline().strip() for _ in range(50)]
        listener.send_signal(signal.SIGKILL)
        assert listener.wait() == -signal.SIGKILL
        told += read(listener.stdout)
    with Inbox.open(tmp_path) as inbox:
        stored = [event.lsid for event in inbox.waiting("a", limit=1_000_000)]
        assert stored == [event.lsid for event in inbox.waiting("b", limit=1_000_000)]
    assert stored[: len(told)] == told
    assert len(stored) - len(told) in {0, 1}


def test_two_processes_may_make_it_at_once(tmp_path: Path) -> None:
    with process(OPEN) as first, process(OPEN) as second:
        for number in range(40):
            directory = tmp_path / str(number)
            directory.mkdir()
            for each in (first, second):
                assert each.stdin
                each.stdin.write(f"{directory}\n")
                each.stdin.flush()
            for each in (first, second):
                assert each.stdout
                assert each.stdout.readline() == "opened\n"


def test_it_waits_for_the_one_who_makes_it_just_now(tmp_path: Path) -> None:
    making = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None, check_same_thread=False)
    with closing(making):
        making.execute("BEGIN IMMEDIATE")
        making.execute("CREATE TABLE other (x)")
        leave = threading.Timer(0.2, making.execute, ["ROLLBACK"])
        leave.start()
        with Inbox.open(tmp_path) as inbox:
            assert not inbox.waits()
        leave.join()
