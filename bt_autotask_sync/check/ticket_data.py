"""Ticket default data held against what Autotask requires of every ticket. Nobody is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bt_autotask_sync.check.findings import Area, ok, problem, remark
from bt_autotask_sync.config.ticket_data import contact_question

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bt_autotask_sync.autotask.metadata import FieldInformation
    from bt_autotask_sync.check.findings import Finding
    from bt_autotask_sync.config.tickets import Tickets

ALWAYS = ("status", "priority")
"""Autotask: required of every ticket, and with no other source than default data or the key's JSON."""
ASSIGNMENT = ("assignedResourceID", "assignedResourceRoleID")
"""Autotask: both or neither."""
OF_THEIR_OWN = frozenset({*ALWAYS, *ASSIGNMENT, "companyID", "dueDateTime", "externalID", "queueID", "title"})
"""Fields that have a rule here, or that the program gives by itself where nothing else does."""


class AskedContact(NamedTuple):
    """How contacts are looked for: by which field of theirs, and by which custom field of the session."""

    field: str
    code_name: str


def asked_contact(settings: Tickets) -> AskedContact | None:
    """Return how the default data look for contacts; None where they do not, or no tickets are made."""
    asked = settings.default_data.fields.get("contactID")
    question = contact_question(asked) if settings.enabled and isinstance(asked, str) else None
    return AskedContact(*question) if question else None


def check_ticket_data(settings: Tickets) -> Iterator[Finding]:
    """Yield what the default data lack, and what in them does not go together, by Autotask's own rules."""
    if not settings.enabled:
        return
    findings = [
        *_check_assignment(settings),
        *_check_missing(settings),
        *_check_contact(settings),
        *_check_due_date(settings),
    ]
    yield from findings or [ok(Area.TICKETS, "The default data of tickets hold all that Autotask always requires.")]


def check_required_here(settings: Tickets, known: Mapping[str, FieldInformation]) -> Iterator[Finding]:
    """Yield what the default data lack of the fields that this tenant requires beside those that every one does."""
    settled = {name.lower() for name in (*OF_THEIR_OWN, *settings.default_data.fields)}
    required = [field.name for field in known.values() if field.required]
    yield from lacking(settings, [name for name in required if name.lower() not in settled])


def lacking(settings: Tickets, names: Sequence[str]) -> Iterator[Finding]:
    """Yield that default data lack fields without which Autotask takes no ticket.

    It is a problem where a ticket can be made for a session without an external key: nothing else brings them then.
    """
    if not names:
        return
    what = f"tickets.default_data lacks {', '.join(names)}; Autotask takes no ticket without."
    if settings.create_without_external_key:
        yield problem(Area.TICKETS, what, "Add it: a session without an external key has it from nowhere else.")
    else:
        yield remark(Area.TICKETS, what, "The JSON of every external key must bring it; or add it.")


def _check_assignment(settings: Tickets) -> Iterator[Finding]:
    given = [name for name in ASSIGNMENT if name in settings.default_data.fields]
    if len(given) == 1:
        yield problem(
            Area.TICKETS,
            f"tickets.default_data has {given[0]} alone: Autotask takes {' and '.join(ASSIGNMENT)} together only.",
            "Add the other one, or leave both out.",
        )


def _check_missing(settings: Tickets) -> Iterator[Finding]:
    """Autotask: a ticket has a company, a status, a priority, and a queue or somebody who is in charge."""
    given, contact = settings.default_data.fields, settings.default_data.default_contact_id
    company = [] if {"companyID", "contactID"} & given.keys() or contact is not None else ["companyID"]
    queue = [] if "queueID" in given or any(name in given for name in ASSIGNMENT) else ["queueID"]
    yield from lacking(settings, [*company, *(name for name in ALWAYS if name not in given), *queue])


def _check_contact(settings: Tickets) -> Iterator[Finding]:
    given, contact = settings.default_data.fields, settings.default_data.default_contact_id
    if asked_contact(settings) and "companyID" not in given and contact is None:
        yield remark(
            Area.TICKETS,
            "Where no contact is found for a session, its ticket has no company: it is held.",
            "Add defaultContactID or companyID to tickets.default_data.",
        )


def _check_due_date(settings: Tickets) -> Iterator[Finding]:
    """Autotask: a ticket needs a due date unless its category gives one, which nobody tells."""
    if "dueDateTime" not in settings.default_data.fields:
        yield remark(
            Area.TICKETS,
            "tickets.default_data has no dueDateTime: Autotask takes no ticket without, unless its category gives one.",
            'Add one that counts from the session\'s start, like "+1d", unless the ticket category has a default.',
        )
