"""The system information that a representative retrieved, as tables.

BeyondTrust's categories come in several shapes: columns named once in `description` and rows of fields, rows of named
fields without a description, one row a field, and fields outside any row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.appliance.element import children_named, text_of
from bt_autotask_sync.appliance.session import SystemInformationTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element as Element


def read_system_information(element: Element | None) -> Iterator[SystemInformationTable]:
    """Yield one table for each category of a `system_information` that has any value."""
    for category in children_named(element, "category"):
        table = _table(category)
        if table.rows:
            yield table


def _table(category: Element) -> SystemInformationTable:
    described = [
        _name(field)
        for description in children_named(category, "description")
        for field in children_named(description, "field")
    ]
    rows = _one_record([row for row in _rows(category, described) if any(row.values())], described)
    names = dict.fromkeys([*described, *(name for row in rows for name in row)])
    return SystemInformationTable(
        category=_name(category),
        columns=tuple(names),
        rows=tuple(tuple(row.get(name, "") for name in names) for row in rows),
    )


def _rows(category: Element, described: list[str]) -> Iterator[dict[str, str]]:
    for place in (category, *children_named(category, "data")):
        yield _row(place, described)
        for row in children_named(place, "row"):
            yield _row(row, described)


def _row(place: Element, described: list[str]) -> dict[str, str]:
    """Return the fields directly in `place` by name; one without a name takes the column at its position."""
    row: dict[str, str] = {}
    for position, field in enumerate(children_named(place, "field")):
        name = _name(field) or (described[position] if position < len(described) else f"Column {position + 1}")
        row[name] = text_of(field) or (field.get("value") or "").strip()
    return row


def _one_record(rows: list[dict[str, str]], described: list[str]) -> list[dict[str, str]]:
    """Return rows that hold one field each, all of different names, as the single record that they are."""
    names = [name for row in rows for name in row]
    if len(rows) > 1 and len(names) == len(rows) == len(set(names)) and len(described) != 1:
        return [{name: value for row in rows for name, value in row.items()}]
    return rows


def _name(element: Element) -> str:
    return (element.get("name") or "").strip()
