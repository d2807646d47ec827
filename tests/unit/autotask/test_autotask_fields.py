"""The field tables and every request agree with Autotask's own models, which models.json holds in short."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.autotask import contacts, records, tickets
from bt_autotask_sync.autotask.fields import SOAP_NAMES, TICKET_FIELDS, TIME_ENTRY_FIELDS, Field, rest_name
from bt_autotask_sync.autotask.records import Records

if TYPE_CHECKING:
    from collections.abc import Mapping

    import responses

    from bt_autotask_sync.autotask.bulk import Kind
    from bt_autotask_sync.autotask.client import AutotaskClient

MODELS = json.loads((Path(__file__).parent / "models.json").read_text(encoding="utf-8"))
ENTITIES: dict[str, dict[str, str]] = {
    entity: {name.casefold(): kind for name, kind in fields.items()} for entity, fields in MODELS["entities"].items()
}
NEWER_THAN_THE_MODELS = {
    "isInternalNotesVisibleToComanaged",
    "createdByContactID",
    "isAssignedToComanaged",
    "isVisibleToComanaged",
}
KINDS: list[Kind[Any]] = [
    tickets.TICKETS,
    contacts.CONTACTS,
    contacts.COMPANIES,
    records.NOTES,
    records.TIME_ENTRIES,
    records.RESOURCES,
    records.ROLES,
    records.BILLING_CODES,
    records.SERVICE_DESK_ROLES,
]


@pytest.mark.parametrize(("entity", "table"), [("TimeEntries", TIME_ENTRY_FIELDS), ("Tickets", TICKET_FIELDS)])
def test_every_writable_field_is_in_autotasks_model_with_the_same_type(entity: str, table: Mapping[str, Field]) -> None:
    known = {name: field.type.value for name, field in table.items() if name not in NEWER_THAN_THE_MODELS}
    assert known == {name: ENTITIES[entity].get(name.casefold()) for name in known}


def test_what_autotask_makes_itself_is_not_writable() -> None:
    assert not {"id", "hoursToBill", "timeEntryType", "createDateTime", "creatorUserID"} & set(TIME_ENTRY_FIELDS)
    assert not {"id", "ticketNumber", "createDate", "completedDate", "lastActivityDate"} & set(TICKET_FIELDS)


def test_every_field_that_is_read_is_in_autotasks_model() -> None:
    for kind in KINDS:
        assert {name.casefold() for name in kind.fields} <= set(ENTITIES[kind.entity]), kind.entity


def test_every_query_that_is_sent_has_the_names_and_types_of_autotasks_model(
    client: AutotaskClient, wire: responses.RequestsMock
) -> None:
    base = "https://webservices5.autotask.net/atservicesrest/v1.0"
    for kind in KINDS:
        wire.post(f"{base}/{kind.entity}/query", json={"items": [], "pageDetails": {"nextPageUrl": None}})
    reads = Records(client)
    reads.tickets(["T20260604.0002"], [7])
    reads.tickets_with(["bt:1"])
    reads.contacts_by("emailAddress", ["a@b.com"])
    reads.contacts_by_id([1])
    reads.companies_by_id([1])
    reads.notes_on([7])
    reads.notes([1])
    reads.time_entries_on([7])
    reads.time_entries([1])
    reads.resources_by_email(["a@b.com"])
    reads.resources_by_id([1])
    reads.roles_by_name(["Engineer"])
    reads.work_types_by_name(["Remote Support"])
    reads.service_desk_roles([1])
    assert len(wire.calls) == 14
    for call in wire.calls:
        body = json.loads(call.request.body or b"")
        assert _types(body) == {name: kind for name, kind in _query_model().items() if name in _types(body)}
        assert set(body) <= {"MaxRecords", "IncludeFields", "filter"}
        entity = (call.request.url or "").split("/")[-2]
        for condition in body["filter"]:
            _check_condition(entity, condition)


def _query_model() -> dict[str, str]:
    return {("filter" if name == "Filter" else name): kind for name, kind in MODELS["query"].items()}


def _types(body: dict[str, Any]) -> dict[str, str]:
    names: dict[type, str] = {int: "integer", list: "array", str: "string"}
    return {name: names[type(value)] for name, value in body.items()}


def _check_condition(entity: str, condition: dict[str, Any]) -> None:
    assert set(condition) <= set(MODELS["filter"])
    if condition["op"] == "or":
        for item in condition["items"]:
            _check_condition(entity, item)
        return
    kind = ENTITIES[entity][condition["field"].casefold()]
    values = condition["value"] if isinstance(condition.get("value"), list) else [condition.get("value")]
    if condition["op"] != "exist":
        assert {type(value) for value in values} == {{"integer": int, "string": str}[kind]}


@pytest.mark.parametrize(
    ("table", "written", "rest"),
    [
        (TIME_ENTRY_FIELDS, "AllocationCodeID", "billingCodeID"),
        (TIME_ENTRY_FIELDS, "nonbillable", "isNonBillable"),
        (TIME_ENTRY_FIELDS, " ShowOnInvoice ", "showOnInvoice"),
        (TIME_ENTRY_FIELDS, "BILLINGCODEID", "billingCodeID"),
        (TICKET_FIELDS, "AccountID", "companyID"),
        (TICKET_FIELDS, "AEMAlertID", "rmmAlertID"),
        (TICKET_FIELDS, "InstalledProductID", "configurationItemID"),
        (TICKET_FIELDS, "AccountPhysicalLocationID", "companyLocationID"),
        (TICKET_FIELDS, "QueueID", "queueID"),
        (TIME_ENTRY_FIELDS, "AccountID", None),
        (TIME_ENTRY_FIELDS, "Type", None),
        (TICKET_FIELDS, "ticketNumber", None),
        (TICKET_FIELDS, "", None),
        (TICKET_FIELDS, "EMailAddress", None),
    ],
)
def test_a_name_in_any_case_or_of_the_soap_days_finds_its_field(
    table: Mapping[str, Field], written: str, rest: str | None
) -> None:
    assert rest_name(table, written) == rest


def test_every_soap_name_leads_to_a_field_of_a_table_or_to_a_contacts_address() -> None:
    assert set(SOAP_NAMES.values()) - set(TICKET_FIELDS) - set(TIME_ENTRY_FIELDS) == {"emailAddress"}
