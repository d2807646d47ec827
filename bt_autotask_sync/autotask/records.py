"""The reads of the job: typed, in bulk, and compared again here with what was asked.

Autotask drops what it does not understand of a filter and then returns everything; no item that was not asked for
gets past this file.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask import items
from bt_autotask_sync.autotask.bulk import Kind, Remembered, among, folded, read_bulk
from bt_autotask_sync.autotask.contacts import ContactReads
from bt_autotask_sync.autotask.query import Condition, Operator
from bt_autotask_sync.autotask.tickets import TicketReads

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from bt_autotask_sync.autotask.client import AutotaskClient
    from bt_autotask_sync.autotask.entities import (
        BillingCode,
        Lookup,
        Resource,
        Role,
        ServiceDeskRole,
        TicketNote,
        TimeEntry,
    )

NOTES = Kind("TicketNotes", ("id", "ticketID", "title", "createDateTime"), items.parse_note)
NOTE_TEXTS = Kind("TicketNotes", ("id", "ticketID", "title", "description"), items.parse_note_text)
TIME_ENTRIES = Kind(
    "TimeEntries",
    ("id", "ticketID", "resourceID", "startDateTime", "endDateTime", "internalNotes"),
    items.parse_time_entry,
)
# All fields: Autotask does not let a query name defaultServiceDeskRoleID everywhere, but returns it where it can.
RESOURCES = Kind("Resources", (), items.parse_resource)
ROLES = Kind("Roles", ("id", "name", "isActive"), items.parse_role)
BILLING_CODES = Kind("BillingCodes", ("id", "name", "useType", "isActive"), items.parse_billing_code)
WORK_TYPE = 1
"""Autotask: the `useType` of a billing code that time on a ticket can have."""
SERVICE_DESK_ROLES = Kind(
    "ResourceServiceDeskRoles", ("id", "resourceID", "roleID", "isActive", "isDefault"), items.parse_service_desk_role
)


class Records(TicketReads, ContactReads):
    """What the job reads from one tenant. Resources and roles are asked for once in the life of the object.

    An empty question asks Autotask nothing. Every method raises what `AutotaskClient.query` raises, and
    `AutotaskOutage` for an item without an id.
    """

    def __init__(self, client: AutotaskClient) -> None:
        super().__init__(client)
        self._resources_by_email = Remembered[str, "tuple[Resource, ...]"](
            self._ask_resources_by_email, (), same=folded
        )
        self._resources_by_id = Remembered[int, "Resource | None"](self._ask_resources_by_id, None)
        self._service_desk_roles = Remembered[int, "tuple[ServiceDeskRole, ...]"](self._ask_service_desk_roles, ())
        self._roles: tuple[Role, ...] | None = None
        self._work_types: tuple[BillingCode, ...] | None = None

    def notes_on(self, ticket_ids: Iterable[int], title_contains: str = "bt:") -> Lookup[TicketNote]:
        """Return the notes on these tickets whose title contains a text, in any case."""
        wanted, text = set(ticket_ids), title_contains.casefold()
        return read_bulk(
            self._client,
            NOTES,
            among({"ticketID": sorted(wanted)}),
            lambda note: note.ticket_id in wanted and text in note.title.casefold(),
            also=[Condition(Operator.CONTAINS, "title", title_contains)],
        )

    def time_entries_on(self, ticket_ids: Iterable[int]) -> Lookup[TimeEntry]:
        """Return all time entries on these tickets that the API user may see."""
        wanted = set(ticket_ids)
        questions = among({"ticketID": sorted(wanted)})
        return read_bulk(self._client, TIME_ENTRIES, questions, lambda entry: entry.ticket_id in wanted)

    def notes_made(self, since: datetime, until: datetime, title_contains: str = "bt:") -> Lookup[TicketNote]:
        """Return the notes made from `since` until before `until`, on any ticket, whose title contains a text."""
        text = title_contains.casefold()
        made = [
            Condition(Operator.GTE, "createDateTime", _wire_time(since)),
            Condition(Operator.LT, "createDateTime", _wire_time(until)),
        ]
        return read_bulk(
            self._client,
            NOTES,
            [Condition(Operator.CONTAINS, "title", title_contains)],
            lambda note: text in note.title.casefold() and _is_between(note.created_at, since, until),
            also=made,
        )

    def notes_since(self, since: datetime, most: int, title_contains: str = "bt:") -> Lookup[TicketNote]:
        """Return the notes made since then, on any ticket, whose title contains a text.

        Raises:
            TooManyRecords: There are more than `most`.
        """
        text = title_contains.casefold()
        return read_bulk(
            self._client,
            NOTES,
            [Condition(Operator.CONTAINS, "title", title_contains)],
            lambda note: text in note.title.casefold() and (note.created_at is None or note.created_at >= since),
            also=[Condition(Operator.GTE, "createDateTime", _wire_time(since))],
            most=most,
        )

    def note_texts(self, ids: Iterable[int]) -> dict[int, str]:
        """Return the texts of the notes with these ids, by id."""
        wanted = set(ids)
        questions = among({"id": sorted(wanted)})
        return dict(read_bulk(self._client, NOTE_TEXTS, questions, lambda note: note[0] in wanted).items)

    def time_entries_between(self, since: datetime, until: datetime, most: int) -> Lookup[TimeEntry]:
        """Return all time entries of anybody that begin between two times, on tickets or elsewhere.

        Raises:
            TooManyRecords: There are more than `most`.
        """
        return read_bulk(
            self._client,
            TIME_ENTRIES,
            [Condition(Operator.GTE, "startDateTime", _wire_time(since))],
            lambda entry: entry.start is not None and since <= entry.start <= until,
            also=[Condition(Operator.LTE, "startDateTime", _wire_time(until))],
            most=most,
        )

    def time_entries_during(self, start: datetime, end: datetime, notes_contain: str = "bt:") -> Lookup[TimeEntry]:
        """Return time entries of anybody that lie in part between two times and whose internal notes contain a text."""
        text = notes_contain.casefold()
        return read_bulk(
            self._client,
            TIME_ENTRIES,
            [Condition(Operator.CONTAINS, "internalNotes", notes_contain)],
            lambda entry: text in entry.internal_notes.casefold() and _lies_in(entry, start, end),
            also=_during(start, end),
        )

    def time_entries_of(self, resource_ids: Iterable[int], start: datetime, end: datetime) -> Lookup[TimeEntry]:
        """Return all time entries of these resources that lie in part between two times, on tickets or elsewhere."""
        wanted = set(resource_ids)
        return read_bulk(
            self._client,
            TIME_ENTRIES,
            among({"resourceID": sorted(wanted)}),
            lambda entry: entry.resource_id in wanted and _lies_in(entry, start, end),
            also=_during(start, end),
        )

    def notes(self, ids: Iterable[int]) -> Lookup[TicketNote]:
        """Return the notes with these ids."""
        wanted = set(ids)
        return read_bulk(self._client, NOTES, among({"id": sorted(wanted)}), lambda note: note.id in wanted)

    def time_entries(self, ids: Iterable[int]) -> Lookup[TimeEntry]:
        """Return the time entries with these ids."""
        wanted = set(ids)
        return read_bulk(self._client, TIME_ENTRIES, among({"id": sorted(wanted)}), lambda entry: entry.id in wanted)

    def note(self, note_id: int) -> TicketNote | None:
        """Return one note, asked for directly and not by a query, or None where there is none."""
        item = self._client.get(NOTES.entity, note_id)
        return None if item is None else items.parse_note(item)

    def time_entry(self, time_entry_id: int) -> TimeEntry | None:
        """Return one time entry, asked for directly and not by a query, or None where there is none."""
        item = self._client.get(TIME_ENTRIES.entity, time_entry_id)
        return None if item is None else items.parse_time_entry(item)

    def any_note(self) -> bool:
        """Tell whether queries show the API user any note at all."""
        return self._client.count(NOTES.entity, [Condition(Operator.EXIST, "id")]) > 0

    def any_time_entry(self, *, non_billable: bool) -> bool:
        """Tell whether queries show the API user any time entry that is billed, or that is not."""
        return self._client.count(TIME_ENTRIES.entity, [Condition(Operator.EQ, "isNonBillable", non_billable)]) > 0

    def resources_by_email(self, emails: Iterable[str]) -> dict[str, tuple[Resource, ...]]:
        """Return for every address the resources that have it as e-mail or as user name, in any case.

        Inactive and API-only resources are among them, so that the caller can say why one will not do. Autotask: an
        e-mail address need not be unique.
        """
        return self._resources_by_email(emails)

    def resources_by_id(self, ids: Iterable[int]) -> dict[int, Resource]:
        """Return the resources that exist, by id."""
        return {key: resource for key, resource in self._resources_by_id(ids).items() if resource is not None}

    def roles_by_name(self, names: Iterable[str]) -> dict[str, tuple[Role, ...]]:
        """Return for every name the roles called so, in any case and without blanks around; inactive ones too.

        A tenant has few roles: they are read as a whole, which leaves nothing to the server's way of comparing.
        """
        asked = list(dict.fromkeys(names))
        if asked and self._roles is None:
            everything = [Condition(Operator.EXIST, "id")]
            self._roles = read_bulk(self._client, ROLES, everything, lambda _: True).items
        roles = self._roles or ()
        return {name: tuple(role for role in roles if folded(role.name) == folded(name)) for name in asked}

    def work_types_by_name(self, names: Iterable[str]) -> dict[str, tuple[BillingCode, ...]]:
        """Return for every name the work types called so, in any case and without blanks around; inactive ones too."""
        asked = list(dict.fromkeys(names))
        if asked and self._work_types is None:
            work_types = [Condition(Operator.EQ, "useType", WORK_TYPE)]
            self._work_types = read_bulk(
                self._client, BILLING_CODES, work_types, lambda code: code.use_type == WORK_TYPE
            ).items
        known = self._work_types or ()
        return {name: tuple(code for code in known if folded(code.name) == folded(name)) for name in asked}

    def service_desk_roles(self, resource_ids: Iterable[int]) -> dict[int, tuple[ServiceDeskRole, ...]]:
        """Return for every resource the roles that it holds on the service desk; inactive ones too."""
        return self._service_desk_roles(resource_ids)

    def _ask_resources_by_email(self, emails: Sequence[str]) -> Mapping[str, tuple[Resource, ...]]:
        addresses = [email.strip() for email in emails if "@" in email]
        wanted = set(map(folded, addresses))
        found = read_bulk(
            self._client,
            RESOURCES,
            among({"email": addresses, "userName": addresses}),
            lambda resource: not wanted.isdisjoint(_addresses(resource)),
        ).items
        return {one: tuple(resource for resource in found if folded(one) in _addresses(resource)) for one in emails}

    def _ask_resources_by_id(self, ids: Sequence[int]) -> Mapping[int, Resource | None]:
        found = read_bulk(self._client, RESOURCES, among({"id": ids}), lambda resource: resource.id in ids).items
        return {resource.id: resource for resource in found}

    def _ask_service_desk_roles(self, resource_ids: Sequence[int]) -> Mapping[int, tuple[ServiceDeskRole, ...]]:
        wanted = set(resource_ids)
        questions = among({"resourceID": resource_ids})
        found = read_bulk(self._client, SERVICE_DESK_ROLES, questions, lambda role: role.resource_id in wanted).items
        return {one: tuple(role for role in found if role.resource_id == one) for one in resource_ids}


def _during(start: datetime, end: datetime) -> list[Condition]:
    return [
        Condition(Operator.LT, "startDateTime", _wire_time(end)),
        Condition(Operator.GT, "endDateTime", _wire_time(start)),
    ]


def _lies_in(entry: TimeEntry, start: datetime, end: datetime) -> bool:
    return entry.start is not None and entry.end is not None and entry.start < end and entry.end > start


def _is_between(moment: datetime | None, since: datetime, until: datetime) -> bool:
    """Tell whether a moment lies between two, which are asked for in whole seconds."""
    return moment is not None and since.replace(microsecond=0) <= moment < until.replace(microsecond=0)


def _wire_time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _addresses(resource: Resource) -> set[str]:
    """Return what a resource can be found by, folded: its e-mail address and its user name, where each is one."""
    return {folded(text) for text in (resource.email, resource.user_name) if "@" in text}
