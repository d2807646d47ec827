"""User-defined fields of a record, as Autotask's REST writes them: a list of names and values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bt_autotask_sync.config.problems import Fault
from bt_autotask_sync.config.values import has_half_a_character, is_too_large

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_FIELDS = 300
"""Autotask: so many user-defined fields a ticket can have."""
LONGEST_VALUE = 8000
ADVICE = 'Write each as { name = "…", value = "…" }.'


def read(items: Sequence[Any]) -> tuple[dict[str, str | int | float | bool], ...]:
    """Return the fields that have a value, from a list in which `fault_of` finds nothing wrong."""
    pairs = [_pair(item) for item in items]
    return tuple({"name": pair["name"], "value": pair["value"]} for pair in pairs if pair["value"] is not None)


def fault_of(items: Sequence[Any]) -> Fault | None:
    """Return what is wrong with a list of user-defined fields; a null is as good as no field."""
    if len(items) > MOST_FIELDS:
        return Fault(f"holds more than {MOST_FIELDS} fields")
    for number, item in enumerate(items, 1):
        pair = _pair(item)
        if set(pair) != {"name", "value"} or len(item) != len(pair):
            return Fault(f"holds something else than a name and a value, as number {number}", ADVICE)
        if not _is_name(pair["name"]) or not _is_value(pair["value"]):
            return Fault(f"holds a name or a value that cannot be used, as number {number}", ADVICE)
    return None


def _pair(item: Any) -> dict[str, Any]:
    """Return name and value, whose own names may be in any case; nothing from what is no table."""
    return {key.casefold(): value for key, value in item.items()} if isinstance(item, dict) else {}


def _is_name(name: object) -> bool:
    return isinstance(name, str) and bool(name.strip()) and _is_value(name)


def _is_value(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST_VALUE and not has_half_a_character(value)
    return value is None or (isinstance(value, int | float) and not is_too_large(value))
