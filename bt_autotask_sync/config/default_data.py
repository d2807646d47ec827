"""Default data of records: a table, or the JSON that the plugin kept, checked against Autotask's own fields."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bt_autotask_sync.autotask.fields import Field, JsonType, rest_name
from bt_autotask_sync.config import user_defined_fields
from bt_autotask_sync.config.problems import Fault, InvalidValueError, type_in_words
from bt_autotask_sync.config.section import Section
from bt_autotask_sync.config.values import has_half_a_character, is_too_large

Scalar = str | int | float | bool
Rule = Callable[[str], Fault | None]

TYPES: dict[JsonType, tuple[tuple[type, ...], str]] = {
    JsonType.INTEGER: ((int,), "a whole number"),
    JsonType.NUMBER: ((int, float), "a number"),
    JsonType.STRING: ((str,), "text in quotes"),
    JsonType.BOOLEAN: ((bool,), "true or false"),
    JsonType.DATE_TIME: ((str,), "a date and time in quotes"),
    JsonType.ARRAY: ((list, tuple), "a list"),
}
DIGITS = re.compile(r"\s*[+-]?[0-9]+\s*")
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class RecordKind:
    """A kind of record in Autotask, as default data may describe it.

    Args:
        name: How messages call the records.
        fields: Those that Autotask lets a client write.
        own: Keys beside them, which only this program knows.
        refused: Fields that default data may not hold, and why.
        rules: What text must look like at keys where not any will do; at one that takes a number, text may then stand
            for it.
    """

    name: str
    fields: Mapping[str, Field]
    own: Mapping[str, Field]
    refused: Mapping[str, str]
    rules: Mapping[str, Rule]

    def name_of(self, key: str) -> str:
        """Return how REST or this program writes a key, given in any case or by its SOAP name; empty if unknown."""
        own = {name.casefold(): name for name in (*self.own, *self.refused)}
        return own.get(key.strip().casefold()) or rest_name(self.fields, key) or ""

    def field(self, name: str) -> Field:
        """Return what a key takes."""
        return self.own.get(name) or self.fields[name]


class DefaultData(Section):
    """What each record of a kind starts from."""

    def as_written(self) -> dict[str, Any]:
        """Return the defaults as `default_data` has them, without the empty ones."""
        written = self.model_dump(by_alias=True, exclude={"fields"})
        fields: dict[str, Any] = self.model_dump(include={"fields"})["fields"]
        return {key: value for key, value in written.items() if value not in {"", None}} | fields


def read_default_data(value: object, kind: RecordKind) -> tuple[dict[str, Any], list[Fault]]:
    """Return what default data holds, by the names of REST and of this program, and what is wrong with it.

    Args:
        value: A table or JSON text. A null is as good as absent.
        kind: What it may hold.

    Raises:
        InvalidValueError: It is neither.
    """
    read: dict[str, Any] = {}
    faults: list[Fault] = []
    for key, item in _table(value).items():
        if item is None:
            continue
        name = kind.name_of(key)
        fault = _fault_of_key(name, key, kind, read) or _fault_of_value(item, kind.field(name), kind.rules.get(name))
        if fault:
            faults.append(replace(fault, at=(key,)))
        read[name or key] = item
    return read, faults


def name_rule(what: str) -> Rule:
    """Return the rule for a number for which a name may stand, like "the name of a work type"."""

    def fault_of_name(text: str) -> Fault | None:
        if not text.strip():
            return Fault("must not be empty", f"Give a number or {what}, or leave it away.")
        if DIGITS.fullmatch(text):
            return Fault("must be a whole number, not text", "Write the number without quotes.")
        return Fault(f"is longer than {LONGEST_NAME} characters") if len(text) > LONGEST_NAME else None

    return fault_of_name


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


def _fault_of_key(name: str, key: str, kind: RecordKind, read: Mapping[str, Any]) -> Fault | None:
    if not name:
        known = [*kind.own, *(field for field in kind.fields if field not in {*kind.own, *kind.refused})]
        near = difflib.get_close_matches(key, known, n=1)
        advice = f'Did you mean "{near[0]}"?' if near else f"Known here: {', '.join(known)}."
        return Fault(f"is not a field of Autotask's {kind.name} that can be written", advice)
    if name in kind.refused:
        return Fault("cannot be a default", kind.refused[name])
    return Fault(f"gives {name} a second time") if name in read else None


def _fault_of_value(item: object, field: Field, rule: Rule | None) -> Fault | None:
    types, in_words = TYPES[field.type]
    if isinstance(item, str) and (rule or str in types):
        return _fault_of_text(item, field.length) or (rule(item) if rule else None)
    if type(item) not in types:
        return Fault(f"must be {in_words}, not {type_in_words(item)}")
    if isinstance(item, int | float) and is_too_large(item):
        return Fault("is too large a number")
    return user_defined_fields.fault_of(item) if isinstance(item, list | tuple) else None


def _fault_of_text(text: str, length: int | None) -> Fault | None:
    if length is not None and len(text) > length:
        return Fault(f"is longer than {length} characters")
    if has_half_a_character(text):
        return Fault("holds half of a character", "Copy it again; the JSON escape \\ud… comes in pairs.")
    return None
