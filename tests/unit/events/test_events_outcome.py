"""What the listener reads from a run's exit code and JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bt_autotask_sync.events.outcome import read_outcome

BEGAN = datetime(2026, 11, 22, 11, tzinfo=UTC)


def profile(**changes: Any) -> dict[str, Any]:
    """What `run --json` tells of a profile that had nothing to do."""
    none = {"tickets": 0, "notes": 0, "time_entries": 0}
    sessions = ("found", "delivered", "already", "no_ticket", "held", "unsettled", "parked")
    return {
        "profile": "default",
        "outcome": "done",
        "sessions": dict.fromkeys(sessions, 0),
        "created": none,
        "adopted": none,
        "watermark": "2026-11-22T11:00:00Z",
        "next_due": None,
        **changes,
    }


def text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def printed(*profiles: dict[str, Any]) -> bytes:
    return json.dumps({"schema": 1, "profiles": profiles}).encode()


def test_a_quiet_run_changed_nothing_and_asks_for_nothing() -> None:
    outcome = read_outcome(0, printed(profile()))
    assert (outcome.ended_well, outcome.did_work, outcome.wait(BEGAN)) == (True, False, None)


def test_what_was_done_and_what_waits_is_told_in_words() -> None:
    sessions = {**profile()["sessions"], "delivered": 2, "no_ticket": 1, "held": 3}
    created = {"tickets": 1, "notes": 2, "time_entries": 1}
    (told,) = read_outcome(3, printed(profile(sessions=sessions, created=created, outcome="held"))).profiles
    assert told.changes == (
        "2 sessions delivered",
        "1 session without a ticket",
        "1 ticket created",
        "2 notes created",
        "1 time entry created",
    )
    assert told.standing == ("3 held",)


@pytest.mark.parametrize("appliance_ahead", [timedelta(0), timedelta(minutes=3), timedelta(days=400)])
def test_E2_the_next_due_time_is_measured_against_the_appliances_own_clock(appliance_ahead: timedelta) -> None:
    now = BEGAN + appliance_ahead
    outcome = read_outcome(0, printed(profile(watermark=text(now), next_due=text(now + timedelta(seconds=120)))))
    assert outcome.wait(BEGAN) == 120


@pytest.mark.parametrize("watermark", [None, "2026-11-02T11:00:00Z"])
def test_E2_with_an_old_watermark_or_none_it_is_measured_against_this_machines_clock(watermark: str | None) -> None:
    outcome = read_outcome(0, printed(profile(watermark=watermark, next_due="2026-11-22T11:00:30Z")))
    assert outcome.wait(BEGAN) == 30


def test_E2_the_earliest_of_several_profiles_counts_but_not_of_those_that_ended_early() -> None:
    outcome = read_outcome(
        4,
        printed(
            profile(next_due="2026-11-22T11:05:00Z"),
            profile(next_due="2026-11-22T11:00:01Z", outcome="ended_early"),
            profile(next_due="2026-11-22T11:01:00Z", outcome="held"),
            profile(),
        ),
    )
    assert not outcome.ended_well
    assert outcome.wait(BEGAN) == 60


@pytest.mark.parametrize(
    "stdout",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"profiles": 7}',
        b'{"profiles": [7]}',
        b'{"profiles": [{}]}',
        b"\xff\xfe",
        b"[" * 100_000,
        printed(profile(next_due="tomorrow")),
        printed(profile(next_due=7)),
        printed(profile(created=None)),
        printed(profile(sessions={})),
    ],
)
def test_of_a_run_that_printed_no_report_only_the_code_counts(stdout: bytes) -> None:
    outcome = read_outcome(0, stdout)
    assert (outcome.code, outcome.profiles, outcome.wait(BEGAN)) == (0, (), None)
