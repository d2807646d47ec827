"""The tenant's records, with indexes on the fields that look-ups use."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from bt_autotask_sync.sandbox.autotask import moments
from bt_autotask_sync.sandbox.autotask.schema import ENTITIES, UDF_FIELD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bt_autotask_sync.sandbox.autotask.schema import Entity, Field
    from bt_autotask_sync.sandbox.clock import SandboxClock

Record = dict[str, Any]

_INDEXED: Final = frozenset(
    {
        ("Tickets", "ticketNumber"),
        ("Tickets", "externalID"),
        ("TicketNotes", "ticketID"),
        ("TimeEntries", "ticketID"),
        ("Contacts", "emailAddress"),
        ("Resources", "email"),
        ("ResourceServiceDeskRoles", "resourceID"),
    }
)
_FIRST_IDS: Final = {
    "Tickets": 7_001,
    "TicketNotes": 29_926_001,
    "TimeEntries": 30_501,
    "Contacts": 29_683_501,
    "Companies": 175,
    "Resources": 29_682_801,
    "Roles": 29_683_386,
}
"""Ids differ from entity to entity, so that a client that mixes them up is found out."""
_FIRST_OTHER_ID: Final = 4_001


class Store:
    """Tables of records as they are on the wire, each with every field of its entity, times as `moments` keeps them.

    Args:
        clock: Tells when a record came to be.
    """

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._tables: dict[str, dict[int, Record]] = {entity.path: {} for entity in ENTITIES.values()}
        self._born: dict[tuple[str, int], float] = {}
        self._index: dict[tuple[str, str], dict[Any, dict[int, None]]] = {key: defaultdict(dict) for key in _INDEXED}
        self._next = {path: _FIRST_IDS.get(path, _FIRST_OTHER_ID) for path in self._tables}
        self._serials: Counter[str] = Counter()
        self._numbers: set[str] = set()

    def insert(self, entity: str, record: Mapping[str, Any]) -> int:
        """Add a record, whatever the rules say, and return its id: the one that it brings, else the next.

        Fields that are not named are null; times may be ISO text, datetimes or seconds since 1970. A ticket without
        number gets one.

        Raises:
            ValueError: There is no such entity or field, or the id is taken.
        """
        schema = ENTITIES[entity.lower()]
        table = self._tables[schema.path]
        complete = _complete(schema, record)
        key = self._next[schema.path] if complete["id"] is None else complete["id"]
        if key in table:
            raise ValueError(f"{schema.path} {key} is there already")
        self._next[schema.path] = max(self._next[schema.path], key + 1)
        complete["id"] = key
        if schema.path == "Tickets":
            complete["ticketNumber"] = self._number(complete)
        table[key] = complete
        self._born[schema.path, key] = self._clock.now()
        self._note(schema.path, complete)
        return key

    def update(self, entity: str, key: int, changes: Mapping[str, Any]) -> None:
        """Change fields of a record that is there."""
        record = self._tables[entity][key]
        self._forget(entity, record)
        record.update(changes)
        self._note(entity, record)

    def delete(self, entity: str, key: int) -> None:
        """Take away a record that is there."""
        record = self._tables[entity].pop(key)
        self._born.pop((entity, key))
        self._forget(entity, record)

    def get(self, entity: str, key: int | None) -> Record | None:
        """Return the record itself, not to be changed; None where there is none."""
        return None if key is None else self._tables[entity].get(key)

    def rows(self, entity: str) -> list[Record]:
        """Return copies of all records of an entity, by ascending id."""
        return [dict(record) for record in self.scan(entity)]

    def scan(self, entity: str) -> list[Record]:
        """Return all records themselves, by ascending id."""
        table = self._tables[ENTITIES[entity.lower()].path]
        return [table[key] for key in sorted(table)]

    def lookup(self, entity: str, field: str, values: Iterable[Any]) -> list[Record] | None:
        """Return the records whose `field` is one of `values`, by ascending id; None where only a scan can tell."""
        table = self._tables[entity]
        if field == "id":
            found = {key for key in values if key in table}
        elif (entity, field) in self._index:
            index = self._index[entity, field]
            found = {key for value in values for key in index.get(comparable(value), ())}
        else:
            return None
        return [table[key] for key in sorted(found)]

    def age(self, entity: str, key: int) -> float:
        """Return how many seconds a record has been there."""
        return self._clock.now() - self._born[entity, key]

    def _note(self, entity: str, record: Record) -> None:
        for (of, field), index in self._index.items():
            if of == entity and record[field] is not None:
                index[comparable(record[field])][record["id"]] = None

    def _forget(self, entity: str, record: Record) -> None:
        for (of, field), index in self._index.items():
            if of == entity and record[field] is not None:
                index[comparable(record[field])].pop(record["id"], None)

    def _number(self, ticket: Record) -> str:
        """Autotask: `TYYYYMMDD.NNNN`, counted anew every day."""
        day = (ticket["createDate"] or moments.wire_seconds(self._clock.now()))[:10].replace("-", "")
        number: str = ticket["ticketNumber"] or ""
        while not number or number in self._numbers:
            self._serials[day] += 1
            number = f"T{day}.{self._serials[day]:04}"
        self._numbers.add(number)
        return number


def comparable(value: Any) -> Any:
    """Return a value as comparisons see it: text without regard to case."""
    return value.casefold() if isinstance(value, str) else value


def _complete(schema: Entity, record: Mapping[str, Any]) -> Record:
    unknown = set(record) - set(schema.names())
    if unknown:
        raise ValueError(f"{schema.path} has no {', '.join(sorted(unknown))}")
    return {field.name: _kept(field, record.get(field.name)) for field in schema.fields.values()}


def _kept(field: Field, value: Any) -> Any:
    if field.name == UDF_FIELD:
        return value or []
    if field.kind == "datetime" and value is not None:
        if isinstance(value, datetime):
            return moments.wire(value)
        return moments.wire_seconds(value) if isinstance(value, int | float) else moments.parse(value)
    return float(value) if field.kind == "double" and value is not None else value
