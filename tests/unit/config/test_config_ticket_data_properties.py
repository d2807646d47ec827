"""Whatever somebody writes into a key or a file: data for a ticket, or a refusal that can be stored and told."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bt_autotask_sync.autotask.fields import TICKET_FIELDS
from bt_autotask_sync.config.problems import InvalidValueError
from bt_autotask_sync.config.ticket_data import SET_BY_THE_PROGRAM, TicketData, key_ticket_data, ticket_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from bt_autotask_sync.config.problems import Fault

NAMES = st.sampled_from(["defaultContactID", "AccountID", "Title", *TICKET_FIELDS, *SET_BY_THE_PROGRAM])
TEXT = st.text(st.characters(), max_size=12)  # halves of characters are among them
HOSTILE = st.sampled_from(["x" * 10_000, "\ud800", "\x00", "9" * 5000, 10**400, -(10**400), 2**63, float("nan")])
USUAL = st.sampled_from([7, " 7 ", "-2", "New", "{{emailAddress|customer_email}}", "+2d", "2026-01-31T08:00:00+01:00"])
VALUES = st.recursive(
    USUAL | HOSTILE | TEXT | st.none() | st.booleans() | st.integers() | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "value", "Name"]) | TEXT, inner, max_size=3)
    ),
    max_leaves=8,
)
TABLES = st.dictionaries(NAMES | NAMES.map(str.upper) | TEXT, USUAL | VALUES, max_size=4)


def outcome(read: Callable[[], TicketData]) -> TicketData | tuple[Fault, ...]:
    try:
        return read()
    except InvalidValueError as error:
        return error.faults


def assert_can_be_told(text: str) -> None:
    assert len(text) < 400
    with sqlite3.connect(":memory:") as database:
        database.execute("SELECT ?", (text,))
    database.close()


def assert_is_sound(data: TicketData) -> None:
    assert set(data.fields) <= set(TICKET_FIELDS) - set(SET_BY_THE_PROGRAM)
    json.dumps(data.fields, allow_nan=False)
    repr(data.fields).encode()


def test_arbitrary_default_data_are_read_or_refused_and_what_is_read_reads_again_as_the_same() -> None:
    read: list[bool] = []

    @given(TABLES | TABLES.map(json.dumps))
    def examine(value: object) -> None:
        found = outcome(lambda: ticket_data(value))
        if isinstance(found, TicketData):
            assert_is_sound(found)
            assert ticket_data(found) == ticket_data(found.as_written()) == found
        else:
            assert all(fault.message for fault in found)
        read.append(isinstance(found, TicketData) and bool(found.fields))

    examine()
    assert any(read)
    assert not all(read)


def test_the_json_of_an_arbitrary_key_gives_data_or_a_refusal_that_can_be_told() -> None:
    read: list[bool] = []

    @given(TABLES)
    @example({"\ud800" * 1000: 1})
    @example({"title": 1, "TITLE": "\ud800"})
    def examine(table: dict[str, object]) -> None:
        left_out: list[str] = []

        def take() -> TicketData:
            data, words = key_ticket_data(table)
            left_out.extend(words)
            return data

        found = outcome(take)
        if isinstance(found, TicketData):
            assert_is_sound(found)
            assert ticket_data(without_texts(found)) == without_texts(found)
        else:
            left_out += [f"{fault.at} {fault.message} {fault.advice}" for fault in found]
        for text in left_out:
            assert_can_be_told(text)
        read.append(isinstance(found, TicketData) and bool(found.fields))

    examine()
    assert any(read)
    assert not all(read)


def without_texts(data: TicketData) -> TicketData:
    """Returns the data without what only a key may say: curly braces in texts."""
    fields = {name: value for name, value in data.fields.items() if name not in {"title", "description"}}
    return TicketData(default_contact_id=data.default_contact_id, fields=fields)


@pytest.mark.parametrize("value", ["canary", "canary" * 2_000, {"canary": 1}, ["canary"], [{"name": "canary"}]])
@pytest.mark.parametrize("key", [*TICKET_FIELDS, "defaultContactID"])
def test_no_refusal_of_a_key_tells_its_values(key: str, value: object) -> None:
    found = outcome(lambda: key_ticket_data({key: value})[0])

    assert isinstance(found, TicketData) or "canary" not in repr(found)
