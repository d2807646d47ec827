"""The entities and their fields, named and typed as the live wire names them (camelCase).

Autotask: the tables follow the entity pages of the developer help; lengths are those of `getFieldInfo`.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from bt_autotask_sync.sandbox.autotask import tables
from bt_autotask_sync.sandbox.autotask.picklists import PICKLISTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Kind = Literal["integer", "long", "string", "datetime", "double", "boolean", "list"]
_KINDS: Final[Mapping[str, Kind]] = {
    kind: kind for kind in ("integer", "long", "string", "datetime", "double", "boolean", "list")
}
UDF_FIELD: Final = "userDefinedFields"


@dataclass(frozen=True, slots=True)
class Field:
    """A field: `length` is in characters, 0 for no limit; `reference` the path of the entity that it points to."""

    name: str
    kind: Kind
    length: int = 0
    required: bool = False
    read_only: bool = False
    queryable: bool = True
    reference: str = ""
    picklist: Mapping[int | str, str] | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity: `path` as in the URL (`Tickets`), `name` as in texts (`Ticket`), `fields` by lower-case name."""

    path: str
    name: str
    fields: Mapping[str, Field]
    user_defined: tuple[str, ...] = ()

    def field(self, name: str) -> Field | None:
        """Return the field of that name, in any case; None where there is none."""
        return self.fields.get(name.lower())

    def names(self) -> list[str]:
        """Return the names of the fields in the order of an answer."""
        return [field.name for field in self.fields.values()]


def _read_table(path: str, table: str) -> Iterator[Field]:
    """Read lines like `string 255 required: title` and `integer ->Companies: companyID`."""
    for line in table.strip().splitlines():
        head, _, names = line.partition(":")
        kind, *flags = head.split()
        for name in names.split():
            yield Field(
                name=name,
                kind=_KINDS[kind],
                length=next((int(flag) for flag in flags if flag.isdecimal()), 0),
                required="required" in flags,
                read_only="read-only" in flags,
                queryable="hidden" not in flags,
                reference=next((flag[2:] for flag in flags if flag.startswith("->")), ""),
                picklist=PICKLISTS.get((path, name)),
            )


def _entity(path: str, name: str, table: str, user_defined: tuple[str, ...] = ()) -> Entity:
    fields = sorted(_read_table(path, table), key=lambda field: (field.name != "id", field.name.lower()))
    return Entity(path, name, MappingProxyType({field.name.lower(): field for field in fields}), user_defined)


TICKETS: Final = _entity("Tickets", "Ticket", tables.TICKETS, ("Session ID",))
TICKET_NOTES: Final = _entity("TicketNotes", "TicketNote", tables.TICKET_NOTES)
TIME_ENTRIES: Final = _entity("TimeEntries", "TimeEntry", tables.TIME_ENTRIES)
CONTACTS: Final = _entity("Contacts", "Contact", tables.CONTACTS)
COMPANIES: Final = _entity("Companies", "Company", tables.COMPANIES)
RESOURCES: Final = _entity("Resources", "Resource", tables.RESOURCES)
ROLES: Final = _entity("Roles", "Role", tables.ROLES)
SERVICE_DESK_ROLES: Final = _entity(
    "ResourceServiceDeskRoles", "ResourceServiceDeskRole", tables.RESOURCE_SERVICE_DESK_ROLES
)
RESOURCE_ROLES: Final = _entity("ResourceRoles", "ResourceRole", tables.RESOURCE_ROLES)
BILLING_CODES: Final = _entity("BillingCodes", "BillingCode", tables.BILLING_CODES)

ENTITIES: Final[Mapping[str, Entity]] = MappingProxyType(
    {
        entity.path.lower(): entity
        for entity in (
            TICKETS,
            TICKET_NOTES,
            TIME_ENTRIES,
            CONTACTS,
            COMPANIES,
            RESOURCES,
            ROLES,
            SERVICE_DESK_ROLES,
            RESOURCE_ROLES,
            BILLING_CODES,
        )
    }
)
"""Every entity by its lower-case path."""
