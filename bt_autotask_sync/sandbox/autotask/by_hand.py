"""What people do on Autotask's own pages, where the rules of its API do not stand in the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from bt_autotask_sync.sandbox.autotask import moments
from bt_autotask_sync.sandbox.autotask.picklists import NOTE_ABSORBED, NOTE_MERGED, STATUS_COMPLETE
from bt_autotask_sync.sandbox.autotask.schema import TICKET_NOTES, TICKETS, TIME_ENTRIES
from bt_autotask_sync.sandbox.autotask.time_entries import hours

if TYPE_CHECKING:
    from datetime import datetime

    from bt_autotask_sync.sandbox.autotask.store import Record, Store

ON_TICKETS: Final = (TICKET_NOTES.path, TIME_ENTRIES.path)
"""The entities whose records stand on tickets."""
Minutes = Literal["cut", "rounded"]
"""What becomes of seconds where a page knows whole minutes."""
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ManualEntry:
    """A time entry that a person enters; the times are ISO text, without suffix in UTC."""

    ticket_id: int
    resource_id: int
    started_at: str
    ended_at: str
    summary: str = "Telephone"
    internal_notes: str = ""


def move(store: Store, entity: str, key: int, ticket: int) -> None:
    """Move a note or time entry to another ticket; it keeps its id."""
    store.update(entity, key, {"ticketID": ticket})


def merge(store: Store, source: int, destination: int, now: str, *, moves: bool) -> None:
    """Merge a ticket into another at `now` (a time as it is stored), with its records unless `moves` is off.

    Autotask (Merging tickets): notes and time entries are transferred, the source is set Complete and stays, and a
    system note on both names the other. Whether records keep their ids is unconfirmed; here they do.
    """
    for entity in ON_TICKETS if moves else ():
        for row in store.lookup(entity, "ticketID", [source]) or ():
            move(store, entity, row["id"], destination)
    numbers = {key: (store.get(TICKETS.path, key) or {})["ticketNumber"] for key in (source, destination)}
    store.update(TICKETS.path, source, {"status": STATUS_COMPLETE, "completedDate": now, "lastActivityDate": now})
    _add_note(store, source, NOTE_MERGED, f"Merged Into Ticket {numbers[destination]}", now)
    _add_note(store, destination, NOTE_ABSORBED, f"Absorbed Ticket {numbers[source]}", now)


def save_entry(store: Store, key: int, minutes: Minutes) -> None:
    """Open a time entry and save it: its times lose their seconds, as the page knows whole minutes only.

    What would become empty keeps one minute.
    """
    entry = store.get(TIME_ENTRIES.path, key) or {}
    start, end = (_whole(entry[name], minutes) for name in ("startDateTime", "endDateTime"))
    times = {"startDateTime": moments.wire(start), "endDateTime": moments.wire(max(end, start + _MINUTE))}
    store.update(TIME_ENTRIES.path, key, {**times, **hours({**entry, **times})})


def enter_time(store: Store, wanted: ManualEntry, now: str) -> int:
    """Enter time on a ticket at `now`, under a role of the resource, and return the id.

    Raises:
        ValueError: A time is none.
    """
    roles = store.lookup("ResourceServiceDeskRoles", "resourceID", [wanted.resource_id]) or []
    entry: Record = {
        "ticketID": wanted.ticket_id,
        "resourceID": wanted.resource_id,
        "roleID": next((row["roleID"] for row in roles), None),
        "startDateTime": moments.parse(wanted.started_at),
        "endDateTime": moments.parse(wanted.ended_at),
        "summaryNotes": wanted.summary,
        "internalNotes": wanted.internal_notes,
        "creatorUserID": wanted.resource_id,
        "createDateTime": now,
        "isNonBillable": False,
        "dateWorked": None,
        "offsetHours": None,
    }
    return store.insert(TIME_ENTRIES.path, {**entry, **hours(entry)})


def _whole(stored: str, minutes: Minutes) -> datetime:
    exact = moments.moment(stored)
    shifted = exact + _MINUTE / 2 if minutes == "rounded" else exact
    return shifted.replace(second=0, microsecond=0)


def _add_note(store: Store, ticket: int, note_type: int, text: str, now: str) -> None:
    note = {
        "ticketID": ticket,
        "title": text,
        "description": text,
        "noteType": note_type,
        "publish": 1,
        "createDateTime": now,
        "lastActivityDate": now,
    }
    store.insert(TICKET_NOTES.path, note)
