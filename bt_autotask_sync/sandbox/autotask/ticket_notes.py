"""The rules of notes on tickets.

Autotask: written under `/Tickets/{id}/Notes` only, also on completed tickets; a note sends no mail by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.sandbox.autotask.picklists import OWN_NOTE_TYPES
from bt_autotask_sync.sandbox.autotask.refusal import Refusal, bad_reference
from bt_autotask_sync.sandbox.autotask.schema import TICKET_NOTES
from bt_autotask_sync.sandbox.autotask.write_context import check_picklists, check_references, draft, require

if TYPE_CHECKING:
    from bt_autotask_sync.sandbox.autotask.store import Record
    from bt_autotask_sync.sandbox.autotask.write_context import WriteContext


def create_note(ticket: int, values: Record, context: WriteContext) -> int:
    """Store a new note on the ticket of the path, whatever the body says, and return its id.

    Raises:
        Refusal: A rule is broken.
    """
    note = draft(TICKET_NOTES, {**values, "ticketID": ticket})
    _check(note, context)
    note.update(
        createDateTime=context.now,
        lastActivityDate=context.now,
        creatorResourceID=context.author.resource,
        impersonatorCreatorResourceID=context.author.impersonator,
    )
    key = context.store.insert(TICKET_NOTES.path, note)
    context.store.update("Tickets", ticket, {"lastActivityDate": context.now})
    return key


def change_note(before: Record, values: Record, context: WriteContext) -> None:
    """Change the fields in `values` of a stored note; noteType and publish must be among them.

    Raises:
        Refusal: A rule is broken.
    """
    require({"noteType": None, "publish": None, **values}, ("noteType", "publish"))
    after = {**before, **values, "ticketID": before["ticketID"]}
    _check(after, context)
    changes = {name: after[name] for name in values}
    changes |= {"lastActivityDate": context.now, "impersonatorUpdaterResourceID": context.author.impersonator}
    context.store.update(TICKET_NOTES.path, before["id"], changes)


def _check(note: Record, context: WriteContext) -> None:
    if context.store.get("Tickets", note["ticketID"]) is None:
        raise bad_reference("ticketID", "Ticket")
    title = ("title",) if context.switches.note_title_required else ()
    require(note, (*title, "description", "noteType", "publish"))
    check_picklists(TICKET_NOTES, note)
    check_references(TICKET_NOTES, note, context.store)
    if note["noteType"] in OWN_NOTE_TYPES and context.switches.system_note_types == "refused":
        raise Refusal(f"Picklist value [{note['noteType']}] does not exist for noteType")
