"""Whatever comes, the listener answers it as HTTP has it, says so in a line, grows by nothing, and goes on."""

from __future__ import annotations

import asyncio
import logging
import re
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from bt_autotask_sync.appliance.outbound_event import EventName
from bt_autotask_sync.events.receiver import Receiver
from bt_autotask_sync.events.writer import InboxWriter
from bt_autotask_sync.state.inbox import Inbox
from tests.integration.listening import PATH, Listening, exchange, numbered, request
from tests.unit.events.receiving import LSID, TOKEN, FrozenClock, access, networks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hypothesis.strategies import DrawFn

ANSWERS = {200, 400, 401, 403, 404, 405, 413}
STATUS = re.compile(rb"^HTTP/1\.1 (\d{3}) ", re.MULTILINE)
NOISE = re.compile(r"Traceback|went wrong|[Ee]xception|ERROR")
MOST_BLOCKS = 2_000
"""Pieces of memory that a listener may hold more after it received everything; each input took hundreds."""

MOST_MEMORY = 24 * 1024
"""KiB by which its process may grow: SQLite's cache, and what the C library keeps for later."""

SERVER = """
import gc, logging, sys
from pathlib import Path
from tests.integration.listening import Listening

logging.basicConfig(level=logging.DEBUG, filename=sys.argv[2])
with Listening(Path(sys.argv[1])) as listening:
    listening.receiver._on_stored = lambda *_: None
    print(listening.port, flush=True)
    for _ in sys.stdin:
        gc.collect()
        print(sys.getallocatedblocks(), flush=True)
"""

NAMES = st.sampled_from(
    ["event", "version", "timestamp", "lsid", "type", "name", "outbound_event_token", "ApplianceID"]
)
VALUES = st.sampled_from(
    [*EventName, LSID, LSID.upper(), TOKEN, "1733240467", "customer", "representative", "", "9" * 40]
)
PAIRS = st.tuples(NAMES | st.text(max_size=8), VALUES | st.text(max_size=20))
RAW = st.binary(max_size=40)


@st.composite
def forms(draw: DrawFn) -> bytes:
    """A body that is nearly a form, or nothing like one."""
    pairs = draw(st.lists(PAIRS, max_size=8))
    pieces = [
        f"{quote_plus(name, errors='replace')}={quote_plus(value, errors='replace')}".encode() for name, value in pairs
    ]
    return b"&".join([*pieces, *draw(st.lists(RAW, max_size=2))])


@st.composite
def scopes(draw: DrawFn) -> dict[str, Any]:
    """What an ASGI server may hand over."""
    names = st.sampled_from([b"x-forwarded-for", b"content-type", b"host", b"expect", b"x"])
    values = st.sampled_from([b"192.0.2.7", b"::1, 127.0.0.1", b"unknown", b""]) | RAW
    headers = draw(st.lists(st.tuples(names, values), max_size=4))
    length = draw(st.sampled_from([b"", b"0", b"64", b"65537", b"9" * 20]))
    paths = ["/ERS", "/ERSPost", "/ERSPost", "/ERSPost", "/erspost/MSP.One", "/health", "/", "//", "*"]
    return {
        "type": "http",
        "method": draw(st.sampled_from(["POST", "POST", "POST", "GET", "HEAD", "", "X-Y"])),
        "path": draw(st.sampled_from(paths) | st.text(max_size=20)) if draw(st.integers(0, 2)) else "/ERSPost",
        "query_string": draw(st.sampled_from([PATH.partition("?")[2].encode(), b"", b"ApplianceID=msp.one"]) | RAW),
        "headers": headers + ([(b"content-length", length)] if length else []),
        "client": draw(
            st.sampled_from([*[("192.0.2.7", 1)] * 9, ("127.0.0.1", 1), ("::ffff:10.0.0.1", 1), ("", 0), None])
        ),
    }


@st.composite
def conversations(draw: DrawFn) -> tuple[dict[str, Any], list[dict[str, Any]], int]:
    """A request, the messages that bring its body (whole, in pieces, or broken off), and how much longer it is."""
    body = draw(forms())
    cuts = sorted(draw(st.lists(st.integers(0, len(body)), max_size=3)))
    pieces = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    messages.append({"type": "http.disconnect"} if draw(st.booleans()) else {"type": "http.request"})
    return draw(scopes()), messages, draw(st.sampled_from([0, 0, 0, 70_000]))


@st.composite
def streams(draw: DrawFn) -> bytes:
    """Bytes on a connection: requests that something happened to, or noise."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=2_000))
    heads = st.sampled_from([PATH, "/ERSPost", "/ERS/x", "/health", "/%00%ff", "/" + "a" * 300])
    extras = st.sampled_from(
        [
            "Transfer-Encoding: chunked",
            "Connection: close",
            "Expect: 100-continue",
            "Upgrade: h2c",
            "X: \t",
            "Content-Length: 7",
        ]
    )
    methods = st.sampled_from(["POST", "GET", "HEAD", "CONNECT", "P\tT"])
    stream = b""
    for _ in range(draw(st.integers(1, 3))):
        lines = draw(st.lists(extras, max_size=2))
        stream += request(draw(heads), draw(forms()), *lines, method=draw(methods))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(stream)))
        end = min(len(stream), start + draw(st.integers(0, 30)))
        stream = stream[:start] + draw(RAW | st.just(stream[start:end] * 2)) + stream[end:]
    return stream


class Asked:
    """A receiver that is asked directly, and how often it answered with what."""

    def __init__(self, writer: InboxWriter) -> None:
        known = access(accepted=networks("192.0.2.0/24", "10.0.0.0/8"), trusted_proxies=networks("127.0.0.1"))
        self._receiver = Receiver(known, writer, FrozenClock(), lambda *_: None)
        self._loop = asyncio.Runner()
        self.statuses: Counter[int] = Counter()

    def see(self, scope: dict[str, Any], messages: list[dict[str, Any]], more: int) -> None:
        """See that a request is answered properly, or not at all if its sender left."""
        messages[0]["body"] += b"x" * more
        sent: list[dict[str, Any]] = []
        left = iter(messages)

        async def receive() -> dict[str, Any]:
            return next(left)

        async def take(message: dict[str, Any]) -> None:
            sent.append(message)

        self._loop.run(self._receiver(scope, receive, take))
        if not sent:
            assert messages[-1]["type"] == "http.disconnect"
            return
        start, body = sent
        headers = dict(start["headers"])
        assert start["status"] in ANSWERS
        assert int(headers[b"content-length"]) == len(body["body"])
        assert all(b"\n" not in value for value in headers.values())
        self.statuses[start["status"]] += 1

    def close(self) -> None:
        self._loop.close()


@contextmanager
def asking(directory: Path) -> Iterator[Asked]:
    with InboxWriter(directory) as writer:
        asked = Asked(writer)
        yield asked
        asked.close()


def fuzz(count: int, strategy: st.SearchStrategy[Any], see: Callable[[Any], None], number: int = 0) -> int:
    """Let `see` look at so many inputs, others for every number; return how many it saw."""
    seen = 0

    @seed(number)
    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def look(drawn: Any) -> None:
        nonlocal seen
        seen += 1
        see(drawn)

    look()
    return seen


class Sent:
    """A listener that is sent bytes, and how often it answered with what."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.statuses: Counter[int] = Counter()

    def see(self, stream: bytes) -> None:
        """See that all that comes back are answers as HTTP has them."""
        answered = [int(status) for status in STATUS.findall(exchange(self._port, stream))]
        assert set(answered) <= ANSWERS | {100}, answered
        self.statuses.update(answered)


def test_whatever_is_asked_is_answered_and_told_in_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), asking(tmp_path) as asked:
        assert fuzz(300, conversations(), lambda drawn: asked.see(*drawn)) >= 300
    assert set(asked.statuses) == ANSWERS - {400}
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert all("\n" not in message and TOKEN not in message for message in caplog.messages)


def test_whatever_is_sent_is_answered_as_http_has_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), Listening(tmp_path) as listening:
        sent = Sent(listening.port)
        assert fuzz(300, streams(), sent.see) >= 300
        listening.see_well()
    assert set(sent.statuses) >= {200, 400, 404, 405}
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@contextmanager
def listener_process(directory: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A listener in a process of its own, and its port."""
    command = [sys.executable, "-c", SERVER, str(directory), str(directory / "log")]
    with subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        yield process, int(process.stdout.readline())
        assert process.poll() is None, "it ended"
        process.communicate()
        assert process.returncode == 0


def held(process: subprocess.Popen[str]) -> tuple[int, int]:
    """How many pieces of memory Python holds in a process, and how many KiB the process has."""
    assert process.stdin
    assert process.stdout
    process.stdin.write("\n")
    process.stdin.flush()
    blocks = int(process.stdout.readline())
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return blocks, int(found[1])


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_100000_inputs_leave_the_listener_as_it_was(tmp_path: Path) -> None:
    with listener_process(tmp_path) as (process, port):
        sent = Sent(port)
        fuzz(5_000, streams(), sent.see, 20)
        blocks, memory = held(process)
        assert sum(fuzz(5_000, streams(), sent.see, part) for part in range(20)) >= 100_000
        blocks_after, memory_after = held(process)
        assert blocks_after - blocks < MOST_BLOCKS
        assert memory_after - memory < MOST_MEMORY
        assert STATUS.findall(exchange(port, request(body=numbered(0xFEED)))) == [b"200"]
    log = (tmp_path / "log").read_text(encoding="utf-8")
    assert not NOISE.search(log)
    assert TOKEN not in log
    with Inbox.open(tmp_path) as inbox:
        assert inbox.waiting("default", limit=1_000_000)[-1].lsid == f"{0xFEED:032x}"


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_100000_requests_are_answered_and_told_in_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with asking(tmp_path) as asked:
        for part in range(20):
            assert fuzz(5_000, conversations(), lambda drawn: asked.see(*drawn), part) >= 5_000
            assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
            caplog.clear()
    assert set(asked.statuses) == ANSWERS - {400}
