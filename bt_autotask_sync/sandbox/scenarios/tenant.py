"""The seeded Autotask tenant: its people, roles, work types and clients, as raw records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from bt_autotask_sync.sandbox.scenarios.people import COMPANIES, ROLE_NAME, TECHNICIANS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bt_autotask_sync.sandbox.scenarios.people import Company, Contact, Technician

SERVICE_QUEUE = 29682833
_LICENCES = {"active": 1, "inactive": 3, "api-only": 7}
_RATES = {ROLE_NAME: 95.0, "Senior Technician": 125.0, "Network Engineer": 140.0}
_WORK, _EXPENSE, _INTERNAL = 1, 2, 3


class Store(Protocol):
    """Where Autotask's records are kept."""

    def insert(self, entity: str, record: Mapping[str, Any], /) -> int:
        """Add a record in Autotask's own field names and return its id."""
        ...


@dataclass(frozen=True, slots=True)
class Tenant:
    """The ids of what was seeded: resources by username, roles and work types by name, companies and contacts."""

    resources: dict[str, int]
    roles: dict[str, int]
    work_types: dict[str, int]
    companies: dict[Company, int]
    contacts: dict[Contact, int]


def seed_tenant(store: Store, now: float) -> Tenant:
    """Insert everything but tickets; `now` in unix seconds."""
    roles = {name: store.insert("Roles", _role(name, rate)) for name, rate in _RATES.items()}
    store.insert("Roles", {**_role("Project Manager", 150.0), "isActive": False})
    resources = {
        technician.username: store.insert("Resources", _resource(technician, roles))
        for technician in TECHNICIANS
        if technician.resource != "none"
    }
    for technician in TECHNICIANS:
        _seed_roles(store, technician, resources, roles)
    companies, contacts = _seed_clients(store, resources[TECHNICIANS[0].username], now)
    return Tenant(resources, roles, _seed_billing_codes(store), companies, contacts)


def iso(moment: float) -> str:
    """Return unix seconds as Autotask writes times."""
    return datetime.fromtimestamp(int(moment), UTC).isoformat().replace("+00:00", "Z")


def _role(name: str, rate: float) -> dict[str, Any]:
    return {
        "name": name,
        "description": f"{name} on the service desk",
        "hourlyFactor": 1.0,
        "hourlyRate": rate,
        "isActive": True,
        "isSystemRole": False,
        "isExcludedFromNewContracts": False,
    }


def _resource(technician: Technician, roles: dict[str, int]) -> dict[str, Any]:
    return {
        "firstName": technician.first,
        "lastName": technician.last,
        "userName": technician.account,
        "email": technician.email,
        "initials": technician.first[0] + technician.last[0].upper(),
        "title": technician.roles[0] if technician.roles else "Integration",
        "officePhone": "+49 821 5550199",
        "isActive": technician.resource != "inactive",
        "licenseType": _LICENCES[technician.resource],
        "resourceType": "Employee",
        "defaultServiceDeskRoleID": roles[technician.roles[0]] if technician.roles else None,
    }


def _seed_roles(store: Store, technician: Technician, resources: dict[str, int], roles: dict[str, int]) -> None:
    for name in technician.roles:
        held = {"resourceID": resources[technician.username], "roleID": roles[name], "isActive": True}
        store.insert("ResourceServiceDeskRoles", {**held, "isDefault": name == technician.roles[0]})
        store.insert("ResourceRoles", {**held, "queueID": SERVICE_QUEUE})


def _seed_billing_codes(store: Store) -> dict[str, int]:
    rows = (
        ("Remote Support", _WORK, True),
        ("On-site Support", _WORK, True),
        ("After Hours", _WORK, True),
        ("Legacy Support (do not use)", _WORK, False),
        ("Travel", _EXPENSE, True),
        ("Internal Meeting", _INTERNAL, True),
    )
    return {
        name: store.insert(
            "BillingCodes",
            {
                "name": name,
                "description": name,
                "useType": use,
                "isActive": active,
                "billingCodeType": 0,
                "unitPrice": 0.0,
            },
        )
        for name, use, active in rows
    }


def _seed_clients(store: Store, owner: int, now: float) -> tuple[dict[Company, int], dict[Contact, int]]:
    companies, contacts = {}, {}
    for company in COMPANIES:
        key = companies[company] = store.insert("Companies", _company(company, owner, now))
        for contact in company.contacts:
            contacts[contact] = store.insert("Contacts", _contact(contact, company, key, now))
    for company, key in companies.items():
        for contact in company.silent:
            contacts[contact] = store.insert("Contacts", _contact(contact, company, key, now))
    return companies, contacts


def _company(company: Company, owner: int, now: float) -> dict[str, Any]:
    return {
        "companyName": company.name,
        "companyNumber": company.code,
        "companyType": 1,
        "phone": company.phone,
        "city": company.city,
        "webAddress": f"https://www.{company.domain}",
        "ownerResourceID": owner,
        "isActive": True,
        "createDate": iso(now - 400 * 86_400),
    }


def _contact(contact: Contact, company: Company, company_id: int, now: float) -> dict[str, Any]:
    """Autotask: `isActive` of a contact is a number, not a boolean."""
    return {
        "companyID": company_id,
        "firstName": contact.first,
        "lastName": contact.last,
        "emailAddress": contact.email,
        "emailAddress2": f"private.{contact.email}" if contact is company.contacts[0] else None,
        "phone": company.phone,
        "isActive": int(contact.active),
        "primaryContact": contact is company.contacts[0],
        "createDate": iso(now - 390 * 86_400),
    }
