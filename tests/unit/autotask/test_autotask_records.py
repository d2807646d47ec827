"""The job's reads: in bulk, once, and nothing that was not asked for."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.autotask.errors import AutotaskOutage
from bt_autotask_sync.autotask.records import Records

if TYPE_CHECKING:
    from collections.abc import Callable

    import responses

    from bt_autotask_sync.autotask.client import AutotaskClient

BASE = "https://webservices5.autotask.net/atservicesrest/v1.0"
ALICE = {"id": 1, "email": "Alice@msp.com", "userName": "alice", "isActive": True, "licenseType": 1}
ROBOT = {"id": 2, "email": "", "userName": "alice@MSP.com", "isActive": True, "licenseType": 7}
LEFT = {"id": 3, "email": "left@msp.com", "userName": "left", "isActive": False, "licenseType": 1}


@pytest.fixture
def reads(client: AutotaskClient) -> Records:
    return Records(client)


def serve(wire: responses.RequestsMock, entity: str, *found: dict[str, Any], date: str = "") -> Any:
    headers = {"Date": date} if date else {}
    body = {"items": list(found), "pageDetails": {"nextPageUrl": None}}
    return wire.post(f"{BASE}/{entity}/query", json=body, headers=headers)


def bodies(wire: responses.RequestsMock) -> list[dict[str, Any]]:
    return [json.loads(call.request.body or b"") for call in wire.calls]


@pytest.mark.parametrize(
    "ask",
    [
        lambda reads: reads.tickets([], []),
        lambda reads: reads.tickets_by_number([" "]),
        lambda reads: reads.tickets_by_id([]),
        lambda reads: reads.tickets_with(["", " "]).items,
        lambda reads: reads.contacts_by("emailAddress", []),
        lambda reads: reads.contacts_by("emailAddress", ["", " "])[" "],
        lambda reads: reads.contacts_by_id([]),
        lambda reads: reads.companies_by_id([]),
        lambda reads: reads.notes_on([]).items,
        lambda reads: reads.time_entries_on([]).items,
        lambda reads: reads.notes([]).items,
        lambda reads: reads.time_entries([]).items,
        lambda reads: reads.resources_by_email([]),
        lambda reads: reads.resources_by_id([]),
        lambda reads: reads.roles_by_name([]),
        lambda reads: reads.service_desk_roles([]),
    ],
)
def test_an_empty_question_asks_autotask_nothing(
    reads: Records, wire: responses.RequestsMock, ask: Callable[[Records], Any]
) -> None:
    assert not ask(reads)
    assert len(wire.calls) == 0


def test_notes_on_tickets_are_asked_for_by_ticket_and_marker(reads: Records, wire: responses.RequestsMock) -> None:
    serve(wire, "TicketNotes", {"id": 1, "ticketID": 7, "title": "x [BT:1]"}, date="Sun, 22 Nov 2026 10:00:00 GMT")
    found = reads.notes_on([7])
    assert [note.id for note in found.items] == [1]
    assert found.answered_at == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert bodies(wire)[0]["filter"] == [
        {"op": "in", "field": "ticketID", "value": [7]},
        {"op": "contains", "field": "title", "value": "bt:"},
    ]


def test_an_unfiltered_answer_does_not_get_through(reads: Records, wire: responses.RequestsMock) -> None:
    serve(
        wire,
        "Tickets",
        {"id": 7, "ticketNumber": "T1", "externalID": "bt:1"},
        {"id": 99, "ticketNumber": "T99", "externalID": None},
    )
    serve(
        wire,
        "TicketNotes",
        {"id": 1, "ticketID": 7, "title": "bt:1"},
        {"id": 2, "ticketID": 99, "title": "bt:1"},
        {"id": 3, "ticketID": 7, "title": "other"},
    )
    serve(wire, "TimeEntries", {"id": 1, "ticketID": 7}, {"id": 2, "ticketID": 99}, {"id": 3, "ticketID": None})
    serve(wire, "Resources", ALICE, ROBOT, LEFT)
    serve(
        wire,
        "ResourceServiceDeskRoles",
        {"id": 1, "resourceID": 1, "roleID": 4},
        {"id": 2, "resourceID": 9, "roleID": 4},
    )
    assert [ticket.id for ticket in reads.tickets(["T1"], [])] == [7]
    assert [ticket.id for ticket in reads.tickets([], [99])] == [99]
    assert [ticket.id for ticket in reads.tickets_with(["bt:1"]).items] == [7]
    assert [note.id for note in reads.notes_on([7]).items] == [1]
    assert [note.id for note in reads.notes([3]).items] == [3]
    assert [entry.id for entry in reads.time_entries_on([7]).items] == [1]
    assert [entry.id for entry in reads.time_entries([3]).items] == [3]
    assert set(reads.resources_by_id([3])) == {3}
    assert [held.resource_id for held in reads.service_desk_roles([1])[1]] == [1]


def test_a_lookup_over_several_queries_has_the_time_of_the_earliest(
    reads: Records, wire: responses.RequestsMock
) -> None:
    for second in (5, 9):
        serve(wire, "TimeEntries", {"id": second, "ticketID": 7}, date=f"Sun, 22 Nov 2026 10:00:0{second} GMT")
    found = reads.time_entries_on(range(501))
    assert len(found.items) == 2
    assert found.answered_at == datetime(2026, 11, 22, 10, 0, 5, tzinfo=UTC)


def test_a_lookup_of_which_one_query_told_no_time_has_none(reads: Records, wire: responses.RequestsMock) -> None:
    serve(wire, "TimeEntries", date="Sun, 22 Nov 2026 10:00:05 GMT")
    serve(wire, "TimeEntries")
    assert reads.time_entries_on(range(501)).answered_at is None


def test_a_record_that_comes_twice_counts_once(reads: Records, wire: responses.RequestsMock) -> None:
    serve(wire, "TimeEntries", {"id": 1, "ticketID": 7}, {"id": 1, "ticketID": 7})
    assert len(reads.time_entries_on([7]).items) == 1


@pytest.mark.parametrize("garbled", [{}, {"id": None}, {"id": "7"}])
def test_an_item_without_an_integer_id_is_an_outage(
    reads: Records, wire: responses.RequestsMock, garbled: dict[str, Any]
) -> None:
    serve(wire, "Tickets", garbled)
    with pytest.raises(AutotaskOutage, match="a query of Tickets"):
        reads.tickets(["T1"], [])


def test_resources_are_found_by_email_or_by_a_user_name_that_is_an_address_in_any_case(
    reads: Records, wire: responses.RequestsMock
) -> None:
    serve(wire, "Resources", ALICE, ROBOT, LEFT)
    found = reads.resources_by_email(["alice@msp.com", "LEFT@msp.com", "nobody@msp.com", "alice", ""])
    assert {key: [resource.id for resource in resources] for key, resources in found.items()} == {
        "alice@msp.com": [1, 2],
        "LEFT@msp.com": [3],
        "nobody@msp.com": [],
        "alice": [],
        "": [],
    }
    robot, left = found["alice@msp.com"][1], found["LEFT@msp.com"][0]
    assert robot.api_only
    assert not left.active
    (question,) = bodies(wire)[0]["filter"]
    assert [item["field"] for item in question["items"]] == ["email", "userName"]


def test_resources_and_roles_are_asked_for_once_also_those_that_are_not_there(
    reads: Records, wire: responses.RequestsMock
) -> None:
    resources = serve(wire, "Resources", ALICE)
    roles = serve(wire, "Roles", {"id": 4, "name": "Engineer", "isActive": True})
    held = serve(wire, "ResourceServiceDeskRoles")
    for _ in range(2):
        reads.resources_by_email(["alice@msp.com", "nobody@msp.com"])
        reads.resources_by_email(["ALICE@msp.com"])
        reads.roles_by_name(["Engineer", "Nobody"])
        reads.service_desk_roles([1, 2])
    assert [resources.call_count, roles.call_count, held.call_count] == [1, 1, 1]
    reads.resources_by_id([1, 9])
    reads.resources_by_id([9])
    assert resources.call_count == 2


def test_only_what_is_not_known_yet_is_asked_for(reads: Records, wire: responses.RequestsMock) -> None:
    serve(
        wire, "ResourceServiceDeskRoles", {"id": 5, "resourceID": 1, "roleID": 4, "isActive": True, "isDefault": True}
    )
    reads.service_desk_roles([1])
    found = reads.service_desk_roles([1, 2])
    assert [body["filter"][0]["value"] for body in bodies(wire)] == [[1], [2]]
    assert [role.role_id for role in found[1]] == [4]
    assert found[2] == ()


def test_roles_are_found_by_name_in_any_case_and_without_blanks_around(
    reads: Records, wire: responses.RequestsMock
) -> None:
    engineers = [{"id": 4, "name": "Engineer ", "isActive": True}, {"id": 5, "name": "ENGINEER", "isActive": False}]
    serve(wire, "Roles", *engineers, {"id": 6, "name": "Consultant", "isActive": True})
    found = reads.roles_by_name([" engineer", "none"])
    assert [role.id for role in found[" engineer"]] == [4, 5]
    assert found["none"] == ()
