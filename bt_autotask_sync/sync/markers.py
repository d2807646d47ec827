"""By what a record in Autotask is recognised as a session's: nothing in it can be changed by a person later.

A note is recognised by the marker in its title, a ticket by its external id. A time entry's marker holds the lsid, a
name for people to read, and the representative's `gsnumber`: usernames are re-spelled and renamed, a gsnumber never
changes within its session.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.entities import Ticket, TicketNote, TimeEntry
from bt_autotask_sync.notes.text import clip, one_line
from bt_autotask_sync.state.states import ArtifactKind, ArtifactState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bt_autotask_sync.state.artifact_record import ArtifactRecord

MARKER_START = "bt:"
KEY_DIGITS = 12
"""Hex digits of the lsid in a note's marker."""
LONGEST_NAME = 200
"""UTF-16 units of a name in a marker."""
LONGEST_NUMBER = 40
"""Characters of a gsnumber in a marker."""
MINUTE = 60
"""Seconds. Autotask: an entry that a person opens and saves keeps whole minutes alone."""

_HARMLESS = str.maketrans("[]", "()")
_NOTE = re.compile(r"\[bt:[0-9a-f]{12}(?=[\]:])")
_TIME_ENTRY = re.compile(r"\[bt:[0-9a-f]{32}:")
# Read from the right: a name may hold anything but brackets. Earlier versions wrote no number.
_PARTS = re.compile(
    r"\[bt:(?P<lsid>[0-9a-f]{32}):(?P<name>[^\[\]]*?)(?:#(?P<number>[0-9A-Za-z_-]+))?(?::(?P<part>[0-9]+))?\]"
)
_NUMBERED = re.compile(r"\[bt:[0-9a-f]{32}:#(?P<number>[0-9A-Za-z_-]+)(?::(?P<part>[0-9]+))?\]")
_NOT_IN_NUMBER = re.compile(r"[^0-9A-Za-z_-]")

Found = Ticket | TicketNote | TimeEntry

_KINDS: dict[type[Found], ArtifactKind] = {
    Ticket: ArtifactKind.TICKET,
    TicketNote: ArtifactKind.NOTE,
    TimeEntry: ArtifactKind.TIME_ENTRY,
}


@dataclass(frozen=True, slots=True)
class EntryMarker:
    """What the marker of a time entry says; `number` is the gsnumber, None in those of earlier versions."""

    lsid: str
    name: str
    number: str | None
    part: int


def kind_of(record: Found) -> ArtifactKind:
    """Return what a record is."""
    return _KINDS[type(record)]


def note_marker(lsid: str, suffix: str = "") -> str:
    """Return the marker that ends a note's title: `[bt:KEY]`, KEY being the first 12 hex digits of the lsid."""
    return f"[bt:{lsid[:KEY_DIGITS]}{suffix}]"


def ticket_marker(lsid: str) -> str:
    """Return the external id of the ticket that a session has made for itself: `bt:LSID`."""
    return f"bt:{lsid}"


def entry_key(lsid: str, gsnumber: str, part: int = 1) -> str:
    """Return how the ledger knows a time entry: `[bt:LSID:#GS]`, later parts numbered; its marker without the name."""
    return f"[bt:{lsid}:#{marker_number(gsnumber)}{numbered(part)}]"


def entry_marker(key: str, username: str) -> str:
    """Return the marker that ends a time entry's internal notes: `[bt:LSID:NAME#GS]`, for the ledger's key of it."""
    place = key.index("#")
    return f"{key[:place]}{marker_name(username)}{key[place:]}"


def marker_name(username: str) -> str:
    """Return a username as it stands in markers: as the report has it, but for what would begin or end a marker."""
    return clip(one_line(username).translate(_HARMLESS), LONGEST_NAME)


def marker_number(gsnumber: str) -> str:
    """Return a gsnumber as it stands in markers. BeyondTrust: it is a number; whatever else a report holds is cut."""
    return _NOT_IN_NUMBER.sub("", gsnumber)[:LONGEST_NUMBER] or "0"


def numbered(part: int) -> str:
    """Return what a marker says of a part: nothing of the first, `:2` of the second."""
    return f":{part}" if part > 1 else ""


def is_entry_key(marker: str) -> bool:
    """Return whether this is the ledger's key of a time entry, and not one of an earlier version."""
    return _NUMBERED.fullmatch(marker) is not None


def marker_of(record: Found) -> str:
    """Return the last marker in the title or the internal notes, from its bracket to the end of its line.

    Another session's marker may stand before it: customers' names are part of titles, and people type what they like.
    A ticket's is its whole external id.
    """
    if isinstance(record, Ticket):
        return record.external_id.strip().lower()
    text, marker = (record.title, _NOTE) if isinstance(record, TicketNote) else (record.internal_notes, _TIME_ENTRY)
    places = [match.start() for match in marker.finditer(text)]
    return text[places[-1] :].partition("\n")[0] if places else ""


def read_entry_marker(text: str) -> EntryMarker | None:
    """Return what the marker of a time entry says, or the ledger's key of one; None where there is none."""
    found = _PARTS.match(text)
    if found is None:
        return None
    return EntryMarker(found["lsid"], found["name"], found["number"], int(found["part"] or 1))


def lsid_in(record: Found) -> str:
    """Return the lsid in a record's marker; of a note's, which holds no more, the first 12 digits; empty for none."""
    marker = marker_of(record)
    if isinstance(record, Ticket):
        return marker.removeprefix(MARKER_START) if marker.startswith(MARKER_START) else ""
    if isinstance(record, TicketNote):
        return marker[len("[bt:") :][:KEY_DIGITS]
    read = read_entry_marker(marker)
    return read.lsid if read else ""


def is_of(record: Found, lsid: str) -> bool:
    """Return whether a record says that it is of a session; a note says so with the first digits of the lsid."""
    found = lsid_in(record)
    return bool(found) and lsid.startswith(found)


def same_minutes(entry: TimeEntry, start: datetime | None, end: datetime | None) -> bool:
    """Return whether a time entry has this start and end, to the minute."""
    if entry.start is None or entry.end is None or start is None or end is None:
        return False
    return all(abs((one - other).total_seconds()) < MINUTE for one, other in ((entry.start, start), (entry.end, end)))


def overlaps(entry: TimeEntry, start: datetime | None, end: datetime | None) -> bool:
    """Return whether a time entry and a span share a minute or more, or most of what is shorter than two."""
    if entry.start is None or entry.end is None or start is None or end is None:
        return False
    shared = (min(entry.end, end) - max(entry.start, start)).total_seconds()
    shorter = min(entry.end - entry.start, end - start).total_seconds()
    return shared > 0 and shared >= min(MINUTE, shorter / 2)


CUSTOMER_SURVEY = ":customer-survey"
REPRESENTATIVE_SURVEY = ":representative-survey"
"""How the marker of a survey note goes on behind the key; `:2` and so on follow where surveys came later."""

_MARKER = re.compile(rf"{REPRESENTATIVE_SURVEY}(?::([0-9]+))?\]")
_FIXED = frozenset({ArtifactState.UNSETTLED, ArtifactState.CREATED, ArtifactState.ADOPTED, ArtifactState.SKIPPED})
"""The states in which what a note tells can change no more."""


def told_surveys(records: Iterable[ArtifactRecord]) -> dict[int, tuple[str, ...]]:
    """Return whose surveys a session's notes on representatives' surveys tell, by the number of the note.

    They are named as `respondents` names them; nobody: it is not known. A note that was never sent tells nothing yet.
    """
    numbered = ((_MARKER.search(record.marker), record) for record in records if record.state in _FIXED)
    return {int(found[1] or 1): tuple(record.respondents.split()) for found, record in numbered if found}
