"""The job's reads of tickets, companies and contacts: in bulk, and nothing that was not asked for."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.autotask.entities import Company
from bt_autotask_sync.autotask.records import Records

if TYPE_CHECKING:
    import responses

    from bt_autotask_sync.autotask.client import AutotaskClient

BASE = "https://webservices5.autotask.net/atservicesrest/v1.0"
EVERYTHING = {"filter": [{"op": "exist", "field": "id"}]}


@pytest.fixture
def reads(client: AutotaskClient) -> Records:
    return Records(client)


def serve(wire: responses.RequestsMock, entity: str, *found: dict[str, Any], date: str = "") -> Any:
    headers = {"Date": date} if date else {}
    body = {"items": list(found), "pageDetails": {"nextPageUrl": None}}
    return wire.post(f"{BASE}/{entity}/query", json=body, headers=headers)


def bodies(wire: responses.RequestsMock) -> list[dict[str, Any]]:
    return [json.loads(call.request.body or b"") for call in wire.calls]


def contact(key: int, address: str | None, **fields: Any) -> dict[str, Any]:
    return {"id": key, "companyID": 175, "isActive": 1, "emailAddress": address, **fields}


def test_tickets_by_number_or_id_take_one_query(reads: Records, wire: responses.RequestsMock) -> None:
    serve(wire, "Tickets", {"id": 7, "ticketNumber": "T20260604.0002"}, {"id": 8, "ticketNumber": "T20260604.0003"})
    found = reads.tickets(["t20260604.0002", " T20260604.0002 "], [8, 8, 9])
    assert [ticket.id for ticket in found] == [7, 8]
    (body,) = bodies(wire)
    assert body["MaxRecords"] == 500
    assert body["filter"] == [
        {
            "op": "or",
            "items": [
                {"op": "in", "field": "ticketNumber", "value": ["T20260604.0002"]},
                {"op": "in", "field": "id", "value": [8, 9]},
            ],
        }
    ]


def test_more_than_500_values_are_cut_into_chunks_over_numbers_and_ids_together(
    reads: Records, wire: responses.RequestsMock
) -> None:
    serve(wire, "Tickets")
    reads.tickets([f"T20260604.{number:04}" for number in range(300)], range(1, 401))
    sizes = []
    for body in bodies(wire):
        (question,) = body["filter"]
        parts = question.get("items", [question])
        sizes.append([len(part["value"]) for part in parts])
    assert sizes == [[300, 200], [200]]


def test_tickets_are_found_under_their_number_in_upper_case_and_under_their_id(
    reads: Records, wire: responses.RequestsMock
) -> None:
    serve(wire, "Tickets", {"id": 7, "ticketNumber": "T20260604.0002"})
    assert set(reads.tickets_by_number(["t20260604.0002"])) == {"T20260604.0002"}
    assert set(reads.tickets_by_id([7])) == {7}


def test_tickets_with_external_ids_are_found_in_any_case_with_the_time_of_the_answer(
    reads: Records, wire: responses.RequestsMock
) -> None:
    found = [{"id": 7, "externalID": "bt:ABC"}, {"id": 8, "externalID": " bt:abc "}, {"id": 9, "externalID": "bt:abcd"}]
    serve(wire, "Tickets", *found, {"id": 10, "externalID": None}, date="Sun, 22 Nov 2026 10:00:00 GMT")
    lookup = reads.tickets_with(["bt:abc", "BT:ABC ", "bt:def", " "])
    assert [ticket.id for ticket in lookup.items] == [7, 8]
    assert lookup.answered_at == datetime(2026, 11, 22, 10, tzinfo=UTC)
    (question,) = bodies(wire)[0]["filter"]
    assert (question["op"], question["field"]) == ("in", "externalID")
    assert len(question["value"]) == 2


def test_a_ticket_is_got_by_its_id_or_is_not_there(reads: Records, wire: responses.RequestsMock) -> None:
    wire.get(f"{BASE}/Tickets/7", json={"item": {"id": 7, "ticketNumber": "T20260604.0002", "externalID": "bt:1"}})
    wire.get(f"{BASE}/Tickets/8", json={"item": None})
    ticket = reads.ticket(7)
    assert ticket is not None
    assert (ticket.number, ticket.external_id) == ("T20260604.0002", "bt:1")
    assert reads.ticket(8) is None


@pytest.mark.parametrize(("count", "any_there"), [(0, False), (1, True)])
def test_a_count_tells_whether_any_ticket_can_be_seen(
    reads: Records, wire: responses.RequestsMock, count: int, any_there: bool
) -> None:
    wire.post(f"{BASE}/Tickets/query/count", json={"queryCount": count})
    assert reads.any_ticket() == any_there
    assert bodies(wire) == [EVERYTHING]


def test_the_fields_of_tickets_are_asked_for_once(reads: Records, wire: responses.RequestsMock) -> None:
    choice = {"value": "140", "label": "VPN", "isActive": True, "parentValue": "11"}
    fields = [
        {"name": "id", "isRequired": True, "isReadOnly": True},
        {"name": "title", "isRequired": True, "isReadOnly": False},
        {"name": "subIssueType", "picklistParentValueField": "issueType", "picklistValues": [choice]},
    ]
    asked = wire.get(f"{BASE}/Tickets/entityInformation/fields", json={"fields": fields})
    for _ in range(2):
        told = reads.ticket_fields()
    assert asked.call_count == 1
    assert [field.name for field in told.values() if field.required] == ["title"]
    assert (told["subissuetype"].parent_field, told["subissuetype"].choices[0].parent) == ("issueType", "11")


def test_contacts_are_found_by_the_text_of_any_field_in_any_case_and_without_blanks_around(
    reads: Records, wire: responses.RequestsMock
) -> None:
    shared = [contact(12, "Front@Desk.example", companyID=176), contact(11, " front@desk.example", isActive=0)]
    serve(wire, "Contacts", *shared, contact(13, "other@desk.example"))
    found = reads.contacts_by("emailAddress", ["FRONT@desk.example ", "none@desk.example", ""])
    assert {value: [(one.id, one.company_id, one.active) for one in ones] for value, ones in found.items()} == {
        "FRONT@desk.example ": [(11, 175, False), (12, 176, True)],
        "none@desk.example": [],
        "": [],
    }
    (body,) = bodies(wire)
    question = {"op": "in", "field": "emailAddress", "value": ["FRONT@desk.example", "none@desk.example"]}
    assert body["filter"] == [question]
    assert "emailAddress" in body["IncludeFields"]


def test_a_contact_holds_the_text_that_it_was_found_by(reads: Records, wire: responses.RequestsMock) -> None:
    serve(wire, "Contacts", {"id": 1, "phone": "+49 821 5550100", "emailAddress": "a@b.example"})
    (caller,) = reads.contacts_by("phone", ["+49 821 5550100"])["+49 821 5550100"]
    assert caller.value == "+49 821 5550100"


def test_an_unfiltered_answer_brings_no_stranger(reads: Records, wire: responses.RequestsMock) -> None:
    serve(wire, "Contacts", contact(1, "a@b.example"), contact(2, "c@d.example"), contact(3, None), contact(4, ""))
    serve(wire, "Companies", {"id": 175, "companyName": "Nordwind", "isActive": True}, {"id": 176})
    assert [one.id for one in reads.contacts_by("emailAddress", ["a@b.example", " "])["a@b.example"]] == [1]
    assert set(reads.contacts_by_id([2, 9])) == {2}
    assert reads.companies_by_id([175]) == {175: Company(175, "Nordwind", active=True)}


def test_more_than_500_contacts_are_asked_for_in_chunks(reads: Records, wire: responses.RequestsMock) -> None:
    serve(wire, "Contacts")
    reads.contacts_by("emailAddress", [f"{number}@b.example" for number in range(501)])
    assert [len(body["filter"][0]["value"]) for body in bodies(wire)] == [500, 1]
