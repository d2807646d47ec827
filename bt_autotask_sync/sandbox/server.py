"""The sandbox on a loopback port: a server whose connections can be cut in the middle of anything."""

from __future__ import annotations

import io
import socket
import sys
import threading
import traceback
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Self

    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

LOOPBACK: Final = "127.0.0.1"
_LARGEST_BODY: Final = 16 * 1024 * 1024
_POLL_SECONDS: Final = 0.05
_STOP_SECONDS: Final = 5.0
_WITHOUT_BODY: Final = (204, 304)


@runtime_checkable
class SendsEvents(Protocol):
    """An application that also calls others by itself."""

    def send_events(self, stopped: threading.Event) -> None:
        """Do so until `stopped` is set."""
        ...


@dataclass
class RunningServer:
    """A server in a background thread; as a context it stops at the end. `url` has no slash at its end."""

    url: str
    _server: _Server
    _threads: list[threading.Thread]
    _stopped: threading.Event

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Close the port and every connection, and send no more events; does nothing the second time."""
        self._stopped.set()
        self._server.shutdown()
        self._server.cut_connections()
        for thread in self._threads:
            thread.join(_STOP_SECONDS)


def serve(sandbox: WSGIApplication, port: int = 0) -> RunningServer:
    """Serve the sandbox on 127.0.0.1, and let it send events, until it is stopped; port 0 takes any that is free.

    Raises:
        OSError: The port is taken.
    """
    with socket.create_server((LOOPBACK, port)) as listening:
        server = _Server(LOOPBACK, 0, sandbox, _Handler, fd=listening.fileno())
    stopped = threading.Event()
    threads = [threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), name="sandbox", daemon=True)]
    application: object = sandbox
    if isinstance(application, SendsEvents):
        threads.append(threading.Thread(target=application.send_events, args=(stopped,), name="events", daemon=True))
    for thread in threads:
        thread.start()
    return RunningServer(f"http://{LOOPBACK}:{server.port}", server, threads, stopped)


class _Server(ThreadedWSGIServer):
    """A thread for each connection, all of which can be ended."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._connections: set[socket.socket] = set()
        self._changed = threading.Condition()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Note a new connection before its thread starts."""
        with self._changed:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection whose thread has ended."""
        super().shutdown_request(request)
        with self._changed:
            self._connections.discard(request)
            self._changed.notify_all()

    def cut_connections(self) -> None:
        """End every connection and wait until its thread is gone."""
        with self._changed:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._changed.wait_for(lambda: not self._connections, _STOP_SECONDS)


class _Handler(WSGIRequestHandler):
    """Werkzeug's handler with connections that stay open, as Autotask's clients expect them.

    A ConnectionCut ends the loop of its base class, and with it the connection, wherever the answer stands.
    """

    server: _Server
    protocol_version = "HTTP/1.1"
    # Head and body leave in one packet, at once: with Nagle's algorithm an answer could wait for 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True

    def handle_expect_100(self) -> bool:
        answered = super().handle_expect_100()
        self.wfile.flush()
        return answered

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's own name
        """Say nothing: the sandbox keeps its own list of requests."""

    def run_wsgi(self) -> None:
        """Answer one request and leave the connection ready for the next."""
        environ = self.make_environ()
        try:
            body = self._read_body(environ)
        except (ValueError, OSError):
            self.send_error(400)
            return
        if len(body) > _LARGEST_BODY:
            self.send_error(413)
            return
        environ.update({"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))})
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        self._answer(environ)

    def _answer(self, environ: WSGIEnvironment) -> None:
        head: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None, /) -> Any:
            head[:] = [status, headers]

        try:
            pieces = self.server.app(environ, start_response)
            self._send(head[0], head[1], pieces)
        except ConnectionError:
            raise
        except Exception:  # noqa: BLE001 - a mistake in the sandbox: seen here, and by the client as a broken answer
            traceback.print_exc(file=sys.stderr)
            self.close_connection = True

    def _send(self, status: str, headers: list[tuple[str, str]], pieces: Iterable[bytes]) -> None:
        code, _, phrase = status.partition(" ")
        self.send_response_only(int(code), phrase)
        for name, value in headers:
            self.send_header(name, value)
        names = {name.lower() for name, _ in headers}
        bodiless = self.command == "HEAD" or int(code) in _WITHOUT_BODY
        chunked = "content-length" not in names and not bodiless and self.request_version >= "HTTP/1.1"
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif "content-length" not in names and not bodiless:
            self.close_connection = True
        self.end_headers()
        self._send_body(pieces, chunked=chunked)

    def _send_body(self, pieces: Iterable[bytes], *, chunked: bool) -> None:
        try:
            for piece in filter(None, pieces):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                self.wfile.flush()
            if chunked:
                self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()

    def _read_body(self, environ: WSGIEnvironment) -> bytes:
        if environ.get("wsgi.input_terminated"):
            return io.BufferedReader(environ["wsgi.input"]).read(_LARGEST_BODY + 1)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length < 0:
            raise ValueError("a negative length")
        body = self.rfile.read(min(length, _LARGEST_BODY + 1))
        if len(body) < min(length, _LARGEST_BODY + 1):
            raise ConnectionAbortedError("the client left in the middle of its request")
        return body
