"""What Autotask tells about its entities: their rights and their fields.

Autotask: picklist values are text; rights are 0 none, 1 all, 2 restricted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bt_autotask_sync.sandbox.autotask.picklists import ISSUE_OF_SUB_ISSUE, OWN_NOTE_TYPES, is_active

if TYPE_CHECKING:
    from bt_autotask_sync.sandbox.autotask.schema import Entity, Field
    from bt_autotask_sync.sandbox.switches import Switches

WRITABLE: Final = ("Tickets", "TicketNotes", "TimeEntries")
DELETABLE: Final = ("TimeEntries",)
_SYSTEM_STATUSES: Final = (1, 5)


def entity_information(entity: Entity, switches: Switches) -> dict[str, Any]:
    """Return what may be done with an entity, and how far the API user's rights go."""
    write = entity.path in WRITABLE
    delete = entity.path in DELETABLE
    create = write and entity.path not in switches.creates_refused
    return {
        "info": {
            "name": entity.name,
            "canCreate": write,
            "canDelete": delete,
            "canQuery": True,
            "canUpdate": write,
            "userAccessForCreate": int(create),
            "userAccessForDelete": int(delete),
            "userAccessForQuery": int(entity.path not in switches.missing_rights),
            "userAccessForUpdate": int(write),
            "hasUserDefinedFields": bool(entity.user_defined),
            "supportsWebhookCallouts": entity.path in ("Tickets", "TicketNotes", "Companies", "Contacts"),
        }
    }


def fields(entity: Entity, switches: Switches) -> dict[str, Any]:
    """Return the fields of an entity with their types, lengths and picklists."""
    return {"fields": [_described(entity, field, switches) for field in entity.fields.values() if field.kind != "list"]}


def user_defined_fields(entity: Entity) -> dict[str, Any]:
    """Return the fields that the tenant added to an entity."""
    return {"fields": [_user_defined(name) for name in entity.user_defined]}


def _described(entity: Entity, field: Field, switches: Switches) -> dict[str, Any]:
    title = field.name == "title" and entity.path == "TicketNotes"
    return {
        "name": field.name,
        "dataType": field.kind,
        "length": field.length,
        "isRequired": field.required or (title and switches.note_title_required),
        "isReadOnly": field.read_only,
        "isQueryable": field.queryable,
        "isReference": bool(field.reference),
        "referenceEntityType": field.reference,
        "isPickList": field.picklist is not None,
        "picklistValues": None if field.picklist is None else _picklist(entity, field),
        "picklistParentValueField": "issueType" if field.name == "subIssueType" else "",
        "isSupportedWebhookField": False,
    }


def _picklist(entity: Entity, field: Field) -> list[dict[str, Any]]:
    return [
        {
            "value": str(value),
            "label": label,
            "isDefaultValue": order == 1,
            "sortOrder": order,
            "parentValue": str(ISSUE_OF_SUB_ISSUE[int(value)]) if field.name == "subIssueType" else "",
            "isActive": is_active(entity.path, field.name, value),
            "isSystem": _is_system(entity, field, value),
        }
        for order, (value, label) in enumerate((field.picklist or {}).items(), start=1)
    ]


def _is_system(entity: Entity, field: Field, value: int | str) -> bool:
    if entity.path == "TicketNotes":
        return field.name == "publish" or value in OWN_NOTE_TYPES
    return field.name == "status" and value in _SYSTEM_STATUSES


def _user_defined(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": name,
        "type": "string",
        "length": 255,
        "description": "",
        "isRequired": False,
        "isReadOnly": False,
        "isQueryable": True,
        "isReference": False,
        "referenceEntityType": "",
        "isPickList": False,
        "picklistValues": None,
        "picklistParentValueField": "",
        "defaultValue": "",
        "isSupportedWebhookField": False,
    }
