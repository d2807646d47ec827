"""What a tenant tells of its entities, in every shape that Autotask may give it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import responses

from bt_autotask_sync.autotask.billed_hours import BilledHours, read_billed_hours
from bt_autotask_sync.autotask.client import AutotaskClient, AutotaskSettings, open_session
from bt_autotask_sync.autotask.errors import AutotaskOutage
from bt_autotask_sync.autotask.items import parse_time
from bt_autotask_sync.autotask.metadata import Access, Choice, read_fields, read_rights
from bt_autotask_sync.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVICES = "https://webservices5.autotask.net/atservicesrest"


@pytest.fixture
def client() -> Iterator[AutotaskClient]:
    with open_session() as http:
        yield AutotaskClient(AutotaskSettings("user", "secret", "code", SERVICES), http, SystemClock())


def tell(path: str, body: Any, status: int = 200) -> None:
    responses.add(responses.GET, f"{SERVICES}/v1.0{path}", json=body, status=status)


@responses.activate
@pytest.mark.parametrize(
    ("value", "access"),
    [
        (0, Access.NONE),
        (1, Access.ALL),
        (2, Access.RESTRICTED),
        ("None", Access.NONE),
        ("All", Access.ALL),
        ("Restricted", Access.RESTRICTED),
        (17, Access.UNKNOWN),
        (None, Access.UNKNOWN),
        ([], Access.UNKNOWN),
    ],
)
def test_rights_are_read_as_numbers_and_as_words(client: AutotaskClient, value: object, access: Access) -> None:
    tell("/Tickets/entityInformation", {"info": {"userAccessForQuery": value, "userAccessForCreate": 1}})
    rights = read_rights(client, "Tickets")
    assert rights is not None
    assert (rights.query, rights.create) == (access, Access.ALL)


@responses.activate
def test_fields_are_found_in_lower_case_with_their_choices(client: AutotaskClient) -> None:
    choice = {"value": 2, "label": "Task Detail", "isActive": True}
    given = {"name": "noteType", "isQueryable": True, "picklistValues": [choice, "rubbish"]}
    tell("/TicketNotes/entityInformation/fields", {"fields": [given, {"name": "title"}, None]})
    fields = read_fields(client, "TicketNotes")
    assert fields["notetype"].choices == (Choice("2", "Task Detail", active=True),)
    assert (fields["notetype"].queryable, fields["title"].queryable) == (True, False)


@responses.activate
def test_where_autotask_tells_nothing_nothing_is_known(client: AutotaskClient) -> None:
    tell("/Tickets/entityInformation", {"Message": "No HTTP resource was found"}, 404)
    tell("/Tickets/entityInformation/fields", {"Message": "No HTTP resource was found"}, 404)
    assert read_rights(client, "Tickets") is None
    assert read_fields(client, "Tickets") == {}


@responses.activate
def test_something_else_is_no_usable_answer(client: AutotaskClient) -> None:
    tell("/Tickets/entityInformation", {"info": []})
    tell("/Tickets/entityInformation/fields", {"fields": {}})
    with pytest.raises(AutotaskOutage, match="entityInformation"):
        read_rights(client, "Tickets")
    with pytest.raises(AutotaskOutage, match="entityInformation/fields"):
        read_fields(client, "Tickets")


@responses.activate
def test_hours_are_read_of_entries_that_tell_of_the_tenants_own_rounding(client: AutotaskClient) -> None:
    since = parse_time("2026-11-22T08:00:00Z")
    assert since is not None
    usual = {"id": 1, "hoursWorked": 0.3, "hoursToBill": 0.5, "createDateTime": "2026-11-22T08:00:00Z"}
    left_out = (
        {"isNonBillable": True},
        {"offsetHours": 0.25},
        {"hoursToBill": None},
        {"createDateTime": "2026-11-22T07:59:59Z"},
        {"createDateTime": None},
    )
    items = [usual, *({**usual, **change} for change in left_out)]
    page = {"items": items, "pageDetails": {"nextPageUrl": None}}
    responses.add(responses.POST, f"{SERVICES}/v1.0/TimeEntries/query", json=page)
    assert read_billed_hours(client, since) == (BilledHours(0.3, 0.5),)
