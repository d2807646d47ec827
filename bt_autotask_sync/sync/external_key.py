"""The external key as people and other systems type it, read for the ticket that it names."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

LONGEST_KEY = 4096
"""Characters that are looked at. BeyondTrust: an external key has at most 1,024."""

# Autotask: `TYYYYMMDD.NNNN`, a recurring ticket `TYYYYMMDD.NNNN.NNN`; never the beginning of a longer number.
_TICKET_NUMBER = re.compile(r"(?<![A-Za-z0-9])T([0-9]{8}\.[0-9]{4}(?:\.[0-9]{3})?)(?!\.?[0-9])", re.IGNORECASE)
_TICKET_ID = re.compile(r"\s*id\s*:\s*([0-9]{1,18})\s*", re.IGNORECASE)
_DIGITS = re.compile(r"\s*([0-9]{1,18})\s*")


@dataclass(frozen=True, slots=True)
class NamedTickets:
    """The tickets that an external key names: numbers like `T20261122.0042` in capitals, or ids; mostly one."""

    numbers: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()
    stray_digits: bool = False
    """The key is digits alone and the profile does not take those as a ticket id."""

    def __bool__(self) -> bool:
        """Tell whether any ticket is named."""
        return bool(self.numbers or self.ids)


def read_external_key(key: str, *, numeric_keys: bool) -> NamedTickets:
    """Find the tickets that an external key names.

    Ticket numbers anywhere in it come first, else `id:` with digits, else a JSON object with `ticketNumber`,
    `ticketID` or `id`, else digits alone if `numeric_keys` allows them as a ticket id.
    """
    text = key[:LONGEST_KEY]
    numbers = tuple(dict.fromkeys(f"T{match}" for match in _TICKET_NUMBER.findall(text)))
    if numbers:
        return NamedTickets(numbers=numbers)
    if match := _TICKET_ID.fullmatch(text):
        return NamedTickets(ids=(int(match[1]),))
    if (ticket_id := _id_in_json(text)) is not None:
        return NamedTickets(ids=(ticket_id,))
    if match := _DIGITS.fullmatch(text):
        return NamedTickets(ids=(int(match[1]),)) if numeric_keys else NamedTickets(stray_digits=True)
    return NamedTickets()


def _id_in_json(text: str) -> int | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    names = {name.lower(): named for name, named in value.items()} if isinstance(value, dict) else {}
    for name in ("ticketid", "id"):
        match = _DIGITS.fullmatch(str(names.get(name, "")))
        if match and not isinstance(names[name], bool):
            return int(match[1])
    return None
