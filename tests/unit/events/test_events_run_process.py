"""The run as a child process: what it says is passed on, and it is asked to stop, not killed."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.cli.demo import DemoCommand
from bt_autotask_sync.events.run_process import RunLogRelay, RunProcess

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 30


@pytest.fixture(autouse=True)
def all_is_told(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("bt_autotask_sync"), "propagate", True)
    caplog.set_level(logging.DEBUG, "bt_autotask_sync")


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An interpreter that is no such thing: a script in the program's place."""
    script = tmp_path / "program"
    monkeypatch.setattr(sys, "executable", str(script))
    return script


def write(script: Path, lines: str) -> None:
    script.write_text(f"#!/bin/sh\n{lines}\n", encoding="utf-8")
    script.chmod(0o700)


def finished(options: list[str], relay: RunLogRelay | None = None) -> RunProcess:
    """Start a run and wait for its end."""
    ended = threading.Event()
    run = RunProcess(options, relay or RunLogRelay(), ended.set)
    assert ended.wait(PATIENCE)
    return run


def test_it_is_the_ordinary_run_with_the_listeners_own_options(tmp_path: Path) -> None:
    missing = tmp_path / "missing.toml"
    outcome = finished(["--config", str(missing), "--state-dir", str(tmp_path / "state")]).outcome()
    assert outcome is not None
    assert (outcome.code, outcome.profiles) == (2, ())


def test_what_a_run_says_goes_to_the_listeners_log_at_its_level_and_once_as_long_as_it_stays_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    relay, options = RunLogRelay(), ["--config", str(tmp_path / "missing.toml")]
    for _ in range(3):
        finished(options, relay)
    errors = [record for record in caplog.records if record.levelno >= logging.INFO]
    assert [record.levelname for record in errors] == ["ERROR"]
    assert "missing.toml" in errors[0].getMessage()
    assert "config example" in errors[0].getMessage()
    assert len([record for record in caplog.records if "missing.toml" in record.getMessage()]) == 3


@pytest.mark.skipif(os.name != "posix", reason="a script with #!")
def test_whatever_an_interpreter_that_fails_says_is_passed_on(program: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(program, "echo 'No module named bt_autotask_sync' >&2; printf '[7, 8]\\n\\377\\n{}\\n' >&2; exit 1")
    outcome = finished([]).outcome()
    assert outcome is not None
    assert outcome.code == 1
    lines = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert lines == ["No module named bt_autotask_sync", "[7, 8]", "\ufffd", "{}"]


def test_no_file_of_the_directory_it_is_started_in_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("requests.py", "typer.py", "json.py"):
        (tmp_path / name).write_text("raise SystemExit(99)\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    outcome = finished(["--config", "missing.toml"]).outcome()
    assert outcome is not None
    assert outcome.code == 2
    assert DemoCommand(tmp_path / "missing.toml", tmp_path).show("", "run") == 2


@pytest.mark.skipif(os.name != "posix", reason="a script with #!")
def test_it_has_ended_with_its_process_whoever_still_holds_its_pipes(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bt_autotask_sync.events.run_process.READ_SECONDS", 0.1)
    write(program, "sleep 8 & exit 7")
    began = time.monotonic()
    outcome = finished([]).outcome()
    assert outcome is not None
    assert outcome.code == 7
    assert time.monotonic() - began < 6


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_it_is_asked_to_stop_and_its_own_exit_code_counts(
    program: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ready = tmp_path / "ready"
    log = '{"level": "error", "message": "Interrupted"}'
    end = f"end() {{ echo '{log}' >&2; exit 143; }}; trap end TERM"
    write(program, f"{end}; touch '{ready}'; while :; do sleep 0.05; done")
    ended = threading.Event()
    run = RunProcess([], RunLogRelay(), ended.set)
    while not ready.exists():
        threading.Event().wait(0.01)
    assert run.outcome() is None
    run.stop()
    assert ended.wait(PATIENCE)
    outcome = run.outcome()
    assert outcome is not None
    assert outcome.code == 143
    assert [record.levelname for record in caplog.records if "Interrupted" in record.getMessage()] == ["DEBUG"]


@pytest.mark.skipif(os.name != "posix", reason="process groups of POSIX")
def test_ctrl_c_on_the_terminal_does_not_reach_it(program: Path) -> None:
    write(program, "exec sleep 30")
    ended = threading.Event()
    run = RunProcess([], RunLogRelay(), ended.set)
    assert os.getpgid(run.number) != os.getpgid(0)
    run.stop()
    assert ended.wait(PATIENCE)
    outcome = run.outcome()
    assert outcome is not None
    assert outcome.code == -signal.SIGTERM


def test_a_program_that_is_not_there_is_an_error_of_the_system(program: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        RunProcess([], RunLogRelay(), lambda: None)
