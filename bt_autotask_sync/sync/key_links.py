"""Links to ticket pages in external keys: they name a ticket of the tenant whose web pages they lead to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINK = re.compile(
    r"https?://[^\s<>\"']+|(?<![\w.@/-])[a-z0-9][a-z0-9.-]{0,252}\.[a-z]{2,}(?::\d{1,5})?/[^\s<>\"']*", re.IGNORECASE
)
_ID = re.compile(r"[0-9]{1,18}")
_TICKET_ID = "ticketid"
"""Autotask: pages of tickets take it, like `TicketDetail.mvc?ticketId=53203`."""
_BEHIND = ".,;:!?)]}"
"""What stands behind a link in a sentence and is not of it."""
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class TicketLink:
    """A link with a ticket's id: the host that it leads to, with its port, in small letters; and the id."""

    host: str
    ticket_id: int


def ticket_links(text: str) -> tuple[TicketLink, ...]:
    """Return the links in a key that name a ticket by its id, whoever's they are."""
    return tuple(link for found in _LINK.finditer(text) for link in _read(found[0]))


def without_links(text: str) -> str:
    """Return a key without the links in it."""
    return _LINK.sub("\n", text)


def host_of(address: str) -> str:
    """Return the host of an address with its port, in small letters; empty where there is none."""
    try:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return ""
    return f"{parts.hostname.rstrip('.')}:{port}" if parts.hostname else ""


def _read(link: str) -> Iterator[TicketLink]:
    host = host_of(link)
    query = link.rstrip(_BEHIND).partition("?")[2].partition("#")[0]
    for name, value in parse_qsl(query) if host else ():
        if name.lower() == _TICKET_ID and _ID.fullmatch(value):
            yield TicketLink(host, int(value))
