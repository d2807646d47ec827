"""Finds each session's ticket and each representative's resource and role, in bulk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bt_autotask_sync.sync.external_key import NamedTickets, read_external_key
from bt_autotask_sync.sync.states import Stage, Trouble

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bt_autotask_sync.autotask.entities import Resource, Ticket
    from bt_autotask_sync.autotask.records import Records
    from bt_autotask_sync.config.models import Profile, TimeEntries


@dataclass(frozen=True, slots=True)
class Technician:
    """The resource and role under which a representative's time is billed."""

    resource_id: int
    role_id: int


SKIP = "skip"
STAND_IN = "resource:"
"""Before the e-mail address of the resource that has the time of those without one of their own."""

People = Mapping[str, Technician | Trouble]
"""By username: who bills, or why that is not known. Who is to be skipped is left out."""

TicketMatch = Trouble | None
"""What `choose_tickets` says where there is no ticket: a trouble, or None when no ticket is named at all."""


def name_tickets(keys: Mapping[str, str], pinned: Mapping[str, str], profile: Profile) -> dict[str, NamedTickets]:
    """Read which tickets each session names, by lsid; a ticket that a person named comes before the external key."""
    return {
        lsid: NamedTickets(numbers=(pinned[lsid],))
        if lsid in pinned
        else read_external_key(key, numeric_keys=profile.autotask.numeric_keys)
        for lsid, key in keys.items()
    }


def find_tickets(named: Iterable[NamedTickets], records: Records) -> tuple[Ticket, ...]:
    """Look up all named tickets together."""
    named = list(named)
    numbers = {number for tickets in named for number in tickets.numbers}
    ids = {ticket_id for tickets in named for ticket_id in tickets.ids}
    return records.tickets(sorted(numbers), sorted(ids))


def choose_tickets(named: Mapping[str, NamedTickets], found: Iterable[Ticket]) -> dict[str, Ticket | TicketMatch]:
    """Return by lsid: the ticket; why there is none; or None when the session names none."""
    by_id = {ticket.id: ticket for ticket in found}
    by_number = {ticket.number.upper(): ticket for ticket in by_id.values()}
    return {lsid: _choose(tickets, by_number, by_id) for lsid, tickets in named.items()}


def match_people(usernames: Iterable[str], settings: TimeEntries, records: Records) -> People:
    """Find the resource and role of each representative by username.

    The address is that of `resource_map`, else the username where it has an @, else the username (without a
    Windows domain before it) at `defaultDomain`.
    """
    wanted = {username: resource_address(username, settings) for username in usernames}
    stand_in = settings.unmatched.removeprefix(STAND_IN) if settings.unmatched.startswith(STAND_IN) else ""
    resources = records.resources_by_email(sorted({*wanted.values(), stand_in} - {""}))
    chosen = {username: _one_resource(address, resources) for username, address in wanted.items()}
    if stand_in:
        chosen = {
            name: _one_resource(stand_in, resources) if isinstance(who, Trouble) else who
            for name, who in chosen.items()
        }
    elif settings.unmatched == SKIP:
        chosen = {name: who for name, who in chosen.items() if not isinstance(who, Trouble)}
    return _with_roles(chosen, settings.default_data.role_name, records)


def resource_address(username: str, settings: TimeEntries) -> str:
    """Return the e-mail address under which a representative's resource is looked for."""
    mapped = {name.casefold(): address for name, address in settings.resource_map.items()}
    if username.casefold() in mapped:
        return mapped[username.casefold()]
    if "@" in username:
        return username.strip()
    return f"{username.rpartition(chr(92))[2].strip()}@{settings.default_data.default_domain}"


def _one_resource(address: str, resources: Mapping[str, tuple[Resource, ...]]) -> Resource | Trouble:
    found = resources.get(address, ())
    usable = [resource for resource in found if resource.active and not resource.api_only]
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


def _with_roles(chosen: Mapping[str, Resource | Trouble], role_name: str, records: Records) -> People:
    """Give each resource the configured role, if it holds it on the service desk."""
    held = records.service_desk_roles(
        sorted({person.id for person in chosen.values() if not isinstance(person, Trouble)})
    )
    roles = {role.id for role in records.roles_by_name([role_name])[role_name] if role.active}
    people: dict[str, Technician | Trouble] = {}
    for username, person in chosen.items():
        if isinstance(person, Trouble):
            people[username] = person
            continue
        usable = [role.role_id for role in held.get(person.id, ()) if role.active and role.role_id in roles]
        people[username] = Technician(person.id, usable[0]) if usable else _role_not_held(person, role_name, roles)
    return people


def _role_not_held(person: Resource, role_name: str, roles: set[int]) -> Trouble:
    if not roles:
        return _waiting(
            f"Autotask has no active role with the name {role_name!r}.",
            "Mend time_entries.default_data.roleName, or make the role in Autotask.",
        )
    return _waiting(
        f"The resource {person.email} does not hold the role {role_name!r} on the service desk.",
        "Give it this role in Autotask (Resource > Associations > Roles).",
    )


def _choose(named: NamedTickets, by_number: Mapping[str, Ticket], by_id: Mapping[int, Ticket]) -> Ticket | TicketMatch:
    if named.stray_digits:
        return Trouble(
            Stage.MATCH,
            "The external key is digits alone, which may be any number.",
            "If your external keys are ticket ids, set autotask.numeric_keys = true; else name the ticket with "
            "`resync LSID --ticket NUMBER`.",
        )
    if not named:
        return None
    found = {ticket.id: ticket for ticket in (by_number.get(number) for number in named.numbers) if ticket}
    found |= {ticket_id: by_id[ticket_id] for ticket_id in named.ids if ticket_id in by_id}
    if len(found) == 1:
        return next(iter(found.values()))
    if found:
        return _waiting(
            f"The external key names several tickets: {', '.join(ticket.number for ticket in found.values())}.",
            "Name the right one with `resync LSID --ticket NUMBER`.",
        )
    wanted = ", ".join((*named.numbers, *(f"id {ticket_id}" for ticket_id in named.ids)))
    return _waiting(
        f"Autotask has no ticket {wanted}.",
        "If the number is mistyped, name the right ticket with `resync LSID --ticket NUMBER`; if the ticket is hidden "
        "from the API user, let its security level see it.",
    )


def _waiting(error: str, advice: str) -> Trouble:
    return Trouble(Stage.MATCH, error, advice)
