"""What a tenant says of its entities: the API user's rights, the fields, and the values of picklists."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.autotask.errors import unusable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bt_autotask_sync.autotask.client import AutotaskClient


class Access(Enum):
    """How far a right goes."""

    NONE = "none"
    ALL = "all"
    RESTRICTED = "restricted"
    UNKNOWN = "unknown"


# Autotask: numbers by what clients declare; the words are those of its pages.
_ACCESS: Mapping[object, Access] = MappingProxyType(
    {0: Access.NONE, 1: Access.ALL, 2: Access.RESTRICTED} | {access.value: access for access in Access}
)


@dataclass(frozen=True, slots=True)
class Rights:
    """What the API user may do with the records of an entity."""

    query: Access
    create: Access


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a picklist. Autotask: the value is text, also where the field is a number."""

    value: str
    label: str
    active: bool
    parent: str = ""
    """The value of the parent field that this one belongs to, as a sub-issue does to an issue; empty for none."""


@dataclass(frozen=True, slots=True)
class FieldInformation:
    """A field: whether a query may name it, whether a new record must have it, and what can be chosen for it."""

    name: str
    queryable: bool
    choices: tuple[Choice, ...] = ()
    required: bool = False
    """Autotask gives the fields that nobody can write, as the id is, by itself: they are never required here."""
    parent_field: str = ""
    """The REST name of the field whose value the choices depend on; empty for none."""


def read_rights(client: AutotaskClient, entity: str) -> Rights | None:
    """Return the API user's rights on an entity, as in the address (`TimeEntries`); None where it tells nothing.

    Raises:
        AutotaskOutage: The answer is something else; and whatever `AutotaskClient.query` raises.
    """
    path = f"/{entity}/entityInformation"
    body = client.read(path)
    if body is None:
        return None
    info = body.get("info")
    if not isinstance(info, dict):
        raise unusable(f"GET {path}", "it has no information")
    return Rights(_access(info.get("userAccessForQuery")), _access(info.get("userAccessForCreate")))


def read_fields(client: AutotaskClient, entity: str) -> Mapping[str, FieldInformation]:
    """Return the fields of an entity by their names in lower case; none where Autotask tells nothing.

    Raises:
        AutotaskOutage: The answer is something else; and whatever `AutotaskClient.query` raises.
    """
    path = f"/{entity}/entityInformation/fields"
    body = client.read(path)
    if body is None:
        return {}
    fields = body.get("fields")
    if not isinstance(fields, list):
        raise unusable(f"GET {path}", "it has no list of fields")
    known = (_field(item) for item in fields if isinstance(item, dict))
    return {field.name.lower(): field for field in known}


def _access(value: object) -> Access:
    known = value.lower() if isinstance(value, str) else value
    return _ACCESS.get(known, Access.UNKNOWN) if isinstance(known, str | int) else Access.UNKNOWN


def _field(item: Mapping[str, Any]) -> FieldInformation:
    choices = item.get("picklistValues")
    return FieldInformation(
        name=str(item.get("name") or ""),
        queryable=item.get("isQueryable") is True,
        choices=tuple(_choice(choice) for choice in choices if isinstance(choice, dict))
        if isinstance(choices, list)
        else (),
        required=item.get("isRequired") is True and item.get("isReadOnly") is not True,
        parent_field=str(item.get("picklistParentValueField") or "").strip(),
    )


def _choice(item: Mapping[str, Any]) -> Choice:
    return Choice(
        value=str(item.get("value", "")).strip(),
        label=str(item.get("label") or "").strip(),
        active=item.get("isActive") is True,
        parent="" if item.get("parentValue") is None else str(item["parentValue"]).strip(),
    )
