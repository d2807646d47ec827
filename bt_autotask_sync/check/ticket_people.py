"""Whom tickets are for and whom they are given to: the company, the contacts and the assignment of default data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.check.findings import Area, ok, problem
from bt_autotask_sync.check.ticket_data import ASSIGNMENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bt_autotask_sync.autotask.entities import Company, Contact, Resource, ServiceDeskRole
    from bt_autotask_sync.autotask.records import Records
    from bt_autotask_sync.check.findings import Finding
    from bt_autotask_sync.config.ticket_data import TicketData

OWN_COMPANY = 0
"""Autotask: the service provider itself."""


def check_clients(data: TicketData, records: Records) -> Iterator[Finding]:
    """Yield whether the company and the contacts that default data name are there, active, and go together."""
    company_id = _number(data, "companyID")
    named = {"contactID": _number(data, "contactID"), "defaultContactID": data.default_contact_id}
    ids = {key: contact_id for key, contact_id in named.items() if contact_id is not None}
    contacts = records.contacts_by_id(ids.values()) if ids else {}
    brought = {contact.company_id for contact in contacts.values() if contact.company_id is not None}
    wanted = brought if company_id is None else {company_id}
    companies = records.companies_by_id(wanted - {OWN_COMPANY})
    yield from (_judge_company(one, companies.get(one)) for one in sorted(wanted))
    allowed = None if company_id is None else _whose_contacts(company_id, companies.get(company_id))
    yield from (_judge_contact(key, ids[key], contacts.get(ids[key]), allowed) for key in ids)


def check_assignment(data: TicketData, records: Records) -> Iterator[Finding]:
    """Yield whether the resource that tickets are assigned to is there and holds the role on the service desk."""
    resource_id, role_id = (_number(data, name) for name in ASSIGNMENT)
    if resource_id is None or role_id is None:
        return
    unfit = _why_unfit(records.resources_by_id([resource_id]).get(resource_id))
    if unfit:
        what = f"The resource {resource_id}, which assignedResourceID names, {unfit}."
        yield problem(Area.TICKETS, what, "Name another one in tickets.default_data, with a role that it holds.")
        return
    yield _judge_role(resource_id, role_id, records.service_desk_roles([resource_id])[resource_id])


def _number(data: TicketData, name: str) -> int | None:
    value = data.fields.get(name)
    return value if isinstance(value, int) else None


def _whose_contacts(company_id: int, company: Company | None) -> set[int]:
    """Autotask: the contact of a ticket belongs to its company, or to the parent of that."""
    parent = None if company is None else company.parent_id
    return {company_id} | (set() if parent is None else {parent})


def _judge_company(company_id: int, company: Company | None) -> Finding:
    mend = "Name another one in tickets.default_data, or let the API user see it."
    if company_id == OWN_COMPANY:
        return ok(Area.TICKETS, "Tickets are for your own company (companyID 0).")
    if company is None:
        return problem(Area.TICKETS, f"Autotask shows no company with the id {company_id}.", mend)
    if not company.active:
        return problem(Area.TICKETS, f"The company {company_id} ({company.name}) is not active.", mend)
    return ok(Area.TICKETS, f"The company {company_id} is “{company.name}”.")


def _judge_contact(key: str, contact_id: int, contact: Contact | None, allowed: set[int] | None) -> Finding:
    """Return what to say of a contact; it must be one of the `allowed` companies' (None: of any)."""
    mend = f"Name another one in tickets.default_data.{key}, or leave it out."
    if contact is None:
        return problem(Area.TICKETS, f"Autotask shows no contact with the id {contact_id}, which {key} names.", mend)
    if not contact.active:
        return problem(Area.TICKETS, f"The contact {contact_id}, which {key} names, is not active.", mend)
    if allowed is not None and contact.company_id not in allowed:
        what = f"The contact {contact_id}, which {key} names, belongs to another company than companyID names."
        return problem(Area.TICKETS, what, f"{mend} Without companyID a ticket has its contact's company.")
    return ok(Area.TICKETS, f"The contact {contact_id} is there and active.")


def _why_unfit(resource: Resource | None) -> str:
    if resource is None:
        return "is not there, or the API user may not see it"
    if resource.api_only:
        return "is an API user, to whom no ticket can be given"
    return "" if resource.active else "is not active"


def _judge_role(resource_id: int, role_id: int, held: tuple[ServiceDeskRole, ...]) -> Finding:
    roles = [role.role_id for role in held if role.active]
    if role_id in roles:
        return ok(Area.TICKETS, f"The resource {resource_id} holds the role {role_id}.")
    return problem(
        Area.TICKETS,
        f"The resource {resource_id} does not hold the role {role_id} on the service desk.",
        f"Set tickets.default_data.assignedResourceRoleID to a role that it holds: {', '.join(map(str, roles))}."
        if roles
        else "Give it the role in Autotask, or assign tickets to somebody else.",
    )
