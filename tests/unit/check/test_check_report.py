"""The text of a check: calm, 80 columns, commands and paths whole."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.check.findings import Area, failed, ok, problem, remark
from bt_autotask_sync.check.people import Outcome, Representative, Standing
from bt_autotask_sync.check.profile import ProfileCheck
from bt_autotask_sync.cli.check_report import finish
from bt_autotask_sync.config.load import check as read_settings
from bt_autotask_sync.config.secrets import Surroundings
from bt_autotask_sync.errors import CredentialsError, OutageError, UsageError
from bt_autotask_sync.exit_code import ExitCode
from bt_autotask_sync.stop import StoppedError

if TYPE_CHECKING:
    from pathlib import Path

    from bt_autotask_sync.check.findings import Finding

PATH = "/srv/" + "very-long-" * 8 + "path"


@pytest.fixture
def empty(tmp_path: Path) -> ProfileCheck:
    tables = {
        "appliance": {"host": "support.example.com", "client_id": "c", "client_secret": "s"},
        "autotask": {"username": "api@example.com", "secret": "s", "integration_code": "s"},
    }
    settings = read_settings({"profile": {"default": tables}}, Surroundings(tmp_path, {}), "test")
    return ProfileCheck(settings.profiles["default"])


def text(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_what_is_in_order_is_one_line_an_area(empty: ProfileCheck, capsys: pytest.CaptureFixture[str]) -> None:
    empty.findings += [ok(Area.NOTES, "one"), ok(Area.APPLIANCE, "two"), ok(Area.NOTES, "three")]
    assert finish([empty], None, as_json=False) is ExitCode.DONE
    assert text(capsys) == ["default", "  appliance        1 ok", "  notes            2 ok", "  All well."]


def test_a_finding_is_wrapped_with_its_mend_below_and_paths_stay_whole(
    empty: ProfileCheck, capsys: pytest.CaptureFixture[str]
) -> None:
    empty.findings += [problem(Area.STATE, "word " * 30, "mend " * 30), remark(Area.STATE, f"See {PATH} there.")]
    assert finish([empty], None, as_json=False) is ExitCode.WAITING
    lines = text(capsys)
    assert lines[:3] == ["default", "  state", f"    problem  {' '.join(['word'] * 13)}"]
    assert any(PATH in line for line in lines)
    assert all(len(line) <= 80 for line in lines if PATH not in line)
    assert lines[-1] == "  1 problem, 1 remark."


def test_a_name_of_wide_characters_keeps_the_columns(empty: ProfileCheck, capsys: pytest.CaptureFixture[str]) -> None:
    empty.representatives = (
        Representative("健太" * 20, "k@msp.example", Standing.READY, Outcome.ENTERED, "健太 佐藤", "Technician"),
        Representative("x", "x@msp.example", Standing.SEVERAL, Outcome.HELD),
    )
    finish([empty], None, as_json=False)
    wide, narrow = text(capsys)[2:4]
    assert wide == f"    {'健太' * 6} 健太 佐藤{' ' * 15} Technician"
    assert narrow == f"    x{' ' * 23} -{' ' * 23} several: time held"


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ((remark(Area.NOTES, "r"),), 0),
        ((problem(Area.NOTES, "p", "m"),), 3),
        ((failed(Area.APPLIANCE, OutageError("gone")), problem(Area.NOTES, "p", "m")), 4),
        ((failed(Area.APPLIANCE, OutageError("gone")), failed(Area.AUTOTASK, CredentialsError("who"))), 5),
        ((failed(Area.STATE, UsageError("where")), failed(Area.AUTOTASK, CredentialsError("who"))), 2),
    ],
)
def test_the_exit_code_is_that_of_a_run_with_the_worst_finding(
    empty: ProfileCheck, findings: tuple[Finding, ...], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    empty.findings += findings
    assert finish([empty], None, as_json=True) == code
    assert json.loads(capsys.readouterr().out)["exit_code"] == code


def test_an_interruption_prints_what_was_found_and_claims_nothing(
    empty: ProfileCheck, capsys: pytest.CaptureFixture[str]
) -> None:
    empty.findings += [ok(Area.STATE, "fine")]
    assert finish([empty], StoppedError(signal.SIGINT), as_json=False) is ExitCode.INTERRUPTED
    assert text(capsys) == ["default", "  state            1 ok"]
    assert finish([empty], StoppedError(signal.SIGTERM), as_json=True) is ExitCode.TERMINATED
    report = json.loads(capsys.readouterr().out)
    assert (report["exit_code"], len(report["profiles"])) == (143, 1)
    assert "Interrupted" in report["error"]
