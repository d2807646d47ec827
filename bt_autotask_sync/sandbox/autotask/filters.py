"""Query filters: JSON conditions compiled to one test of a record.

Autotask: keys, field names and text without regard to case; a flat list is AND; an unknown operator is dropped
silently, an unknown field refused; at most 500 OR conditions.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from bt_autotask_sync.sandbox.autotask.refusal import Refusal
from bt_autotask_sync.sandbox.autotask.schema import UDF_FIELD, Field
from bt_autotask_sync.sandbox.autotask.store import comparable
from bt_autotask_sync.sandbox.autotask.values import convert

if TYPE_CHECKING:
    from bt_autotask_sync.sandbox.autotask.schema import Entity
    from bt_autotask_sync.sandbox.autotask.store import Record
    from bt_autotask_sync.sandbox.switches import Switches

Test = Callable[["Record"], bool]
Getter = Callable[["Record"], Any]

MOST_ORS: Final = 500
_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": operator.eq,
    "noteq": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_TEXT_FORMS: Final = {"beginswith": "{}%", "endswith": "%{}", "contains": "%{}%"}
_LISTS: Final = ("in", "notin")


@dataclass(slots=True)
class Filter:
    """A compiled filter.

    `anchors` are fields with the values that a matching record must have one of: where an index can serve.
    """

    test: Test
    anchors: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)


def compile_filter(entity: Entity, conditions: Any, switches: Switches) -> Filter:
    """Return the filter of a query's list of conditions.

    Raises:
        Refusal: A field does not exist, a value does not fit, or there are too many OR conditions.
    """
    if not isinstance(conditions, list) or not conditions:
        raise Refusal("Value cannot be null. Parameter name: filters")
    lowered = [_lowered(condition) for condition in conditions]
    if sum(_ors(condition, inside=False) for condition in lowered) > MOST_ORS:
        raise Refusal("Invalid query syntax. Queries are limited to 500 or fewer 'OR' conditions.")
    if sum(map(_user_defined, lowered)) > 1:
        raise Refusal("Invalid query syntax. Queries are limited to one user-defined field.")
    compiler = _Compiler(entity, switches)
    return Filter(compiler.all_of(lowered), compiler.anchors(lowered))


class _Compiler:
    def __init__(self, entity: Entity, switches: Switches) -> None:
        self._entity = entity
        self._switches = switches

    def all_of(self, conditions: list[dict[str, Any]]) -> Test:
        tests = self._tests(conditions)
        return lambda record: all(test(record) for test in tests)

    def _any_of(self, conditions: list[dict[str, Any]]) -> Test:
        tests = self._tests(conditions)
        return lambda record: not tests or any(test(record) for test in tests)

    def _tests(self, conditions: list[dict[str, Any]]) -> list[Test]:
        return [test for test in map(self._test, conditions) if test is not None]

    def _test(self, condition: dict[str, Any]) -> Test | None:
        name = _operator(condition)
        if name in ("and", "or"):
            return self.all_of(condition["items"]) if name == "and" else self._any_of(condition["items"])
        if name in _COMPARISONS or name in _TEXT_FORMS or name in _LISTS or name in ("exist", "notexist"):
            return self._leaf(name, condition)
        return None

    def _leaf(self, name: str, condition: dict[str, Any]) -> Test:
        asked, get = self._field(condition)
        if name in ("exist", "notexist"):
            present = name == "exist"
            return lambda record: (get(record) is not None) == present
        value = condition.get("value")
        if name in _LISTS:
            wanted, inside = frozenset(self._several(asked, value)), name == "in"
            return lambda record: (known := get(record)) is not None and (comparable(known) in wanted) == inside
        operand = self._operand(asked, value, as_text=name in _TEXT_FORMS)
        if name in _TEXT_FORMS:
            fits = _text_test(name, operand, wildcards=self._switches.like_wildcards)
            return lambda record: (known := get(record)) is not None and fits(str(comparable(known)))
        compare = _COMPARISONS[name]
        return lambda record: (known := get(record)) is not None and compare(comparable(known), operand)

    def _field(self, condition: dict[str, Any]) -> tuple[Field, Getter]:
        name = str(condition.get("field") or "")
        if condition.get("udf") is True and name.lower() in map(str.lower, self._entity.user_defined):
            return Field(name, "string"), lambda record: _user_defined_value(record, name)
        asked = self._entity.field(name)
        if asked is None or not asked.queryable or condition.get("udf") is True:
            raise unknown_field(name, self._entity)
        key = asked.name
        return asked, lambda record: record[key]

    def _operand(self, asked: Field, value: Any, *, as_text: bool = False) -> Any:
        if value is None or (as_text and isinstance(value, dict | list)):
            raise Refusal("Value cannot be null. Parameter name: value")
        try:
            return comparable(str(value) if as_text else convert(asked, value, self._switches))
        except ValueError as unfit:
            raise Refusal(str(unfit)) from None

    def _several(self, asked: Field, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or not value:
            raise Refusal("Invalid query syntax. The operator in needs a list of values.")
        return tuple(self._operand(asked, item) for item in value)

    def anchors(self, conditions: list[dict[str, Any]]) -> list[tuple[str, tuple[Any, ...]]]:
        found = []
        for condition in conditions:
            if _operator(condition) in ("eq", "in") and condition.get("udf") is not True:
                asked, _ = self._field(condition)
                value = condition.get("value")
                found.append((asked.name, self._several(asked, value if isinstance(value, list) else [value])))
        return found


def unknown_field(name: str, entity: Entity) -> Refusal:
    """Return the refusal of a field that does not exist or cannot be queried."""
    return Refusal(f"Unable to find {name} in the {entity.name} Entity")


def _lowered(condition: Any) -> dict[str, Any]:
    if not isinstance(condition, dict):
        raise Refusal("Invalid query syntax. A filter condition must be an object.")
    lowered = {key.lower(): value for key, value in condition.items()}
    if _operator(lowered) in ("and", "or"):
        items = lowered.get("items")
        lowered["items"] = [_lowered(item) for item in items] if isinstance(items, list) else []
    return lowered


def _operator(condition: dict[str, Any]) -> str:
    return str(condition.get("op") or "").lower()


def _ors(condition: dict[str, Any], *, inside: bool) -> int:
    name = _operator(condition)
    if name in ("and", "or"):
        return sum(_ors(item, inside=inside or name == "or") for item in condition["items"])
    if name in _LISTS and isinstance(condition.get("value"), list):
        return len(condition["value"])
    return 1 if inside else 0


def _user_defined(condition: dict[str, Any]) -> int:
    return sum(map(_user_defined, condition.get("items") or [])) + (condition.get("udf") is True)


def _user_defined_value(record: Record, name: str) -> Any:
    values = (item["value"] for item in record[UDF_FIELD] if str(item["name"]).lower() == name.lower())
    return next(values, None)


def _text_test(name: str, operand: str, *, wildcards: bool) -> Callable[[str], bool]:
    if wildcards:
        return _like_test(_TEXT_FORMS[name].format(operand))
    if name == "contains":
        return lambda text: operand in text
    return lambda text: text.startswith(operand) if name == "beginswith" else text.endswith(operand)


def _like_test(pattern: str) -> Callable[[str], bool]:
    """Return the test for a LIKE pattern: `%`, `_` and sets in brackets are wildcards."""
    parts = re.split(r"(%|_|\[[^\]]+\])", pattern)
    try:
        expression = re.compile("".join(map(_like_part, parts)), re.DOTALL)
    except re.error:
        return lambda _text: False
    return lambda text: expression.fullmatch(text) is not None


def _like_part(part: str) -> str:
    if part.startswith("[") and part.endswith("]"):
        return "[" + part[1:-1].replace("\\", "\\\\").replace("[", "\\[") + "]"
    return {"%": ".*", "_": "."}.get(part) or re.escape(part)
