"""Queries as Autotask reads them, and none that it would misread."""

from __future__ import annotations

from typing import Any, cast

import pytest

from bt_autotask_sync.autotask.query import MOST_VALUES, AnyOf, Condition, Operator


def test_a_condition_reads_as_autotask_documents_it() -> None:
    assert Condition(Operator.CONTAINS, "title", "bt:").to_json() == {
        "op": "contains",
        "field": "title",
        "value": "bt:",
    }
    assert Condition(Operator.IN, "id", (1, 2)).to_json() == {"op": "in", "field": "id", "value": [1, 2]}
    assert Condition(Operator.EXIST, "id").to_json() == {"op": "exist", "field": "id"}


def test_any_of_reads_as_an_or_group() -> None:
    group = AnyOf((Condition(Operator.EQ, "id", 1), Condition(Operator.EQ, "ticketNumber", "T1")))
    items = [{"op": "eq", "field": "id", "value": 1}, {"op": "eq", "field": "ticketNumber", "value": "T1"}]
    assert group.to_json() == {"op": "or", "items": items}


def test_the_operators_are_exactly_those_that_autotask_knows() -> None:
    known = "eq noteq gt gte lt lte beginsWith endsWith contains exist notExist in notIn"
    assert {operator.value for operator in Operator} == set(known.split())


@pytest.mark.parametrize(
    ("op", "value"),
    [
        ("ne", 1),
        ("noteExist", None),
        (Operator.EXIST, 1),
        (Operator.EQ, None),
        (Operator.EQ, (1, 2)),
        (Operator.IN, 1),
        (Operator.IN, ()),
        (Operator.IN, tuple(range(MOST_VALUES + 1))),
    ],
)
def test_a_condition_that_autotask_would_drop_or_refuse_cannot_be_made(op: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        Condition(cast("Operator", op), "id", value)


def test_an_or_of_more_than_500_values_cannot_be_made() -> None:
    half = Condition(Operator.IN, "id", tuple(range(MOST_VALUES // 2)))
    assert len(AnyOf((half, half)).conditions) == 2
    with pytest.raises(ValueError, match="allowed are 1 to 500"):
        AnyOf((half, half, Condition(Operator.EQ, "id", 1)))
    with pytest.raises(ValueError, match="allowed are 1 to 500"):
        AnyOf(())
