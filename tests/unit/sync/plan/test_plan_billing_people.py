"""Under whom and as what time is billed: the order of roles, named work types, and who is never billed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.autotask.entities import BillingCode, Resource, Role, ServiceDeskRole, Ticket
from bt_autotask_sync.autotask.errors import QueryRefused
from bt_autotask_sync.config.models import TimeEntries, TimeEntryDefaults
from bt_autotask_sync.state.states import Problem
from bt_autotask_sync.sync.match.people import Technician, match_people

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bt_autotask_sync.sync.match.people import People

ANNA = "anna@msp.example"


class Tenant:
    """What a tenant holds; it counts the look-ups of work types."""

    def __init__(
        self,
        *resources: Resource,
        held: Sequence[ServiceDeskRole] = (),
        roles: Sequence[Role] = (Role(10, "Technician", active=True),),
        work_types: Sequence[BillingCode] | QueryRefused = (),
    ) -> None:
        self._resources = resources or (resource(1),)
        self._held = held or (holds(10),)
        self._roles = roles
        self._work_types = work_types
        self.asked_work_types = 0

    def resources_by_email(self, emails: Iterable[str]) -> dict[str, tuple[Resource, ...]]:
        return {one: tuple(each for each in self._resources if each.email == one) for one in emails}

    def service_desk_roles(self, ids: Iterable[int]) -> dict[int, tuple[ServiceDeskRole, ...]]:
        return {one: tuple(role for role in self._held if role.resource_id == one) for one in ids}

    def roles_by_name(self, names: Iterable[str]) -> dict[str, tuple[Role, ...]]:
        return {name: tuple(role for role in self._roles if role.name == name) for name in names}

    def work_types_by_name(self, names: Iterable[str]) -> dict[str, tuple[BillingCode, ...]]:
        self.asked_work_types += 1
        if isinstance(self._work_types, QueryRefused):
            raise self._work_types
        return {name: tuple(code for code in self._work_types if code.name == name) for name in names}


def resource(number: int, email: str = ANNA, **changes: Any) -> Resource:
    return Resource(**{"id": number, "email": email, "user_name": "", "active": True, "api_only": False, **changes})


def holds(role: int, *, resource: int = 1, active: bool = True, default: bool = False) -> ServiceDeskRole:
    return ServiceDeskRole(resource, role, active=active, is_default=default)


def match(tenant: Tenant, *usernames: str, fields: dict[str, Any] | None = None, **changes: Any) -> People:
    records: Any = tenant
    defaults = TimeEntryDefaults(
        default_domain="msp.example", role_name="Technician", summary_notes="x", fields=fields or {}
    )
    return match_people(usernames, TimeEntries(enabled=True, default_data=defaults, **changes), records)


def anna(tenant: Tenant, **settings: Any) -> Technician:
    found = match(tenant, "anna", **settings)["anna"]
    assert isinstance(found, Technician)
    return found


def trouble(tenant: Tenant, username: str = "anna", **settings: Any) -> str:
    found = match(tenant, username, **settings)[username]
    assert isinstance(found, Problem)
    assert found.advice
    return found.error


THREE = tuple(Role(number, "Technician", active=True) for number in (10, 20, 30))


@pytest.mark.parametrize(
    ("default", "held", "first"),
    [
        (20, (holds(10), holds(20), holds(30, default=True)), 20),
        (None, (holds(10), holds(20), holds(30, default=True)), 30),
        (99, (holds(20), holds(10)), 10),
        (20, (holds(10), holds(20, active=False)), 10),
    ],
)
def test_of_several_roles_of_one_name_the_default_comes_first_then_any_that_is_held(
    default: int | None, held: tuple[ServiceDeskRole, ...], first: int
) -> None:
    tenant = Tenant(resource(1, default_service_desk_role_id=default), held=held, roles=THREE)
    assert anna(tenant).role_ids[0] == first


def test_the_tickets_role_wins_among_those_of_the_configured_name_and_no_other_ever_does() -> None:
    senior = Role(40, "Senior Technician", active=True)
    held = (holds(10), holds(20, default=True), holds(40))
    technician = anna(Tenant(resource(1), held=held, roles=(*THREE, senior)))
    assert technician.role_ids == (20, 10)
    for assigned, role in ((None, 20), (10, 10), (20, 20), (30, 20), (40, 20)):
        assert technician.role_on(Ticket(1, "T", assigned_resource_id=1, assigned_role_id=assigned)) == role


@pytest.mark.parametrize("unmatched", ["hold", "skip", "resource:pool@msp.example"])
def test_several_resources_with_one_address_are_named_and_held_whatever_becomes_of_the_unmatched(
    unmatched: str,
) -> None:
    tenant = Tenant(resource(1), resource(2), resource(5, "pool@msp.example"), held=(holds(10, resource=5),))
    assert "(id 1)" in trouble(tenant, unmatched=unmatched)
    assert "(id 2)" in trouble(tenant, unmatched=unmatched)


@pytest.mark.parametrize("who", [{"active": False}, {"api_only": True}])
def test_the_inactive_and_api_users_never_have_time(who: dict[str, Any]) -> None:
    tenant = Tenant(resource(1, **who), resource(5, "pool@msp.example"), held=(holds(10), holds(10, resource=5)))
    assert isinstance(match(tenant, "anna")["anna"], Problem)
    assert match(tenant, "anna", unmatched="skip") == {}
    assert anna(tenant, unmatched="resource:pool@msp.example").resource_id == 5


def test_a_work_type_is_found_by_its_name_once_for_all() -> None:
    codes = (BillingCode(7, "Remote Support", 1, active=True), BillingCode(8, "Remote Support", 1, active=False))
    tenant = Tenant(work_types=codes)
    assert anna(tenant, fields={"billingCodeID": "Remote Support"}).work_type_id == 7
    assert tenant.asked_work_types == 1


@pytest.mark.parametrize("fields", [{}, {"billingCodeID": 7}])
def test_a_number_or_nothing_asks_for_no_work_type(fields: dict[str, Any]) -> None:
    tenant = Tenant()
    assert anna(tenant, fields=fields).work_type_id is None
    assert tenant.asked_work_types == 0


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ((), "no active work type with the name 'Remote'"),
        ((BillingCode(7, "Remote", 1, active=False),), "no active work type"),
        ((BillingCode(7, "Remote", 1, active=True), BillingCode(9, "Remote", 1, active=True)), "ids 7, 9"),
        (QueryRefused("Autotask refused it", "Ask for rights.", words="no", of_the_kind=True), "Autotask refused it"),
    ],
)
def test_an_unknown_work_type_lets_all_time_wait_with_advice(
    codes: Sequence[BillingCode] | QueryRefused, words: str
) -> None:
    assert words in trouble(Tenant(work_types=codes), fields={"billingCodeID": "Remote"})


def test_who_has_no_resource_is_told_that_and_not_of_the_work_type() -> None:
    assert "No resource" in trouble(Tenant(), "bob", fields={"billingCodeID": "Remote"})
