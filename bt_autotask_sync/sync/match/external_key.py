"""The external key as people and other systems type it, read for the ticket that it names."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bt_autotask_sync.sync.match.key_links import host_of, page_links, without_links
from bt_autotask_sync.sync.match.key_repair import (
    LIKE_T,
    LIKE_ZERO,
    Deviation,
    credible_days,
    day_of,
    number_day,
    read_mistyped,
)
from bt_autotask_sync.sync.match.key_text import clean_key, shown_key

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from bt_autotask_sync.appliance.session import Session

_DIGIT = rf"[\d{LIKE_ZERO}]"
_LIKE_DIGIT = rf"[\d{LIKE_ZERO}lI]"
_POINT = r"[.,_:;/\u00b7\u2010-\u2015\uff0c\uff0e\uff0d-]"
_ESCAPED_POINT = r"%2[Ee]|&#46;|&#[xX]2[eE];|&period;"
_SEPARATOR = rf"(?:\s{{0,3}}(?:{_POINT}|{_ESCAPED_POINT}|\+|%20){{1,3}}\s{{0,3}}|\s{{1,3}})"
_SOLID_SEPARATOR = rf"\s?(?:{_POINT}|{_ESCAPED_POINT}){{1,3}}\s?"
_COUNT = rf"{_DIGIT}{{3,5}}(?!\d)"

_BEHIND_T = re.compile(
    rf"(?<![^\W\d_])[Tt{LIKE_T}\uff34\uff54]{_LIKE_DIGIT}{{7,9}}{_SEPARATOR}{_LIKE_DIGIT}{{3,5}}(?!\d)"
)
_BEHIND_LABEL = re.compile(
    rf"\bticket[\s_-]?(?:id|no|nr|number)?[\s.:=#-]{{1,3}}(?:\d{{8}}{_SEPARATOR})?{_COUNT}(?!{_POINT}\d)",
    re.IGNORECASE,
)
# Behind a plain day a blank is no separator: `20261122 0010` is a date and a time. Nor is the day one in a row of
# numbers, as a telephone's is.
_BEHIND_DAY = re.compile(rf"(?<!\d)(?<!\d[-./ ,])({_DIGIT}{{8}}){_SOLID_SEPARATOR}{_COUNT}")
_OTHER_NAMES = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\b[0-9a-f]{32}\b", re.IGNORECASE)


def resembles_number(text: str) -> bool:
    """Tell whether a cleaned key holds something like a ticket number.

    That is a letter like a T with about eight digits, the word "ticket", or a valid day in eight digits, each with a
    separator and three to five digits behind it. Links, UUIDs and lsids are other systems' names and not looked at.
    """
    rest = _OTHER_NAMES.sub("\n", without_links(text))
    if _BEHIND_T.search(rest) or _BEHIND_LABEL.search(rest):
        return True
    return any(day_of(found[1]) is not None for found in _BEHIND_DAY.finditer(rest))


# Autotask: `TYYYYMMDD.NNNN`, a recurring ticket `TYYYYMMDD.NNNN.NNN`; never the beginning of a longer number.
_TICKET_NUMBER = re.compile(r"(?<![A-Za-z0-9])T([0-9]{8}\.[0-9]{4}(?:\.[0-9]{3})?)(?!\.?\d)", re.IGNORECASE)
_TICKET_ID = re.compile(r"\s*id\s*:\s*([0-9]{1,18})\s*", re.IGNORECASE)
_DIGITS = re.compile(r"\s*([0-9]{1,18})\s*")
_LABELLED_DIGITS = re.compile(
    r"[\s#\[(]*+(?:ticket[\s_-]*+(?:id|number|no|nr)?[\s.:=#]*+)?([0-9]{1,18})[\s\])]*+", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Unread:
    """A key that may mean a ticket and cannot be read for certain: the session waits for a person.

    `shown` is the key as a message shows it. `candidate` is the number that it probably means, if there is one.
    `is_link` where it holds a link that may lead to a ticket: which one where `is_own`, else whose it is, is not known.
    """

    shown: str
    candidate: str = ""
    is_link: bool = False
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class NamedTickets:
    """The tickets that an external key names: numbers like `T20261122.0042` in capitals, or ids; mostly one."""

    numbers: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()
    stray_digits: bool = False
    """The key is digits alone and the profile does not take those as a ticket id."""
    unread: Unread | None = None
    repaired_from: str = ""
    """The key, as a message shows it, where the number was mistyped in it."""

    def __bool__(self) -> bool:
        """Tell whether any ticket is named."""
        return bool(self.numbers or self.ids)

    @property
    def in_doubt(self) -> bool:
        """Whether the key may mean a ticket, without naming one."""
        return self.stray_digits or self.unread is not None


class KeyReader:
    """Reads the external keys of one profile's sessions.

    Args:
        numeric_keys: Whether digits alone are a ticket id.
        web_url: Returns the address of the tenant's web pages, empty where that cannot be found out. It may have to be
            asked for, so it is called only for a key with a link to a ticket.
    """

    def __init__(self, *, numeric_keys: bool, web_url: Callable[[], str]) -> None:
        self._numeric_keys = numeric_keys
        self._web_url = web_url

    def read(self, session: Session, key: str | None = None) -> NamedTickets:
        """Find the tickets that a session names by its external key, or by another `key` that is taken for it."""
        return read_external_key(
            session.external_key if key is None else key,
            numeric_keys=self._numeric_keys,
            credible=credible_days(session),
            web_url=self._web_url,
        )


def read_external_key(
    key: str, *, numeric_keys: bool, credible: Container[int] = (), web_url: Callable[[], str] = str
) -> NamedTickets:
    """Find the tickets that an external key names.

    Ticket numbers anywhere in it come first, else `id:` with digits, else a JSON object with `ticketNumber`,
    `ticketID` or `id`, else a link to a ticket of the tenant's own, else digits alone if `numeric_keys` allows them as
    a ticket id, else a number that is mistyped in one way. What only resembles a number is left to a person.

    Args:
        key: As it was typed.
        numeric_keys: Whether digits alone are a ticket id.
        credible: The days, since the year 1, of which a mistyped number may be; nothing: none is repaired.
        web_url: Returns the address of the tenant's web pages; called only where the key has a link to a ticket.
    """
    text = clean_key(key)
    if numbers := _numbers_in(text):
        return NamedTickets(numbers=numbers)
    if match := _TICKET_ID.fullmatch(text):
        return NamedTickets(ids=(int(match[1]),))
    if (named := _named_in_json(text)) is not None:
        return named
    if (named := _named_by_link(key, text, web_url)) is not None:
        return named
    if match := _LABELLED_DIGITS.fullmatch(text):
        return NamedTickets(ids=(int(match[1]),)) if numeric_keys else NamedTickets(stray_digits=True)
    return _mistyped(key, text, credible)


def _numbers_in(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"T{match}" for match in _TICKET_NUMBER.findall(text)))


def _named_in_json(text: str) -> NamedTickets | None:
    """Return what a JSON object names, which may be nothing; None for what is no such object."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    names = {name.lower(): named for name, named in value.items()}
    if isinstance(number := names.get("ticketnumber"), str) and (numbers := _numbers_in(clean_key(number))):
        return NamedTickets(numbers=numbers)
    for name in ("ticketid", "id"):
        match = _DIGITS.fullmatch(str(names.get(name, "")))
        if match and not isinstance(names[name], bool):
            return NamedTickets(ids=(int(match[1]),))
    return NamedTickets()


def _named_by_link(key: str, text: str, web_url: Callable[[], str]) -> NamedTickets | None:
    """Return what links to the tenant's own tickets name; None without one. Other desks have links too.

    One that leads to the tenant's own pages and cannot be read is left to a person.
    """
    links = page_links(text)
    if not links:
        return None
    own = host_of(web_url())
    mine = [link for link in links if link.host == own]
    if ids := tuple(dict.fromkeys(link.ticket_id for link in mine if link.ticket_id is not None)):
        return NamedTickets(ids=ids)
    return NamedTickets(unread=Unread(shown_key(key), is_link=True, is_own=bool(own))) if mine or not own else None


def _mistyped(key: str, text: str, credible: Container[int]) -> NamedTickets:
    """Return the number that a key deviates from in one way, or that it resembles one."""
    mistyped = read_mistyped(text)
    day = number_day(mistyped.number) if mistyped else None
    if mistyped is not None and day is not None:
        if mistyped.deviation is not Deviation.NO_T and day in credible:
            return NamedTickets(numbers=(mistyped.number,), repaired_from=shown_key(key))
        return NamedTickets(unread=Unread(shown_key(key), mistyped.number))
    return NamedTickets(unread=Unread(shown_key(key))) if resembles_number(text) else NamedTickets()
