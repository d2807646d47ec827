"""The door of the listener: which connections are let in at all, before they cost anything, and their TLS handshake.

asyncio's own server says nothing of a handshake that fails, and shakes hands with everybody.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import TYPE_CHECKING, Any, Final

from bt_autotask_sync.events.rate_limited_log import RateLimitedLog

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    Admits = Callable[[str], bool]

HANDSHAKE_SECONDS: Final = 10.0
PAUSE_SECONDS: Final = 1.0
"""How long no connection is taken when the system has no room for another one."""

_LOG = logging.getLogger(__name__)


class Acceptor:
    """Lets connections in until it is closed.

    Args:
        listening: The socket, already listening.
        admits: Tells by its address whether a connection may come in.
        protocol: Makes what serves a connection.
        context: For TLS; None: plain HTTP.
    """

    def __init__(
        self,
        listening: socket.socket,
        admits: Admits,
        protocol: Callable[[], asyncio.Protocol],
        context: ssl.SSLContext | None,
    ) -> None:
        self._listening = listening
        self._admits = admits
        self._protocol = protocol
        self._tls: dict[str, Any] = {}
        if context is not None:
            self._tls = {"ssl": context, "ssl_handshake_timeout": HANDSHAKE_SECONDS}
        self._exhausted = RateLimitedLog()
        self._strangers = RateLimitedLog()
        self._misunderstood = RateLimitedLog()
        self._entering: set[asyncio.Task[None]] = set()
        listening.setblocking(False)
        self._taking = asyncio.create_task(self._take())

    async def close(self) -> None:
        """Take no new connections, and wait for no handshake."""
        self._taking.cancel()
        for task in self._entering:
            task.cancel()
        await asyncio.wait([self._taking, *self._entering])
        self._listening.close()

    async def _take(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, address = await loop.sock_accept(self._listening)
            except ConnectionError:  # it was given up while it waited
                continue
            except OSError as error:
                if self._exhausted.may_tell(""):
                    _LOG.error("No connection can be taken now: %s.", error.strerror or error)
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            peer = str(address[0])
            if self._admits(peer):
                task = asyncio.create_task(self._enter(connection, peer))
                self._entering.add(task)
                task.add_done_callback(self._entering.discard)
            else:
                self._turn_away(connection, peer)

    def _turn_away(self, connection: socket.socket, peer: str) -> None:
        connection.close()
        if self._strangers.may_tell(peer):
            _LOG.warning(
                "A connection from %s was closed: it is neither in accepted_addresses nor in trusted_proxies of "
                "[listen]. If it is an appliance's or a reverse proxy's address, add it there.",
                peer,
            )

    async def _enter(self, connection: socket.socket, peer: str) -> None:
        """Give a connection to its protocol, after the handshake if there is one."""
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(self._protocol, connection, **self._tls)
        except OSError as error:  # of TLS too
            if self._tls and self._misunderstood.may_tell(peer):
                _LOG.warning(
                    "There was no TLS handshake with %s (%s). If it is an appliance: does it trust the certificate, "
                    "and does the address that it sends to begin with https://?",
                    peer,
                    _words(error),
                )


def _words(error: OSError) -> str:
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return error.strerror or "it took too long, or was given up"
