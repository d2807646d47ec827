"""What stands in Autotask, in words that do not depend on when it was made, nor on the ids that it got."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.crash.simulator.records import times_of
from tests.crash.simulator.spans import overlap

if TYPE_CHECKING:
    from bt_autotask_sync.sandbox.application import Sandbox

_MARKERS = {
    "TicketNotes": ("title", re.compile(r"\[bt:[0-9a-f]{12}[\]:].*")),
    "TimeEntries": ("internalNotes", re.compile(r"\[bt:[0-9a-f]{32}:.*")),
}
_LSID = re.compile("[0-9a-f]{32}")
_OF_THE_MOMENT = frozenset(
    {
        "id",
        "ticketNumber",
        "ticketID",
        "createDate",
        "createDateTime",
        "lastActivityDate",
        "lastModifiedDateTime",
        "lastTrackedModificationDateTime",
    }
)
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """What was made.

    Attributes:
        tickets: The sessions' own tickets on which something stands, by external id.
        left_over: The external ids of those on which nothing stands.
        records: Notes and time entries by their marks, each with the number of its ticket, or its external id where
            the ticket is a session's own.
    """

    tickets: dict[str, Record]
    left_over: frozenset[str]
    records: dict[str, Record]


def standing(sandbox: Sandbox) -> Standing:
    """Return what was made in a sandbox; nothing may be there twice."""
    store = sandbox.autotask.store
    names = {row["id"]: row["externalID"] or row["ticketNumber"] for row in store.scan("Tickets")}
    records: dict[str, Record] = {}
    for entity, (field, mark) in _MARKERS.items():
        for row in store.scan(entity):
            if found := mark.search(row[field] or ""):
                assert found[0] not in records, f"{found[0]} stands there twice"
                records[found[0]] = {**_lasting(row), "ticket": names[row["ticketID"]]}
    _check_time(store.scan("TimeEntries"))
    own = [row for row in store.scan("Tickets") if row["externalID"]]
    assert len({row["externalID"] for row in own}) == len(own), "a session has two tickets"
    used = {record["ticket"] for record in records.values()}
    return Standing(
        tickets={row["externalID"]: _lasting(row) for row in own if row["externalID"] in used},
        left_over=frozenset(row["externalID"] for row in own if row["externalID"] not in used),
        records=records,
    )


def _check_time(entries: list[Record]) -> None:
    """Refuse time of one session and person that is entered twice, whatever marks it."""
    billed: dict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
    for row in entries:
        if lsids := _LSID.findall(row["internalNotes"] or ""):
            billed[lsids[-1], row["resourceID"]].append(times_of(row))
    doubled = [key for key, times in billed.items() if overlap(times)]
    assert not doubled, f"time is entered twice: {doubled}"


def _lasting(row: Record) -> Record:
    return {name: value for name, value in row.items() if name not in _OF_THE_MOMENT}
