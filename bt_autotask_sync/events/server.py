"""Serves the receiver on a port, in a thread of its own.

The connections are uvicorn's. Its own server is not used: it gives a TLS handshake a minute, takes the process' signals
to itself, and ends what is still under way at its stop with a traceback.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from uvicorn.server import ServerState

from bt_autotask_sync.errors import UsageError
from bt_autotask_sync.events.acceptor import Acceptor
from bt_autotask_sync.events.connection import IDLE_SECONDS, LARGEST_HEAD, Connection

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from bt_autotask_sync.events.acceptor import Admits
    from bt_autotask_sync.events.certificate import Certificate

BACKLOG: Final = 512
STOP_SECONDS: Final = 5.0
"""How long requests that are under way at a stop have to be finished."""

RENEWAL_SECONDS: Final = 60.0
"""How often is looked whether the certificate was renewed."""

_LOG = logging.getLogger(__name__)


class ListenError(UsageError):
    """The port cannot be listened on."""


class RunningServer:
    """A server in a thread of its own; as a context it stops at the end.

    Args:
        application: An ASGI application.
        listening: The socket, already listening.
        certificate: For TLS; None: plain HTTP.
        admits: Tells by its address whether a connection may come in.

    Attributes:
        url: Where it listens, without a path; for every address of the machine, "0.0.0.0" or "[::]" stands there.
    """

    def __init__(
        self,
        application: Callable[..., Any],
        listening: socket.socket,
        certificate: Certificate | None,
        admits: Admits,
    ) -> None:
        host, port = listening.getsockname()[:2]
        self.url = f"{'https' if certificate else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
        self._application = application
        self._listening = listening
        self._certificate = certificate
        self._admits = admits
        self._stop: Callable[[], object] | None = None
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
        self._thread.start()
        self._begun.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def is_serving(self) -> bool:
        """Whether it still runs."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Take no new connections, finish the requests under way within a few seconds, and end."""
        if self._stop is not None:
            with suppress(RuntimeError):  # it has ended already
                self._stop()
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001 - nobody is there to take it
            _LOG.error("The listener ended by itself (%s).", type(error).__name__)
            _LOG.debug("The trace:", exc_info=error)
        finally:
            self._listening.close()
            self._begun.set()

    async def _serve(self) -> None:
        loop, told_to_stop = asyncio.get_running_loop(), asyncio.Event()
        loop.set_exception_handler(_tell)
        config = _config(self._application)
        state = ServerState()
        context = None if self._certificate is None else self._certificate.context
        acceptor = Acceptor(self._listening, self._admits, lambda: Connection(config, state, {}), context)
        self._stop = partial(loop.call_soon_threadsafe, told_to_stop.set)
        self._begun.set()
        while not await _happened(told_to_stop, RENEWAL_SECONDS):
            if self._certificate is not None:
                self._certificate.renew()
        await acceptor.close()
        await _finish(state)


def _everybody(_: str) -> bool:
    return True


def serve(
    application: Callable[..., Any],
    address: str,
    port: int,
    certificate: Certificate | None = None,
    admits: Admits = _everybody,
) -> RunningServer:
    """Serve an ASGI application until it is stopped.

    Args:
        application: What answers the requests.
        address: An IP address of this machine, or "localhost"; "0.0.0.0" or "::" for all.
        port: The port; 0 takes any that is free.
        certificate: For TLS; None: plain HTTP.
        admits: Tells by its address whether a connection may come in; by default every one may.

    Raises:
        ListenError: The port is taken, or may not be used, or the address is not of this machine.
    """
    try:
        family = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0][0]
        both = address == "::" and socket.has_dualstack_ipv6()
        listening = socket.create_server((address, port), family=family, backlog=BACKLOG, dualstack_ipv6=both)
    except OSError as error:
        raise ListenError(
            f"The listener cannot listen on {address}, port {port}: {_words(error)}.",
            "Choose `address` and `port` in [listen] that are this machine's and free.",
        ) from error
    return RunningServer(application, listening, certificate, admits)


def _words(error: OSError) -> str:
    """Return what the system says; what Python adds to it names the address a second time."""
    if error.errno is None or isinstance(error, socket.gaierror):  # whose numbers are others
        return error.strerror or str(error)
    return os.strerror(error.errno)


def _config(application: Callable[..., Any]) -> uvicorn.Config:
    config = uvicorn.Config(
        application,
        http=Connection,
        ws="none",
        interface="asgi3",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        timeout_keep_alive=IDLE_SECONDS,
        h11_max_incomplete_event_size=LARGEST_HEAD,
    )
    config.load()
    return config


async def _happened(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event; False when it did not happen within `seconds`."""
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()


async def _finish(state: ServerState) -> None:
    """End idle connections at once, the others with their answer, and those that give none after a few seconds."""
    for connection in list(state.connections):
        connection.shutdown()
    if state.tasks:
        await asyncio.wait(set(state.tasks), timeout=STOP_SECONDS)
    for connection in list(state.connections):
        connection.transport.abort()
    if state.tasks:
        await asyncio.wait(set(state.tasks), timeout=STOP_SECONDS)


def _tell(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Tell what went wrong outside of any request."""
    error = context.get("exception")
    _LOG.error("Something went wrong with a connection: %s (%s).", context["message"], type(error).__name__)
    _LOG.debug("The trace:", exc_info=error)
