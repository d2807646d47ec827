"""The rules of tickets, notes and time entries, in the words that Autotask's users report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bt_autotask_sync.sandbox.application import Sandbox
    from tests.unit.sandbox.conftest import AutotaskUser, World

NO_QUEUE = (
    "assignedResourceID, assignedResourceRoleID, and queueID cannot all be empty. "
    "Supply a queueID or both an assignedResourceID and assignedResourceRoleID."
)
NO_SUCH_ROLE = (
    "Reference value on field: roleID of timeEntryType: Role does not exist or is invalid. ; on record number [1]."
)
NOTE = {"title": "Remote session", "description": "What was done", "noteType": 1, "publish": 2}


@pytest.fixture
def tenant(autotask: AutotaskUser, sandbox: Sandbox, world: World) -> tuple[AutotaskUser, Sandbox, World]:
    return autotask, sandbox, world


def test_a_new_ticket_gets_its_number_and_is_found_by_external_id(autotask: AutotaskUser, world: World) -> None:
    key = autotask.create("/Tickets", world.new_ticket(externalID="bt:1", id=0, ticketNumber="mine"))
    item = autotask.query("Tickets", {"op": "eq", "field": "externalID", "value": "bt:1"})[0]
    assert item["id"] == key
    assert item["ticketNumber"].startswith("T20261122.")
    assert item["createDate"] == "2026-11-22T11:00:00.000Z"
    assert item["creatorResourceID"] == world.api_user


def test_ticket_numbers_are_never_given_twice(autotask: AutotaskUser, sandbox: Sandbox, world: World) -> None:
    for _ in range(5):
        autotask.create("/Tickets", world.new_ticket())
    numbers = [row["ticketNumber"] for row in sandbox.autotask.store.rows("Tickets")]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ({"title": ..., "status": ...}, ["Missing Required Field: title", "Missing Required Field: status"]),
        ({"title": "  "}, ["Missing Required Field: title"]),
        ({"dueDateTime": ...}, ["Missing Required Field: dueDateTime"]),
        ({"queueID": ...}, [NO_QUEUE]),
        ({"priority": 9}, ["Picklist value [9] does not exist for priority"]),
        ({"queueID": 29682970}, ["Picklist value [29682970] does not exist for queueID"]),
        ({"subIssueType": 140, "issueType": 10}, ["Value does not exist for child picklist: subIssueType"]),
        ({"subIssueType": 140}, ["Value does not exist for child picklist: subIssueType"]),
        ({"companyID": 1}, ["Reference value on field: companyID of type: Company does not exist or is invalid."]),
        ({"contactID": 1}, ["Reference value on field: contactID of type: Contact does not exist or is invalid."]),
    ],
)
def test_a_ticket_that_breaks_a_rule_is_refused(
    autotask: AutotaskUser, world: World, values: dict[str, Any], texts: list[str]
) -> None:
    assert autotask.refusal("POST", "/Tickets", world.new_ticket(**values)) == texts


def test_a_ticket_is_assigned_to_a_person_in_a_role_that_they_hold(autotask: AutotaskUser, world: World) -> None:
    alone = world.new_ticket(assignedResourceID=world.resource)
    assert "you must assign both" in autotask.refusal("POST", "/Tickets", alone)[0]
    wrong = world.new_ticket(assignedResourceID=world.resource, assignedResourceRoleID=world.foreign_role)
    assert "combination is not currently defined" in autotask.refusal("POST", "/Tickets", wrong)[0]
    right = world.new_ticket(queueID=..., assignedResourceID=world.resource, assignedResourceRoleID=world.role)
    autotask.create("/Tickets", right)


def test_a_contact_must_belong_to_the_company_or_its_parent(
    autotask: AutotaskUser, sandbox: Sandbox, world: World
) -> None:
    ticket = world.new_ticket(companyID=world.other_company, contactID=world.contact)
    texts = autotask.refusal("POST", "/Tickets", ticket)
    assert texts == ["contactID is not associated to the companyID or its Parent Company"]
    sandbox.autotask.store.update("Companies", world.other_company, {"parentCompanyID": world.company})
    autotask.create("/Tickets", ticket)


def test_a_ticket_of_our_own_company_and_of_a_category_with_due_date_passes(
    autotask: AutotaskUser, world: World
) -> None:
    key = autotask.create("/Tickets", world.new_ticket(companyID=0, ticketCategory=4, dueDateTime=...))
    assert autotask.get(f"/Tickets/{key}")["item"]["dueDateTime"] == "2026-11-23T11:00:00.000Z"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"status": "New"}, "Could not convert string to integer: New. Path 'status', line 1, position "),
        ({"status": 1.5}, "Input string '1.5' is not a valid integer. Path 'status'"),
        ({"status": 2**40}, "JSON integer 1099511627776 is too large or small for an Int32."),
        ({"title": {}}, "Could not convert object to string: …. Path 'title'"),
        ({"dueDateTime": "tomorrow"}, "Could not convert string to DateTime: tomorrow. Path 'dueDateTime'"),
        ({"estimatedHours": "much"}, "Could not convert string to double: much."),
        ({"isVisibleToComanaged": "perhaps"}, "Could not convert string to boolean: perhaps."),
        ({"userDefinedFields": "x"}, "Could not convert string to array of UserDefinedField: x."),
        ({"accountID": 1}, "Could not find member 'accountID' on object of type 'TicketModel'. Path 'accountID'"),
    ],
)
def test_wrong_types_and_unknown_fields_are_refused_with_their_place(
    autotask: AutotaskUser, world: World, values: dict[str, Any], text: str
) -> None:
    (told,) = autotask.refusal("POST", "/Tickets", world.new_ticket(**values))
    assert told.startswith(text)


def test_the_named_position_is_where_the_field_stands(autotask: AutotaskUser) -> None:
    answer = autotask.session.post(
        "http://sandbox/atservicesrest/v1.0/Tickets",
        data='{\n  "status": "x"}',
        headers={"Content-Type": "application/json"},
    )
    assert answer.json()["errors"] == ["Could not convert string to integer: x. Path 'status', line 2, position 11."]


def test_numbers_as_text_and_names_in_any_case_are_read(autotask: AutotaskUser, world: World) -> None:
    key = autotask.create("/Tickets", {**world.new_ticket(status=...), "STATUS": "8"})
    assert autotask.get(f"/Tickets/{key}")["item"]["status"] == 8


def test_a_body_must_be_json_by_its_header(autotask: AutotaskUser) -> None:
    answer = autotask.session.post("http://sandbox/atservicesrest/v1.0/Tickets", data="{}")
    assert answer.status_code == 415


def test_a_patch_changes_what_it_names_and_a_put_empties_the_rest(autotask: AutotaskUser, world: World) -> None:
    key = autotask.create("/Tickets", world.new_ticket(description="long"))
    autotask.change("/Tickets", {"id": key, "status": 5})
    item = autotask.get(f"/Tickets/{key}")["item"]
    assert (item["status"], item["description"]) == (5, "long")
    assert item["completedDate"] == "2026-11-22T11:00:00.000Z"
    assert autotask.call("PUT", "/Tickets", {"id": key, **world.new_ticket()}).status_code == 200
    assert autotask.get(f"/Tickets/{key}")["item"]["description"] is None
    assert autotask.refusal("PATCH", "/Tickets", {"status": 5}) == ["Missing Required Field: id"]
    assert autotask.refusal("PATCH", "/Tickets", {"id": key, "title": ""}) == ["Missing Required Field: title"]
    assert autotask.refusal("PATCH", "/Tickets", {"id": 1}) == ["No matching records found."]


def test_a_note_belongs_to_the_ticket_of_its_path(autotask: AutotaskUser, world: World) -> None:
    key = autotask.create(f"/Tickets/{world.done}/Notes", {**NOTE, "ticketID": world.ticket})
    item = autotask.get(f"/TicketNotes/{key}")["item"]
    assert item == {
        "id": key,
        "ticketID": world.done,
        **NOTE,
        "createDateTime": "2026-11-22T11:00:00.000Z",
        "lastActivityDate": "2026-11-22T11:00:00.000Z",
        "creatorResourceID": world.api_user,
        "createdByContactID": None,
        "impersonatorCreatorResourceID": None,
        "impersonatorUpdaterResourceID": None,
    }


@pytest.mark.parametrize("name", list(NOTE))
def test_a_note_without_a_required_field_is_refused(
    autotask: AutotaskUser, sandbox: Sandbox, world: World, name: str
) -> None:
    body = {key: value for key, value in NOTE.items() if key != name}
    assert autotask.refusal("POST", f"/Tickets/{world.ticket}/Notes", body) == [f"Missing Required Field: {name}"]
    sandbox.switches.note_title_required = False
    assert (autotask.call("POST", f"/Tickets/{world.ticket}/Notes", body).status_code == 200) == (name == "title")


def test_a_note_needs_its_ticket_and_a_known_type(autotask: AutotaskUser, sandbox: Sandbox, world: World) -> None:
    texts = autotask.refusal("POST", "/Tickets/1/Notes", NOTE)
    assert texts == ["Reference value on field: ticketID of type: Ticket does not exist or is invalid."]
    path = f"/Tickets/{world.ticket}/Notes"
    assert autotask.refusal("POST", path, {**NOTE, "publish": 3}) == ["Picklist value [3] does not exist for publish"]
    autotask.create(path, {**NOTE, "noteType": 13})
    sandbox.switches.system_note_types = "refused"
    assert "noteType" in autotask.refusal("POST", path, {**NOTE, "noteType": 13})[0]


def test_a_changed_note_names_its_type_and_publish_again(autotask: AutotaskUser, world: World) -> None:
    path = f"/Tickets/{world.ticket}/Notes"
    key = autotask.create(path, NOTE)
    assert "Missing Required Field: noteType" in autotask.refusal("PATCH", path, {"id": key, "title": "x"})
    autotask.change(path, {"id": key, "title": "x", "noteType": 1, "publish": 1})
    assert autotask.get(f"{path}/{key}")["item"]["title"] == "x"
    elsewhere = autotask.refusal("PATCH", f"/Tickets/{world.done}/Notes", {"id": key, "noteType": 1, "publish": 1})
    assert elsewhere == ["No matching records found."]


def test_a_long_text_is_cut_or_refused_in_utf16_units(autotask: AutotaskUser, sandbox: Sandbox, world: World) -> None:
    path = f"/Tickets/{world.ticket}/Notes"
    key = autotask.create(path, {**NOTE, "title": "😀" * 126})
    assert autotask.get(f"/TicketNotes/{key}")["item"]["title"] == "😀" * 125
    sandbox.switches.over_length = "error"
    assert "maximum length of 250" in autotask.refusal("POST", path, {**NOTE, "title": "x" * 251})[0]
    autotask.create(path, {**NOTE, "title": "x" * 250})


def test_hours_follow_from_start_and_end(autotask: AutotaskUser, world: World) -> None:
    key = autotask.create("/TimeEntries", world.time_entry(hoursWorked=7, offsetHours=0.5))
    item = autotask.get(f"/TimeEntries/{key}")["item"]
    assert (item["hoursWorked"], item["hoursToBill"], item["timeEntryType"]) == (0.3333, 1.0, 2)
    assert item["dateWorked"] == "2026-11-22T00:00:00.000Z"
    assert item["isNonBillable"] is False
    minute = autotask.create("/TimeEntries", world.time_entry(endDateTime="2026-11-22T09:01:00Z"))
    assert autotask.get(f"/TimeEntries/{minute}")["item"]["hoursToBill"] == 0.25
    quarter = autotask.create("/TimeEntries", world.time_entry(endDateTime="2026-11-22T09:15:00Z"))
    assert autotask.get(f"/TimeEntries/{quarter}")["item"]["hoursToBill"] == 0.25


def test_times_are_stored_in_utc_and_the_date_worked_is_not_shifted(
    autotask: AutotaskUser, sandbox: Sandbox, world: World
) -> None:
    entry = world.time_entry(startDateTime="2026-11-22T10:00:00+02:00", dateWorked="2026-11-21T23:00:00-05:00")
    item = autotask.get(f"/TimeEntries/{autotask.create('/TimeEntries', entry)}")["item"]
    assert (item["startDateTime"], item["dateWorked"]) == ("2026-11-22T08:00:00.000Z", "2026-11-21T00:00:00.000Z")
    sandbox.switches.date_offsets = "ignore"
    entry["endDateTime"] = "2026-11-22T11:00:00Z"
    item = autotask.get(f"/TimeEntries/{autotask.create('/TimeEntries', entry)}")["item"]
    assert item["startDateTime"] == "2026-11-22T10:00:00.000Z"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"resourceID": ...}, "Value does not exist for the required field resourceID"),
        ({"resourceID": 1}, "Reference value on field: resourceID of type: Resource does not exist or is invalid."),
        ({"roleID": ...}, "TimeEntries for Tickets must have a roleID."),
        (
            {"roleID": 1},
            NO_SUCH_ROLE,
        ),
        (
            {"startDateTime": ..., "endDateTime": ..., "dateWorked": "2026-11-22", "hoursWorked": 1},
            "TimeEntries for Service tickets require a start and stop time.",
        ),
        (
            {"startDateTime": ..., "hoursWorked": 1},
            "dateWorked is required when no value is supplied for startDateTime",
        ),
        ({"endDateTime": ...}, "Must have at least one of hoursWorked or startDateTime/endDateTime"),
        (
            {"endDateTime": "2026-11-22T09:00:00Z"},
            "hoursWorked greater than 24 hours or less than zero hours",
        ),
        (
            {"endDateTime": "2026-11-23T09:00:01Z"},
            "hoursWorked greater than 24 hours or less than zero hours",
        ),
        ({"summaryNotes": " "}, "TimeEntry.summaryNotes can not be blank."),
        ({"summaryNotes": ...}, "TimeEntry.summaryNotes can not be blank."),
        ({"taskID": 5}, "Only one of ticketID,taskID and InternallAllocationCodeID can be used at once"),
        ({"ticketID": 5}, "Reference value on field: ticketID of type: Ticket does not exist or is invalid."),
        ({"ticketID": ...}, "Must have one of ticketID, taskID or internalBillingCodeID"),
        ({"billingCodeID": 5}, "The given allocation code is not an active general allocation code."),
    ],
)
def test_a_time_entry_that_breaks_a_rule_is_refused(
    autotask: AutotaskUser, world: World, values: dict[str, Any], text: str
) -> None:
    assert autotask.refusal("POST", "/TimeEntries", world.time_entry(**values)) == [text]


def test_work_belongs_to_active_people_in_roles_that_they_hold(autotask: AutotaskUser, world: World) -> None:
    for resource in (world.api_user, world.idle):
        texts = autotask.refusal("POST", "/TimeEntries", world.time_entry(resourceID=resource))
        assert texts == ["Reference value on field: resourceID of type: Resource does not exist or is invalid."]
    texts = autotask.refusal("POST", "/TimeEntries", world.time_entry(roleID=world.foreign_role))
    assert texts == ["There is no row at position 0."]
    texts = autotask.refusal("POST", "/TimeEntries", world.time_entry(billingCodeID=world.expense))
    assert texts == ["The given allocation code is not an active general allocation code."]
    autotask.create("/TimeEntries", world.time_entry(billingCodeID=world.work_type))


@pytest.mark.parametrize(
    ("switch", "position", "values", "text"),
    [
        ("over_midnight", "refused", {"endDateTime": "2026-11-23T00:30:00Z"}, "span over midnight"),
        ("proxy_time_entry", "refused", {}, "permissions to create this entity type"),
        ("creates_refused", ("TimeEntries",), {}, "permissions to create this entity type"),
        ("completed_ticket_time", "refused", {"ticketID": "done"}, "a ticket that is complete"),
        ("submitted_timesheets", "resource", {}, "timesheet that has been submitted"),
        ("role_of_ticket", True, {"ticketID": "assigned"}, "There is no row at position 0."),
    ],
)
def test_a_tenants_settings_can_refuse_what_others_take(
    tenant: tuple[AutotaskUser, Sandbox, World], switch: str, position: Any, values: dict[str, Any], text: str
) -> None:
    autotask, sandbox, world = tenant
    assigned = world.new_ticket(title="Assigned", assignedResourceRoleID=world.foreign_role)
    named = {"done": world.done, "assigned": sandbox.autotask.store.insert("Tickets", assigned)}
    entry = world.time_entry(**{name: named.get(value, value) for name, value in values.items()})
    autotask.create("/TimeEntries", entry)
    setattr(sandbox.switches, switch, (world.resource,) if position == "resource" else position)
    assert text in autotask.refusal("POST", "/TimeEntries", entry)[0]


def test_midnight_is_the_tenants(autotask: AutotaskUser, sandbox: Sandbox, world: World) -> None:
    sandbox.switches.over_midnight = "refused"
    until_midnight = world.time_entry(startDateTime="2026-11-22T22:30:00Z", endDateTime="2026-11-23T00:00:00Z")
    autotask.create("/TimeEntries", until_midnight)
    sandbox.switches.timezone = "Europe/Berlin"
    assert "midnight" in autotask.refusal("POST", "/TimeEntries", until_midnight)[0]


def test_a_changed_time_entry_keeps_its_ticket_and_its_hours_follow(autotask: AutotaskUser, world: World) -> None:
    key = autotask.create("/TimeEntries", world.time_entry())
    change = {"id": key, "ticketID": world.done, "hoursWorked": 9, "endDateTime": "2026-11-22T10:00:00Z"}
    autotask.change("/TimeEntries", change)
    item = autotask.get(f"/TimeEntries/{key}")["item"]
    assert (item["ticketID"], item["hoursWorked"], item["hoursToBill"]) == (world.ticket, 1.0, 1.0)


def test_a_posted_time_entry_cannot_change(autotask: AutotaskUser, sandbox: Sandbox, world: World) -> None:
    key = autotask.create("/TimeEntries", world.time_entry())
    sandbox.autotask.store.update("TimeEntries", key, {"billingApprovalDateTime": "2026-11-22T11:00:00.000Z"})
    texts = autotask.refusal("PATCH", "/TimeEntries", {"id": key, "summaryNotes": "x"})
    assert texts == ["This time entry has been posted and cannot be modified."]


def test_only_own_and_unsubmitted_time_entries_are_deleted(
    autotask: AutotaskUser, sandbox: Sandbox, world: World
) -> None:
    own = autotask.create("/TimeEntries", world.time_entry())
    header = {"ImpersonationResourceId": str(world.resource)}
    other = autotask.call("POST", "/TimeEntries", world.time_entry(), headers=header).json()["itemId"]
    assert "did not create" in autotask.refusal("DELETE", f"/TimeEntries/{other}", None)[0]
    sandbox.switches.submitted_timesheets = (world.resource,)
    assert "have been submitted" in autotask.refusal("DELETE", f"/TimeEntries/{own}", None)[0]
    sandbox.switches.submitted_timesheets = ()
    assert autotask.call("DELETE", f"/TimeEntries/{own}").json() == {"itemId": own}
    assert autotask.get(f"/TimeEntries/{own}") == {"item": None}
    assert "No matching records found." in autotask.refusal("DELETE", f"/TimeEntries/{own}", None)[0]


def test_an_impersonated_note_names_both(autotask: AutotaskUser, sandbox: Sandbox, world: World) -> None:
    path, header = f"/Tickets/{world.ticket}/Notes", {"ImpersonationResourceId": str(world.resource)}
    key = autotask.call("POST", path, NOTE, headers=header).json()["itemId"]
    item = autotask.get(f"/TicketNotes/{key}")["item"]
    assert (item["creatorResourceID"], item["impersonatorCreatorResourceID"]) == (world.resource, world.api_user)
    refused = [autotask.call("POST", path, NOTE, headers={**header, "ImpersonationResourceId": "x"})]
    sandbox.switches.impersonation = "refused"
    refused.append(autotask.call("POST", path, NOTE, headers=header))
    assert ["permissions to create" in answer.json()["errors"][0] for answer in refused] == [True, True]


def test_workflow_rules_add_notes_and_undo_status_changes(
    autotask: AutotaskUser, sandbox: Sandbox, world: World
) -> None:
    sandbox.switches.change({"workflow_notes": True, "workflow_reverts_status": True})
    key = autotask.create("/Tickets", world.new_ticket())
    notes = autotask.get(f"/Tickets/{key}/Notes")["items"]
    assert [note["noteType"] for note in notes] == [13]
    autotask.change("/Tickets", {"id": key, "status": 5, "title": "changed"})
    item = autotask.get(f"/Tickets/{key}")["item"]
    assert (item["status"], item["title"]) == (1, "changed")


def test_refusals_can_come_with_200(autotask: AutotaskUser, sandbox: Sandbox, world: World) -> None:
    sandbox.switches.refusals = 200
    answer = autotask.call("POST", "/Tickets", world.new_ticket(title=...))
    assert (answer.status_code, answer.json()) == (200, {"errors": ["Missing Required Field: title"]})


def test_other_entities_are_not_writable(autotask: AutotaskUser) -> None:
    assert "permissions to create" in autotask.refusal("POST", "/Companies", {"companyName": "x"})[0]
    assert "permissions to update" in autotask.refusal("PATCH", "/Resources", {"id": 1})[0]
    assert autotask.call("POST", "/Contacts", {}).status_code == 404
