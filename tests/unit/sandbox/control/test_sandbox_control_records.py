"""What people do with records on Autotask's own pages, by the control endpoints under `/sandbox/`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.conftest import AutotaskUser, World

NOTE = {"title": "Log", "description": "Text", "noteType": 1, "publish": 1}


def post(autotask: AutotaskUser, name: str, **body: Any) -> Any:
    response = autotask.call("POST", f"http://sandbox/sandbox/{name}", body)
    assert response.status_code == 200, response.text
    return response.json()


def entry_of(autotask: AutotaskUser, key: int) -> dict[str, Any]:
    item: dict[str, Any] = autotask.get(f"/TimeEntries/{key}")["item"]
    return item


def titles_on(autotask: AutotaskUser, ticket: int) -> list[str]:
    return [row["title"] for row in autotask.query("TicketNotes", {"op": "eq", "field": "ticketID", "value": ticket})]


def test_a_moved_record_stands_on_the_other_ticket_under_its_old_id(autotask: AutotaskUser, world: World) -> None:
    entry = autotask.create("/TimeEntries", world.time_entry())
    post(autotask, "move", entity="TimeEntries", id=entry, ticket_id=world.done)
    assert entry_of(autotask, entry)["ticketID"] == world.done
    on_ticket = {"op": "eq", "field": "ticketID", "value": world.done}
    assert [row["id"] for row in autotask.query("TimeEntries", on_ticket)] == [entry]


def test_a_merged_ticket_is_complete_and_its_records_stand_on_the_other(autotask: AutotaskUser, world: World) -> None:
    autotask.create(f"/Tickets/{world.ticket}/Notes", NOTE)
    entry = autotask.create("/TimeEntries", world.time_entry())
    post(autotask, "merge", source=world.ticket, destination=world.done)
    source, destination = (autotask.get(f"/Tickets/{key}")["item"] for key in (world.ticket, world.done))
    assert (source["status"], source["completedDate"][:10]) == (5, "2026-11-22")
    assert entry_of(autotask, entry)["ticketID"] == world.done
    assert titles_on(autotask, world.ticket) == [f"Merged Into Ticket {destination['ticketNumber']}"]
    assert titles_on(autotask, world.done) == ["Log", f"Absorbed Ticket {source['ticketNumber']}"]


def test_a_merge_may_leave_the_records_on_the_closed_ticket(autotask: AutotaskUser, world: World) -> None:
    entry = autotask.create("/TimeEntries", world.time_entry())
    post(autotask, "merge", source=world.ticket, destination=world.done, moves=False)
    assert entry_of(autotask, entry)["ticketID"] == world.ticket
    assert autotask.get(f"/Tickets/{world.ticket}")["item"]["status"] == 5


@pytest.mark.parametrize(("minutes", "end", "hours"), [("cut", "09:20:00", 0.3333), ("rounded", "09:21:00", 0.35)])
def test_an_entry_that_somebody_saves_has_whole_minutes(
    autotask: AutotaskUser, world: World, minutes: str, end: str, hours: float
) -> None:
    times = {"startDateTime": "2026-11-22T09:00:29Z", "endDateTime": "2026-11-22T09:20:30Z"}
    key = autotask.create("/TimeEntries", world.time_entry(**times))
    post(autotask, "save", id=key, minutes=minutes)
    saved = entry_of(autotask, key)
    assert (saved["startDateTime"][11:19], saved["endDateTime"][11:19]) == ("09:00:00", end)
    assert saved["hoursWorked"] == hours


def test_an_entry_of_seconds_keeps_one_minute_when_somebody_saves_it(autotask: AutotaskUser, world: World) -> None:
    times = {"startDateTime": "2026-11-22T09:00:10Z", "endDateTime": "2026-11-22T09:00:40Z"}
    key = autotask.create("/TimeEntries", world.time_entry(**times))
    post(autotask, "save", id=key)
    assert entry_of(autotask, key)["endDateTime"].startswith("2026-11-22T09:01:00")


def test_a_text_is_edited_and_a_record_deleted(autotask: AutotaskUser, world: World) -> None:
    note = autotask.create(f"/Tickets/{world.ticket}/Notes", NOTE)
    post(autotask, "edit", entity="TicketNotes", id=note, field="title", text="Something else")
    assert titles_on(autotask, world.ticket) == ["Something else"]
    post(autotask, "delete", entity="TicketNotes", id=note)
    assert titles_on(autotask, world.ticket) == []


def test_time_that_is_entered_by_hand_has_a_role_hours_and_no_marker(autotask: AutotaskUser, world: World) -> None:
    times = {"started_at": "2026-11-22T08:00:00Z", "ended_at": "2026-11-22T08:30:00Z"}
    key = post(autotask, "enter-time", ticket_id=world.ticket, resource_id=world.resource, **times)["id"]
    entry = entry_of(autotask, key)
    assert (entry["roleID"], entry["hoursWorked"], entry["dateWorked"][:10]) == (world.role, 0.5, "2026-11-22")
    assert (entry["internalNotes"], entry["creatorUserID"]) == ("", world.resource)


@pytest.mark.parametrize(
    ("name", "body", "text"),
    [
        ("move", {"entity": "TimeEntries", "id": 1, "ticket_id": 1}, "id: TimeEntries has no record 1"),
        ("move", {"entity": "Tickets", "id": 1, "ticket_id": 1}, "entity: must be one of TicketNotes, TimeEntries"),
        ("merge", {"source": 7001, "destination": 7001}, "destination: must be another ticket"),
        ("merge", {"source": 7001, "destination": 1}, "destination: Tickets has no record 1"),
        ("save", {"id": 1, "minutes": "up"}, "minutes: must be one of cut, rounded"),
        ("edit", {"entity": "TimeEntries", "id": 30501, "field": "title", "text": ""}, "field: must be one of summary"),
        ("delete", {"entity": "TicketNotes"}, "id"),
        ("enter-time", {"ticket_id": 1, "resource_id": 1, "started_at": "x", "ended_at": "x"}, "Tickets has no record"),
        ("rename", {"username": "nobody", "new": "somebody"}, "username: there is no such representative"),
        ("rename", {"username": "kenji.tanaka", "new": "anna.schmidt"}, "new: must be a name that nobody else has"),
        ("rename", {"username": "kenji.tanaka", "new": " "}, "new: must be a name"),
    ],
)
def test_what_cannot_be_done_is_a_400_that_says_why(
    autotask: AutotaskUser, name: str, body: dict[str, Any], text: str
) -> None:
    answer = autotask.call("POST", f"http://sandbox/sandbox/{name}", body)
    assert answer.status_code == 400
    assert text in answer.json()["error"]


@pytest.mark.parametrize(
    ("position", "texts"), [("accepted", None), ("refused", ["hoursWorked greater than 24 hours"])]
)
def test_an_entry_of_a_whole_day_is_refused_where_the_switch_says_so(
    autotask: AutotaskUser, world: World, position: str, texts: list[str] | None
) -> None:
    post(autotask, "switches", full_day_entry=position)
    times = {"startDateTime": "2026-11-21T09:00:00Z", "endDateTime": "2026-11-22T09:00:00Z"}
    if texts is None:
        assert entry_of(autotask, autotask.create("/TimeEntries", world.time_entry(**times)))["hoursWorked"] == 24
    else:
        assert texts[0] in autotask.refusal("POST", "/TimeEntries", world.time_entry(**times))[0]
    shorter = world.time_entry(**{**times, "endDateTime": "2026-11-22T08:59:59Z"})
    assert autotask.create("/TimeEntries", shorter)
