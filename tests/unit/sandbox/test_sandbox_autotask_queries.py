"""Autotask's queries: operators, traps, pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from bt_autotask_sync.sandbox.application import Sandbox
    from bt_autotask_sync.sandbox.clock import SandboxClock
    from tests.unit.sandbox.conftest import AutotaskUser, World

EVERYTHING = {"op": "exist", "field": "id"}


def condition(op: str, field: str, value: Any = ...) -> dict[str, Any]:
    return {"op": op, "field": field} | ({} if value is ... else {"value": value})


@pytest.fixture
def notes(sandbox: Sandbox, world: World) -> list[int]:
    """Return the ids of three notes on the world's ticket."""
    rows: list[tuple[str, int, str | None]] = [
        ("Alpha [bt:3f2a]", 1, "2026-11-20T08:00:00Z"),
        ("beta 50%", 2, "2026-11-21T08:00:00Z"),
        ("ALPHABET", 3, None),
    ]
    return [
        sandbox.autotask.store.insert(
            "TicketNotes",
            {
                "ticketID": world.ticket,
                "title": title,
                "description": "…",
                "noteType": kind,
                "lastActivityDate": moment,
            },
        )
        for title, kind, moment in rows
    ]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (condition("eq", "title", "alphabet"), "3"),
        (condition("noteq", "noteType", 2), "13"),
        (condition("gt", "noteType", 1), "23"),
        (condition("gte", "noteType", "2"), "23"),
        (condition("lt", "lastActivityDate", "2026-11-20T09:00:00+01:00"), ""),
        (condition("lte", "lastActivityDate", "2026-11-20T08:00:00"), "1"),
        (condition("beginsWith", "title", "ALPHA"), "13"),
        (condition("endsWith", "title", "BET"), "3"),
        (condition("contains", "title", "BT:3"), "1"),
        (condition("contains", "title", "50%"), "2"),
        (condition("exist", "lastActivityDate"), "12"),
        (condition("notExist", "lastActivityDate"), "3"),
        (condition("in", "noteType", [1, 3]), "13"),
        (condition("notIn", "noteType", [1, 3]), "2"),
        ({"OP": "EQ", "Field": "NOTETYPE", "Value": 1}, "1"),
        ({"op": "or", "items": [condition("eq", "noteType", 1), condition("eq", "noteType", 2)]}, "12"),
        (
            {"op": "and", "items": [{"op": "or", "items": [condition("eq", "noteType", 3)]}, EVERYTHING]},
            "3",
        ),
    ],
)
def test_every_operator_finds_what_it_says(
    autotask: AutotaskUser, world: World, notes: list[int], asked: dict[str, Any], found: str
) -> None:
    items = autotask.query("TicketNotes", condition("eq", "ticketID", world.ticket), asked)
    assert [item["id"] for item in items] == [notes[int(digit) - 1] for digit in found]


@pytest.mark.parametrize("op", ["ne", "noteExist", "like", ""])
def test_an_unknown_operator_is_dropped_and_returns_everything(
    autotask: AutotaskUser, world: World, notes: list[int], op: str
) -> None:
    items = autotask.query("TicketNotes", condition("eq", "ticketID", world.ticket), condition(op, "title", "alpha"))
    assert [item["id"] for item in items] == notes


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"filter": [condition("eq", "projectID", 1)]}, "Unable to find projectID in the TicketNote Entity"),
        ({"filter": [EVERYTHING], "IncludeFields": ["nope"]}, "Unable to find nope in the TicketNote Entity"),
        ({"filter": [EVERYTHING], "MaxRecords": 501}, "MaxRecords must be between 1 and 500."),
        ({"filter": [EVERYTHING], "MaxRecords": 0}, "MaxRecords must be between 1 and 500."),
        ({"filter": []}, "Value cannot be null. Parameter name: filters"),
        ({}, "Value cannot be null. Parameter name: filters"),
        ({"filter": [condition("eq", "title", None)]}, "Value cannot be null. Parameter name: value"),
        ({"filter": [condition("eq", "id", "x")]}, "Could not convert string to integer: x."),
    ],
)
def test_a_wrong_query_is_refused_with_autotasks_words(autotask: AutotaskUser, body: Any, text: str) -> None:
    assert autotask.refusal("POST", "/TicketNotes/query", body) == [text]


def test_fields_that_cannot_be_queried_are_not_found(autotask: AutotaskUser) -> None:
    wrong = {"filter": [condition("eq", "defaultServiceDeskRoleID", 1)]}
    text = "Unable to find defaultServiceDeskRoleID in the Resource Entity"
    assert autotask.refusal("POST", "/Resources/query", wrong) == [text]
    named = {"filter": [EVERYTHING], "IncludeFields": ["userDefinedFields"]}
    text = "Unable to find userDefinedFields in the Company Entity"
    assert autotask.refusal("POST", "/Companies/query", named) == [text]


@pytest.mark.parametrize(
    "conditions",
    [
        [condition("in", "id", list(range(501)))],
        [condition("in", "id", list(range(300))), condition("in", "ticketID", list(range(201)))],
        [{"op": "or", "items": [condition("eq", "id", number) for number in range(501)]}],
    ],
)
def test_more_than_500_or_conditions_are_refused(autotask: AutotaskUser, conditions: list[Any]) -> None:
    texts = autotask.refusal("POST", "/TicketNotes/query", {"filter": conditions})
    assert texts == ["Invalid query syntax. Queries are limited to 500 or fewer 'OR' conditions."]


def test_500_values_are_allowed(autotask: AutotaskUser) -> None:
    assert autotask.query("Tickets", condition("in", "id", list(range(500)))) == []


def test_only_the_named_fields_are_answered(autotask: AutotaskUser, world: World) -> None:
    items = autotask.query("Tickets", condition("eq", "id", world.ticket), IncludeFields=["TITLE", "id"])
    assert items == [{"title": "Printer", "id": world.ticket}]


def test_pages_after_a_post_are_posted_with_the_same_body(
    autotask: AutotaskUser, world: World, notes: list[int]
) -> None:
    body = {"MaxRecords": 1, "filter": [condition("eq", "ticketID", world.ticket)]}
    first = autotask.call("POST", "/TicketNotes/query", body).json()
    address = first["pageDetails"]["nextPageUrl"]
    assert urlsplit(address).path == "/ATServicesRest/V1.0/TicketNotes/query/next"
    second = autotask.call("POST", address, body).json()
    third = autotask.call("POST", second["pageDetails"]["nextPageUrl"], body).json()
    assert [page["items"][0]["id"] for page in (first, second, third)] == notes
    assert third["pageDetails"]["nextPageUrl"] is None
    assert first["pageDetails"]["prevPageUrl"] is None
    back = autotask.call("POST", third["pageDetails"]["prevPageUrl"], body).json()
    assert back["items"] == second["items"]
    assert first["pageDetails"]["count"] == first["pageDetails"]["requestCount"] == 1


def test_a_page_of_a_post_cannot_be_got_and_needs_its_body(
    autotask: AutotaskUser, world: World, notes: list[int]
) -> None:
    body = {"MaxRecords": 1, "filter": [condition("eq", "ticketID", world.ticket)]}
    address = autotask.call("POST", "/TicketNotes/query", body).json()["pageDetails"]["nextPageUrl"]
    got = autotask.call("GET", address)
    assert got.status_code == 405
    assert got.json() == {"Message": "The requested resource does not support http method 'GET'."}
    assert autotask.refusal("POST", address, None) == ["Value cannot be null. Parameter name: filters"]


def test_pages_after_a_get_carry_the_search(autotask: AutotaskUser, world: World, notes: list[int]) -> None:
    search = f'{{"MaxRecords":2,"filter":[{{"op":"eq","field":"ticketID","value":{world.ticket}}}]}}'
    first = autotask.call("GET", "/TicketNotes/query", params={"search": search}).json()
    address = first["pageDetails"]["nextPageUrl"]
    assert parse_qs(urlsplit(address).query)["search"] == [search]
    second = autotask.call("GET", address).json()
    assert [item["id"] for page in (first, second) for item in page["items"]] == notes


def test_a_page_that_is_exactly_full_is_the_last(autotask: AutotaskUser, world: World, notes: list[int]) -> None:
    body = {"MaxRecords": 3, "filter": [condition("eq", "ticketID", world.ticket)]}
    assert autotask.call("POST", "/TicketNotes/query", body).json()["pageDetails"]["nextPageUrl"] is None


def test_counts_agree_with_the_query(autotask: AutotaskUser, world: World, notes: list[int]) -> None:
    body = {"filter": [condition("eq", "ticketID", world.ticket)]}
    assert autotask.call("POST", "/TicketNotes/query/count", body).json() == {"queryCount": 3}
    assert autotask.call("GET", f"/Tickets/{world.ticket}/Notes").json()["pageDetails"]["count"] == 3


@pytest.mark.parametrize("text", ["{", "[1]", '{"filter": NaN}', "[" * 5000])
def test_what_is_no_json_object_is_a_400(autotask: AutotaskUser, text: str) -> None:
    answer = autotask.session.post(
        "http://sandbox/atservicesrest/v1.0/Tickets/query", data=text, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.reason) == (400, "Bad Request")


def test_deeply_nested_groups_do_not_break_it(autotask: AutotaskUser) -> None:
    group: dict[str, Any] = EVERYTHING
    for _ in range(400):
        group = {"op": "and", "items": [group]}
    assert autotask.call("POST", "/Tickets/query", {"filter": [group]}).status_code in (200, 400)


def test_user_defined_fields_are_asked_one_at_a_time(autotask: AutotaskUser, sandbox: Sandbox, world: World) -> None:
    values = [{"name": "Session ID", "value": "9F2C"}]
    sandbox.autotask.store.update("Tickets", world.ticket, {"userDefinedFields": values})
    asked = {**condition("eq", "session id", "9f2c"), "udf": True}
    assert [item["id"] for item in autotask.query("Tickets", asked)] == [world.ticket]
    twice = autotask.refusal("POST", "/Tickets/query", {"filter": [asked, asked]})
    assert twice == ["Invalid query syntax. Queries are limited to one user-defined field."]


def test_contacts_are_found_by_active_as_number_or_boolean(autotask: AutotaskUser, world: World) -> None:
    for active in (1, True):
        items = autotask.query(
            "Contacts", condition("eq", "isActive", active), condition("eq", "companyID", world.company)
        )
        assert [item["id"] for item in items] == [world.contact]


def test_contacts_are_found_by_their_texts_in_any_case(autotask: AutotaskUser) -> None:
    shared = autotask.query("Contacts", condition("in", "emailAddress", ["DESK@park-row.example", "no@b.example"]))
    assert [item["isActive"] for item in shared] == [1, 1]
    assert len({item["companyID"] for item in shared}) == 2
    called = autotask.query("Contacts", condition("in", "phone", [shared[0]["phone"]]))
    assert {item["companyID"] for item in called} == {shared[0]["companyID"]}


def test_indexes_follow_changes_and_deletes(autotask: AutotaskUser, sandbox: Sandbox, world: World) -> None:
    autotask.change("/Tickets", {"id": world.ticket, "externalID": "bt:NEW"})
    assert [item["id"] for item in autotask.query("Tickets", condition("eq", "externalID", "BT:new"))] == [world.ticket]
    autotask.change("/Tickets", {"id": world.ticket, "externalID": "bt:other"})
    assert autotask.query("Tickets", condition("eq", "externalID", "bt:new")) == []
    assert sandbox.autotask.store.lookup("Tickets", "externalID", ["bt:new"]) == []


@pytest.mark.parametrize("entity", ["TicketNotes", "Tickets"])
def test_missing_rights_answer_an_empty_list_and_no_error(
    autotask: AutotaskUser, sandbox: Sandbox, world: World, notes: list[int], entity: str
) -> None:
    sandbox.switches.missing_rights = ("TicketNotes",)
    seen = autotask.query(entity, EVERYTHING)
    assert (seen == []) == (entity == "TicketNotes")
    assert (autotask.get(f"/TicketNotes/{notes[0]}")["item"]) is None


def test_non_billable_entries_can_be_hidden(autotask: AutotaskUser, sandbox: Sandbox, world: World) -> None:
    key = autotask.create("/TimeEntries", world.time_entry(isNonBillable=True))
    asked = condition("eq", "ticketID", world.ticket)
    assert [item["id"] for item in autotask.query("TimeEntries", asked)] == [key]
    sandbox.switches.non_billable_hidden = True
    assert autotask.query("TimeEntries", asked) == []
    assert autotask.get(f"/TimeEntries/{key}")["item"]["id"] == key


def test_queries_can_lag_behind_creates(
    autotask: AutotaskUser, sandbox: Sandbox, world: World, clock: SandboxClock
) -> None:
    sandbox.switches.query_lag_seconds = 30
    key = autotask.create("/TimeEntries", world.time_entry())
    asked = condition("eq", "ticketID", world.ticket)
    assert autotask.query("TimeEntries", asked) == []
    clock.advance(30)
    assert [item["id"] for item in autotask.query("TimeEntries", asked)] == [key]


def test_brackets_can_be_wildcards(autotask: AutotaskUser, sandbox: Sandbox, world: World, notes: list[int]) -> None:
    asked = (condition("eq", "ticketID", world.ticket), condition("contains", "title", "[bt:3f2a]"))
    assert [item["id"] for item in autotask.query("TicketNotes", *asked)] == [notes[0]]
    sandbox.switches.like_wildcards = True
    assert [item["id"] for item in autotask.query("TicketNotes", *asked)] == notes


def test_times_can_come_without_suffix(autotask: AutotaskUser, sandbox: Sandbox, world: World) -> None:
    key = autotask.create("/TimeEntries", world.time_entry(summaryNotes="ends in Z"))
    assert autotask.get(f"/TimeEntries/{key}")["item"]["startDateTime"] == "2026-11-22T09:00:00.000Z"
    sandbox.switches.date_suffix = "none"
    item = autotask.get(f"/TimeEntries/{key}")["item"]
    assert (item["startDateTime"], item["summaryNotes"]) == ("2026-11-22T09:00:00.000", "ends in Z")


def test_an_impersonated_read_is_refused(autotask: AutotaskUser, world: World) -> None:
    header = {"ImpersonationResourceId": str(world.resource)}
    answer = autotask.call("POST", "/Tickets/query", {"filter": [EVERYTHING]}, headers=header)
    assert answer.status_code == 500
    assert "permissions to query" in answer.json()["errors"][0]
