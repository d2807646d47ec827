"""The client against a server on a real socket, which breaks off its answers as appliances and networks do."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

import pytest
import requests

from bt_autotask_sync.appliance.client import ApplianceClient, ApplianceSettings
from bt_autotask_sync.appliance.errors import ApplianceOutage, UnreadableReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.appliance.conftest import RecordedClock

LSID = "e9" * 16
SESSION = f'<session lsid="{LSID}"><external_key>{"k" * 50_000}</external_key></session>'
REPORT = f"<session_list>{SESSION}</session_list>".encode()
TOKEN = b'{"access_token":"token","expires_in":3600}'


class ScriptedServer:
    """Answers each connection with the next of `answers`, raw, and keeps the requests that it received."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.requests: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection, contextlib.suppress(OSError):
                    self.requests.append(_request(connection))
                    connection.sendall(self.answers.pop(0))


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, body = data.split(b"\r\n\r\n", 1)
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def with_length(body: bytes, announced: int | None = None) -> bytes:
    length = len(body) if announced is None else announced
    date = b"Date: Tue, 03 Dec 2024 16:00:00 GMT"
    return b"HTTP/1.1 200 OK\r\n%s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (date, length, body)


def chunked(body: bytes, *, end: bytes = b"0\r\n\r\n") -> bytes:
    chunks = [body[start : start + 10_000] for start in range(0, len(body), 10_000)]
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + end


def to_the_end(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    scripted = ScriptedServer()
    scripted.answers.append(with_length(TOKEN))
    yield scripted
    scripted.close()


@pytest.fixture
def client(server: ScriptedServer, clock: RecordedClock) -> Iterator[ApplianceClient]:
    settings = ApplianceSettings(server.host, "id", "secret", use_tls=False, timeout_seconds=5)
    with requests.Session() as http:
        yield ApplianceClient(settings, http, clock)


CUTS: list[Callable[[], bytes]] = [
    lambda: b"",
    lambda: with_length(REPORT[:20_000], announced=len(REPORT)),
    lambda: with_length(REPORT[:5], announced=len(REPORT)),
    lambda: with_length(b"", announced=len(REPORT)),
    lambda: chunked(REPORT[:20_000], end=b""),
    lambda: chunked(REPORT[:20_000], end=b"2710\r\nabc"),
    lambda: chunked(REPORT, end=b""),
    lambda: chunked(b"", end=b""),
    lambda: b"not HTTP at all\r\n\r\n",
]


@pytest.mark.parametrize("cut", CUTS)
def test_an_answer_cut_by_the_network_is_asked_for_again_as_a_whole(
    server: ScriptedServer, client: ApplianceClient, clock: RecordedClock, cut: Callable[[], bytes]
) -> None:
    server.answers += [cut(), chunked(REPORT)]

    [session] = client.sessions([LSID])

    assert len(session.external_key) == 50_000
    assert len(clock.slept) == 1
    assert len(server.requests) == client.requests_sent == 3
    assert server.requests[1] == server.requests[2]


def test_an_answer_that_is_always_cut_is_an_outage_after_four_attempts(
    server: ScriptedServer, client: ApplianceClient, clock: RecordedClock
) -> None:
    server.answers += [chunked(REPORT[:20_000], end=b"")] * 4

    with pytest.raises(ApplianceOutage, match="middle of the answer"):
        client.sessions([LSID])
    assert len(clock.slept) == 3
    assert len(server.requests) == 5


@pytest.mark.parametrize("ending", [with_length, chunked, to_the_end])
def test_a_whole_answer_with_half_a_document_is_unreadable(
    server: ScriptedServer, client: ApplianceClient, clock: RecordedClock, ending: Callable[[bytes], bytes]
) -> None:
    server.answers.append(ending(REPORT[:20_000]))

    with pytest.raises(UnreadableReport):
        client.sessions([LSID])
    assert clock.slept == []


@pytest.mark.parametrize("ending", [with_length, chunked, to_the_end])
def test_a_whole_answer_is_read_however_its_end_is_told(
    server: ScriptedServer, client: ApplianceClient, ending: Callable[[bytes], bytes]
) -> None:
    server.answers.append(ending(REPORT))

    assert len(client.sessions([LSID])) == 1


def test_an_answer_that_only_drips_is_given_up(
    server: ScriptedServer, client: ApplianceClient, clock: RecordedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def later() -> float:
        clock.sleep(3)
        return clock.seconds

    client.time()
    monkeypatch.setattr(clock, "monotonic", later)
    server.answers += [chunked(b"<session_list>" + b" " * 2000, end=b"1\r\n \r\n" * 50 + b"0\r\n\r\n")] * 4

    with pytest.raises(ApplianceOutage, match="drips"):
        client.sessions([LSID])


def test_nobody_listening_is_an_outage(clock: RecordedClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = listener.getsockname()[1]
    with requests.Session() as http:
        settings = ApplianceSettings(f"127.0.0.1:{free}", "id", "secret", use_tls=False)

        with pytest.raises(ApplianceOutage, match="connection is refused"):
            ApplianceClient(settings, http, clock).time()
    assert len(clock.slept) == 3


def test_an_unknown_host_is_an_outage_that_says_so(clock: RecordedClock) -> None:
    with requests.Session() as http:
        client = ApplianceClient(ApplianceSettings("appliance.invalid", "id", "secret"), http, clock)

        with pytest.raises(ApplianceOutage, match="host name is not known"):
            client.time()
