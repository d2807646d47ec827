"""The listener on a loopback port, and clients that speak to it byte by byte."""

from __future__ import annotations

import socket
from contextlib import ExitStack, closing, suppress
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlencode

from bt_autotask_sync.clock import SystemClock
from bt_autotask_sync.events.receiver import Receiver
from bt_autotask_sync.events.server import serve
from bt_autotask_sync.events.writer import InboxWriter
from bt_autotask_sync.state.inbox import Inbox
from tests.unit.events.receiving import TOKEN, access, variables

if TYPE_CHECKING:
    import ssl
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from bt_autotask_sync.appliance.outbound_event import Event
    from bt_autotask_sync.events.certificate import Certificate

PATH = f"/ERSPost?outbound_event_token={quote_plus(TOKEN)}"


def request(path: str = PATH, body: bytes | None = None, *headers: str, method: str = "POST") -> bytes:
    """The bytes of a request, by default of one with a good event."""
    content = urlencode(variables()).encode() if body is None else body
    lines = [f"{method} {path} HTTP/1.1", "Host: listener", f"Content-Length: {len(content)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + content


def numbered(number: int) -> bytes:
    """The body of an event that is like no other."""
    return urlencode(variables(lsid=f"{number:032x}")).encode()


def answer(connection: socket.socket) -> HTTPResponse:
    """Read the one answer that comes, its body included."""
    response = HTTPResponse(connection)
    with closing(response):
        response.begin()
        response.read()
    return response


class Listening:
    """A listener, its inbox, and what it told on; as a context it stops at the end."""

    def __init__(self, directory: Path, certificate: Certificate | None = None, **changes: Any) -> None:
        self.told: list[tuple[Event, tuple[str, ...]]] = []
        with ExitStack() as closing:
            self.writer = closing.enter_context(InboxWriter(directory))
            self.inbox = closing.enter_context(Inbox.open(directory))
            self.receiver = Receiver(access(**changes), self.writer, SystemClock(), lambda *new: self.told.append(new))
            self.server = closing.enter_context(serve(self.receiver, "127.0.0.1", 0, certificate, self.receiver.admits))
            self._closing = closing.pop_all()
        self.port = int(self.server.url.rpartition(":")[2])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def connect(self, context: ssl.SSLContext | None = None) -> socket.socket:
        """A connection that gives up after ten seconds."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        return connection if context is None else context.wrap_socket(connection, server_hostname="localhost")

    def send(self, content: bytes, context: ssl.SSLContext | None = None) -> HTTPResponse:
        """Send a request on a connection of its own and read the answer."""
        with self.connect(context) as connection:
            connection.sendall(content)
            return answer(connection)

    def talk(self, content: bytes) -> bytes:
        """Send this and nothing more, and read until the other side closes."""
        return exchange(self.port, content)

    def waiting(self) -> list[str]:
        """The lsids that wait for the profile `default`."""
        return [event.lsid for event in self.inbox.waiting("default", limit=1_000_000)]

    def see_well(self, number: int = 0xFEED) -> None:
        """See that a good event is still stored."""
        assert self.send(request(body=numbered(number))).status == 200
        assert f"{number:032x}" in self.waiting()


def exchange(port: int, content: bytes) -> bytes:
    """Send this and nothing more, and read until the other side closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        with suppress(OSError):  # it may have heard enough already
            connection.sendall(content)
            connection.shutdown(socket.SHUT_WR)
        return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    """Read until the other side closes, or cuts."""
    received = b""
    try:
        while piece := connection.recv(65_536):
            received += piece
    except ConnectionError:
        pass
    return received
