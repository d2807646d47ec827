"""The control endpoints under `/sandbox/` for what people do with records on Autotask's own pages, and with names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from bt_autotask_sync.sandbox.autotask import by_hand, moments
from bt_autotask_sync.sandbox.autotask.schema import TICKETS, TIME_ENTRIES
from bt_autotask_sync.sandbox.checking import checked
from bt_autotask_sync.sandbox.control.request_body import json_object

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from werkzeug.wrappers import Request

    from bt_autotask_sync.sandbox.application import Sandbox
    from bt_autotask_sync.sandbox.autotask.store import Record

OnTicket = Literal["TicketNotes", "TimeEntries"]
_TEXTS = {"TicketNotes": ("title", "description"), "TimeEntries": ("summaryNotes", "internalNotes")}


class Deed(Protocol):
    """Something that a person does; `apply` returns what the answer tells of it beside the time."""

    def apply(self, sandbox: Sandbox) -> dict[str, Any]:
        """Do it.

        Raises:
            ValueError: It cannot be done.
        """
        ...


@dataclass(frozen=True, slots=True)
class Move:
    """What `POST /sandbox/move` asks for: a note or time entry to another ticket."""

    entity: OnTicket
    id: int
    ticket_id: int

    def apply(self, sandbox: Sandbox) -> dict[str, Any]:
        """Move it."""
        _record(sandbox, self.entity, self.id)
        _record(sandbox, TICKETS.path, self.ticket_id, "ticket_id")
        by_hand.move(sandbox.autotask.store, self.entity, self.id, self.ticket_id)
        return {}


@dataclass(frozen=True, slots=True)
class Merge:
    """What `POST /sandbox/merge` asks for: a ticket into another; without `moves` its records stay where they are."""

    source: int
    destination: int
    moves: bool = True

    def apply(self, sandbox: Sandbox) -> dict[str, Any]:
        """Merge them."""
        if self.source == self.destination:
            raise ValueError("destination: must be another ticket")
        for name in ("source", "destination"):
            _record(sandbox, TICKETS.path, getattr(self, name), name)
        by_hand.merge(sandbox.autotask.store, self.source, self.destination, _now(sandbox), moves=self.moves)
        return {}


@dataclass(frozen=True, slots=True)
class Save:
    """What `POST /sandbox/save` asks for: a time entry, opened and saved as a page does that knows no seconds."""

    id: int
    minutes: by_hand.Minutes = "cut"

    def apply(self, sandbox: Sandbox) -> dict[str, Any]:
        """Save it."""
        _record(sandbox, TIME_ENTRIES.path, self.id)
        by_hand.save_entry(sandbox.autotask.store, self.id, self.minutes)
        return {}


@dataclass(frozen=True, slots=True)
class Edit:
    """What `POST /sandbox/edit` asks for: another text in a field of a note or time entry."""

    entity: OnTicket
    id: int
    field: str
    text: str

    def apply(self, sandbox: Sandbox) -> dict[str, Any]:
        """Write it."""
        _record(sandbox, self.entity, self.id)
        if self.field not in _TEXTS[self.entity]:
            raise ValueError(f"field: must be one of {', '.join(_TEXTS[self.entity])}")
        sandbox.autotask.store.update(self.entity, self.id, {self.field: self.text})
        return {}


@dataclass(frozen=True, slots=True)
class Delete:
    """What `POST /sandbox/delete` asks for: a note or time entry taken away."""

    entity: OnTicket
    id: int

    def apply(self, sandbox: Sandbox) -> dict[str, Any]:
        """Delete it."""
        _record(sandbox, self.entity, self.id)
        sandbox.autotask.store.delete(self.entity, self.id)
        return {}


@dataclass(frozen=True, slots=True)
class EnterTime(by_hand.ManualEntry):
    """What `POST /sandbox/enter-time` asks for: a time entry by hand, without a marker unless a text bears one."""

    def apply(self, sandbox: Sandbox) -> dict[str, Any]:
        """Enter it."""
        _record(sandbox, TICKETS.path, self.ticket_id, "ticket_id")
        _record(sandbox, "Resources", self.resource_id, "resource_id")
        return {"id": by_hand.enter_time(sandbox.autotask.store, self, _now(sandbox))}


@dataclass(frozen=True, slots=True)
class Rename:
    """What `POST /sandbox/rename` asks for: another username; with `past` reports of earlier sessions show it too."""

    username: str
    new: str
    past: bool = True

    def apply(self, sandbox: Sandbox) -> dict[str, Any]:
        """Rename the representative."""
        sandbox.appliance.rename(self.username, self.new, past=self.past)
        return {}


_DEEDS: Mapping[str, type[Deed]] = {
    "move": Move,
    "merge": Merge,
    "save": Save,
    "edit": Edit,
    "delete": Delete,
    "enter-time": EnterTime,
    "rename": Rename,
}


def record_endpoints(sandbox: Sandbox) -> dict[tuple[str, str], Callable[[Request], dict[str, Any]]]:
    """Return the endpoints by method and name; each takes the request and returns JSON values, or raises ValueError."""

    def endpoint(shape: type[Deed]) -> Callable[[Request], dict[str, Any]]:
        return lambda request: sandbox.apply(shape(**checked(shape, json_object(request))))

    return {("POST", name): endpoint(shape) for name, shape in _DEEDS.items()}


def _record(sandbox: Sandbox, entity: str, key: int, name: str = "id") -> Record:
    record = sandbox.autotask.store.get(entity, key)
    if record is None:
        raise ValueError(f"{name}: {entity} has no record {key}")
    return record


def _now(sandbox: Sandbox) -> str:
    return moments.wire_seconds(sandbox.clock.now())
