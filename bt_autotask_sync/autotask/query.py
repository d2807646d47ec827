"""Queries in Autotask's filter language."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MOST_VALUES = 500
"""Autotask: a query may hold at most 500 OR conditions; the values of an `in` count as such."""

Scalar = str | int | float | bool


class Operator(StrEnum):
    """Every operator that Autotask knows.

    Autotask: an operator that it does not know is dropped in silence, and the query returns everything.
    """

    EQ = "eq"
    NOTEQ = "noteq"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    BEGINS_WITH = "beginsWith"
    ENDS_WITH = "endsWith"
    CONTAINS = "contains"
    EXIST = "exist"
    NOT_EXIST = "notExist"
    IN = "in"
    NOT_IN = "notIn"


_WITHOUT_VALUE = frozenset({Operator.EXIST, Operator.NOT_EXIST})
_WITH_VALUES = frozenset({Operator.IN, Operator.NOT_IN})


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison.

    Args:
        op: An `Operator`.
        field: The field's REST name.
        value: Nothing for `exist` and `notExist`, a tuple for `in` and `notIn`, one value otherwise.

    Raises:
        ValueError: The value does not fit the operator. Autotask would drop the comparison, or answer an error.
    """

    op: Operator
    field: str
    value: Scalar | tuple[Scalar, ...] | None = None

    def __post_init__(self) -> None:
        Operator(self.op)
        if (self.value is None) != (self.op in _WITHOUT_VALUE):
            raise ValueError(f"{self.op} on {self.field}: a value is wrong here, or missing")
        if isinstance(self.value, tuple) != (self.op in _WITH_VALUES):
            raise ValueError(
                f"{self.op} on {self.field}: takes {'a tuple' if self.op in _WITH_VALUES else 'one value'}"
            )
        if not 1 <= self.values <= MOST_VALUES:
            raise ValueError(f"{self.op} on {self.field}: {self.values} values, allowed are 1 to {MOST_VALUES}")

    @property
    def values(self) -> int:
        """How many OR conditions this counts for."""
        return len(self.value) if isinstance(self.value, tuple) else 1

    def to_json(self) -> dict[str, Any]:
        """Return the filter item as Autotask reads it."""
        item: dict[str, Any] = {"op": str(self.op), "field": self.field}
        if self.value is not None:
            item["value"] = list(self.value) if isinstance(self.value, tuple) else self.value
        return item


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Conditions of which one is enough.

    Raises:
        ValueError: No condition, or together more than 500 values.
    """

    conditions: tuple[Condition, ...]

    def __post_init__(self) -> None:
        values = sum(condition.values for condition in self.conditions)
        if not 1 <= values <= MOST_VALUES:
            raise ValueError(f"an OR of {values} values, allowed are 1 to {MOST_VALUES}")

    def to_json(self) -> dict[str, Any]:
        """Return the filter group as Autotask reads it."""
        return {"op": "or", "items": [condition.to_json() for condition in self.conditions]}
