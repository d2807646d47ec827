"""What happened in a session: the `event` elements of its `session_details`.

BeyondTrust's event types are an open set, so a type that is not known here only counts with its time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bt_autotask_sync.appliance.element import children_named, first_children, text_of
from bt_autotask_sync.appliance.people import Stays, read_actor
from bt_autotask_sync.appliance.session import (
    Actor,
    ChatMessage,
    FileAction,
    FileEvent,
    SessionNote,
    SystemInformationTable,
    Transfer,
)
from bt_autotask_sync.appliance.system_information import read_system_information
from bt_autotask_sync.appliance.values import decoded, number, unix_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lxml.etree import _Element as Element

    Children = dict[str, Element]

_BEFORE_THE_SESSION = "Pre-start Conference"
"""Owner of a session that nobody took up yet; no transfer."""


@dataclass(slots=True)
class EventLog:
    """What the events of one session add up to; `last_second` is the latest time of any of them, in unix seconds."""

    chat: list[ChatMessage] = field(default_factory=list)
    notes: list[SessionNote] = field(default_factory=list)
    files: list[FileEvent] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    tables: list[SystemInformationTable] = field(default_factory=list)
    stays: Stays = field(default_factory=Stays)
    has_end: bool = False
    last_second: int = 0


def read_events(details: Element | None, started_at: datetime | None) -> EventLog:
    """Return what the events say. One whose own time is unreadable stands at the time of the one before it."""
    log = EventLog()
    second = int(started_at.timestamp()) if started_at else 0
    for element in children_named(details, "event"):
        stamp = unix_seconds(element.get("timestamp"))
        if stamp:
            second = stamp
            log.last_second = max(log.last_second, stamp)
        add = _READERS.get(element.get("event_type") or "")
        if add:
            add(log, datetime.fromtimestamp(second, UTC), first_children(element))
    return log


def _performer(parts: Children) -> Actor:
    return read_actor(parts.get("performed_by"))


def _body(parts: Children) -> str:
    encoded = parts.get("encoded_body")
    if encoded is not None:
        return decoded(encoded.text or "")
    body = parts.get("body")
    return "" if body is None else body.text or ""


def _data(parts: Children) -> Iterator[tuple[str, str]]:
    """Yield the names and values of the event's `data`."""
    for value in children_named(parts.get("data"), "value"):
        words = value.get("value")
        yield value.get("name") or "", text_of(value) if words is None else words


def _add_chat(log: EventLog, at: datetime, parts: Children) -> None:
    log.chat.append(ChatMessage(at, _performer(parts), read_actor(parts.get("destination")), _body(parts)))


def _add_note(log: EventLog, at: datetime, parts: Children) -> None:
    log.notes.append(SessionNote(at, _performer(parts), _body(parts)))


def _add_joining(log: EventLog, at: datetime, parts: Children) -> None:
    log.stays.add(at, _performer(parts), joined=True)


def _add_departure(log: EventLog, at: datetime, parts: Children) -> None:
    log.stays.add(at, _performer(parts), joined=False)


def _add_transfer(log: EventLog, at: datetime, parts: Children) -> None:
    owner = dict(_data(parts)).get("owner") or text_of(parts.get("destination"))
    if owner and owner != _BEFORE_THE_SESSION:
        log.transfers.append(Transfer(at, owner))


def _add_system_information(log: EventLog, at: datetime, parts: Children) -> None:  # noqa: ARG001 - tables have no time
    log.tables.extend(read_system_information(parts.get("system_information")))


def _add_end(log: EventLog, at: datetime, parts: Children) -> None:  # noqa: ARG001 - that it is there is all it says
    log.has_end = True


def _file_adder(action: FileAction) -> Callable[[EventLog, datetime, Children], None]:
    def add(log: EventLog, at: datetime, parts: Children) -> None:
        performer = _performer(parts)
        log.files.extend(FileEvent(at, action, name, size, performer) for name, size in _files(parts).items())

    return add


def _files(parts: Children) -> dict[str, int | None]:
    """Return the sizes of the event's files by name. The name and size stand in any of three places, or in several."""
    files: dict[str, int | None] = {}
    name = ""
    for key, value in _file_properties(parts):
        if key == "filename" and value:
            name = value
            files.setdefault(name, None)
        elif key == "filesize" and name and files[name] is None:
            files[name] = number(value)
    return files


def _file_properties(parts: Children) -> Iterator[tuple[str, str]]:
    yield from _data(parts)
    for place in (parts, *map(first_children, children_named(parts.get("files"), "file"))):
        yield "filename", text_of(place.get("filename"))
        yield "filesize", text_of(place.get("filesize"))


_READERS: dict[str, Callable[[EventLog, datetime, Children], None]] = {
    "Chat Message": _add_chat,
    "Session Note Added": _add_note,
    "Conference Member Added": _add_joining,
    "Conference Member Departed": _add_departure,
    "Conference Owner Changed": _add_transfer,
    "File Upload": _file_adder(FileAction.UPLOADED),
    "File Download": _file_adder(FileAction.DOWNLOADED),
    "File Moved": _file_adder(FileAction.MOVED),
    "File Deleted": _file_adder(FileAction.DELETED),
    "System Information Retrieved": _add_system_information,
    "Session End": _add_end,
}
