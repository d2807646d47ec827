"""What every rule about a write looks at, and the checks that all entities share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bt_autotask_sync.sandbox.autotask import moments
from bt_autotask_sync.sandbox.autotask.picklists import API_USER_LICENSE, is_active
from bt_autotask_sync.sandbox.autotask.refusal import Refusal, TurnedAway, bad_reference, not_permitted
from bt_autotask_sync.sandbox.autotask.schema import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from bt_autotask_sync.sandbox.autotask.schema import Entity, Field
    from bt_autotask_sync.sandbox.autotask.store import Record, Store
    from bt_autotask_sync.sandbox.clock import SandboxClock
    from bt_autotask_sync.sandbox.switches import Switches

OWN_COMPANY: Final = 0
"""Autotask: the service provider itself, a valid `companyID`."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes: `impersonator` is the API user where it writes as somebody else."""

    resource: int | None
    impersonator: int | None = None


@dataclass(frozen=True, slots=True)
class WriteContext:
    """One write: the tenant's records and settings, its author, and the time of it as it is stored."""

    store: Store
    switches: Switches
    author: Author
    now: str


def write_context_for(
    store: Store, switches: Switches, clock: SandboxClock, user: str, impersonated: str | None
) -> WriteContext:
    """Return the desk of a write by the API user of that name, who may name the id of somebody to write as.

    Raises:
        Refusal: That resource cannot be impersonated.
    """
    api_user = _api_user(store, user)
    author = (
        Author(api_user) if impersonated is None else Author(_impersonated(store, switches, impersonated), api_user)
    )
    return WriteContext(store, switches, author, moments.wire_seconds(clock.now()))


def draft(entity: Entity, values: Record) -> Record:
    """Return a record of all fields, null where `values` has none."""
    return {**dict.fromkeys(entity.names()), **values}


def require(given: Record, names: Iterable[str]) -> None:
    """Refuse what is given when one of these fields is missing or blank in it."""
    missing = [name for name in names if given.get(name) is None or not str(given[name]).strip()]
    if missing:
        raise Refusal(*(f"Missing Required Field: {name}" for name in missing))


def check_picklists(entity: Entity, given: Record) -> None:
    """Refuse given values that are not in their picklists, or that nobody can choose any more."""
    picked = [(field, given.get(field.name)) for field in entity.fields.values() if field.picklist is not None]
    wrong = [
        f"Picklist value [{value}] does not exist for {field.name}"
        for field, value in picked
        if value is not None and not _can_be_chosen(entity, field, value)
    ]
    if wrong:
        raise Refusal(*wrong)


def check_references(entity: Entity, given: Record, store: Store, skip: Collection[str] = ()) -> None:
    """Refuse given ids that point to nothing, except those in `skip`, which have rules of their own."""
    for field in entity.fields.values():
        if field.reference and field.name not in skip and not _exists(field, given.get(field.name), store):
            raise bad_reference(field.name, ENTITIES[field.reference.lower()].name)


def holds_role(store: Store, resource: int, role: int) -> bool:
    """Tell whether a resource holds a role on the service desk."""
    held = store.lookup("ResourceServiceDeskRoles", "resourceID", [resource]) or []
    return any(row["roleID"] == role and row["isActive"] for row in held)


def is_person(resource: Record | None) -> bool:
    """Tell whether work can be put on a resource: an API-only user never owns any."""
    return resource is not None and bool(resource["isActive"]) and resource["licenseType"] != API_USER_LICENSE


def _can_be_chosen(entity: Entity, field: Field, value: int | str) -> bool:
    return value in (field.picklist or ()) and is_active(entity.path, field.name, value)


def _exists(field: Field, key: int | None, store: Store) -> bool:
    if key is None or (field.reference == "Companies" and key == OWN_COMPANY):
        return True
    return store.get(field.reference, key) is not None


def _api_user(store: Store, user: str) -> int | None:
    users = [row for row in store.scan("Resources") if row["licenseType"] == API_USER_LICENSE]
    named = [row for row in users if user.lower() in (str(row["userName"]).lower(), str(row["email"]).lower())]
    return next((row["id"] for row in named + users), None)


def _impersonated(store: Store, switches: Switches, asked: str) -> int:
    resource = store.get("Resources", int(asked)) if asked.strip().isdecimal() else None
    if switches.impersonation == "turned-away":
        raise TurnedAway
    if switches.impersonation == "refused-otherwise":
        raise Refusal("Die Anmeldung im Namen anderer ist nicht freigegeben.")
    if resource is None or not is_person(resource) or switches.impersonation == "refused":
        raise not_permitted("create")
    key: int = resource["id"]
    if key in switches.not_impersonated:
        raise not_permitted("create")
    return key
