"""The seeded tickets: two weeks of a service desk, with what people noted and booked by hand before the last week."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.sandbox.scenarios.author import TicketReference
from bt_autotask_sync.sandbox.scenarios.people import ROLE_NAME, TECHNICIANS
from bt_autotask_sync.sandbox.scenarios.tenant import SERVICE_QUEUE, iso

if TYPE_CHECKING:
    from random import Random

    from bt_autotask_sync.sandbox.scenarios.author import Author
    from bt_autotask_sync.sandbox.scenarios.tenant import Store, Tenant

FEWEST_TICKETS = 40
COMPLETE = 5
"""Autotask: the system status of a completed ticket."""
_DAY = 86_400
_ASSIGNED = 0.7
"""The share of tickets that have somebody in charge."""
_QUEUES = (SERVICE_QUEUE, SERVICE_QUEUE, 29682969, 5, 8, 29683354)
_OPEN_STATUSES = (1, 1, 8, 8, 7, 12)


@dataclass(frozen=True, slots=True)
class Desk:
    """What the tickets are made of: where they go, who has trouble, when it is, and chance."""

    store: Store
    tenant: Tenant
    author: Author
    now: float
    random: Random


def seed_tickets(desk: Desk, sessions: int) -> list[TicketReference]:
    """Insert tickets for so many sessions, at least `FEWEST_TICKETS`, and return how technicians know them."""
    count = max(FEWEST_TICKETS, sessions // 4)
    # Two of five are older than the week of the sessions, so that every session finds one.
    random = desk.random
    ages = [random.uniform(7.5, 14) if each % 5 in {0, 3} else random.uniform(0.1, 7.4) for each in range(count)]
    numbers: Counter[str] = Counter()
    tickets = []
    for position, age in enumerate(sorted(ages, reverse=True)):
        created = desk.now - age * _DAY
        number = _number(created, numbers, desk.random, recurring=position == 0)
        tickets.append(_seed_ticket(desk, number, created, completed=position % 4 == 1))
    return tickets


def _number(created: float, numbers: Counter[str], random: Random, *, recurring: bool) -> str:
    """Autotask: a ticket number is `TYYYYMMDD.NNNN`, with `.NNN` behind it for a recurring ticket."""
    day = f"{datetime.fromtimestamp(created, UTC):T%Y%m%d}"
    numbers[day] += random.randint(1, 9)
    return f"{day}.{numbers[day]:04}{'.005' if recurring else ''}"


def _seed_ticket(desk: Desk, number: str, created: float, *, completed: bool) -> TicketReference:
    trouble = desk.author.trouble()
    technician = desk.random.choice([each for each in TECHNICIANS if each.billable])
    assigned = desk.tenant.resources[technician.username] if desk.random.random() < _ASSIGNED else None
    record = {
        "ticketNumber": number,
        "companyID": desk.tenant.companies[trouble.company],
        "contactID": desk.tenant.contacts[trouble.contact],
        "title": trouble.scenario.title,
        "description": trouble.scenario.details,
        "status": COMPLETE if completed else desk.random.choice(_OPEN_STATUSES),
        "priority": desk.random.choice((1, 2, 2, 3, 3)),
        "queueID": desk.random.choice(_QUEUES),
        "source": desk.random.choice((2, 4, -1)),
        "ticketType": 2,
        "ticketCategory": 1,
        "billingCodeID": desk.tenant.work_types["Remote Support"],
        "assignedResourceID": assigned,
        "assignedResourceRoleID": None if assigned is None else desk.tenant.roles[ROLE_NAME],
        "createDate": iso(created),
        "lastActivityDate": iso(created + 3600),
        "dueDateTime": iso(created + 3 * _DAY),
        "completedDate": iso(created + 5400) if completed else None,
    }
    key = desk.store.insert("Tickets", record)
    if created < desk.now - 8 * _DAY:
        _seed_manual_work(desk, key, created, desk.tenant.resources[technician.username])
    return TicketReference(key, number, created, not completed, trouble)


def _seed_manual_work(desk: Desk, ticket: int, created: float, resource: int) -> None:
    start = created + 1800
    minutes = desk.random.choice((15, 20, 30, 45))
    note = {
        "ticketID": ticket,
        "title": "Called the customer",
        "description": "Left a message on the answering machine, will try again after lunch.",
        "noteType": desk.random.choice((1, 2, 3)),
        "publish": desk.random.choice((1, 2)),
        "creatorResourceID": resource,
        "createDateTime": iso(start),
        "lastActivityDate": iso(start),
    }
    desk.store.insert("TicketNotes", note)
    desk.store.insert("TimeEntries", _time_entry(desk, ticket, resource, start, minutes))


def _time_entry(desk: Desk, ticket: int, resource: int, start: float, minutes: int) -> dict[str, Any]:
    end = start + minutes * 60
    return {
        "ticketID": ticket,
        "resourceID": resource,
        "roleID": desk.tenant.roles[ROLE_NAME],
        "billingCodeID": desk.tenant.work_types["Remote Support"],
        "dateWorked": f"{iso(start)[:10]}T00:00:00Z",
        "startDateTime": iso(start),
        "endDateTime": iso(end),
        "hoursWorked": round(minutes / 60, 4),
        "hoursToBill": -(-minutes // 15) / 4,
        "offsetHours": 0.0,
        "summaryNotes": "Phone call, looked into the matter.",
        "internalNotes": "",
        "isNonBillable": False,
        "showOnInvoice": True,
        "timeEntryType": 2,
        "creatorUserID": resource,
        "lastModifiedUserID": resource,
        "createDateTime": iso(end),
        "lastModifiedDateTime": iso(end),
        "billingApprovalLevelMostRecent": 0,
    }
