"""Time Entry Default Data: the plugin's own text works as it is, and nothing wrong reaches a bill."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.autotask.fields import TIME_ENTRY_FIELDS
from bt_autotask_sync.config.problems import InvalidValueError
from bt_autotask_sync.config.time_entry_data import OWN_KEYS, SET_BY_THE_PROGRAM, time_entry_defaults

if TYPE_CHECKING:
    from collections.abc import Callable

    from bt_autotask_sync.config.models import Profile
    from bt_autotask_sync.config.problems import Problem

    Make = Callable[..., Profile]
    Refused = Callable[..., tuple[Problem, ...]]

NEEDED: dict[str, Any] = {"defaultDomain": "@example.com", "roleName": "Technician", "summaryNotes": "Session {{lsid}}"}
PLUGIN_JSON = """
{
  "defaultDomain": "@example.com",
  "roleName": "Technician",
  "summaryNotes": "Session {{lsid}}",
  "AllocationCodeID": 29682801,
  "NonBillable": true,
  "contractid": null,
  "ticketID": null,
  "type": null
}
"""


def refusal(value: object, *, required: bool = False) -> list[tuple[str, str]]:
    with pytest.raises(InvalidValueError) as caught:
        time_entry_defaults(value, required=required)
    return [(".".join(fault.at), fault.message) for fault in caught.value.faults]


@pytest.mark.parametrize("value", [PLUGIN_JSON, json.loads(PLUGIN_JSON)])
def test_the_plugins_text_and_a_table_mean_the_same(profile: Make, value: object) -> None:
    read = profile(time_entries={"enabled": True, "default_data": value}).time_entries.default_data

    assert (read.default_domain, read.role_name) == ("example.com", "Technician")
    assert read.summary_notes == "Session {{lsid}}"
    assert read.fields == {"billingCodeID": 29682801, "isNonBillable": True}


@pytest.mark.parametrize("key", ["DEFAULTDOMAIN", "defaultdomain"])
def test_the_case_of_a_key_does_not_matter(key: str) -> None:
    assert time_entry_defaults({key: "example.com"}, required=False).default_domain == "example.com"


def test_enabled_time_entries_need_all_three_and_say_so_at_once(refused: Refused) -> None:
    found = refused(time_entries={"enabled": True})

    assert [(problem.path, problem.message) for problem in found] == [
        (f"profile.default.time_entries.default_data.{key}", "is missing") for key in OWN_KEYS
    ]


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
@pytest.mark.parametrize("key", OWN_KEYS)
def test_enabled_time_entries_refuse_a_blank_one(key: str, blank: str) -> None:
    assert refusal({**NEEDED, key: blank}, required=True) == [(key, "must not be empty")]


def test_a_domain_of_an_at_sign_alone_is_blank() -> None:
    assert refusal({**NEEDED, "defaultDomain": "@"}, required=True) == [("defaultDomain", "must not be empty")]


@pytest.mark.parametrize("value", [{}, "", "{}", {"roleName": None}])
def test_time_entries_that_are_off_need_nothing(profile: Make, value: object) -> None:
    assert profile(time_entries={"default_data": value}).time_entries.default_data.as_written() == {}


@pytest.mark.parametrize("key", SET_BY_THE_PROGRAM)
def test_fields_that_the_program_sets_are_refused_with_the_reason(refused: Refused, key: str) -> None:
    (problem,) = refused(time_entries={"default_data": {key.upper(): 1}})

    assert problem.path == f"profile.default.time_entries.default_data.{key.upper()}"
    assert (problem.message, problem.advice) == ("cannot be a default", SET_BY_THE_PROGRAM[key])


def test_every_field_that_autotask_lets_one_write_is_taken_or_refused_with_a_reason() -> None:
    free = set(TIME_ENTRY_FIELDS) - set(SET_BY_THE_PROGRAM) - set(OWN_KEYS)

    assert free == {
        "billingCodeID",
        "contractID",
        "contractServiceBundleID",
        "contractServiceID",
        "internalNotes",
        "isInternalNotesVisibleToComanaged",
        "isNonBillable",
        "offsetHours",
        "showOnInvoice",
    }


@pytest.mark.parametrize(
    ("key", "advice"),
    [
        ("bilingCodeID", 'Did you mean "billingCodeID"?'),
        ("resourceI", "Known here"),
        ("rolName", 'Did you mean "roleName"?'),
        ("quux", "Known here"),
    ],
)
def test_an_unknown_field_is_refused_with_what_was_probably_meant(refused: Refused, key: str, advice: str) -> None:
    (problem,) = refused(time_entries={"default_data": {key: 1}})

    assert problem.advice.startswith(advice)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("billingCodeID", "29682801", "must be a whole number, not text"),
        ("billingCodeID", True, "must be a whole number, not true or false"),
        ("billingCodeID", 1.0, "must be a whole number, not a number with a point"),
        ("billingCodeID", 2**63, "is too large a number"),
        ("billingCodeID", 10**400, "is too large a number"),
        ("offsetHours", float("-inf"), "is too large a number"),
        ("offsetHours", float("nan"), "is too large a number"),
        ("offsetHours", False, "must be a number, not true or false"),
        ("isNonBillable", 1, "must be true or false, not a whole number"),
        ("internalNotes", {}, "must be text in quotes, not a table"),
        ("internalNotes", "x" * 32_001, "is longer than 32000 characters"),
        ("internalNotes", "\ud800", "holds half of a character"),
        ("roleName", 7, "must be text in quotes, not a whole number"),
        ("defaultDomain", "jane@example.com", "is not a domain"),
        ("defaultDomain", "example com", "is not a domain"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_at_its_key(key: str, value: object, message: str) -> None:
    assert refusal({key: value}) == [(key, message)]


def test_hours_may_be_whole() -> None:
    assert time_entry_defaults({"offsetHours": 1}, required=False).fields == {"offsetHours": 1}


def test_one_field_under_two_names_is_refused() -> None:
    assert refusal({"isNonBillable": True, "NonBillable": False}) == [
        ("NonBillable", "gives isNonBillable a second time")
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"roleName": "a",\n}', "is not JSON (line 2, column 1)"),
        ("[" * 100_000, "is not JSON"),
        ('{"billingCodeID": ' + "9" * 5000 + "}", "is not JSON"),
        ("[]", "must be a table or JSON text that holds one, not a list"),
        ("null", "must be a table or JSON text that holds one, not something else"),
    ],
)
def test_text_that_is_no_json_object_is_refused_with_its_place(text: str, message: str) -> None:
    assert refusal(text) == [("", message)]


def test_all_mistakes_are_named_at_once() -> None:
    assert [at for at, _ in refusal({"roleName": 1, "ticketID": 2, "quux": 3}, required=True)] == [
        "roleName",
        "ticketID",
        "quux",
        "defaultDomain",
        "summaryNotes",
    ]
