"""The JSON of an external key: what it may say of its ticket is taken, and nothing in it does harm."""

from __future__ import annotations

import pytest

from bt_autotask_sync.config.problems import InvalidValueError
from bt_autotask_sync.config.ticket_data import SET_BY_THE_PROGRAM, key_ticket_data


def refusal(table: dict[str, object]) -> list[tuple[str, str]]:
    with pytest.raises(InvalidValueError) as caught:
        key_ticket_data(table)
    return [(".".join(fault.at), fault.message) for fault in caught.value.faults]


def test_a_key_gives_fields_by_either_name() -> None:
    data, left_out = key_ticket_data({"Title": "VPN", "AccountID": 175, "status": "New", "defaultContactID": 7})

    assert data.fields == {"title": "VPN", "companyID": 175, "status": "New"}
    assert data.default_contact_id == 7
    assert left_out == ()


def test_numbers_may_stand_in_quotes() -> None:
    written = {"companyID": "175", "contactID": " 7 ", "source": "-2", "queueID": "5", "defaultContactID": "8"}

    data, _ = key_ticket_data({**written, "billingCodeID": "29682801"})

    assert data.fields == {"companyID": 175, "contactID": 7, "source": -2, "queueID": 5, "billingCodeID": 29682801}
    assert data.default_contact_id == 8


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_what_is_empty_overrides_nothing(nothing: object) -> None:
    data, left_out = key_ticket_data({"title": nothing, "companyID": nothing, "contactID": nothing})

    assert (data.as_written(), left_out) == ({}, ())


def test_unknown_fields_are_left_out_and_named_without_their_values() -> None:
    data, left_out = key_ticket_data({"title": "VPN", "quux": "canary", "createDate": {"canary": 1}})

    assert data.fields == {"title": "VPN"}
    assert left_out == (
        '"quux", which is no field of tickets that can be written',
        '"createDate", which is no field of tickets that can be written',
    )


@pytest.mark.parametrize("key", SET_BY_THE_PROGRAM)
def test_what_the_program_sets_is_left_out_and_named(key: str) -> None:
    data, left_out = key_ticket_data({key.upper(): "canary"})

    assert data.fields == {}
    assert left_out == (f"{key}, which the program or Autotask sets",)


def test_a_name_from_outside_is_cut_and_cannot_break_a_line() -> None:
    _, (long, broken) = key_ticket_data({"x" * 10_000: 1, "a\nb\x1b[31m\ud800": 1})

    assert long == f'"{"x" * 60}…", which is no field of tickets that can be written'
    assert broken == '"a?b?[31m?", which is no field of tickets that can be written'


def test_a_key_may_ask_for_its_contact() -> None:
    data, _ = key_ticket_data({"contactID": "{{emailAddress|customer_email}}"})

    assert data.fields == {"contactID": "{{emailAddress|customer_email}}"}


def test_curly_braces_in_the_texts_of_a_key_are_text() -> None:
    texts = {"title": "{{Issue}} {{x}}", "description": "}} {{"}

    assert key_ticket_data(texts)[0].fields == texts


def test_title_and_description_of_a_key_may_be_of_any_length_as_the_ticket_cuts_them_to_fit() -> None:
    texts = {"title": "x" * 300, "description": "y" * 9_000}

    assert key_ticket_data(texts)[0].fields == texts


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("companyID", "Contoso", "must be a whole number, not text"),
        ("companyID", "9" * 25, "is too large a number"),
        ("companyID", "9" * 5000, "must be a whole number, not text"),
        ("companyID", 7.0, "must be a whole number, not a number with a point"),
        ("companyID", 10**400, "is too large a number"),
        ("status", "9" * 5000, "must be a whole number, not text"),
        ("status", {"id": 5}, "must be a whole number, not a table"),
        ("contactID", "jane@example.com", "is neither a number nor asks for a contact"),
        ("title", ["VPN"], "must be text in quotes, not a list"),
        ("purchaseOrderNumber", "x" * 10_000, "is longer than 50 characters"),
        ("description", "\udc00", "holds half of a character"),
        ("estimatedHours", float("nan"), "is too large a number"),
        ("estimatedHours", float("inf"), "is too large a number"),
        ("dueDateTime", "soon", "is not a date and time"),
        ("isVisibleToComanaged", 1, "must be true or false, not a whole number"),
    ],
)
def test_a_value_of_a_key_that_cannot_be_used_is_refused_plainly(key: str, value: object, message: str) -> None:
    assert refusal({"quux": 1, key: value}) == [(key, message)]


def test_one_field_of_a_key_under_two_names_is_refused() -> None:
    assert refusal({"companyID": 1, "AccountID": 2}) == [("AccountID", "gives companyID a second time")]
