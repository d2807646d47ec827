"""Names and types on the wire against Autotask's published models (names in camelCase), and what metadata tells."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.sandbox.application import Sandbox
from bt_autotask_sync.sandbox.autotask.schema import ENTITIES

if TYPE_CHECKING:
    from bt_autotask_sync.sandbox.clock import SandboxClock
    from tests.unit.sandbox.conftest import AutotaskUser, World

MODELS: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("autotask_models.json").read_text("utf-8"))
NEWER = {
    "Tickets": {"createdByContactID", "isAssignedToComanaged", "isVisibleToComanaged"},
    "TicketNotes": {"createdByContactID"},
    "TimeEntries": {"isInternalNotesVisibleToComanaged"},
}
"""Documented fields that the published models do not have yet."""
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
TYPES: dict[str, type | tuple[type, ...]] = {
    "integer": int,
    "number": (int, float),
    "string": str,
    "boolean": bool,
    "array": list,
    "date-time": str,
    "any": object,
}
PATHS = [entity.path for entity in ENTITIES.values()]


def assert_fits(name: str, value: Any, kind: str) -> None:
    assert isinstance(value, TYPES[kind]), name
    assert isinstance(value, bool) == (kind == "boolean") or kind == "any", name
    if kind == "date-time":
        assert MOMENT.fullmatch(str(value)), name


@pytest.mark.parametrize("path", PATHS)
def test_records_have_the_published_names_and_types(clock: SandboxClock, path: str) -> None:
    model = MODELS[path]
    filled = set()
    rows = Sandbox(sessions=24, clock=clock).autotask.store.rows(path)
    for row in rows:
        assert set(row) - NEWER.get(path, set()) <= set(model)
        for name, value in row.items():
            if value is not None:
                assert_fits(name, value, model[name])
                filled.add(name)
    assert len(filled) >= 3


@pytest.mark.parametrize("path", PATHS)
def test_no_published_field_is_missing_but_user_defined_ones(path: str) -> None:
    ours = set(ENTITIES[path.lower()].names())
    assert set(MODELS[path]) - ours <= {"userDefinedFields"}


@pytest.mark.parametrize("path", PATHS)
def test_metadata_describes_every_field_in_the_published_form(autotask: AutotaskUser, path: str) -> None:
    info = autotask.get(f"/{path}/entityInformation")["info"]
    fields = autotask.get(f"/{path}/entityInformation/fields")["fields"]
    assert set(info) == set(MODELS["entityInformation"])
    assert {field["name"] for field in fields} == set(ENTITIES[path.lower()].names()) - {"userDefinedFields"}
    for field in fields:
        assert set(field) == set(MODELS["field"])
        for value in field["picklistValues"] or []:
            assert set(value) == set(MODELS["picklistValue"])
            assert isinstance(value["value"], str)


def test_metadata_tells_lengths_rights_and_what_can_be_queried(autotask: AutotaskUser, sandbox: Sandbox) -> None:
    notes = {field["name"]: field for field in autotask.get("/TicketNotes/entityInformation/fields")["fields"]}
    assert (notes["title"]["length"], notes["description"]["length"]) == (250, 32_000)
    assert {value["value"] for value in notes["publish"]["picklistValues"]} == {"1", "2", "4"}
    resources = {field["name"]: field for field in autotask.get("/Resources/entityInformation/fields")["fields"]}
    assert not resources["defaultServiceDeskRoleID"]["isQueryable"]
    assert autotask.get("/TimeEntries/entityInformation")["info"]["canDelete"]
    sandbox.switches.change({"missing_rights": ["TimeEntries"], "creates_refused": ["TimeEntries"]})
    told = autotask.get("/TimeEntries/entityInformation")["info"]
    assert (told["userAccessForQuery"], told["userAccessForCreate"]) == (0, 0)
    assert autotask.get("/Tickets/entityInformation/userDefinedFields")["fields"][0]["name"] == "Session ID"


def test_metadata_of_tickets_tells_what_is_required_and_which_choices_are_left_or_depend_on_others(
    autotask: AutotaskUser,
) -> None:
    tickets = {field["name"]: field for field in autotask.get("/Tickets/entityInformation/fields")["fields"]}
    required = {name for name, field in tickets.items() if field["isRequired"]}
    assert required == {"companyID", "title", "status", "priority"}
    queues = tickets["queueID"]["picklistValues"]
    assert [queue["label"] for queue in queues if not queue["isActive"]] == ["Level III Support (closed)"]
    sub_issues = tickets["subIssueType"]
    assert sub_issues["picklistParentValueField"] == "issueType"
    others = {one["parentValue"] for one in sub_issues["picklistValues"] if one["label"] == "Other"}
    assert others == {"10", "11"}
    assert (tickets["externalID"]["isQueryable"], tickets["ticketNumber"]["isReadOnly"]) == (True, True)


def test_limits_and_zone_have_the_published_names(autotask: AutotaskUser) -> None:
    assert set(autotask.get("/ThresholdInformation")) == set(MODELS["threshold"])
    user = autotask.session.headers["UserName"]
    assert set(autotask.get(f"/zoneInformation?user={user!s}")) == set(MODELS["zone"])


def test_what_was_written_is_read_back_in_the_published_types(autotask: AutotaskUser, world: World) -> None:
    key = autotask.create("/TimeEntries", world.time_entry())
    for name, value in autotask.get(f"/TimeEntries/{key}")["item"].items():
        if value is not None:
            assert_fits(name, value, MODELS["TimeEntries"][name])


def test_a_record_with_an_unknown_field_is_not_stored(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="Tickets has no companyId"):
        sandbox.autotask.store.insert("Tickets", {"companyId": 1})
