"""Time Entry Default Data: a table, or the JSON that the plugin kept, checked against Autotask's own fields."""

from __future__ import annotations

import difflib
import json
import math
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.autotask.fields import TIME_ENTRY_FIELDS, Field, JsonType, rest_name
from bt_autotask_sync.config.problems import Fault, InvalidValueError, type_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Scalar = str | int | float | bool

OWN_KEYS = {"defaultDomain": "default_domain", "roleName": "role_name", "summaryNotes": "summary_notes"}
"""The keys that every time entry needs, and what they are called here."""

SET_BY_THE_PROGRAM = {
    "id": "Autotask numbers its time entries.",
    "ticketID": "The session's external key names the ticket.",
    "taskID": "The time of a session stands on a ticket.",
    "internalBillingCodeID": "The time of a session stands on a ticket, where the work type is billingCodeID.",
    "resourceID": "The representative decides whose time it is; see resource_map.",
    "roleID": "Name the role in roleName.",
    "startDateTime": "The session decides it.",
    "endDateTime": "The session decides it.",
    "dateWorked": "The session decides it.",
    "hoursWorked": "The session decides it.",
    "hoursToBill": "Autotask works it out from the hours worked.",
}
"""Fields that default data may not hold, and why: a wrong one would move, double or hide time."""

TYPES: dict[JsonType, tuple[tuple[type, ...], str]] = {
    JsonType.INTEGER: ((int,), "a whole number"),
    JsonType.NUMBER: ((int, float), "a number"),
    JsonType.STRING: ((str,), "text in quotes"),
    JsonType.BOOLEAN: ((bool,), "true or false"),
}
BY_NAME = {"billingCodeID": "the name of a work type"}
"""Numbers for which a name may stand, which is looked up in Autotask when there is time to enter."""
LONGEST_NAME = 200
LARGEST_NUMBER = 2**63 - 1

_ANY_CASE = {name.casefold(): name for name in (*OWN_KEYS, *SET_BY_THE_PROGRAM)}


def time_entry_defaults(value: object, *, required: bool) -> dict[str, Any]:
    """Return `default_domain`, `role_name`, `summary_notes` and the other `fields`, those by their REST names.

    Args:
        value: A table or JSON text. A null is as good as absent; an @ in front of the domain is taken off.
        required: Whether the three named ones must be there, as they must where time entries are made.

    Raises:
        InvalidValueError: With everything that is wrong, each at its key.
    """
    read: dict[str, Any] = {}
    faults: list[Fault] = []
    for key, item in _table(value).items():
        if item is None:
            continue
        name = _ANY_CASE.get(key.strip().casefold()) or rest_name(TIME_ENTRY_FIELDS, key) or ""
        if fault := _fault_of_key(name, key, read) or _fault_of_value(name, key, item):
            faults.append(fault)
        read[name or key] = item
    if required:
        faults += _missing(read)
    if faults:
        raise InvalidValueError(*faults)
    named = {attribute: read.pop(key, "") for key, attribute in OWN_KEYS.items()}
    return {**named, "default_domain": _bare(named["default_domain"]), "fields": read}


def _table(value: object) -> Mapping[str, Any]:
    if isinstance(value, str) and value.strip():
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            place = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
            raise InvalidValueError(Fault(f"is not JSON{place}", "Write a table, or paste JSON as it is.")) from None
    elif isinstance(value, str):
        value = {}
    if not isinstance(value, dict):
        raise InvalidValueError(Fault(f"must be a table or JSON text that holds one, not {type_in_words(value)}"))
    return value


def _fault_of_key(name: str, key: str, read: Mapping[str, Any]) -> Fault | None:
    if not name:
        near = difflib.get_close_matches(key, (*OWN_KEYS, *TIME_ENTRY_FIELDS), n=1)
        advice = f'Did you mean "{near[0]}"?' if near else f"Known here: {', '.join(_open_keys())}."
        return Fault("is not a field of Autotask's time entries that can be written", advice, (key,))
    if name in SET_BY_THE_PROGRAM:
        return Fault("cannot be a default", SET_BY_THE_PROGRAM[name], (key,))
    return Fault(f"gives {name} a second time", at=(key,)) if name in read else None


def _fault_of_value(name: str, key: str, item: object) -> Fault | None:
    field = TIME_ENTRY_FIELDS.get(name, Field(JsonType.STRING))
    types, in_words = TYPES[field.type]
    if name in BY_NAME and isinstance(item, str):
        return _fault_of_name(name, key, item)
    if type(item) not in types:
        return Fault(f"must be {in_words}, not {type_in_words(item)}", at=(key,))
    if isinstance(item, str):
        return _fault_of_text(name, key, item, field.length)
    if isinstance(item, int | float) and not (math.isfinite(item) and abs(item) <= LARGEST_NUMBER):
        return Fault("is too large a number", at=(key,))
    return None


def _fault_of_name(name: str, key: str, text: str) -> Fault | None:
    if not text.strip():
        return Fault("must not be empty", f"Give a number or {BY_NAME[name]}, or leave it away.", (key,))
    if text.strip().isdecimal():
        return Fault("must be a whole number, not text", "Write the number without quotes.", (key,))
    return _fault_of_text(name, key, text, LONGEST_NAME)


def _fault_of_text(name: str, key: str, text: str, length: int | None) -> Fault | None:
    if length is not None and len(text) > length:
        return Fault(f"is longer than {length} characters", at=(key,))
    if any("\ud800" <= character <= "\udfff" for character in text):
        return Fault("holds half of a character", "Copy it again; the JSON escape \\ud… comes in pairs.", (key,))
    if name == "defaultDomain" and ("@" in _bare(text) or len(_bare(text).split()) > 1):
        return Fault("is not a domain", 'Write one like "example.com".', (key,))
    return None


def _missing(read: Mapping[str, Any]) -> Iterator[Fault]:
    for key in OWN_KEYS:
        text = read.get(key)
        if text is None:
            yield Fault("is missing", "Time entries need it while they are enabled.", (key,))
        elif isinstance(text, str) and not _bare(text):
            yield Fault("must not be empty", "Time entries need it while they are enabled.", (key,))


def _open_keys() -> list[str]:
    return [*OWN_KEYS, *(name for name in TIME_ENTRY_FIELDS if name not in SET_BY_THE_PROGRAM and name not in OWN_KEYS)]


def _bare(domain: str) -> str:
    return domain.strip().removeprefix("@")
