"""Queries, their pages, counts, and single records.

Autotask: rows come by ascending id; a page's `nextPageUrl` holds only the position: after a POST the same body is
posted to it again, after a GET it carries the search itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from bt_autotask_sync.sandbox.autotask.filters import Filter, compile_filter, unknown_field
from bt_autotask_sync.sandbox.autotask.refusal import Refusal
from bt_autotask_sync.sandbox.autotask.schema import UDF_FIELD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bt_autotask_sync.sandbox.autotask.schema import Entity
    from bt_autotask_sync.sandbox.autotask.store import Record, Store
    from bt_autotask_sync.sandbox.switches import Switches

LARGEST_PAGE: Final = 500
_BEFORE_ALL: Final = -1


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page starts: behind the id `after`; `starts` are those of the pages before it."""

    after: int = _BEFORE_ALL
    starts: tuple[int, ...] = ()

    @classmethod
    def parse(cls, token: str) -> Position:
        """Read the `paging` of a page's URL.

        Raises:
            Refusal: It is not one of ours.
        """
        try:
            paging = json.loads(token)
            return cls(int(paging["nextIds"][0]), tuple(map(int, paging["previousIds"])))
        except (ValueError, KeyError, TypeError, IndexError, RecursionError):
            raise Refusal("The paging parameter is invalid.") from None

    def next(self, last: int) -> Position:
        """Return the position of the page behind the id `last`."""
        return Position(last, (*self.starts, self.after))

    def previous(self) -> Position | None:
        """Return the position of the page before; None for the first."""
        return Position(self.starts[-1], self.starts[:-1]) if self.starts else None


class Reader:
    """Answers what is asked about the records of one tenant."""

    def __init__(self, store: Store, switches: Switches) -> None:
        self._store = store
        self._switches = switches

    def query(self, entity: Entity, asked: Mapping[str, Any], position: Position, page_url: str) -> dict[str, Any]:
        """Return a page of what the query `asked` (keys in lower case) finds.

        `page_url` is the address of other pages, up to the position that is appended to it.

        Raises:
            Refusal: The query is wrong.
        """
        size = _page_size(asked.get("maxrecords"))
        names = _included(entity, asked.get("includefields"))
        found = self._matching(entity, asked, position.after)
        rows = [row for row, _ in zip(found, range(size + 1), strict=False)]
        further = position.next(rows[size - 1]["id"]) if len(rows) > size else None
        items = [self.present(entity, row, names) for row in rows[:size]]
        return _page(items, size, position.previous(), further, page_url)

    def count(self, entity: Entity, asked: Mapping[str, Any]) -> dict[str, int]:
        """Return how many records the query finds.

        Raises:
            Refusal: The query is wrong.
        """
        return {"queryCount": sum(1 for _ in self._matching(entity, asked, _BEFORE_ALL))}

    def one(self, entity: Entity, key: int) -> dict[str, Any]:
        """Return the record of that id as `{"item": …}`, null where there is none."""
        record = None if entity.path in self._switches.missing_rights else self._store.get(entity.path, key)
        return {"item": None if record is None else self.present(entity, record, entity.names())}

    def children(self, entity: Entity, field: str, parent: int) -> dict[str, Any]:
        """Return the records whose `field` is `parent` as a single page."""
        condition = {"op": "eq", "field": field, "value": parent}
        return self.query(entity, {"filter": [condition]}, Position(), "")

    def present(self, entity: Entity, record: Record, names: Iterable[str]) -> dict[str, Any]:
        """Return the named fields of a record as they are answered."""
        answered = {name: record[name] for name in names}
        if self._switches.date_suffix == "none":
            times = [
                name for name, value in answered.items() if value and entity.fields[name.lower()].kind == "datetime"
            ]
            answered |= {name: answered[name].removesuffix("Z") for name in times}
        return answered

    def _matching(self, entity: Entity, asked: Mapping[str, Any], after: int) -> Iterable[Record]:
        compiled = compile_filter(entity, asked.get("filter"), self._switches)
        if entity.path in self._switches.missing_rights:
            return ()
        return (
            row
            for row in self._candidates(entity, compiled)
            if row["id"] > after and compiled.test(row) and self._visible(entity, row)
        )

    def _candidates(self, entity: Entity, compiled: Filter) -> list[Record]:
        looked_up = (self._store.lookup(entity.path, field, values) for field, values in compiled.anchors)
        served = [rows for rows in looked_up if rows is not None]
        return min(served, key=len) if served else self._store.scan(entity.path)

    def _visible(self, entity: Entity, row: Record) -> bool:
        if self._switches.non_billable_hidden and row.get("isNonBillable") is True:
            return False
        lag = self._switches.query_lag_seconds
        return not lag or self._store.age(entity.path, row["id"]) >= lag


def _page(
    items: list[dict[str, Any]], size: int, previous: Position | None, further: Position | None, page_url: str
) -> dict[str, Any]:
    def address(position: Position | None) -> str | None:
        return None if position is None else page_url + quote(_token(position, size), safe="")

    details = {"count": len(items), "requestCount": size}
    return {
        "items": items,
        "pageDetails": {**details, "prevPageUrl": address(previous), "nextPageUrl": address(further)},
    }


def _token(position: Position, size: int) -> str:
    paging = {"pageSize": size, "previousIds": position.starts, "nextIds": [position.after]}
    return json.dumps(paging, separators=(",", ":"))


def _page_size(asked: Any) -> int:
    if asked is None:
        return LARGEST_PAGE
    if isinstance(asked, int) and not isinstance(asked, bool) and 1 <= asked <= LARGEST_PAGE:
        return asked
    raise Refusal(f"MaxRecords must be between 1 and {LARGEST_PAGE}.")


def _included(entity: Entity, asked: Any) -> list[str]:
    if not asked:
        return entity.names()
    if not isinstance(asked, list):
        raise Refusal("IncludeFields must be a list of field names.")
    names = []
    for name in map(str, asked):
        field = entity.field(name)
        if field is None or field.name == UDF_FIELD:
            raise unknown_field(name, entity)
        names.append(field.name)
    return names
