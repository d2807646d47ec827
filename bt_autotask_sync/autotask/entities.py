"""Autotask's records, as far as the job reads them: frozen, parsed at the edge. Times are aware and in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from datetime import datetime

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket. `number` is like `T20261122.0042`."""

    id: int
    number: str
    status: int | None = None
    company_id: int | None = None
    assigned_resource_id: int | None = None
    assigned_role_id: int | None = None
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody at a company. Autotask: no field of a contact is unique but its id."""

    id: int
    company_id: int | None
    active: bool
    first_name: str = ""
    last_name: str = ""
    value: str = ""
    """The text of the field that it was asked by, as Autotask holds it."""


@dataclass(frozen=True, slots=True)
class Company:
    """A company that tickets can be for. Autotask: id 0 is the service provider's own."""

    id: int
    name: str
    active: bool
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class TicketNote:
    """A note on a ticket, without its text."""

    id: int
    ticket_id: int
    title: str
    created_at: datetime | None = None
    """Where it was asked for."""


@dataclass(frozen=True, slots=True)
class TimeEntry:
    """Time of a resource on a ticket."""

    id: int
    ticket_id: int | None
    resource_id: int | None
    start: datetime | None
    end: datetime | None
    internal_notes: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """Autotask's person. An API-only user (licence type 7) never owns time."""

    id: int
    email: str
    user_name: str
    active: bool
    api_only: bool
    first_name: str = ""
    last_name: str = ""
    default_service_desk_role_id: int | None = None


@dataclass(frozen=True, slots=True)
class Role:
    """A role that work is billed under."""

    id: int
    name: str
    active: bool


@dataclass(frozen=True, slots=True)
class BillingCode:
    """What a time entry's `billingCodeID` points to: a work type, where `use_type` says so."""

    id: int
    name: str
    use_type: int | None
    active: bool


@dataclass(frozen=True, slots=True)
class ServiceDeskRole:
    """A role that a resource holds on the service desk: the one that counts for tickets."""

    resource_id: int
    role_id: int
    active: bool
    is_default: bool


@dataclass(frozen=True, slots=True)
class Threshold:
    """The tenant's hourly budget of external requests, shared by all integrations; limit 0 means none."""

    limit: int
    used: int


@dataclass(frozen=True, slots=True)
class Created:
    """A create that Autotask confirmed with the id of the new record."""

    id: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A create that Autotask refused with its own words: nothing was made.

    `of_the_kind` tells that the refusal is about the rights of the API user, so that every record of this kind
    would be refused.
    """

    words: str
    of_the_kind: bool = False


@dataclass(frozen=True, slots=True)
class Unclear:
    """A create whose outcome is not known: the record may exist, or may come to exist.

    `status` is the HTTP status of the answer, None where no whole one came.
    """

    reason: str
    status: int | None = None

    @property
    def turned_away(self) -> bool:
        """Whether the answer was a 4xx: most likely something between here and Autotask does not let it through."""
        return self.status is not None and HTTPStatus(400) <= self.status < HTTPStatus(500)


@dataclass(frozen=True, slots=True)
class WouldCreate:
    """A dry run's outcome of a create: nothing was sent, and no record has an id."""

    id: None = None


CreateOutcome = Created | Refused | Unclear | WouldCreate


@dataclass(frozen=True, slots=True)
class Lookup(Generic[Record]):
    """What a query found, and when, in Autotask time, it was answered (its first page; None without a `Date`)."""

    items: tuple[Record, ...]
    answered_at: datetime | None
