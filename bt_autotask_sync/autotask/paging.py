"""The pages of a query's answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bt_autotask_sync.autotask.entities import Lookup
from bt_autotask_sync.autotask.errors import TooManyRecords, unusable
from bt_autotask_sync.autotask.reading import read

if TYPE_CHECKING:
    from bt_autotask_sync.autotask.answer import Answer
    from bt_autotask_sync.autotask.exchange import Call, Exchange

_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Page:
    """One page, and the address of the next one or None."""

    items: tuple[dict[str, Any], ...]
    next_url: str | None


def read_pages(exchange: Exchange, first: Call, most: int | None = None) -> Lookup[dict[str, Any]]:
    """Read a query's pages to the last; more than `most` records are given up.

    Autotask: the next page of a POSTed query is POSTed with the same body to the address that the page names.

    Raises:
        TooManyRecords: There are more than `most`.
        AutotaskOutage: A page is garbled, names an address of another host, or leads back to one already read.
    """
    answer = read(exchange, first)
    page = _parse_page(first, answer)
    items, answered_at, seen = list(page.items), answer.answered_at, {first.url}
    while page.next_url is not None:
        if page.next_url in seen:
            raise unusable(first.name, "its pages lead in a circle")
        if most is not None and len(items) >= most:
            raise TooManyRecords(first.name, most)
        seen.add(page.next_url)
        following = _next_call(first, page.next_url)
        page = _parse_page(first, read(exchange, following))
        items += page.items
    return Lookup(tuple(items), answered_at)


def _next_call(first: Call, url: str) -> Call:
    """Return the call for the next page. The secrets go along, so it must stay where the first one went."""
    if _place(url) != _place(first.url):
        raise unusable(first.name, "its next page lies on another host or path")
    return replace(first, url=url)


def _place(url: str) -> tuple[str, str | None, int | None, str] | None:
    """Return scheme, host, port and the path up to `/query`, in lower case; None where there is no such place."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    path, query, rest = parts.path.lower().partition("/query")
    if not query or rest not in {"", "/next"} or parts.username is not None:
        return None
    return parts.scheme, parts.hostname, port, path


def _parse_page(call: Call, answer: Answer) -> Page:
    if answer.body is None or answer.status != HTTPStatus.OK:
        raise unusable(call.name, answer.oddity)
    body = answer.body
    items, details = body.get("items"), body.get("pageDetails")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise unusable(call.name, "it has no list of items")
    if not isinstance(details, dict) or not isinstance(next_url := details.get("nextPageUrl"), str | None):
        raise unusable(call.name, "it does not tell whether there is another page")
    return Page(tuple(items), next_url or None)
