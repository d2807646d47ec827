"""An appliance in small: events as it sends them, to a receiver without sockets."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from bt_autotask_sync.appliance.outbound_event import EventName, read_event
from bt_autotask_sync.events.access import Access
from bt_autotask_sync.state.inbox import FILE_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bt_autotask_sync.appliance.outbound_event import Event
    from bt_autotask_sync.events.access import Network
    from bt_autotask_sync.events.receiver import Receiver
    from bt_autotask_sync.state.inbox import Inbox

LSID = "e9e99aeb9ad54fb381634498502c5a1b"
TOKEN = "s3cret-Token/with+all"
STORED = (200, "stored\n")
NOW = 1_795_345_200
"""2026-11-22T11:00:00Z."""


def variables(told: str = EventName.END, /, lsid: str = LSID, **more: str) -> dict[str, str]:
    """What an appliance posts of an event."""
    return {"event": told, "version": "1.3.0", "timestamp": "1733240467", "lsid": lsid, **more}


def event(told: str = EventName.END, /, lsid: str = LSID, **more: str) -> Event:
    """The event that is read from it."""
    return read_event(variables(told, lsid, **more).items())


def lsids(count: int) -> list[str]:
    return [f"{number:032x}" for number in range(1, count + 1)]


def access(**changes: Any) -> Access:
    """Who may send: everybody who knows the token, for the profiles of three ids."""
    known = {"default": ("default",), "msp.one": ("first", "second"), "old_site-2": ("disabled",)}
    given: dict[str, Any] = {"token": TOKEN, "accepted": (), "trusted_proxies": (), "profiles": known, **changes}
    return Access(**given)


def networks(*texts: str) -> tuple[Network, ...]:
    return tuple(map(ip_network, texts))


@dataclass
class FrozenClock:
    """Time that stands still."""

    at: int = NOW

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)

    def monotonic(self) -> float:
        return float(self.at)

    def sleep(self, seconds: float) -> None:
        raise AssertionError("the receiver does not sleep")


@dataclass(frozen=True)
class Answer:
    """What a sender sees; the names of headers in lower case. `unread` pieces of its body were not taken."""

    status: int
    headers: Mapping[str, str]
    text: str
    unread: int


def short(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.text


@dataclass
class Desk:
    """A receiver with its inbox, and what it told on."""

    receiver: Receiver
    inbox: Inbox
    told: list[tuple[Event, tuple[str, ...]]] = field(default_factory=list)

    def post(self, path: str = "/ERSPost", body: bytes | Mapping[str, str] | None = None, **options: Any) -> Answer:
        """Send an event, by default a good one with the token in the address."""
        query = options.pop("query", urlencode({"outbound_event_token": TOKEN}))
        given = variables() if body is None else body
        content = given if isinstance(given, bytes) else urlencode(given).encode()
        return self.send("POST", path, query=query, pieces=[content], **options)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        pieces: Sequence[bytes] = (b"",),
        peer: str = "192.0.2.7",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request whose body comes in pieces; an AssertionError if more is read of it than there is."""
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
            "client": (peer, 50_000) if peer else None,
        }
        left = list(pieces)
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            assert left, "more was read than there is"
            return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

        async def take(message: dict[str, Any]) -> None:
            sent.append(message)

        asyncio.run(self.receiver(scope, receive, take))
        start, body = sent
        answered = {name.decode(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], answered, body["body"].decode(), len(left))

    def waiting(self, profile: str = "default") -> list[str]:
        """The lsids that wait for a profile."""
        return [each.lsid for each in self.inbox.waiting(profile)]

    def quarantined(self) -> list[tuple[bytes, str]]:
        """What could not be read, and why."""
        return self.inbox._connection.execute("SELECT body, reason FROM quarantine ORDER BY id").fetchall()


def store(inbox: Inbox, *events: Event, profiles: tuple[str, ...] = ("a",), at: int = NOW) -> list[bool]:
    return [inbox.store(each, profiles=profiles, at=at) for each in events]


def waiting(inbox: Inbox, profile: str = "a") -> list[str]:
    return [each.lsid for each in inbox.waiting(profile)]


def content(directory: Path) -> bytes:
    """Every byte of the file, as who finds the disk would see it."""
    with closing(sqlite3.connect(directory / FILE_NAME)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return (directory / FILE_NAME).read_bytes()
