"""One connection to the listener: uvicorn's HTTP/1.1, with an end to patience.

uvicorn itself waits without limit for the rest of a request.
"""

from __future__ import annotations

import logging
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

from bt_autotask_sync.events.rate_limited_log import RateLimitedLog

if TYPE_CHECKING:
    import asyncio

    from bt_autotask_sync.events.request import Receive, Scope, Send

REQUEST_SECONDS: Final = 20.0
"""How long a connection may take from its beginning, or from one answer, to the next answer."""

IDLE_SECONDS: Final = 5
"""How long a connection stays open for another request."""

MOST_CONNECTIONS: Final = 400
"""How many are served at once; of those beyond, as many again are told so, and the rest is cut off."""

CROWDED_SECONDS: Final = 2.0
"""How long one of those has for its request."""

LARGEST_HEAD: Final = 16 * 1024
"""Bytes of a request before its body."""

KEEP_OFF: Final = "If they come from elsewhere than the appliances, let a firewall keep them off."

NO_HTTP: Final = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 28\r\n"
    b"connection: close\r\n\r\nthis is no HTTP/1.1 request\n"
)

_LOG = logging.getLogger(__name__)
_UVICORN_LOG = logging.getLogger(f"{__name__}.uvicorn")
_UVICORN_LOG.setLevel(logging.ERROR)  # its warnings name no address, and some are about websockets


class Connection(H11Protocol):
    """A connection that is cut when it is too slow or one too many."""

    _cut = RateLimitedLog()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.logger = _UVICORN_LOG
        self.access_log = False  # it would tell the token
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for a request."""
        super().connection_made(transport)
        # An answer leaves in two packets; with Nagle's algorithm the second could wait for 40 ms.
        with suppress(OSError):  # it may be gone already
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        others = len(self.connections) - 1
        if others >= 2 * MOST_CONNECTIONS:
            if self._cut.may_tell(self._sender):
                _LOG.warning("A connection from %s was cut: %d are open at once. %s", self._sender, others, KEEP_OFF)
            transport.abort()
        elif others >= MOST_CONNECTIONS:
            self.app = _too_many
            self._wait(CROWDED_SECONDS)
        else:
            self._wait(REQUEST_SECONDS)

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio has it so
        """Let a sender that closed its half after a whole request have its answer; True keeps the connection open."""
        cycle: Any = self.cycle  # None before the first request, whatever uvicorn's annotation says
        waits = bool(cycle) and not cycle.more_body and not cycle.response_complete and self.scheme == "http"
        if waits:
            cycle.keep_alive = False
        return waits

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        self._wait(REQUEST_SECONDS)
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        if self._patience is not None:
            self._patience.cancel()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - as uvicorn calls it
        """Answer what is no HTTP, and tell who sent it.

        uvicorn's own goes wrong when a request becomes garbage in its midst, or is a HEAD.
        """
        _LOG.warning(
            "What came from %s is no HTTP/1.1 request. If it is an appliance, compare http and https in the address "
            "that it sends to.",
            self._sender,
        )
        self.transport.write(NO_HTTP)
        self.transport.close()

    @property
    def _sender(self) -> str:
        return self.client[0] if self.client else "somewhere"

    def _wait(self, seconds: float) -> None:
        if self._patience is not None:
            self._patience.cancel()
        self._patience = self.loop.call_later(seconds, self._lose_patience)

    def _lose_patience(self) -> None:
        _LOG.debug("A connection from %s was cut: it took too long.", self._sender)
        self.transport.abort()


async def _too_many(scope: Scope, _: Receive, send: Send) -> None:
    """Answer one connection too many."""
    sender = scope["client"][0] if scope["client"] else "somewhere"
    _LOG.warning(
        "A request from %s was refused (503): more than %d connections are open at once. %s",
        sender,
        MOST_CONNECTIONS,
        KEEP_OFF,
    )
    content = b"too many connections\n"
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(content)).encode()),
        (b"retry-after", b"10"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": content})
