"""M1 and M3: tickets, resources and roles from what Autotask holds, in bulk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.autotask.entities import Resource, Role, ServiceDeskRole, Ticket
from bt_autotask_sync.config.models import TimeEntries, TimeEntryDefaults
from bt_autotask_sync.state.states import Problem
from bt_autotask_sync.sync.match.external_key import NamedTickets
from bt_autotask_sync.sync.match.people import Technician, match_people, resource_address
from bt_autotask_sync.sync.match.tickets import choose_tickets, find_tickets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bt_autotask_sync.autotask.records import Records
    from bt_autotask_sync.sync.match.people import People

ONE, TWO = Ticket(1, "T20261122.0001"), Ticket(2, "t20261122.0002")


class StubRecords:
    """A tenant that writes down what it is asked."""

    def __init__(self, *resources: Resource, held: tuple[int, ...] = (10,), roles: tuple[Role, ...] = ()) -> None:
        self.asked: list[tuple[str, Any]] = []
        self._resources = resources
        self._held = held
        self._roles = roles or (Role(10, "Technician", active=True),)

    def tickets(self, numbers: Iterable[str], ids: Iterable[int]) -> tuple[Ticket, ...]:
        self.asked.append(("tickets", (list(numbers), list(ids))))
        return ONE, TWO

    def resources_by_email(self, emails: Iterable[str]) -> dict[str, tuple[Resource, ...]]:
        asked = list(emails)
        self.asked.append(("resources", asked))
        return {
            email: tuple(each for each in self._resources if each.email.casefold() == email.casefold())
            for email in asked
        }

    def service_desk_roles(self, resource_ids: Iterable[int]) -> dict[int, tuple[ServiceDeskRole, ...]]:
        asked = list(resource_ids)
        self.asked.append(("held", asked))
        return {
            one: tuple(ServiceDeskRole(one, role, active=role > 0, is_default=False) for role in self._held)
            for one in asked
        }

    def roles_by_name(self, names: Iterable[str]) -> dict[str, tuple[Role, ...]]:
        asked = list(names)
        self.asked.append(("roles", asked))
        return {name: tuple(role for role in self._roles if role.name == name) for name in asked}


def resource(number: int = 1, email: str = "anna@msp.example", **changes: Any) -> Resource:
    return Resource(**{"id": number, "email": email, "user_name": "", "active": True, "api_only": False, **changes})


def settings(**changes: Any) -> TimeEntries:
    defaults = TimeEntryDefaults(default_domain="msp.example", role_name="Technician", summary_notes="x")
    return TimeEntries(enabled=True, default_data=defaults, **changes)


def matched(records: StubRecords, *usernames: str, **changes: Any) -> People:
    asked: Any = records
    return match_people(usernames, settings(**changes), asked)


def trouble(people: People, username: str = "anna") -> str:
    found = people[username]
    assert isinstance(found, Problem)
    assert found.advice
    return found.error


def test_M1_all_named_tickets_are_looked_up_together_and_once_each() -> None:
    stub = StubRecords()
    records: Any = stub
    named = [NamedTickets(numbers=("T2", "T1")), NamedTickets(numbers=("T1",)), NamedTickets(ids=(7,)), NamedTickets()]
    typed: Records = records
    assert find_tickets(named, typed) == (ONE, TWO)
    assert stub.asked == [("tickets", (["T1", "T2"], [7]))]


@pytest.mark.parametrize(
    ("named", "ticket"),
    [
        (NamedTickets(numbers=("T20261122.0001",)), ONE),
        (NamedTickets(numbers=("T20261122.0002",)), TWO),
        (NamedTickets(ids=(2,)), TWO),
        (NamedTickets(numbers=("T20261122.0001", "T20200101.0009")), ONE),
        (NamedTickets(numbers=("T20261122.0001",), ids=(1,)), ONE),
        (NamedTickets(), None),
    ],
)
def test_M1_the_one_existing_ticket_is_chosen(named: NamedTickets, ticket: Ticket | None) -> None:
    assert choose_tickets({"a": named}, (ONE, TWO)) == {"a": ticket}


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (NamedTickets(numbers=("T20261122.0001", "T20261122.0002")), "several tickets: T20261122.0001, t20261122.0002"),
        (NamedTickets(ids=(1, 2)), "several tickets"),
        (NamedTickets(numbers=("T20200101.0009",)), "no ticket T20200101.0009"),
        (NamedTickets(ids=(9,)), "no ticket id 9"),
        (NamedTickets(stray_digits=True), "digits alone"),
    ],
)
def test_M1_several_tickets_none_or_a_stray_number_are_told_with_advice(named: NamedTickets, words: str) -> None:
    found = choose_tickets({"a": named}, (ONE, TWO))["a"]
    assert isinstance(found, Problem)
    assert words in found.error
    assert "resync LSID --ticket" in found.advice


@pytest.mark.parametrize(
    ("username", "address"),
    [
        ("anna", "anna@msp.example"),
        ("MSP\\anna", "anna@msp.example"),
        ("A\\B\\anna", "anna@msp.example"),
        ("anna@other.example", "anna@other.example"),
        (" anna@other.example ", "anna@other.example"),
        ("Jane", "jane.doe@msp.example"),
        ("JANE", "jane.doe@msp.example"),
        ("", "@msp.example"),
    ],
)
def test_the_map_comes_before_the_username_as_address_before_the_default_domain(username: str, address: str) -> None:
    assert resource_address(username, settings(resource_map={"jane": "jane.doe@msp.example"})) == address


def test_M3_a_resource_and_a_role_that_it_holds_are_found_in_bulk() -> None:
    records = StubRecords(resource(), resource(2, "bob@msp.example"))
    assert matched(records, "anna", "bob") == {"anna": Technician(1, (10,)), "bob": Technician(2, (10,))}
    assert [what for what, _ in records.asked] == ["resources", "held", "roles"]


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ((), "No resource in Autotask has the address anna@msp.example"),
        ((resource(active=False),), "is inactive"),
        ((resource(api_only=True),), "is an API user"),
        ((resource(), resource(2)), "Several active resources"),
    ],
)
def test_M3_who_cannot_have_time_is_told_why(resources: tuple[Resource, ...], words: str) -> None:
    assert words in trouble(matched(StubRecords(*resources), "anna"))


def test_M3_the_only_usable_one_of_several_resources_is_taken() -> None:
    records = StubRecords(resource(7, active=False), resource(8), resource(9, api_only=True))
    assert matched(records, "anna") == {"anna": Technician(8, (10,))}


@pytest.mark.parametrize(
    ("held", "roles", "words"),
    [
        ((11,), (), "does not hold the role 'Technician'"),
        ((), (), "does not hold the role 'Technician'"),
        ((-10,), (Role(-10, "Technician", active=True),), "does not hold the role"),
        ((10,), (Role(10, "Other", active=True),), "no active role with the name 'Technician'"),
        ((10,), (Role(10, "Technician", active=False),), "no active role with the name 'Technician'"),
    ],
)
def test_M3_a_role_that_is_not_held_or_not_active_is_told(
    held: tuple[int, ...], roles: tuple[Role, ...], words: str
) -> None:
    assert words in trouble(matched(StubRecords(resource(), held=held, roles=roles), "anna"))


def test_unmatched_skip_leaves_out_who_has_no_resource_but_not_who_lacks_the_role() -> None:
    assert matched(StubRecords(resource()), "anna", "nobody", unmatched="skip") == {"anna": Technician(1, (10,))}
    assert "does not hold" in trouble(matched(StubRecords(resource(), held=()), "anna", unmatched="skip"))


def test_unmatched_can_name_one_resource_for_all_others() -> None:
    records = StubRecords(resource(), resource(5, "pool@msp.example"))
    people = matched(records, "anna", "nobody", unmatched="resource:pool@msp.example")
    assert people == {"anna": Technician(1, (10,)), "nobody": Technician(5, (10,))}
    assert "pool@msp.example" in trouble(
        matched(StubRecords(), "nobody", unmatched="resource:pool@msp.example"), "nobody"
    )


def test_with_nobody_to_find_nothing_is_asked() -> None:
    records = StubRecords()
    assert matched(records) == {}
    assert [what for what, asked in records.asked if asked] == []
