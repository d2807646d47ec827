"""What the tests of the Autotask client share: a clock that only jumps, a client, a socket with a script."""

from __future__ import annotations

import contextlib
import socket
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import responses

from bt_autotask_sync.autotask.client import AutotaskClient, AutotaskSettings, open_session

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests


class JumpingClock:
    """A clock whose sleeps take no time; it keeps them."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 11, 22, 10, tzinfo=UTC) + timedelta(seconds=sum(self.slept))

    def monotonic(self) -> float:
        return sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class ScriptedServer:
    """A socket that reads one request a connection, sends the next bytes of its script, and hangs up.

    An empty script entry hangs up without a word; None says nothing until the server closes.
    """

    def __init__(self) -> None:
        self.script: list[bytes | None] = []
        self.requests: list[bytes] = []
        self._closing = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/atservicesrest"

    def close(self) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        self._thread.join(timeout=5)
        self._socket.close()

    def _serve(self) -> None:
        while not self._closing.is_set():
            connection, _ = self._socket.accept()
            with connection, contextlib.suppress(OSError):
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        request = self._read(connection)
        if not request:
            return
        self.requests.append(request)
        answer = self.script.pop(0) if self.script else b""
        if answer is None:
            self._closing.wait(5)
        else:
            connection.sendall(answer)

    def _read(self, connection: socket.socket) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            if not (chunk := connection.recv(65536)):
                return data
            data += chunk
        head, _, body = data.partition(b"\r\n\r\n")
        lengths = [
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        ]
        while len(body) < sum(lengths):
            body += connection.recv(65536)
        return head + b"\r\n\r\n" + body


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
def http() -> Iterator[requests.Session]:
    session = open_session()
    yield session
    session.close()


@pytest.fixture
def settings() -> AutotaskSettings:
    return AutotaskSettings(
        username="abc123@EXAMPLE.COM",
        secret="s3cr#t~word",
        integration_code="CODE27CHARACTERS",
        services_url="https://webservices5.autotask.net/atservicesrest",
        timeout_seconds=2,
    )


@pytest.fixture
def client(settings: AutotaskSettings, http: requests.Session, clock: JumpingClock) -> AutotaskClient:
    return AutotaskClient(settings, http, clock)


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=True) as mock:
        yield mock


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    scripted = ScriptedServer()
    yield scripted
    scripted.close()


@pytest.fixture
def socket_client(server: ScriptedServer, http: requests.Session, clock: JumpingClock) -> AutotaskClient:
    """A client whose zone is the scripted server."""
    http.trust_env = False
    settings = AutotaskSettings(
        "abc123@EXAMPLE.COM", "s3cr#t~word", "CODE27CHARACTERS", server.url, timeout_seconds=0.4
    )
    return AutotaskClient(settings, http, clock)
