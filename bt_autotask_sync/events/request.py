"""One HTTP request to the receiver, read piece by piece, and what it is refused for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from bt_autotask_sync.appliance.outbound_event import APPLIANCE_VARIABLE, TOKEN_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    Scope = Mapping[str, Any]
    Receive = Callable[[], Awaitable[Mapping[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]

LARGEST_BODY: Final = 64 * 1024
"""Bytes. An event has about 300."""

LARGEST_REFUSED: Final = 1024 * 1024
"""Bytes of a body that is too large which are still read: whoever is cut off while sending may not see the answer."""

DEFAULT_APPLIANCE: Final = "default"

Pairs = list[tuple[str, str]]
"""Names and values in the order of a form."""

_SHORTEST: Final = len(TOKEN_VARIABLE)
_PATHS: Final = ("ers", "erspost")
_ID: Final = re.compile(r"[a-z0-9._-]{1,64}", re.ASCII)


class RefusedError(Exception):
    """A request is not taken.

    Args:
        status: The HTTP status.
        what: What is wrong with it, in words that its sender may read.
        mend: What a person can do about it; for the log alone.
        headers: What the answer has to carry beyond the usual.
    """

    def __init__(self, status: int, what: str, mend: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(what)
        self.status = status
        self.what = what
        self.mend = mend
        self.headers = headers


class DisconnectedError(Exception):
    """The sender left before its request was complete."""


@dataclass(frozen=True, slots=True)
class Request:
    """What stands before the body of a request."""

    method: str
    path: str
    query: Pairs
    peer: str
    forwarded_for: tuple[str, ...]
    length: int

    @property
    def place(self) -> str:
        """The path in lower case without slashes around it."""
        return self.path.strip("/").lower()

    @property
    def appliance(self) -> str:
        """The appliance id in lower case: the end of the path, else the query's, else "default"."""
        named = (value for name, value in self.query if name.lower() == APPLIANCE_VARIABLE.lower())
        return self.place.partition("/")[2] or next(named, "").strip().lower() or DEFAULT_APPLIANCE

    @property
    def is_for_events(self) -> bool:
        """Whether events are sent to this path."""
        first, _, last = self.place.partition("/")
        return first in _PATHS and "/" not in last


def read_request(scope: Scope) -> Request:
    """Return what an ASGI server tells of a request."""
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=read_form(scope["query_string"]),
        peer=scope["client"][0] if scope["client"] else "",
        forwarded_for=tuple(value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"),
        length=int(lengths[0]) if lengths else 0,
    )


async def read_body(request: Request, receive: Receive) -> bytes:
    """Return the body.

    Raises:
        RefusedError: It is too large; 413.
        DisconnectedError: The sender left.
    """
    body, size = bytearray(), 0
    complete = request.length > LARGEST_REFUSED
    while not complete and size <= LARGEST_REFUSED:
        message = await receive()
        if message["type"] != "http.request":
            raise DisconnectedError
        piece = message.get("body", b"")
        size += len(piece)
        if size <= LARGEST_BODY:
            body += piece
        complete = not message.get("more_body", False)
    if max(size, request.length) > LARGEST_BODY:
        close = (("connection", "close"),)
        raise RefusedError(413, "it is larger than 64 KiB", "No outbound event is as large.", close)
    return bytes(body)


def read_form(body: bytes) -> Pairs:
    """Return the variables of a form; what is not UTF-8 in it is replaced, so that the rest of it is not lost."""
    return parse_qsl(body.decode(errors="replace"), keep_blank_values=True, errors="replace")


def tokens(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Return what was given as token."""
    return [value for name, value in pairs if name.lower() == TOKEN_VARIABLE]


def without_token(body: bytes) -> bytes:
    """Return a body without what was given as token in it, to be kept as it came otherwise."""
    return b"&".join(piece for piece in body.split(b"&") if len(piece) < _SHORTEST or not tokens(read_form(piece)))


def shown(appliance: str) -> str:
    """Return an appliance id for the log, where nothing may stand that only looks like one."""
    return f'"{appliance}"' if _ID.fullmatch(appliance) else "that no appliance can have"
