"""What a fault does to an answer: cut connections, damaged bodies, answers that never came from the product."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, NoReturn

from werkzeug.wrappers import Response

from bt_autotask_sync.sandbox.faults import reason_phrase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bt_autotask_sync.sandbox.clock import SandboxClock
    from bt_autotask_sync.sandbox.faults import Fault

THREAD_TEXT = (
    "Thread Threshold Exceeded. The Autotask API thread threshold of 3 threads has been exceeded. (Itgenatr005)"
)
"""Autotask: the text of a 429."""
_DAMAGE = b"\xff\xfe\x00<&\xc3"
_DRIPS = 10


class ConnectionCut(ConnectionError):  # noqa: N818 - it is what happened, and known by this name
    """The connection ends here without a further byte: a server closes it, the adapter raises requests' error."""


class AnswerTimedOut(Exception):  # noqa: N818 - it is what happened, as requests' own ReadTimeout
    """The caller gave up waiting; raised only where there are no sockets."""


def cut() -> NoReturn:
    """End the connection."""
    raise ConnectionCut("the sandbox cut the connection")


def canned(fault: Fault) -> Response:
    """Return the answer of "status", or of an "outage" that has one."""
    status = fault.status or 500
    bodies = {
        "empty": ("", "text/plain"),
        "text": (fault.text, "text/plain"),
        "errors": (json.dumps({"errors": [fault.text]}), "application/json"),
        "html": (_error_page(status, fault.text), "text/html"),
    }
    body, mimetype = bodies[fault.body]
    response = Response(body, status, mimetype=mimetype)
    if fault.retry_after is not None:
        response.headers["Retry-After"] = str(fault.retry_after)
    return response


def too_many(retry_after: int | None) -> Response:
    """Return the 429 of too many threads."""
    response = Response(json.dumps({"errors": [THREAD_TEXT]}), 429, mimetype="application/json")
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def redirected(location: str) -> Response:
    """Return a 302 to `location`."""
    return Response("", 302, {"Location": location})


def cut_in_half(response: Response) -> Response:
    """Return the answer with half of its body; behind that the connection is cut. An empty body is cut at once."""
    body = response.get_data()
    if not body:
        cut()

    def half() -> Iterator[bytes]:
        yield body[: len(body) // 2]
        cut()

    return _streamed(response, half(), len(body))


def garbled(response: Response) -> Response:
    """Return the answer with bytes in its middle that are neither UTF-8 nor XML; its length agrees."""
    body = response.get_data()
    middle = len(body) // 2
    response.set_data(body[:middle] + _DAMAGE + body[middle + len(_DAMAGE) :] if body else _DAMAGE)
    return response


def dripping(response: Response, seconds: float, clock: SandboxClock, timeout: float | None) -> Response:
    """Return the answer in pieces with pauses between them, `seconds` in all.

    A caller without sockets gives the `timeout` of its reads: a longer pause raises TimeoutError, as a socket does.
    """
    body = response.get_data()
    size = max(1, -(-len(body) // _DRIPS))
    pause = seconds / _DRIPS

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), size):
            if timeout is not None and pause > timeout:
                clock.sleep(timeout)
                raise TimeoutError("the sandbox let a read time out")
            clock.sleep(pause)
            yield body[start : start + size]

    return _streamed(response, pieces(), len(body))


def _streamed(response: Response, pieces: Iterator[bytes], length: int) -> Response:
    response.response = pieces
    response.headers["Content-Length"] = str(length)
    return response


def _error_page(status: int, text: str) -> str:
    title = f"{status} {reason_phrase(status)}"
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{html.escape(text)}</p></body></html>"
