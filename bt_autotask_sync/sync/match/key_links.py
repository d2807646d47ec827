"""Links to ticket pages in external keys: they name a ticket of the tenant whose web pages they lead to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

_LINK = re.compile(
    r"https?://[^\s<>\"']+|(?<![\w.@/-])[a-z0-9][a-z0-9.-]{0,252}\.[a-z]{2,}(?::\d{1,5})?/[^\s<>\"']*", re.IGNORECASE
)
_ID = re.compile(r"[0-9]{1,18}")
_TICKET_ID = "ticketid"
"""Autotask: pages of tickets take it, like `TicketDetail.mvc?ticketId=53203`."""
_SIGN = "ticket"
"""A link without it leads to another page than a ticket's."""
_OF_AUTOTASK = ".autotask.net"
_BEHIND = ".,;:!?)]}"
"""What stands behind a link in a sentence and is not of it."""
_AMPERSAND = re.compile(r"&(?:amp|#38|#x26);", re.IGNORECASE)
_BETWEEN = re.compile(r"[?&#;]")
_USUAL_PORTS = {None, 80, 443}


@dataclass(frozen=True, slots=True)
class PageLink:
    """A link to a ticket's page, on some desk.

    `host` is where it leads to, with a port that is not the usual one, in small letters; `ticket_id` is None where it
    names none that can be read.
    """

    host: str
    ticket_id: int | None


def page_links(text: str) -> tuple[PageLink, ...]:
    """Return the links in a key that name a ticket by its id, whoever's they are, or lead to Autotask's tickets."""
    found = (match[0] for match in _LINK.finditer(text))
    links = (link for each in found if _SIGN in each.lower() and (link := _read(each)) is not None)
    return tuple(link for link in links if link.ticket_id is not None or link.host.endswith(_OF_AUTOTASK))


def without_links(text: str) -> str:
    """Return a key without the links in it."""
    return _LINK.sub("\n", text)


def host_of(address: str) -> str:
    """Return the host of an address in small letters, with a port that is not the usual one; empty without one."""
    try:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        port = parts.port
    except ValueError:
        return ""
    if not parts.hostname:
        return ""
    return parts.hostname.rstrip(".") + ("" if port in _USUAL_PORTS else f":{port}")


def _read(link: str) -> PageLink | None:
    """Return what a link leads to, however its query is escaped; None where it names no host.

    One with another address in it says too little: it may lead anywhere.
    """
    host = host_of(link)
    if not host:
        return None
    behind = unquote(_AMPERSAND.sub("&", link.rstrip(_BEHIND).partition("://")[2] or link))
    named = (part.partition("=") for part in _BETWEEN.split(behind))
    ids = {int(value) for name, _, value in named if name.lower() == _TICKET_ID and _ID.fullmatch(value)}
    return PageLink(host, next(iter(ids)) if len(ids) == 1 and "://" not in behind else None)
