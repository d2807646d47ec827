"""The audit's reads: what was made or worked in a window, and nothing beyond it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.autotask.records import Records

if TYPE_CHECKING:
    from collections.abc import Callable

    import responses

    from bt_autotask_sync.autotask.client import AutotaskClient
    from bt_autotask_sync.autotask.entities import Lookup

BASE = "https://webservices5.autotask.net/atservicesrest/v1.0"
SINCE = datetime(2026, 11, 22, 8, tzinfo=UTC)
UNTIL = datetime(2026, 11, 22, 10, tzinfo=UTC)
DURING = [
    {"op": "lt", "field": "startDateTime", "value": "2026-11-22T10:00:00Z"},
    {"op": "gt", "field": "endDateTime", "value": "2026-11-22T08:00:00Z"},
]


def entry(key: int, start: str, end: str, **fields: Any) -> dict[str, Any]:
    times = {"startDateTime": f"2026-11-22T{start}:00Z", "endDateTime": f"2026-11-22T{end}:00Z"}
    return {"id": key, "ticketID": 7, "resourceID": 5, "internalNotes": "x\n[bt:…]", **times, **fields}


ENTRIES = [
    entry(1, "09:00", "09:30"),
    entry(2, "07:30", "08:01"),
    entry(3, "09:59", "11:00"),
    entry(4, "07:00", "08:00"),
    entry(5, "10:00", "10:30"),
    entry(6, "09:00", "09:30", resourceID=6, internalNotes="typed by hand"),
    entry(7, "09:00", "09:30", startDateTime=None),
]
"""The first three lie in the window; Autotask may answer them all, where it drops a condition."""


@pytest.fixture
def reads(client: AutotaskClient) -> Records:
    return Records(client)


def serve(wire: responses.RequestsMock, entity: str, found: list[dict[str, Any]]) -> None:
    wire.post(f"{BASE}/{entity}/query", json={"items": found, "pageDetails": {"nextPageUrl": None}})


def asked(wire: responses.RequestsMock) -> list[dict[str, Any]]:
    conditions: list[dict[str, Any]] = json.loads(wire.calls[0].request.body or b"")["filter"]
    return conditions


@pytest.mark.parametrize(
    ("ask", "question"),
    [
        (
            lambda reads: reads.time_entries_of([5], SINCE, UNTIL),
            {"op": "in", "field": "resourceID", "value": [5]},
        ),
        (
            lambda reads: reads.time_entries_during(SINCE, UNTIL),
            {"op": "contains", "field": "internalNotes", "value": "bt:"},
        ),
    ],
)
def test_time_entries_of_a_window_are_those_that_lie_in_it_in_part(
    reads: Records,
    wire: responses.RequestsMock,
    ask: Callable[[Records], Lookup[Any]],
    question: dict[str, Any],
) -> None:
    serve(wire, "TimeEntries", ENTRIES)
    assert [found.id for found in ask(reads).items] == [1, 2, 3]
    assert asked(wire) == [question, *DURING]


def test_notes_of_a_window_are_those_of_ours_that_were_made_in_it(reads: Records, wire: responses.RequestsMock) -> None:
    made = ["08:00:00Z", "09:59:59.999Z", "07:59:59.999Z", "10:00:00.400Z"]
    notes = [
        {"id": key, "ticketID": 7, "title": "[bt:…]", "createDateTime": f"2026-11-22T{moment}"}
        for key, moment in enumerate(made, 1)
    ]
    others = [{**notes[0], "id": 8, "title": "typed by hand"}, {**notes[0], "id": 9, "createDateTime": None}]
    serve(wire, "TicketNotes", [*notes, *others])
    assert [note.id for note in reads.notes_made(SINCE, UNTIL).items] == [1, 2]
    assert asked(wire) == [
        {"op": "contains", "field": "title", "value": "bt:"},
        {"op": "gte", "field": "createDateTime", "value": "2026-11-22T08:00:00Z"},
        {"op": "lt", "field": "createDateTime", "value": "2026-11-22T10:00:00Z"},
    ]


def test_nobodys_time_is_not_asked_for(reads: Records, wire: responses.RequestsMock) -> None:
    assert not reads.time_entries_of([], SINCE, UNTIL).items
    assert len(wire.calls) == 0
