"""One XML element of a report, read by the local names of its children.

Three generations of namespaces are in use on appliances, so no name is matched with its namespace.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from bt_autotask_sync.appliance.values import moment, number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from lxml.etree import _Element as Element


@lru_cache(maxsize=4096)
def local_name(tag: str) -> str:
    """Return the name without its `{namespace}`."""
    return tag[tag.rfind("}") + 1 :]


def text_of(element: Element | None) -> str:
    """Return the element's own text, stripped; "" when there is no such element."""
    return "" if element is None else (element.text or "").strip()


def children_named(element: Element | None, name: str) -> Iterator[Element]:
    """Return the children with this local name; none when there is no such element."""
    return iter(()) if element is None else element.iterchildren(f"{{*}}{name}")


def first_children(element: Element) -> dict[str, Element]:
    """Return the children by local name; where a name is repeated, the first."""
    children: dict[str, Element] = {}
    for child in element:
        children.setdefault(local_name(child.tag), child)
    return children


class Parts:
    """The children of one element by local name; where a name is repeated, the first."""

    __slots__ = ("_children",)

    def __init__(self, element: Element) -> None:
        self._children = first_children(element)

    def get(self, name: str) -> Element | None:
        """Return the child of this name, or None."""
        return self._children.get(name)

    def text(self, name: str) -> str:
        """Return the child's stripped text, or ""."""
        child = self._children.get(name)
        return "" if child is None else (child.text or "").strip()

    def attribute(self, name: str, attribute: str) -> str:
        """Return the child's attribute, stripped, or ""."""
        child = self._children.get(name)
        return "" if child is None else (child.get(attribute) or "").strip()

    def number(self, name: str) -> int | None:
        """Return the child's whole number, or None."""
        return number(self.text(name))

    def moment(self, name: str) -> datetime | None:
        """Return the child's moment, from its `timestamp` or its text, in UTC, or None."""
        return moment(self.attribute(name, "timestamp"), self.text(name))

    def flag(self, name: str) -> bool:
        """Return whether the child says 1."""
        return self.text(name) == "1"
