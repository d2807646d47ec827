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
    from bt_autotask_sync.sandbox.autotask.write_context import Desk


def create_note(ticket: int, values: Record, desk: Desk) -> int:
    """Store a new note on the ticket of the path, whatever the body says, and return its id.

    Raises:
        Refusal: A rule is broken.
    """
    note = draft(TICKET_NOTES, {**values, "ticketID": ticket})
    _check(note, desk)
    note.update(
        createDateTime=desk.now,
        lastActivityDate=desk.now,
        creatorResourceID=desk.author.resource,
        impersonatorCreatorResourceID=desk.author.impersonator,
    )
    key = desk.store.insert(TICKET_NOTES.path, note)
    desk.store.update("Tickets", ticket, {"lastActivityDate": desk.now})
    return key


def change_note(before: Record, values: Record, desk: Desk) -> None:
    """Change the fields in `values` of a stored note; noteType and publish must be among them.

    Raises:
        Refusal: A rule is broken.
    """
    require({"noteType": None, "publish": None, **values}, ("noteType", "publish"))
    after = {**before, **values, "ticketID": before["ticketID"]}
    _check(after, desk)
    changes = {name: after[name] for name in values}
    changes |= {"lastActivityDate": desk.now, "impersonatorUpdaterResourceID": desk.author.impersonator}
    desk.store.update(TICKET_NOTES.path, before["id"], changes)


def _check(note: Record, desk: Desk) -> None:
    if desk.store.get("Tickets", note["ticketID"]) is None:
        raise bad_reference("ticketID", "Ticket")
    title = ("title",) if desk.switches.note_title_required else ()
    require(note, (*title, "description", "noteType", "publish"))
    check_picklists(TICKET_NOTES, note)
    check_references(TICKET_NOTES, note, desk.store)
    if note["noteType"] in OWN_NOTE_TYPES and desk.switches.system_note_types == "refused":
        raise Refusal(f"Picklist value [{note['noteType']}] does not exist for noteType")
