"""Items of Autotask's JSON become records: the edge, tolerant of nulls and of both ways to write a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.autotask.entities import (
    BillingCode,
    Company,
    Contact,
    Resource,
    Role,
    ServiceDeskRole,
    Ticket,
    TicketNote,
    TimeEntry,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

Item = dict[str, Any]

API_ONLY_LICENSE = 7
"""Autotask: the licence type of an API user."""


def parse_time(value: object) -> datetime | None:
    """Return a time of Autotask's in UTC; None for null or for what is no time.

    Autotask: times are UTC, with or without a `Z`, with any number of decimals.
    """
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_ticket(item: Item) -> Ticket:
    """Return a ticket.

    Raises:
        ValueError: It has no integer id; so do all functions of this file.
    """
    return Ticket(
        id=_id(item, "id"),
        number=_text(item, "ticketNumber").strip(),
        status=_integer(item, "status"),
        company_id=_integer(item, "companyID"),
        assigned_resource_id=_integer(item, "assignedResourceID"),
        assigned_role_id=_integer(item, "assignedResourceRoleID"),
        external_id=_text(item, "externalID").strip(),
    )


def parse_contact(item: Item, field: str = "") -> Contact:
    """Return a contact, with the text of a `field` of its own; one that does not say that it is active is not."""
    return Contact(
        id=_id(item, "id"),
        company_id=_integer(item, "companyID"),
        active=_truth(item, "isActive"),
        first_name=_text(item, "firstName").strip(),
        last_name=_text(item, "lastName").strip(),
        value=_text(item, field).strip(),
    )


def parse_company(item: Item) -> Company:
    """Return a company; one that does not say that it is active is not."""
    return Company(
        id=_id(item, "id"),
        name=_text(item, "companyName").strip(),
        active=_truth(item, "isActive"),
        parent_id=_integer(item, "parentCompanyID"),
    )


def parse_note(item: Item) -> TicketNote:
    """Return a ticket's note."""
    return TicketNote(
        id=_id(item, "id"),
        ticket_id=_id(item, "ticketID"),
        title=_text(item, "title"),
        created_at=parse_time(item.get("createDateTime")),
    )


def parse_note_text(item: Item) -> tuple[int, str]:
    """Return the id and the text of a ticket's note."""
    return _id(item, "id"), _text(item, "description")


def parse_time_entry(item: Item) -> TimeEntry:
    """Return a time entry; one on a task or on nothing has no ticket."""
    return TimeEntry(
        id=_id(item, "id"),
        ticket_id=_integer(item, "ticketID"),
        resource_id=_integer(item, "resourceID"),
        start=parse_time(item.get("startDateTime")),
        end=parse_time(item.get("endDateTime")),
        internal_notes=_text(item, "internalNotes"),
    )


def parse_resource(item: Item) -> Resource:
    """Return a resource; one that does not say that it is active is not."""
    return Resource(
        id=_id(item, "id"),
        email=_text(item, "email").strip(),
        user_name=_text(item, "userName").strip(),
        active=_truth(item, "isActive"),
        api_only=_integer(item, "licenseType") == API_ONLY_LICENSE,
        first_name=_text(item, "firstName").strip(),
        last_name=_text(item, "lastName").strip(),
        default_service_desk_role_id=_integer(item, "defaultServiceDeskRoleID"),
    )


def parse_role(item: Item) -> Role:
    """Return a role; one that does not say that it is active is not."""
    return Role(id=_id(item, "id"), name=_text(item, "name").strip(), active=_truth(item, "isActive"))


def parse_billing_code(item: Item) -> BillingCode:
    """Return a billing code; one that does not say that it is active is not."""
    return BillingCode(
        id=_id(item, "id"),
        name=_text(item, "name").strip(),
        use_type=_integer(item, "useType"),
        active=_truth(item, "isActive"),
    )


def parse_service_desk_role(item: Item) -> ServiceDeskRole:
    """Return a role that a resource holds; one that does not say that it is active is not."""
    _id(item, "id")
    return ServiceDeskRole(
        resource_id=_id(item, "resourceID"),
        role_id=_id(item, "roleID"),
        active=_truth(item, "isActive"),
        is_default=_truth(item, "isDefault"),
    )


def _id(item: Mapping[str, Any], name: str) -> int:
    value = _integer(item, name)
    if value is None:
        raise ValueError(f"{name} is no integer")
    return value


def _integer(item: Mapping[str, Any], name: str) -> int | None:
    value = item.get(name)
    return value if type(value) is int else None


def _text(item: Mapping[str, Any], name: str) -> str:
    """Return a text without lone surrogates: JSON can hold them, and neither a file nor a terminal takes them."""
    value = item.get(name)
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(value, str) else ""


def _truth(item: Mapping[str, Any], name: str) -> bool:
    """Return a flag. Autotask: some entities write flags as 1 and 0."""
    return item.get(name) in (True, 1)
