"""A run as JSON and as text: one object, all that waits; and lines that name only what changed."""

from __future__ import annotations

import json
import logging
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.cli.report import exit_code, finish, moment, short
from bt_autotask_sync.errors import CredentialsError, LockedError, OutageError, UsageError
from bt_autotask_sync.exit_code import ExitCode
from bt_autotask_sync.state.states import ArtifactKind, SessionState
from bt_autotask_sync.stop import StoppedError
from bt_autotask_sync.sync.plan.artifact import Artifact
from bt_autotask_sync.sync.summary import ProblemRow, Summary

if TYPE_CHECKING:
    from collections.abc import Iterator

LSID = "0123456789abcdef0123456789abcdef"
START = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def messages(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.ERROR, "bt_autotask_sync"):
        yield


def a_summary(**changes: Any) -> Summary:
    summary = Summary("default", found=3, delivered=2, already=1, watermark=1_795_345_200)
    summary.created = Counter({ArtifactKind.NOTE: 2, ArtifactKind.TIME_ENTRY: 1})
    for name, value in changes.items():
        setattr(summary, name, value)
    return summary


def a_problem(number: int = 1, **changes: str) -> ProblemRow:
    given: dict[str, Any] = {
        "lsid": f"{number:032x}",
        "external_key": "T20261122.0001",
        "kind": "note",
        "stage": "match",
        "error": "No ticket.",
        "advice": "Name it.",
        "attempts": 0,
        "state": "held",
        **changes,
    }
    return ProblemRow(**given)


def an_entry(ticket: str = "T1", technician: str = "Anna") -> Artifact:
    return Artifact(
        lsid=LSID,
        kind=ArtifactKind.TIME_ENTRY,
        marker="m",
        group="m",
        ticket_id=7,
        ticket_number=ticket,
        path="/TimeEntries",
        body={"ticketID": 7},
        technician=technician,
        start=START,
        end=START + timedelta(minutes=20),
    )


def a_note(ticket: str = "T1") -> Artifact:
    return Artifact(
        lsid=LSID,
        kind=ArtifactKind.NOTE,
        marker="m",
        group="m",
        ticket_id=7,
        ticket_number=ticket,
        path="/Tickets/7/Notes",
        body={"title": "Helped Carla [m]", "publish": 2},
    )


def as_json(capsys: pytest.CaptureFixture[str], *summaries: Summary, **options: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"error": None, "dry_run": False, **options}
    code = finish("run", summaries, given["error"], dry_run=given["dry_run"], as_json=True)
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert report["exit_code"] == code
    return report


def as_text(capsys: pytest.CaptureFixture[str], *summaries: Summary, dry_run: bool = False) -> str:
    finish("run", summaries, None, dry_run=dry_run, as_json=False)
    return capsys.readouterr().out


def test_json_holds_the_promised_keys_and_values(capsys: pytest.CaptureFixture[str]) -> None:
    report = as_json(capsys, a_summary(problems=[a_problem()], standing={SessionState.HELD: 1}))
    assert {key: report[key] for key in ("schema", "command", "dry_run", "exit_code")} == {
        "schema": 1,
        "command": "run",
        "dry_run": False,
        "exit_code": 3,
    }
    (profile,) = report["profiles"]
    assert profile["outcome"] == "held"
    assert profile["sessions"] == {
        "found": 3,
        "delivered": 2,
        "already": 1,
        "no_ticket": 0,
        "held": 1,
        "unsettled": 0,
        "parked": 0,
    }
    assert profile["created"] == {"tickets": 0, "notes": 2, "time_entries": 1}
    assert profile["adopted"] == {"tickets": 0, "notes": 0, "time_entries": 0}
    assert profile["watermark"] == "2026-11-22T11:00:00Z"
    assert profile["next_due"] is None
    assert profile["problems"] == [
        {
            "lsid": f"{1:032x}",
            "external_key": "T20261122.0001",
            "kind": "note",
            "stage": "match",
            "error": "No ticket.",
            "advice": "Name it.",
            "attempts": 0,
            "state": "held",
        }
    ]


def test_json_of_a_dry_run_holds_every_request_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    (profile,) = as_json(capsys, a_summary(planned=[a_note(), an_entry()]), dry_run=True)["profiles"]
    assert [(one["kind"], one["method"], one["path"], one["ticket_number"]) for one in profile["plan"]] == [
        ("note", "POST", "/Tickets/7/Notes", "T1"),
        ("time_entry", "POST", "/TimeEntries", "T1"),
    ]
    assert profile["plan"][1]["body"] == {"ticketID": 7}
    (real,) = as_json(capsys, a_summary(planned=[a_note()]))["profiles"]
    assert real["plan"] == []


@pytest.mark.parametrize(
    ("error", "code", "outcome"),
    [
        (UsageError("wrong", "mend"), 2, "usage"),
        (OutageError("gone", "wait"), 4, "ended_early"),
        (CredentialsError("who?", "log in"), 5, "credentials"),
        (StoppedError(signal.SIGINT), 130, "interrupted"),
        (StoppedError(signal.SIGTERM), 143, "interrupted"),
        (RuntimeError("secret detail"), 1, "failed"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
def test_json_tells_what_ended_a_profile_early(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, outcome: str
) -> None:
    report = as_json(capsys, a_summary(error=error))
    assert (report["exit_code"], report["profiles"][0]["outcome"]) == (code, outcome)
    assert report["profiles"][0]["error"]
    assert "secret detail" not in json.dumps(report)


def test_json_tells_what_kept_the_command_from_beginning(capsys: pytest.CaptureFixture[str]) -> None:
    report = as_json(capsys, error=LockedError("Another run.", "Wait."))
    assert (report["exit_code"], report["profiles"], report["error"], report["advice"]) == (
        75,
        [],
        "Another run.",
        "Wait.",
    )


def test_the_worst_profile_decides_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    held = a_summary(problems=[a_problem()], standing={SessionState.HELD: 1})
    assert as_json(capsys, a_summary(), held, a_summary(error=OutageError("x")))["exit_code"] == 4


@pytest.mark.parametrize("state", ["held", "unsettled", "parked"])
def test_whatever_waits_anywhere_in_the_ledger_is_exit_code_3(state: str) -> None:
    assert exit_code(a_summary()) is ExitCode.DONE
    assert exit_code(a_summary(standing={SessionState(state): 1})) is ExitCode.WAITING
    assert exit_code(a_summary(standing={SessionState.NO_TICKET: 1, SessionState.OPEN: 4})) is ExitCode.DONE
    assert exit_code(a_summary(missing=[a_problem(state="missing")])) is ExitCode.WAITING


def test_text_is_silent_when_nothing_happened(capsys: pytest.CaptureFixture[str]) -> None:
    quiet = Summary("default", found=5, problems=[a_problem()], standing={SessionState.HELD: 1})
    assert as_text(capsys, quiet) == ""


def test_text_names_only_what_this_run_changed(capsys: pytest.CaptureFixture[str]) -> None:
    new = a_problem(2, error="Another thing.")
    text = as_text(capsys, a_summary(problems=[a_problem(), new], new_problems=[new]))
    assert (
        "2 sessions delivered, 1 session already there, 2 notes created, 1 time entry created, 1 problem held" in text
    )
    assert "Another thing." in text
    assert "No ticket." not in text


def test_text_puts_the_same_trouble_together_and_counts_the_rest(capsys: pytest.CaptureFixture[str]) -> None:
    text = as_text(capsys, a_summary(new_problems=[a_problem(number) for number in range(14)]))
    assert text.count("No ticket.") == text.count("Name it.") == 1
    assert text.count("T20261122.0001") == 10
    assert "4 more" in text


def test_text_names_the_profile_only_where_there_are_several(capsys: pytest.CaptureFixture[str]) -> None:
    other = a_summary()
    other.profile = "other"
    assert not as_text(capsys, a_summary()).startswith("default:")
    assert [line.partition(":")[0] for line in as_text(capsys, a_summary(), other).splitlines()] == ["default", "other"]


def test_text_of_a_dry_run_shows_each_ticket_with_its_notes_and_minutes(capsys: pytest.CaptureFixture[str]) -> None:
    planned = [a_note("T2"), an_entry("T2"), a_note("T1"), an_entry("T1", "Kenji")]
    lines = as_text(capsys, a_summary(planned=planned), dry_run=True).splitlines()
    assert lines[0] == "T1"
    assert "Helped Carla [m]" in lines[1]
    assert "Kenji" in lines[2]
    assert "20 min" in lines[2]
    assert lines[3] == "T2"
    assert lines[-1].startswith("Dry run: ")
    assert as_text(capsys, Summary("default"), dry_run=True) == "Dry run: nothing to do.\n"


def test_errors_are_told_on_stderr_and_without_a_trace(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    finish("run", [a_summary(error=RuntimeError("boom"))], None, dry_run=False, as_json=False)
    assert "unexpected" in caplog.text
    assert "Traceback" not in caplog.text
    assert "boom" not in capsys.readouterr().out


def test_a_key_is_shown_on_one_line_and_cut() -> None:
    assert short(" T1 \n two\tlines ") == "T1 two lines"
    assert len(short("x" * 100)) == 40
    assert short("x" * 40) == "x" * 40


def test_moments_are_iso_8601_in_utc() -> None:
    assert moment(1_795_345_200) == "2026-11-22T11:00:00Z"
    assert moment(0) == "1970-01-01T00:00:00Z"
    assert moment(None) is None
