"""The sandbox behind requests without sockets: fast, deterministic, for one thread; time-outs cost no real time."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import requests
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3 import HTTPHeaderDict, HTTPResponse

from bt_autotask_sync.sandbox.application import TIMEOUT
from bt_autotask_sync.sandbox.breakage import AnswerTimedOut, ConnectionCut

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from _typeshed import WriteableBuffer
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment
    from requests import PreparedRequest


class SandboxAdapter(requests.adapters.BaseAdapter):
    """Carries requests to a WSGI application in this process.

    Faults show as they would on a wire: a cut connection raises requests' ConnectionError, a cut body
    ChunkedEncodingError when it is read, an answer later than the time-out ReadTimeout.

    Args:
        application: The sandbox.
    """

    def __init__(self, application: WSGIApplication) -> None:
        super().__init__()
        self._application = application

    def send(  # noqa: PLR0917 - requests' own signature
        self,
        request: PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002
        timeout: float | tuple[float | None, float | None] | None = None,
        verify: bool | str = True,  # noqa: ARG002, FBT001, FBT002
        cert: Any = None,  # noqa: ARG002
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> requests.Response:
        """Return the answer, its body unread.

        Raises:
            requests.ConnectionError: The sandbox cut the connection.
            requests.ReadTimeout: The answer would come later than `timeout`.
        """
        patience = timeout[1] if isinstance(timeout, tuple) else timeout
        head: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Any:
            head[:] = [status, headers]

        try:
            body = self._application(_environ(request, patience), start_response)
        except ConnectionCut as cut:
            raise requests.ConnectionError(str(cut), request=request) from cut
        except AnswerTimedOut as late:
            raise requests.ReadTimeout("the sandbox let the request time out", request=request) from late
        return self._response(request, head[0], head[1], body)

    def close(self) -> None:
        """Do nothing: there is no connection to close."""

    def _response(
        self, request: PreparedRequest, status: str, headers: list[tuple[str, str]], body: Iterable[bytes]
    ) -> requests.Response:
        code, _, reason = status.partition(" ")
        response = requests.Response()
        response.status_code = int(code)
        response.reason = reason
        response.headers = CaseInsensitiveDict(headers)
        response.encoding = get_encoding_from_headers(response.headers)
        response.raw = HTTPResponse(
            body=io.BufferedReader(_Body(body)),
            headers=HTTPHeaderDict(headers),
            status=response.status_code,
            preload_content=False,
            request_method=request.method,
        )
        response.url = request.url or ""
        response.request = request
        return response


class _Body(io.RawIOBase):
    """The body of a WSGI answer as a file."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces: Iterator[bytes] = iter(pieces)
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer)
        while not self._left:
            try:
                self._left = next(self._pieces)
            except StopIteration:
                return 0
        size = min(len(view), len(self._left))
        view[:size] = self._left[:size]
        self._left = self._left[size:]
        return size


def _environ(request: PreparedRequest, patience: float | None) -> WSGIEnvironment:
    parts = urlsplit(request.url or "")
    body = _body_bytes(request.body)  # requests leaves text, bytes, a file or an iterable here
    port = str(parts.port or (443 if parts.scheme == "https" else 80))
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": request.method or "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(parts.path or "/", "latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": parts.netloc,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(body),
        TIMEOUT: patience,
    }
    headers: Mapping[str, Any] = request.headers
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = text
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return environ


def _body_bytes(body: bytes | str | Iterable[bytes] | None) -> bytes:
    if isinstance(body, str):
        return body.encode()
    return body if isinstance(body, bytes) else b"".join(body or ())
