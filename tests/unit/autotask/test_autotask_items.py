"""Items of Autotask's JSON become records, with all the ways in which they can be incomplete."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_autotask_sync.autotask import items
from bt_autotask_sync.autotask.entities import (
    Company,
    Contact,
    Resource,
    Role,
    ServiceDeskRole,
    Ticket,
    TicketNote,
    TimeEntry,
)
from bt_autotask_sync.autotask.items import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable

MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2900, 1, 1))  # noqa: DTZ001 - written with and without Z below
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(MOMENTS, st.integers(0, 6), st.sampled_from(["", "Z", "z", "+00:00"]))
def test_a_time_is_utc_with_or_without_z_and_with_any_number_of_decimals(
    moment: datetime, decimals: int, suffix: str
) -> None:
    moment = moment.replace(microsecond=0)
    fraction = "." + "5" * decimals if decimals else ""
    microsecond = int(("5" * decimals).ljust(6, "0"))
    text = moment.isoformat() + fraction + suffix.upper()
    assert parse_time(text) == moment.replace(microsecond=microsecond, tzinfo=UTC)


@given(MOMENTS, OFFSETS)
def test_a_time_with_an_offset_is_converted(moment: datetime, offset: timezone) -> None:
    local = moment.replace(tzinfo=offset)
    parsed = parse_time(local.isoformat())
    assert parsed == local
    assert parsed is not None
    assert parsed.tzinfo is UTC


@given(
    st.one_of(st.none(), st.integers(), st.text(), st.lists(st.none()), st.sampled_from(["0001-01-01T00:00:00+10:00"]))
)
def test_what_is_no_time_is_none_or_a_time_and_never_an_error(value: object) -> None:
    parsed = parse_time(value)
    assert parsed is None or parsed.tzinfo is UTC


def test_the_documented_shapes_become_records() -> None:
    ticket = {
        "id": 7,
        "ticketNumber": "T20260604.0002",
        "status": 1,
        "companyID": 0,
        "assignedResourceID": 4,
        "assignedResourceRoleID": 8,
        "externalID": "bt:9f2c",
    }
    assert items.parse_ticket(ticket) == Ticket(7, "T20260604.0002", 1, 0, 4, 8, "bt:9f2c")
    entry = {
        "id": 4,
        "ticketID": 100,
        "resourceID": 10,
        "startDateTime": "2018-01-23T10:00:00.00Z",
        "endDateTime": "2018-01-23T12:30:00.967",
        "internalNotes": "[bt:x]",
    }
    start, end = datetime(2018, 1, 23, 10, tzinfo=UTC), datetime(2018, 1, 23, 12, 30, 0, 967_000, tzinfo=UTC)
    assert items.parse_time_entry(entry) == TimeEntry(4, 100, 10, start, end, "[bt:x]")
    assert items.parse_note({"id": 1, "ticketID": 7, "title": "t [bt:x]"}) == TicketNote(1, 7, "t [bt:x]")
    caller = {"id": 6, "companyID": 0, "isActive": 1, "firstName": "A ", "lastName": " B", "phone": " +49 821 "}
    assert items.parse_contact(caller, "phone") == Contact(
        6, 0, active=True, first_name="A", last_name="B", value="+49 821"
    )
    client = {"id": 175, "companyName": " Nordwind ", "isActive": True, "parentCompanyID": 3}
    assert items.parse_company(client) == Company(175, "Nordwind", active=True, parent_id=3)
    assert items.parse_role({"id": 3, "name": " Engineer ", "isActive": True}) == Role(3, "Engineer", active=True)
    held = {"id": 9, "resourceID": 1, "roleID": 2, "isActive": True, "isDefault": False}
    assert items.parse_service_desk_role(held) == ServiceDeskRole(1, 2, active=True, is_default=False)
    person = {"id": 5, "email": "a@b.com ", "userName": "a", "isActive": 1, "licenseType": 7, "firstName": "A"}
    person |= {"lastName": "B", "defaultServiceDeskRoleID": 8}
    assert items.parse_resource(person) == Resource(5, "a@b.com", "a", True, True, "A", "B", 8)


@pytest.mark.parametrize(
    ("parse", "needed"),
    [
        (items.parse_ticket, {"id"}),
        (items.parse_contact, {"id"}),
        (items.parse_company, {"id"}),
        (items.parse_note, {"id", "ticketID"}),
        (items.parse_time_entry, {"id"}),
        (items.parse_resource, {"id"}),
        (items.parse_role, {"id"}),
        (items.parse_service_desk_role, {"id", "resourceID", "roleID"}),
    ],
)
@pytest.mark.parametrize("missing", [None, "5", True, 1.5])
def test_nulls_are_taken_everywhere_but_in_ids(
    parse: Callable[[dict[str, Any]], object], needed: set[str], missing: object
) -> None:
    parse(dict.fromkeys(needed, 1))
    for name in needed:
        with pytest.raises(ValueError, match=f"{name} is no integer"):
            parse({**dict.fromkeys(needed, 1), name: missing})


def test_who_does_not_say_to_be_active_is_not() -> None:
    assert not items.parse_resource({"id": 1, "isActive": None}).active
    assert not items.parse_role({"id": 1, "isActive": "true"}).active
    assert not items.parse_contact({"id": 1, "isActive": 0}).active
    assert not items.parse_company({"id": 1}).active


def test_a_lone_surrogate_of_json_does_not_get_in() -> None:
    items.parse_note({"id": 1, "ticketID": 7, "title": "a\ud800b"}).title.encode()
