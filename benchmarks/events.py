"""How fast outbound events are answered while a run works with the same state directory."""

from __future__ import annotations

import multiprocessing
import socket
import sqlite3
import tempfile
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from benchmarks.figure import Bar, Figure, median_ratio
from bt_autotask_sync.clock import SystemClock
from bt_autotask_sync.events.access import Access
from bt_autotask_sync.events.receiver import Receiver
from bt_autotask_sync.events.server import serve
from bt_autotask_sync.events.writer import InboxWriter
from bt_autotask_sync.state.inbox import Inbox
from bt_autotask_sync.state.ledger import FILE_NAME, Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

EVENTS = 5_000
AT_ONCE = 8
TURNS = 10
TOKEN = "a-token-of-the-usual-length-0123"  # noqa: S105 - of a listener that lives for a minute
LONGEST_TRANSACTION = 3.0
"""Seconds for which the ledger is held; a run's own transactions are far shorter."""

CHUNK = 500
SLOWEST = 1000.0
EVENT = "event=support_conference_end&version=1.3.0&timestamp=1733240467&lsid=%s&external_key=T20241203.0042"
HEAD = f"POST /ERSPost?outbound_event_token={TOKEN} HTTP/1.1\r\nHost: listener\r\nContent-Length: %d\r\n\r\n"
_PROCESSES = multiprocessing.get_context("spawn")


def measure(events: int = EVENTS) -> Iterator[Figure]:
    """Send events as one appliance does, and as several do at once, while a process does what a run does."""
    with tempfile.TemporaryDirectory(prefix="bt-autotask-sync-bench-") as directory:
        with (
            beside(_listen, directory) as port,
            beside(_do_nothing, directory) as bare_port,
            beside(_work, directory),
        ):
            rounds = list(_by_turns(port, bare_port, Path(directory, "bare.db"), events))
            several = _send(port, range(events, 2 * events), AT_ONCE)
        with Inbox.open(Path(directory)) as inbox:
            lost = 2 * events - inbox._connection.execute("SELECT count(*) FROM event").fetchone()[0]  # noqa: SLF001
    if lost:
        raise RuntimeError(f"{lost} events were answered and are not in the inbox.")
    alone = _Answers([each for ours, _, _ in rounds for each in ours.times], sum(ours.seconds for ours, _, _ in rounds))
    yield _answer_times(alone, "one after the other")
    yield _answer_times(several, f"{AT_ONCE} at once")
    figures = (alone.seconds, *(sum(column) for column in zip(*(rest for _, *rest in rounds), strict=True)))
    remark = "{:.2f} ms over {:.2f} ms and {:.2f} ms".format(*(1000 * seconds / events for seconds in figures))
    ratio = median_ratio([(ours.seconds, bare + commit) for ours, bare, commit in rounds])
    yield Figure("time of an event over that of a bare uvicorn's answer and a bare commit", ratio, None, remark)


@dataclass(frozen=True, slots=True)
class _Answers:
    """What it took to send events: the milliseconds of each answer, and the seconds of all."""

    times: list[float]
    seconds: float


def _answer_times(answers: _Answers, how: str) -> Figure:
    times = sorted(answers.times)

    def share(part: float) -> float:
        return times[min(len(times) - 1, int(part * len(times)))]

    rate = len(times) / answers.seconds
    shares = f"median {share(0.5):.1f}, p99 {share(0.99):.1f}, longest {times[-1]:.0f}"
    remark = f"{len(times)} events {how}, {rate:.0f} a second: {shares}"
    return Figure("answer time of an event during a run, p99.9 in ms", share(0.999), Bar(SLOWEST), remark)


def _by_turns(port: int, bare_port: int, file: Path, events: int) -> Iterator[tuple[_Answers, float, float]]:
    """Send events, the same to an application that does nothing, and commit them to a file, a part of each by turns."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE event (variables TEXT NOT NULL)")
        for start in range(0, events, events // TURNS):
            numbers = range(start, min(events, start + events // TURNS))
            ours, bare = _send(port, numbers, 1), _send(bare_port, numbers, 1)
            began = time.perf_counter()
            for number in numbers:
                connection.execute("INSERT INTO event (variables) VALUES (?)", (EVENT % f"{number:032x}",))
            yield ours, bare.seconds, time.perf_counter() - began


def _send(port: int, numbers: range, at_once: int) -> _Answers:
    """Send events over so many connections, each as soon as the one before is answered."""
    left = deque(numbers)
    began = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        taken = [pool.submit(_send_some, port, left) for _ in range(at_once)]
        times = [each for some in taken for each in some.result()]
    return _Answers(times, time.perf_counter() - began)


def _send_some(port: int, left: deque[int]) -> list[float]:
    times: list[float] = []
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            try:
                body = EVENT % f"{left.popleft():032x}"
            except IndexError:  # another thread took the last one
                return times
            began = time.perf_counter()
            connection.sendall((HEAD % len(body) + body).encode())
            answer = HTTPResponse(connection)
            answer.begin()
            answer.read()
            times.append(1000 * (time.perf_counter() - began))
            if answer.status != 200:  # noqa: PLR2004 - all that counts to an appliance
                raise RuntimeError(f"An event was answered with {answer.status}.")


@contextmanager
def beside(work: Callable[..., None], directory: str) -> Iterator[int]:
    """Let a process work beside this one; what it says first is a number, and it ends when it is told to."""
    ours, theirs = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=work, args=(theirs, directory))
    process.start()
    try:
        if not ours.poll(60):
            raise RuntimeError("A process of the benchmark did not start.")
        yield ours.recv()
        if not process.is_alive():
            raise RuntimeError("A process of the benchmark ended early.")
    finally:
        ours.send(None)
        process.join(30)


def _listen(pipe: Connection, directory: str) -> None:
    """Be the listener."""
    access = Access(token=TOKEN, accepted=(), trusted_proxies=(), profiles={"default": ("default",)})
    with InboxWriter(Path(directory)) as writer:
        receiver = Receiver(access, writer, SystemClock(), lambda *_: None)
        with serve(receiver, "127.0.0.1", 0) as server:
            pipe.send(int(server.url.rpartition(":")[2]))
            pipe.recv()


def _work(pipe: Connection, directory: str) -> None:
    """Do what a run does to the state directory, and worse: hold the ledger, and take in what comes."""
    Ledger.open(Path(directory)).close()
    ledger_file = sqlite3.connect(Path(directory, FILE_NAME), isolation_level=None)
    opened = Inbox.open_existing(Path(directory))
    assert opened is not None  # noqa: S101 - the listener has made it
    with closing(ledger_file) as ledger, opened as inbox:
        pipe.send(0)
        while not pipe.poll():
            _hold(ledger, inbox)


def _hold(ledger: sqlite3.Connection, inbox: Inbox) -> None:
    end = time.monotonic() + LONGEST_TRANSACTION
    ledger.execute("BEGIN IMMEDIATE")
    ledger.execute("INSERT OR REPLACE INTO profile (name, origin) VALUES ('default', 0)")
    while time.monotonic() < end:
        events = inbox.waiting("default", limit=CHUNK)
        inbox.done("default", [event.id for event in events])
        time.sleep(0.05)
    ledger.execute("COMMIT")


def _do_nothing(pipe: Connection, _: str) -> None:
    """Be an application that answers with 200 what it has read."""
    # With the protocol named, asyncio turns Nagle's algorithm off, as the listener does.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        config = uvicorn.Config(_bare, http="h11", ws="none", lifespan="off", log_config=None, access_log=False)
        server = _Bare(config, pipe)
        pipe.send(listening.getsockname()[1])
        server.run(sockets=[listening])


async def _bare(_: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"7")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"stored\n"})


class _Bare(uvicorn.Server):
    """Uvicorn's own server, until the pipe says that it is enough."""

    def __init__(self, config: uvicorn.Config, pipe: Connection) -> None:
        super().__init__(config)
        self._pipe = pipe

    async def on_tick(self, counter: int) -> bool:
        return self._pipe.poll() or await super().on_tick(counter)
