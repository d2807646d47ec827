"""Ticket Default Data, and the JSON of an external key that goes before it: what a new ticket starts from."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from pydantic import Field

from bt_autotask_sync.autotask.fields import CONTACT_FIELDS, TICKET_FIELDS, JsonType
from bt_autotask_sync.autotask.fields import Field as AutotaskField
from bt_autotask_sync.config import user_defined_fields, values
from bt_autotask_sync.config.default_data import (
    DIGITS,
    DefaultData,
    RecordKind,
    Rule,
    Scalar,
    name_rule,
    read_default_data,
)
from bt_autotask_sync.config.problems import Fault, InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Mapping

TicketValue = Scalar | tuple[dict[str, Scalar], ...]
"""The value of a field; a list is that of `userDefinedFields`."""

DEFAULT_CONTACT: Final = "defaultContactID"
DUE: Final = "dueDateTime"
USER_DEFINED_FIELDS: Final = "userDefinedFields"
SET_BY_THE_PROGRAM: Final = MappingProxyType(
    {
        "id": "Autotask numbers its tickets.",
        "ticketID": "Autotask numbers its tickets.",
        "ticketNumber": "Autotask numbers its tickets.",
        "externalID": "The program knows the ticket of a session by it.",
    }
)
"""Fields that a ticket may not start from, and why."""
PLACEHOLDER: Final = re.compile(r"\{\{\s*(issue|details)\s*\}\}", re.IGNORECASE)
"""What title and description may hold. BeyondTrust: the issue type and the description of the portal's issue form."""
QUESTION: Final = re.compile(r"\s*\{\{\s*(?P<field>\w+)\s*\|\s*(?P<code_name>[\w.-]+)\s*\}\}\s*")
OFFSET: Final = re.compile(r"\s*\+\s*(?P<number>[0-9]{1,5})\s*(?P<unit>[dhm])\s*", re.IGNORECASE)
UNITS: Final = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
LONGEST_NUMBER: Final = 30
"""Digits; a longer one is no id of anything."""
LONGEST_KEY_NAMED: Final = 60


class TicketData(DefaultData):
    """What a new ticket starts from."""

    default_contact_id: int | None = Field(
        None,
        serialization_alias=DEFAULT_CONTACT,
        description="The contact where contactID asks for one and none is found.",
    )
    fields: dict[str, TicketValue] = Field(
        default_factory=dict,
        description="Any writable field of Tickets, by its REST name or by its name in the plugin's JSON. title and "
        "description may hold {{Issue}} and {{Details}}, of the portal's issue form. contactID is a number or asks "
        'for one: "{{emailAddress|customer_email}}" is the contact whose emailAddress the session\'s custom field '
        "customer_email holds. Fields with a list of choices, like queueID, status and priority, take a number or a "
        "label, billingCodeID the name of a work type too. dueDateTime is ISO 8601 or counts from the session's "
        'start: "+2d", "+8h", "+30m".',
    )


def ticket_data(value: object) -> TicketData:
    """Return the default data that the configuration holds.

    Args:
        value: A table or the plugin's JSON text, or default data that were read before. A null is as good as absent.

    Raises:
        InvalidValueError: With everything that is wrong, each at its key.
    """
    return _read(value.as_written() if isinstance(value, TicketData) else value, _DEFAULTS)


def key_ticket_data(table: Mapping[str, object]) -> tuple[TicketData, tuple[str, ...]]:
    """Return what the JSON of an external key gives for its ticket, and in words what of it was left out.

    A technician or a link wrote it: a number may stand in quotes, empty text is as good as absent, and a field that is
    unknown or that the program sets itself is left out instead of refused.

    Raises:
        InvalidValueError: A value cannot be used. No message holds it.
    """
    usable: dict[str, object] = {}
    left_out: list[str] = []
    for key, item in table.items():
        name = _IN_A_KEY.name_of(key)
        if not name:
            left_out.append(f"{_printable(key)}, which is no field of tickets that can be written")
        elif name in _IN_A_KEY.refused:
            left_out.append(f"{name}, which the program or Autotask sets")
        elif not (isinstance(item, str) and not item.strip()):
            usable[key] = _number(item) if _IN_A_KEY.field(name).type is JsonType.INTEGER else item
    return _read(usable, _IN_A_KEY), tuple(left_out)


def contact_question(text: str) -> tuple[str, str] | None:
    """Return what `{{contact field|code name}}` asks: the field of Contacts as REST writes it, and the custom field.

    None when the text is not of that form, or names a field by which no contact can be found.
    """
    asked = QUESTION.fullmatch(text)
    field = _CONTACT_FIELDS.get(asked["field"].casefold()) if asked else None
    return (field, asked["code_name"]) if asked and field else None


def due_offset(text: str) -> timedelta | None:
    """Return how long after the session's start a ticket is due by `+2d`, `+8h` or `+30m`; None for anything else."""
    offset = OFFSET.fullmatch(text)
    return int(offset["number"]) * UNITS[offset["unit"].lower()] if offset else None


def _read(value: object, kind: RecordKind) -> TicketData:
    read, faults = read_default_data(value, kind)
    if faults:
        raise InvalidValueError(*faults)
    if USER_DEFINED_FIELDS in read:
        read[USER_DEFINED_FIELDS] = user_defined_fields.read(read[USER_DEFINED_FIELDS])
    if DUE in read:
        read[DUE] = _due(read[DUE])
    return TicketData(default_contact_id=read.pop(DEFAULT_CONTACT, None), fields=read)


def _due(text: str) -> str:
    """Return an offset as it is, and a moment in UTC; without an offset of its own it is in UTC, as Autotask has it."""
    if due_offset(text) is not None:
        return text.strip()
    return values.moment(text.strip(), ZoneInfo("UTC")).isoformat(timespec="seconds").replace("+00:00", "Z")


def _number(item: object) -> object:
    if isinstance(item, str) and DIGITS.fullmatch(item) and len(item.strip()) <= LONGEST_NUMBER:
        return int(item)
    return item


def _printable(key: str) -> str:
    """Return a name from outside so that it can be told anywhere."""
    shown = "".join(character if character.isprintable() else "?" for character in key[:LONGEST_KEY_NAMED])
    return f'"{shown}…"' if len(key) > LONGEST_KEY_NAMED else f'"{shown}"'


def _fault_of_contact(text: str) -> Fault | None:
    if contact_question(text):
        return None
    if QUESTION.fullmatch(text):
        return Fault("asks by a field that tells no contact", f"Known here: {', '.join(CONTACT_FIELDS)}.")
    advice = 'Write a number without quotes, or ask for it like "{{emailAddress|customer_email}}".'
    return Fault("is neither a number nor asks for a contact", advice)


def _fault_of_due_date(text: str) -> Fault | None:
    if due_offset(text) is not None:
        return None
    try:
        _due(text)
    except InvalidValueError:
        advice = 'Write ISO 8601, or a time from the session\'s start like "+2d", "+8h" or "+30m".'
        return Fault("is not a date and time", advice)
    return None


def _fault_of_placeholders(text: str) -> Fault | None:
    rest = PLACEHOLDER.sub(" ", text)
    if "{{" in rest or "}}" in rest:
        return Fault(
            "has something else in curly braces than can be filled in", "Known here: {{Issue}} and {{Details}}."
        )
    return None


def _fault_of_title(text: str) -> Fault | None:
    return None if text.strip() else Fault("must not be empty", "Leave it away, or write a title.")


def _fault_of_title_with_placeholders(text: str) -> Fault | None:
    return _fault_of_title(text) or _fault_of_placeholders(text)


_CONTACT_FIELDS = {name.casefold(): name for name in CONTACT_FIELDS}
_RULES: Mapping[str, Rule] = MappingProxyType(
    {name: name_rule("one of its labels") for name, field in TICKET_FIELDS.items() if field.picklist}
    | {
        "billingCodeID": name_rule("the name of a work type"),
        "contactID": _fault_of_contact,
        DUE: _fault_of_due_date,
    }
)
# Whoever starts a session knows nothing of lengths: the ticket's own texts are cut to fit when it is planned.
_CUT_TO_FIT = dict.fromkeys(("title", "description"), AutotaskField(JsonType.STRING))
_IN_A_KEY = RecordKind(
    name="tickets",
    fields=MappingProxyType({**TICKET_FIELDS, **_CUT_TO_FIT}),
    own=MappingProxyType({DEFAULT_CONTACT: AutotaskField(JsonType.INTEGER)}),
    refused=SET_BY_THE_PROGRAM,
    rules=_RULES,
)
_DEFAULTS = replace(
    _IN_A_KEY,
    fields=TICKET_FIELDS,
    rules=MappingProxyType(
        {**_RULES, "title": _fault_of_title_with_placeholders, "description": _fault_of_placeholders}
    ),
)
