"""Finds each representative's resource and role, in bulk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.errors import QueryRefused
from bt_autotask_sync.state.states import Problem, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bt_autotask_sync.autotask.entities import BillingCode, Resource, ServiceDeskRole, Ticket
    from bt_autotask_sync.autotask.records import Records
    from bt_autotask_sync.config.models import TimeEntries


@dataclass(frozen=True, slots=True)
class Technician:
    """Under whom and as what a representative's time is billed.

    `role_ids` are the roles of the configured name that the resource holds on the service desk, the best one first.
    `work_type_id` is set where the configuration names the work type.
    """

    resource_id: int
    role_ids: tuple[int, ...]
    work_type_id: int | None = None

    def role_on(self, ticket: Ticket) -> int:
        """Return the role for time on a ticket: the one that the ticket was assigned under, if it is one of these.

        Autotask: some tenants let time on a ticket have no other role than the ticket's.
        """
        return ticket.assigned_role_id if ticket.assigned_role_id in self.role_ids else self.role_ids[0]


SKIP = "skip"
STAND_IN = "resource:"
"""Before the e-mail address of the resource that has the time of those without one of their own."""

People = Mapping[str, Technician | Problem]
"""By username: who bills, or why that is not known. Who is to be skipped is left out."""


def match_people(usernames: Iterable[str], settings: TimeEntries, records: Records) -> People:
    """Find the resource and role of each representative by username.

    The address is that of `resource_map`, else the username where it has an @, else the username (without a
    Windows domain before it) at `defaultDomain`.
    """
    wanted = {username: resource_address(username, settings) for username in usernames}
    if not wanted:
        return {}
    stand_in = settings.unmatched.removeprefix(STAND_IN) if settings.unmatched.startswith(STAND_IN) else ""
    resources = records.resources_by_email(sorted({*wanted.values(), stand_in} - {""}))
    chosen: dict[str, Resource | Problem] = {}
    for username, address in wanted.items():
        matched = bool(_usable(address, resources))
        if matched or settings.unmatched != SKIP:
            chosen[username] = _one_resource(address if matched or not stand_in else stand_in, resources)
    people = _with_roles(chosen, settings.default_data.role_name, records)
    return _with_work_type(people, settings.default_data.work_type_name, records)


def find_resources(usernames: Iterable[str], settings: TimeEntries, records: Records) -> dict[str, Resource]:
    """Find the active resource of each representative by username, as `match_people` does; others are left out."""
    wanted = {username: resource_address(username, settings) for username in usernames}
    known = {username: address for username, address in wanted.items() if not address.endswith("@")}
    resources = records.resources_by_email(sorted(set(known.values())))
    chosen = {username: _one_resource(address, resources) for username, address in known.items()}
    return {username: who for username, who in chosen.items() if not isinstance(who, Problem)}


def resource_address(username: str, settings: TimeEntries) -> str:
    """Return the e-mail address under which a representative's resource is looked for."""
    mapped = {name.casefold(): address for name, address in settings.resource_map.items()}
    if username.casefold() in mapped:
        return mapped[username.casefold()]
    if "@" in username:
        return username.strip()
    return f"{username.rpartition(chr(92))[2].strip()}@{settings.default_data.default_domain}"


def _usable(address: str, resources: Mapping[str, tuple[Resource, ...]]) -> list[Resource]:
    """Return the resources with an address that can have time: no inactive ones, no API users."""
    return [resource for resource in resources.get(address, ()) if resource.active and not resource.api_only]


def _one_resource(address: str, resources: Mapping[str, tuple[Resource, ...]]) -> Resource | Problem:
    found = resources.get(address, ())
    usable = _usable(address, resources)
    if len(usable) == 1:
        return usable[0]
    if len(usable) > 1:
        names = ", ".join(f"{person.first_name} {person.last_name} (id {person.id})" for person in usable)
        return _waiting(
            f"Several active resources have the address {address}: {names}.",
            "Give them different addresses in Autotask, or name another for this representative in resource_map.",
        )
    if any(resource.api_only for resource in found):
        return _waiting(
            f"The resource with the address {address} is an API user, which cannot have time.",
            "Name the technician's own resource in time_entries.resource_map.",
        )
    if found:
        return _waiting(
            f"The resource with the address {address} is inactive.",
            "Activate it in Autotask, or name another in time_entries.resource_map.",
        )
    return _waiting(
        f"No resource in Autotask has the address {address}.",
        "Give the resource this address in Autotask, or name the right one in time_entries.resource_map.",
    )


def _with_roles(chosen: Mapping[str, Resource | Problem], role_name: str, records: Records) -> People:
    """Give each resource the configured role, if it holds it on the service desk."""
    held = records.service_desk_roles(
        sorted({person.id for person in chosen.values() if not isinstance(person, Problem)})
    )
    roles = {role.id for role in records.roles_by_name([role_name])[role_name] if role.active}
    people: dict[str, Technician | Problem] = {}
    for username, person in chosen.items():
        if isinstance(person, Problem):
            people[username] = person
            continue
        named = (role for role in held.get(person.id, ()) if role.active and role.role_id in roles)
        usable = _best_first(person, named)
        people[username] = Technician(person.id, usable) if usable else _role_not_held(person, role_name, roles)
    return people


def _best_first(person: Resource, held: Iterable[ServiceDeskRole]) -> tuple[int, ...]:
    """Return the ids of roles with one name: the resource's default first, then those held as default."""
    default = person.default_service_desk_role_id
    ordered = sorted(held, key=lambda role: (role.role_id != default, not role.is_default, role.role_id))
    return tuple(dict.fromkeys(role.role_id for role in ordered))


def _with_work_type(people: People, name: str, records: Records) -> People:
    """Give everybody the work type that the configuration names, if it names one."""
    if not name:
        return people
    found: list[BillingCode] = []
    try:
        found = [code for code in records.work_types_by_name([name])[name] if code.active]
        problem = None if len(found) == 1 else _not_one_work_type(name, found)
    except QueryRefused as error:
        problem = _waiting(error.message, error.advice)
    return {
        username: who if isinstance(who, Problem) else problem or replace(who, work_type_id=found[0].id)
        for username, who in people.items()
    }


def _not_one_work_type(name: str, found: Sequence[BillingCode]) -> Problem:
    if found:
        return _waiting(
            f"Several work types have the name {name!r}: ids {', '.join(str(code.id) for code in found)}.",
            "Give the number of the right one in time_entries.default_data.billingCodeID.",
        )
    return _waiting(
        f"Autotask has no active work type with the name {name!r}.",
        "Mend time_entries.default_data.billingCodeID, or make the work type in Autotask.",
    )


def _role_not_held(person: Resource, role_name: str, roles: set[int]) -> Problem:
    if not roles:
        return _waiting(
            f"Autotask has no active role with the name {role_name!r}.",
            "Mend time_entries.default_data.roleName, or make the role in Autotask.",
        )
    return _waiting(
        f"The resource {person.email} does not hold the role {role_name!r} on the service desk.",
        "Give it this role in Autotask (Resource > Associations > Roles).",
    )


def _waiting(error: str, advice: str) -> Problem:
    return Problem(Stage.MATCH, error, advice)
