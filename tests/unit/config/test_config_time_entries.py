"""The billing rules as settings: their defaults bill as the plugin did, and nothing senseless is taken."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.config.default_data import LONGEST_NAME
from bt_autotask_sync.config.models import Representatives, SplitAt

if TYPE_CHECKING:
    from collections.abc import Callable

    from bt_autotask_sync.config.models import Profile
    from bt_autotask_sync.config.problems import Problem

    Make = Callable[..., Profile]
    Refused = Callable[..., tuple[Problem, ...]]

NEEDED: dict[str, Any] = {"defaultDomain": "example.com", "roleName": "Technician", "summaryNotes": "Session"}


def test_by_default_time_is_billed_as_the_plugin_did(profile: Make) -> None:
    read = profile().time_entries

    assert read.representatives is Representatives.PRIMARY
    assert (read.round_to_minutes, read.minimum_minutes, read.ignore_below_seconds) == (0, 0, 0)
    assert read.hold_above_minutes == 480
    assert read.split_at is SplitAt.NEVER


def test_every_rule_can_be_set(profile: Make) -> None:
    given = {
        "representatives": "all",
        "round_to_minutes": 15,
        "minimum_minutes": 30,
        "ignore_below_seconds": 60,
        "hold_above_minutes": 0,
        "split_at": "midnight-utc",
    }

    assert profile(time_entries=given).time_entries.model_dump(include=set(given)) == given


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("representatives", "everybody", "must be 'primary' or 'all'"),
        ("split_at", "noon", "must be 'never', 'midnight' or 'midnight-utc'"),
        ("round_to_minutes", -1, "must be at least 0"),
        ("round_to_minutes", 1441, "must be at most 1440"),
        ("round_to_minutes", 7.5, "must be a whole number, not a number with a point"),
        ("minimum_minutes", -15, "must be at least 0"),
        ("minimum_minutes", "15", "must be a whole number, not text"),
        ("ignore_below_seconds", 86_401, "must be at most 86400"),
        ("hold_above_minutes", True, "must be a whole number, not true or false"),
    ],
)
def test_a_senseless_rule_is_refused_at_its_key(refused: Refused, key: str, value: object, message: str) -> None:
    (problem,) = refused(time_entries={key: value})

    assert (problem.path, problem.message) == (f"profile.default.time_entries.{key}", message)


@pytest.mark.parametrize("key", ["billingCodeID", "AllocationCodeID"])
@pytest.mark.parametrize("as_json", [False, True])
def test_a_work_type_may_be_given_by_its_name(profile: Make, key: str, as_json: bool) -> None:
    table = {**NEEDED, key: "Remote Support"}
    written = json.dumps(table) if as_json else table

    read = profile(time_entries={"enabled": True, "default_data": written}).time_entries.default_data

    assert read.work_type_name == "Remote Support"


@pytest.mark.parametrize("fields", [{}, {"billingCodeID": 29682801}, {"billingCodeID": None}])
def test_a_number_or_nothing_names_no_work_type(profile: Make, fields: dict[str, Any]) -> None:
    assert profile(time_entries={"default_data": {**NEEDED, **fields}}).time_entries.default_data.work_type_name == ""


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("billingCodeID", " ", "must not be empty"),
        ("billingCodeID", " 29682801 ", "must be a whole number, not text"),
        ("billingCodeID", "x" * (LONGEST_NAME + 1), f"is longer than {LONGEST_NAME} characters"),
        ("billingCodeID", "\udc00", "holds half of a character"),
        ("contractID", "Gold", "must be a whole number, not text"),
    ],
)
def test_a_name_is_taken_only_where_one_can_be_looked_up_and_only_if_it_is_one(
    refused: Refused, key: str, value: str, message: str
) -> None:
    (problem,) = refused(time_entries={"default_data": {key: value}})

    assert (problem.path, problem.message) == (f"profile.default.time_entries.default_data.{key}", message)
