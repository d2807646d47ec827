"""Writes: which entity takes which method, and the way of a body through its rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bt_autotask_sync.sandbox.autotask.refusal import Refusal, not_permitted
from bt_autotask_sync.sandbox.autotask.schema import TICKET_NOTES, TICKETS, TIME_ENTRIES, UDF_FIELD
from bt_autotask_sync.sandbox.autotask.ticket_notes import change_note, create_note
from bt_autotask_sync.sandbox.autotask.tickets import change_ticket, create_ticket
from bt_autotask_sync.sandbox.autotask.time_entries import change_time_entry, create_time_entry, delete_time_entry
from bt_autotask_sync.sandbox.autotask.values import read_body

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bt_autotask_sync.sandbox.autotask.schema import Entity
    from bt_autotask_sync.sandbox.autotask.store import Record
    from bt_autotask_sync.sandbox.autotask.write_context import WriteContext

_CREATES: Mapping[str, Callable[[Record, WriteContext], int]] = {
    TICKETS.path: create_ticket,
    TIME_ENTRIES.path: create_time_entry,
}
_CHANGES: Mapping[str, Callable[[Record, Record, WriteContext], None]] = {
    TICKETS.path: change_ticket,
    TICKET_NOTES.path: change_note,
    TIME_ENTRIES.path: change_time_entry,
}


class Body:
    """The JSON object of a write, with its text, of which refusals name the position."""

    def __init__(self, values: Mapping[str, Any], text: str) -> None:
        self.values = values
        self.text = text

    def key(self) -> int:
        """Return the id that a change names.

        Raises:
            Refusal: It names none.
        """
        given = next((value for name, value in self.values.items() if name.lower() == "id"), None)
        if isinstance(given, bool) or not str(given).isdecimal():
            raise Refusal("Missing Required Field: id")
        return int(str(given))


def create(entity: Entity, body: Body, context: WriteContext, ticket: int | None = None) -> int:
    """Create a record, a note on `ticket`, and return its id.

    Raises:
        Refusal: A rule is broken, or the API user may not create such records.
    """
    if entity.path in context.switches.creates_refused:
        raise not_permitted("create")
    values = read_body(entity, body.values, body.text, context.switches)
    return _CREATES[entity.path](values, context) if ticket is None else create_note(ticket, values, context)


def change(entity: Entity, body: Body, context: WriteContext, *, replace: bool, ticket: int | None = None) -> int:
    """Change the record that the body names, a note on `ticket`; `replace` empties every field that is left out.

    Raises:
        Refusal: There is no such record, or a rule is broken.
    """
    before = context.store.get(entity.path, body.key())
    if before is None or ticket not in (None, before.get("ticketID")):
        raise Refusal("No matching records found.")
    values = read_body(entity, body.values, body.text, context.switches)
    writable = [field.name for field in entity.fields.values() if not field.read_only and field.name != UDF_FIELD]
    _CHANGES[entity.path](before, {**dict.fromkeys(writable), **values} if replace else values, context)
    return body.key()


def delete(key: int, context: WriteContext) -> int:
    """Delete a time entry.

    Raises:
        Refusal: There is no such entry, or it may not be deleted.
    """
    entry = context.store.get(TIME_ENTRIES.path, key)
    if entry is None:
        raise Refusal(
            "No message. No matching records found. "
            "The logged in Resource may not have the required permissions to delete the data."
        )
    delete_time_entry(entry, context)
    return key
