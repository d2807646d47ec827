"""M1: which tickets an external key names."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_autotask_sync.sync.match.external_key import NamedTickets, read_external_key
from bt_autotask_sync.sync.match.key_text import LONGEST_KEY

NUMBERS = st.from_regex(r"T[0-9]{8}\.[0-9]{4}(\.[0-9]{3})?", fullmatch=True)


def numbers(key: str) -> tuple[str, ...]:
    return read_external_key(key, numeric_keys=False).numbers


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("T20261122.0042", ("T20261122.0042",)),
        ("t20261122.0042", ("T20261122.0042",)),
        ("T20261122.0042.005", ("T20261122.0042.005",)),
        ("  Ticket T20261122.0042, please", ("T20261122.0042",)),
        ("(T20261122.0042)", ("T20261122.0042",)),
        ("T20261122.0042.", ("T20261122.0042",)),
        ("T20261122.0042 T20261122.0043", ("T20261122.0042", "T20261122.0043")),
        ("T20261122.0042 t20261122.0042", ("T20261122.0042",)),
        ('{"ticketNumber": "T20261122.0042", "id": 7}', ("T20261122.0042",)),
        ("T20261122.00421", ()),
        ("T20261122.0042.00", ()),
        ("T20261122.0042.0051", ()),
        ("T20261122.0042.005.1", ()),
        ("T20261122.042", ()),
        ("T2026112.0042", ()),
        ("T202611220.0042", ()),
        ("XT20261122.0042", ()),
        ("1T20261122.0042", ()),
        ("T" + chr(0x662) * 8 + ".0042", ()),
        ("", ()),
    ],
)
def test_M1_a_ticket_number_is_found_whole_or_not_at_all(key: str, found: tuple[str, ...]) -> None:
    assert numbers(key) == found


@settings(max_examples=50)
@given(NUMBERS, st.from_regex(r"[0-9]{1,4}|\.[0-9]{1,6}", fullmatch=True))
def test_M1_the_beginning_of_a_longer_number_is_never_taken(number: str, more: str) -> None:
    longer = number + more
    assert numbers(longer) == ((longer,) if numbers(longer) else ())
    assert number not in numbers(longer)


@settings(max_examples=50)
@given(NUMBERS, st.text(alphabet=" ,;:-_/#()[]{}\"'\n\tzä", max_size=8), st.sampled_from([str, str.lower]))
def test_M1_text_around_a_number_and_its_case_do_not_matter(number: str, around: str, case: type[str]) -> None:
    assert numbers(f"{around} {case(number)} {around}") == (number,)


@pytest.mark.parametrize("key", ["id:7042", " ID : 7042 ", "id: 7042\n", '{"ticketID": 7042}', '{"id": "7042"}'])
def test_M1_an_id_is_read_where_it_is_said_to_be_one(key: str) -> None:
    assert read_external_key(key, numeric_keys=False) == NamedTickets(ids=(7042,))


def test_M1_the_ticket_number_comes_before_the_id_and_the_ticket_id_before_the_plain_id() -> None:
    assert read_external_key('{"id": 1, "TICKETID": 2}', numeric_keys=False).ids == (2,)
    assert read_external_key("id:7 T20261122.0042", numeric_keys=False) == NamedTickets(numbers=("T20261122.0042",))


def test_M1_digits_alone_are_a_ticket_id_only_where_the_profile_says_so() -> None:
    assert read_external_key(" 7042 ", numeric_keys=True).ids == (7042,)
    stray = read_external_key("7042", numeric_keys=False)
    assert stray.stray_digits
    assert not stray


def test_M1_digits_are_no_ticket_number() -> None:
    assert not read_external_key('{"ticketNumber": "7042"}', numeric_keys=False)


@pytest.mark.parametrize(
    "key",
    [
        "hello",
        "id:",
        "id:12x",
        "id:-3",
        "id:" + "9" * 19,
        "9" * 19,
        "7042.5",
        '{"id": true}',
        '{"id": null}',
        '{"id": 7.5}',
        '{"id": -7}',
        '{"id": [7]}',
        '{"companyID": 7}',
        '{"id": 7',
        "[7]",
        "{" * 5000,
        '{"id":' * 2000,
        '{"id": ' + "9" * 4090,
        "null",
        "\x00",
        "\N{ARABIC-INDIC DIGIT SEVEN}",
    ],
)
def test_M1_what_names_no_ticket_names_none(key: str) -> None:
    assert not read_external_key(key, numeric_keys=False)


def test_M1_what_stands_behind_the_longest_key_is_not_looked_at() -> None:
    assert numbers("x" * LONGEST_KEY + " T20261122.0042") == ()


@settings(max_examples=50)
@given(st.text())
def test_M1_no_text_at_all_is_an_error(key: str) -> None:
    named = read_external_key(key, numeric_keys=True)
    assert not (named.numbers and named.ids)
    assert all(0 <= ticket_id < 10**18 for ticket_id in named.ids)


@settings(max_examples=50)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_M1_json_of_any_kind_is_an_id_or_nothing(value: object) -> None:
    named = read_external_key(json.dumps({"ticketID": value}), numeric_keys=False)
    assert not named.numbers or isinstance(value, str | list)
    assert all(str(ticket_id) in str(value) for ticket_id in named.ids)
