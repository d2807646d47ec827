"""Ticket Default Data: the plugin's own text works as it is, and what cannot make a ticket is told at its key."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.autotask.fields import CONTACT_FIELDS, TICKET_FIELDS
from bt_autotask_sync.config.problems import InvalidValueError
from bt_autotask_sync.config.ticket_data import SET_BY_THE_PROGRAM, contact_question, due_offset, ticket_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from bt_autotask_sync.config.models import Profile
    from bt_autotask_sync.config.problems import Problem

    Make = Callable[..., Profile]
    Refused = Callable[..., tuple[Problem, ...]]

PLUGIN_JSON = """
{
  "AccountID": 175,
  "AllocationCodeID": null,
  "AssignedResourceID": null,
  "ContactID": "{{emailAddress|customer_email}}",
  "defaultContactID": 29683589,
  "Title": "BeyondTrust Remote Support Chat: {{Issue}}",
  "Description": "{{Details}}",
  "DueDateTime": null,
  "ExternalID": null,
  "id": null,
  "TicketNumber": null,
  "CreateDate": null,
  "Priority": 2,
  "QueueID": 29682833,
  "Status": 1
}
"""
READ = {
    "companyID": 175,
    "contactID": "{{emailAddress|customer_email}}",
    "title": "BeyondTrust Remote Support Chat: {{Issue}}",
    "description": "{{Details}}",
    "priority": 2,
    "queueID": 29682833,
    "status": 1,
}


def refusal(value: object) -> list[tuple[str, str]]:
    with pytest.raises(InvalidValueError) as caught:
        ticket_data(value)
    return [(".".join(fault.at), fault.message) for fault in caught.value.faults]


def in_camel_case(table: dict[str, Any]) -> dict[str, Any]:
    return {key[0].lower() + key[1:]: value for key, value in table.items()}


@pytest.mark.parametrize(
    "value",
    [
        PLUGIN_JSON,
        json.dumps(in_camel_case(json.loads(PLUGIN_JSON))),
        json.loads(PLUGIN_JSON),
        {**READ, "defaultContactID": 29683589},
    ],
)
def test_the_plugins_ticket_json_and_a_table_mean_the_same(profile: Make, value: object) -> None:
    read = profile(tickets={"default_data": value}).tickets.default_data

    assert read.fields == READ
    assert next(iter(read.fields)) == "companyID", "the order of the file is kept"
    assert read.default_contact_id == 29683589


@pytest.mark.parametrize("value", [{}, "", " \n", "{}", {"title": None}])
def test_nothing_need_be_given(profile: Make, value: object) -> None:
    assert profile(tickets={"default_data": value}).tickets.default_data.as_written() == {}


@pytest.mark.parametrize("key", SET_BY_THE_PROGRAM)
def test_what_the_program_or_autotask_sets_is_refused_with_the_reason(refused: Refused, key: str) -> None:
    (problem,) = refused(tickets={"default_data": {key.upper(): 1}})

    assert problem.path == f"profile.default.tickets.default_data.{key.upper()}"
    assert (problem.message, problem.advice) == ("cannot be a default", SET_BY_THE_PROGRAM[key])


@pytest.mark.parametrize(
    ("key", "advice"),
    [
        ("queue", 'Did you mean "queueID"?'),
        ("defaultContact", 'Did you mean "defaultContactID"?'),
        ("createDate", "Known here: defaultContactID, "),
        ("quux", "Known here: defaultContactID, "),
    ],
)
def test_what_no_ticket_takes_is_refused_with_what_was_probably_meant(refused: Refused, key: str, advice: str) -> None:
    (problem,) = refused(tickets={"default_data": {key: 1}})

    assert problem.message == "is not a field of Autotask's tickets that can be written"
    assert problem.advice.startswith(advice)


def test_one_field_of_a_ticket_under_two_names_is_refused() -> None:
    assert refusal({"companyID": 1, "AccountID": 1}) == [("AccountID", "gives companyID a second time")]


def test_all_mistakes_of_ticket_data_are_named_at_once() -> None:
    assert [at for at, _ in refusal({"title": 1, "externalID": "x", "quux": 3, "status": " "})] == [
        "title",
        "externalID",
        "quux",
        "status",
    ]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("companyID", "175", "must be a whole number, not text"),
        ("companyID", True, "must be a whole number, not true or false"),
        ("companyID", 10**400, "is too large a number"),
        ("contractID", "Gold", "must be a whole number, not text"),
        ("status", "1", "must be a whole number, not text"),
        ("status", "", "must not be empty"),
        ("status", ["New"], "must be a whole number, not a list"),
        ("queueID", "x" * 201, "is longer than 200 characters"),
        ("estimatedHours", float("nan"), "is too large a number"),
        ("estimatedHours", "1", "must be a number, not text"),
        ("title", 7, "must be text in quotes, not a whole number"),
        ("title", " ", "must not be empty"),
        ("title", "x" * 256, "is longer than 255 characters"),
        ("description", "\ud83d", "holds half of a character"),
        ("description", "x" * 8001, "is longer than 8000 characters"),
        ("isVisibleToComanaged", "true", "must be true or false, not text"),
        ("defaultContactID", "{{emailAddress|customer_email}}", "must be a whole number, not text"),
        ("userDefinedFields", {"name": "a", "value": "b"}, "must be a list, not a table"),
        ("userDefinedFields", "a", "must be a list, not text"),
    ],
)
def test_a_value_that_no_ticket_takes_is_refused_at_its_key(key: str, value: object, message: str) -> None:
    assert refusal({key: value}) == [(key, message)]


@pytest.mark.parametrize("key", [name for name, field in TICKET_FIELDS.items() if field.picklist])
def test_a_field_with_choices_takes_a_number_or_a_label(key: str) -> None:
    assert ticket_data({key: -2}).fields == {key: -2}
    assert ticket_data({key: "In Progress"}).fields == {key: "In Progress"}


def test_the_fields_that_need_choices_most_have_them() -> None:
    chosen = {name for name, field in TICKET_FIELDS.items() if field.picklist}

    assert {"status", "priority", "queueID", "source", "issueType", "subIssueType", "ticketType"} <= chosen
    assert not {"companyID", "contactID", "billingCodeID", "assignedResourceID", "assignedResourceRoleID"} & chosen


def test_a_work_type_of_a_ticket_may_be_given_by_its_name() -> None:
    assert ticket_data({"AllocationCodeID": "Remote Support"}).fields == {"billingCodeID": "Remote Support"}


@pytest.mark.parametrize("key", ["contactID", "ContactID"])
@pytest.mark.parametrize("text", ["{{emailAddress|customer_email}}", " {{ EMailAddress | customer_email }} "])
def test_a_contact_may_be_asked_for(key: str, text: str) -> None:
    fields = ticket_data({key: text}).fields

    assert fields == {"contactID": text}
    assert contact_question(text) == ("emailAddress", "customer_email")


@pytest.mark.parametrize("field", CONTACT_FIELDS)
def test_every_field_that_tells_a_contact_may_be_asked_by_in_any_case(field: str) -> None:
    assert contact_question(f"{{{{{field.upper()}|x}}}}") == (field, "x")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{lastName|customer_name}}", "asks by a field that tells no contact"),
        ("{{emailAddress}}", "is neither a number nor asks for a contact"),
        ("{{emailAddress|}}", "is neither a number nor asks for a contact"),
        ("{emailAddress|customer_email}", "is neither a number nor asks for a contact"),
        ("{{emailAddress|a|b}}", "is neither a number nor asks for a contact"),
        ("jane@example.com", "is neither a number nor asks for a contact"),
        ("29683589", "is neither a number nor asks for a contact"),
        ("", "is neither a number nor asks for a contact"),
    ],
)
def test_what_asks_for_no_contact_is_refused(text: str, message: str) -> None:
    assert refusal({"contactID": text}) == [("contactID", message)]
    assert contact_question(text) is None


@pytest.mark.parametrize("key", ["title", "description"])
@pytest.mark.parametrize("text", ["{{Issue}}", "a {{Details}} b {{Issue}}", "{{ issue }}", "no { braces } at all"])
def test_texts_may_hold_the_two_placeholders(key: str, text: str) -> None:
    assert ticket_data({key: text}).fields == {key: text}


@pytest.mark.parametrize("key", ["title", "description"])
@pytest.mark.parametrize("text", ["{{lsid}}", "{{Issue", "Issue}}", "{{#Issue}}x{{/Issue}}", "{{}}"])
def test_anything_else_in_curly_braces_is_refused(key: str, text: str) -> None:
    assert refusal({key: text}) == [(key, "has something else in curly braces than can be filled in")]


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("+2d", timedelta(days=2)),
        ("+8h", timedelta(hours=8)),
        ("+30m", timedelta(minutes=30)),
        (" + 1 D ", timedelta(days=1)),
        ("+0d", timedelta(0)),
        ("2d", None),
        ("+2", None),
        ("-2d", None),
        ("+2w", None),
        ("+1.5h", None),
        ("+100000d", None),
        ("2026-01-31", None),
    ],
)
def test_a_due_date_may_count_from_the_sessions_start(text: str, offset: timedelta | None) -> None:
    assert due_offset(text) == offset
    if offset is not None:
        assert ticket_data({"dueDateTime": text}).fields == {"dueDateTime": text.strip()}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2030-03-21T00:00:00", "2030-03-21T00:00:00Z"),
        ("2030-03-21T08:00:00+02:00", "2030-03-21T06:00:00Z"),
        ("2030-03-21T08:00:00.5Z", "2030-03-21T08:00:00Z"),
        ("2030-03-21", "2030-03-21T00:00:00Z"),
    ],
)
def test_a_due_date_is_in_utc(written: str, read: str) -> None:
    assert ticket_data({"dueDateTime": written}).fields == {"dueDateTime": read}


@pytest.mark.parametrize("text", ["", "tomorrow", "2030-02-31", "+2w", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_due_date_is_refused(text: str) -> None:
    assert refusal({"dueDateTime": text}) == [("dueDateTime", "is not a date and time")]


def test_user_defined_fields_are_a_list_of_names_and_values() -> None:
    given = [{"name": "Site", "value": "Nord"}, {"Name": "Floor", "Value": 3}, {"name": "Room", "value": None}]

    read = ticket_data({"UserDefinedFields": given}).fields

    assert read == {"userDefinedFields": ({"name": "Site", "value": "Nord"}, {"name": "Floor", "value": 3})}


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("Site", "holds something else than a name and a value, as number 2"),
        ({"name": "Site"}, "holds something else than a name and a value, as number 2"),
        ({"name": "a", "value": 1, "x": 2}, "holds something else than a name and a value, as number 2"),
        ({"name": "a", "NAME": "b", "value": 1}, "holds something else than a name and a value, as number 2"),
        ({"name": 7, "value": 1}, "holds a name or a value that cannot be used, as number 2"),
        ({"name": " ", "value": 1}, "holds a name or a value that cannot be used, as number 2"),
        ({"name": "\ud800", "value": 1}, "holds a name or a value that cannot be used, as number 2"),
        ({"name": "a", "value": []}, "holds a name or a value that cannot be used, as number 2"),
        ({"name": "a", "value": float("inf")}, "holds a name or a value that cannot be used, as number 2"),
        ({"name": "a", "value": "x" * 8001}, "holds a name or a value that cannot be used, as number 2"),
    ],
)
def test_a_user_defined_field_that_is_none_is_refused_with_its_place(item: object, message: str) -> None:
    assert refusal({"userDefinedFields": [{"name": "a", "value": ""}, item]}) == [("userDefinedFields", message)]


def test_more_user_defined_fields_than_a_ticket_has_are_refused() -> None:
    many = [{"name": f"f{number}", "value": 1} for number in range(301)]

    assert refusal({"userDefinedFields": many}) == [("userDefinedFields", "holds more than 300 fields")]
    assert len(str(ticket_data({"userDefinedFields": many[:300]}).fields)) > 300


@pytest.mark.parametrize(("text", "message"), [("[]", "must be a table or JSON text"), ("{'a': 1}", "is not JSON")])
def test_ticket_data_that_are_no_table_are_refused(refused: Refused, text: str, message: str) -> None:
    (problem,) = refused(tickets={"default_data": text})

    assert problem.path == "profile.default.tickets.default_data"
    assert problem.message.startswith(message)
