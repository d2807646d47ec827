"""Whose session each new note and time entry is of, by the lsid anywhere in its texts, however it is marked."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bt_autotask_sync.sandbox.autotask.store import Store

NOTES, ENTRIES = "TicketNotes", "TimeEntries"
ON_TICKETS = (NOTES, ENTRIES)
Row = dict[str, Any]

_TEXTS = {NOTES: ("title", "description"), ENTRIES: ("internalNotes", "summaryNotes")}
_LSID = re.compile("[0-9a-f]{32}")
KEY_DIGITS = 12
"""Of an lsid, in the titles of notes."""
_KEY = re.compile(r"\[bt:([0-9a-f]{12})([^\]]*)\]")


@dataclass
class Deeds:
    """What people have done to records in Autotask.

    Attributes:
        made: Records that no program made, by entity and id.
        moved: Those that people moved, with the tickets that they had stood on.
        times: The times of entries before people saved them.
        deleted: Those that are gone, as they were.
        titles: The titles of notes before people wrote others.
    """

    made: set[tuple[str, int]] = field(default_factory=set)
    moved: dict[tuple[str, int], set[int]] = field(default_factory=dict)
    times: dict[int, tuple[int, int]] = field(default_factory=dict)
    deleted: dict[tuple[str, int], Row] = field(default_factory=dict)
    titles: dict[int, str] = field(default_factory=dict)


@dataclass
class Held:
    """What Autotask holds of one session: notes by what they tell (`` the session itself), entries by resource."""

    notes: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    entries: dict[int, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def rows(self) -> Iterable[Row]:
        """Yield all of them."""
        for rows in (*self.notes.values(), *self.entries.values()):
            yield from rows


class Records:
    """Reads what was made since a trial began.

    Args:
        store: Autotask's.
        deeds: What people have done to it.
    """

    def __init__(self, store: Store, deeds: Deeds) -> None:
        self._store = store
        self._deeds = deeds
        self._seeded = {entity: {row["id"]: row for row in store.rows(entity)} for entity in ON_TICKETS}

    def made(self) -> Iterable[tuple[str, Row]]:
        """Yield the entity and the record of everything that a program made."""
        for entity in ON_TICKETS:
            for row in self._store.scan(entity):
                if row["id"] not in self._seeded[entity] and (entity, row["id"]) not in self._deeds.made:
                    yield entity, row

    def by_session(self, lsids: Iterable[str]) -> tuple[dict[str, Held], list[str]]:
        """Return what is held of each session, and the names of records that belong to none."""
        keys = {lsid[:KEY_DIGITS]: lsid for lsid in lsids}
        held: dict[str, Held] = defaultdict(Held)
        strays = []
        for entity, row in self.made():
            lsid = lsid_in(entity, row, keys)
            if lsid is None:
                strays.append(f"{entity} {row['id']}")
            elif entity == ENTRIES:
                held[lsid].entries[row["resourceID"]].append(row)
            else:
                held[lsid].notes[self._suffix(row)].append(row)
        return held, strays

    def deleted(self, lsid: str) -> Held:
        """Return what people have deleted of a session."""
        held = Held()
        for (entity, _), row in self._deeds.deleted.items():
            if lsid_in(entity, row, {lsid[:KEY_DIGITS]: lsid}) != lsid:
                continue
            if entity == ENTRIES:
                held.entries[row["resourceID"]].append(row)
            else:
                held.notes[self._suffix(row)].append(row)
        return held

    def times(self, entries: Iterable[Row]) -> list[tuple[int, int]]:
        """Return from when to when entries are, as they were made: people save whole minutes."""
        return [self._deeds.times.get(row["id"], times_of(row)) for row in entries]

    def altered(self) -> Iterable[str]:
        """Yield which records that were there before are not as they were, but for what people did."""
        for entity, rows in self._seeded.items():
            for key, row in rows.items():
                now = self._store.get(entity, key)
                if (entity, key) in self._deeds.moved and now is not None:
                    now = {**now, "ticketID": row["ticketID"]}
                if now != row:
                    yield f"{entity} {key}, which was there before, was changed"

    def _suffix(self, note: Row) -> str:
        title = self._deeds.titles.get(note["id"], note["title"])
        marks = _KEY.findall(title or "")
        return marks[-1][1] if marks else ""


def lsid_in(entity: str, row: Row, keys: dict[str, str]) -> str | None:
    """Return the session that a record is of: by the last lsid in its texts, or the last key of 12 digits in a title.

    Args:
        entity: What it is.
        row: The record.
        keys: The lsids of all sessions by their keys.
    """
    known = set(keys.values())
    texts: list[str] = [row[name] or "" for name in _TEXTS[entity]]
    marks = [keys[key] for key, _ in _KEY.findall(texts[0]) if key in keys]
    if entity == NOTES and marks:
        return str(marks[-1])
    for text in texts:
        lsids = [lsid for lsid in _LSID.findall(text) if lsid in known]
        if lsids:
            return str(lsids[-1])
    return None


def times_of(row: Row) -> tuple[int, int]:
    """Return the start and the end of a time entry in unix seconds."""
    start, end = (datetime.fromisoformat(row[name]) for name in ("startDateTime", "endDateTime"))
    return int(start.replace(tzinfo=UTC).timestamp()), int(end.replace(tzinfo=UTC).timestamp())
