"""What every run needs of Autotask's entities: rights, fields that a query may name, and values of picklists."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.metadata import Access, read_fields, read_rights
from bt_autotask_sync.check.findings import Area, ok, problem, remark
from bt_autotask_sync.check.ticket_data import asked_contact
from bt_autotask_sync.sync.plan.note_artifacts import PUBLISH_INTERNALLY, PUBLISH_TO_ALL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bt_autotask_sync.autotask.client import AutotaskClient
    from bt_autotask_sync.autotask.metadata import Choice, FieldInformation
    from bt_autotask_sync.check.findings import Finding
    from bt_autotask_sync.config.models import Profile

MOST_NAMED = 12
"""Values of a picklist that a mend names."""


@dataclass(frozen=True, slots=True)
class Need:
    """An entity that runs deal with: what it serves, the fields that look-ups name, and whether records are made.

    `instead` tells what to do where a look-up may not name one of the fields.
    """

    entity: str
    area: Area
    fields: tuple[str, ...]
    creates: bool = False
    instead: str = "Report it with Autotask's version: this program cannot look up without."


TICKETS = Need("Tickets", Area.AUTOTASK, ("id", "ticketNumber", "externalID"))
NOTES = Need("TicketNotes", Area.NOTES, ("id", "ticketID", "title"), creates=True)
OF_TIME_ENTRIES = (
    Need("TimeEntries", Area.TIME_ENTRIES, ("id", "ticketID"), creates=True),
    Need("Resources", Area.TIME_ENTRIES, ("id", "email", "userName")),
    Need("Roles", Area.TIME_ENTRIES, ("id",)),
    Need("ResourceServiceDeskRoles", Area.TIME_ENTRIES, ("resourceID",)),
)


def needs(profile: Profile) -> tuple[Need, ...]:
    """Return what the runs of a profile need."""
    makes_tickets = profile.tickets.enabled
    return (
        replace(TICKETS, creates=makes_tickets),
        *([_contacts(profile)] if makes_tickets else []),
        NOTES,
        *(OF_TIME_ENTRIES if profile.time_entries.enabled else ()),
    )


def _contacts(profile: Profile) -> Need:
    """Return what is needed of contacts: the field that they are asked by, too."""
    asked = asked_contact(profile.tickets)
    mend = "Ask by another field in tickets.default_data.contactID."
    return Need("Contacts", Area.TICKETS, ("id", *([asked.field] if asked else [])), instead=mend)


def check_entity(client: AutotaskClient, profile: Profile, need: Need) -> Iterator[Finding]:
    """Yield whether the API user may do what is needed, and the tenant has what the settings name."""
    yield from _check_rights(client, need)
    fields = read_fields(client, need.entity)
    yield from _check_fields(need, fields)
    if need is NOTES:
        yield from _check_note_type(fields, profile)
        yield from _check_publish(fields, profile)


def _check_rights(client: AutotaskClient, need: Need) -> Iterator[Finding]:
    """Autotask: the rights of an entity are none, all or restricted; a look-up without rights finds nothing."""
    rights = read_rights(client, need.entity)
    if rights is None:
        yield remark(need.area, f"Autotask does not tell the rights on {need.entity}.")
        return
    lacking = [
        word
        for word, access in (("query", rights.query), ("create", rights.create))
        if access is Access.NONE and (word == "query" or need.creates)
    ]
    for word in lacking:
        yield problem(need.area, f"The API user may not {word} {need.entity}.", _grant(need.entity))
    if rights.query is Access.RESTRICTED:
        what = f"The API user may query {need.entity} with restrictions: records that it cannot see are not found."
        yield remark(need.area, what, _grant(need.entity))
    elif not lacking:
        yield ok(need.area, f"The API user has the rights that are needed on {need.entity}.")


def _grant(entity: str) -> str:
    return f"Let the API user's security level have all {entity}; the level API User (system) has them."


def _check_fields(need: Need, fields: Mapping[str, FieldInformation]) -> Iterator[Finding]:
    if not fields:
        yield remark(need.area, f"Autotask does not tell the fields of {need.entity}.")
        return
    for name in need.fields:
        field = fields.get(name.lower())
        if field is None or not field.queryable:
            what = f"Queries of {need.entity} may not name {name} in this tenant, and runs do."
            yield problem(need.area, what, need.instead)


def _check_note_type(fields: Mapping[str, FieldInformation], profile: Profile) -> Iterator[Finding]:
    choices = _choices(fields, "noteType")
    yield _judge(
        "note type", profile.autotask.note_type, choices, f"Set autotask.note_type to one of: {named(choices)}."
    )


def _check_publish(fields: Mapping[str, FieldInformation], profile: Profile) -> Iterator[Finding]:
    """Surveys of representatives are published internally whatever the settings say."""
    choices = _choices(fields, "publish")
    wanted = [PUBLISH_INTERNALLY, *([PUBLISH_TO_ALL] if profile.autotask.publish_notes_as_public else [])]
    mend = f"Autotask publishes notes by: {named(choices)}. Have the missing value activated."
    for value in wanted:
        yield _judge("publish value", value, choices, mend)


def _judge(name: str, value: int, choices: tuple[Choice, ...], mend: str) -> Finding:
    """Return what to say of a value that notes will have. Autotask: values of picklists are text."""
    if not choices:
        return remark(Area.NOTES, f"Autotask does not tell which {name}s there are.")
    chosen = next((choice for choice in choices if choice.value == str(value)), None)
    if chosen is None:
        return problem(Area.NOTES, f"The {name} {value} does not exist in this tenant.", mend)
    if not chosen.active:
        return problem(Area.NOTES, f"The {name} {value} ({chosen.label}) is not active in this tenant.", mend)
    return ok(Area.NOTES, f"The {name} {value} is “{chosen.label}”.")


def _choices(fields: Mapping[str, FieldInformation], name: str) -> tuple[Choice, ...]:
    field = fields.get(name.lower())
    return field.choices if field else ()


def named(choices: Iterable[Choice]) -> str:
    """Return the active values of a picklist in words, at most `MOST_NAMED` of them."""
    active = [f"{choice.value} ({choice.label})" for choice in choices if choice.active]
    return ", ".join([*active[:MOST_NAMED], *(["…"] if len(active) > MOST_NAMED else [])])
