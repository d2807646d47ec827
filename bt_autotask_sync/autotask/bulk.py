"""Reads in bulk: any number of values in as few queries as Autotask allows, every item checked on arrival."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from bt_autotask_sync.autotask.entities import Lookup
from bt_autotask_sync.autotask.errors import unusable
from bt_autotask_sync.autotask.query import MOST_VALUES, AnyOf, Condition, Operator

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from bt_autotask_sync.autotask.client import AutotaskClient
    from bt_autotask_sync.autotask.query import Scalar

Record = TypeVar("Record")
Key = TypeVar("Key", bound="Hashable")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Kind(Generic[Record]):
    """A kind of record: its entity as in the address, the fields to ask for (none: all), and its parser."""

    entity: str
    fields: tuple[str, ...]
    parse: Callable[[dict[str, Any]], Record]


def among(values_by_field: Mapping[str, Iterable[Scalar]]) -> Iterator[Condition | AnyOf]:
    """Yield the questions "is one of these", at most 500 values each, over all the fields together."""
    pairs = [(name, value) for name, values in values_by_field.items() for value in dict.fromkeys(values)]
    for start in range(0, len(pairs), MOST_VALUES):
        chunk = pairs[start : start + MOST_VALUES]
        fields = dict.fromkeys(name for name, _ in chunk)
        parts = tuple(
            Condition(Operator.IN, name, tuple(value for owner, value in chunk if owner == name)) for name in fields
        )
        yield parts[0] if len(parts) == 1 else AnyOf(parts)


class Reads:
    """A family of reads from one tenant."""

    def __init__(self, client: AutotaskClient) -> None:
        self._client = client


def folded(text: str) -> str:
    """Return a text as it is compared here: without blanks around and without regard to case."""
    return text.strip().casefold()


def read_bulk(
    client: AutotaskClient,
    kind: Kind[Record],
    questions: Iterable[Condition | AnyOf],
    asked: Callable[[Record], bool],
    *,
    also: Sequence[Condition] = (),
    most: int | None = None,
) -> Lookup[Record]:
    """Return the records that answer one of the `questions` (each with the conditions `also`), every one once.

    Items that were not `asked` for are dropped; a question with more than `most` answers is given up. The time is that
    of the earliest answer; None where any told none.

    Raises:
        AutotaskOutage: An item is garbled; and whatever `AutotaskClient.query` raises.
    """
    found: dict[int, Record] = {}
    times: list[datetime | None] = []
    for question in questions:
        answer = client.query(kind.entity, (question, *also), kind.fields, most=most)
        times.append(answer.answered_at)
        for item in answer.items:
            record = _parse(kind, item)
            if asked(record):
                found[item["id"]] = record
    known = [time for time in times if time is not None]
    return Lookup(tuple(found.values()), min(known) if known and len(known) == len(times) else None)


def _parse(kind: Kind[Record], item: dict[str, Any]) -> Record:
    try:
        return kind.parse(item)
    except ValueError as error:
        raise unusable(f"a query of {kind.entity}", f"an item is garbled, its {error}") from None


class Remembered(Generic[Key, Value]):
    """Answers that are asked for once, "not there" included.

    Args:
        ask: Returns the answers for keys that are not known yet; those that it leaves out are `nothing`.
        nothing: The answer for what is not there.
        same: Makes keys that mean the same equal.
    """

    def __init__(
        self,
        ask: Callable[[Sequence[Key]], Mapping[Key, Value]],
        nothing: Value,
        same: Callable[[Key], Key] = lambda key: key,
    ) -> None:
        self._ask = ask
        self._nothing = nothing
        self._same = same
        self._known: dict[Key, Value] = {}

    def __call__(self, keys: Iterable[Key]) -> dict[Key, Value]:
        """Return the answer to every one of `keys`."""
        wanted = list(dict.fromkeys(keys))
        new = {self._same(key): key for key in wanted if self._same(key) not in self._known}
        if new:
            found = self._ask(tuple(new.values()))
            self._known |= {same: found.get(key, self._nothing) for same, key in new.items()}
        return {key: self._known[self._same(key)] for key in wanted}
