"""What it costs to write the notes, next to reading the reports that they are made of."""

from __future__ import annotations

import time
from io import BytesIO
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from benchmarks.figure import Figure, median_ratio
from benchmarks.reports import report
from bt_autotask_sync.appliance.report import read_sessions
from bt_autotask_sync.notes.context import NoteContext
from bt_autotask_sync.notes.kind import Kind
from bt_autotask_sync.notes.templates import Templates

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 3


def measure() -> Iterator[Figure]:
    """Render an internal note of each session in the report."""
    content = report()
    pairs = [_round(content) for _ in range(ROUNDS)]
    fastest = min(seconds for seconds, _ in pairs)
    count = len(list(read_sessions(BytesIO(content))))
    remark = f"{count} notes, {1000 * fastest / count:.2f} ms each"
    yield Figure("time of writing notes over reading their reports", median_ratio(pairs), remark=remark)


def _round(content: bytes) -> tuple[float, float]:
    """Return the seconds of writing all notes, and of reading the report."""
    templates, context = (
        Templates.load(None),
        NoteContext(ZoneInfo("UTC"), "T20261122.0001", publish_session_notes=False),
    )
    started = time.process_time()
    sessions = list(read_sessions(BytesIO(content)))
    read = time.process_time()
    for session in sessions:
        templates.note(Kind.SESSION, session, context, public=False)
    return time.process_time() - read, read - started
