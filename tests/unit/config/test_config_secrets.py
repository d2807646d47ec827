"""Secrets by reference: found where they are, and never told."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.config import secrets
from bt_autotask_sync.config.problems import InvalidValueError
from bt_autotask_sync.config.secrets import Surroundings, resolve_secret

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "canary-4711"


def refusal(value: object, surroundings: Surroundings) -> str:
    with pytest.raises(InvalidValueError) as caught:
        resolve_secret(value, surroundings)
    (fault,) = caught.value.faults
    assert "canary" not in repr(fault)
    return f"{fault.message}. {fault.advice}"


@pytest.fixture
def surroundings(tmp_path: Path) -> Surroundings:
    return Surroundings(
        tmp_path, {**os.environ, "SECRET": CANARY, "EMPTY": "", "BLANK": f" {CANARY}", "LINES": f"{CANARY}\n{CANARY}"}
    )


def test_a_string_is_the_secret(surroundings: Surroundings) -> None:
    assert resolve_secret(CANARY, surroundings) == CANARY


def test_env_reads_the_environment_that_was_passed_in(surroundings: Surroundings) -> None:
    assert resolve_secret({"env": "SECRET"}, surroundings) == CANARY


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_file_is_read_beside_the_configuration_without_its_last_line_end(
    surroundings: Surroundings, ending: str
) -> None:
    (surroundings.directory / "secret.txt").write_bytes((CANARY + ending).encode())

    assert resolve_secret({"file": "secret.txt"}, surroundings) == CANARY


def test_file_takes_an_absolute_path(surroundings: Surroundings, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text(CANARY)

    assert resolve_secret({"file": str(tmp_path / "secret.txt")}, Surroundings(tmp_path / "elsewhere", {})) == CANARY


def test_command_runs_without_a_shell_beside_the_configuration(surroundings: Surroundings) -> None:
    (surroundings.directory / "secret.txt").write_text(CANARY)
    program = "print(open('secret.txt').read().strip() + '$SECRET;')"

    assert resolve_secret({"command": [sys.executable, "-c", program]}, surroundings) == f"{CANARY}$SECRET;"


def test_command_gets_the_environment_that_was_passed_in(surroundings: Surroundings) -> None:
    program = "import os; print(os.environ['SECRET'])"

    assert resolve_secret({"command": [sys.executable, "-c", program]}, surroundings) == CANARY


def test_keyring_is_asked_for_service_and_user(surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {("https://autotask", "api"): CANARY}
    keyring = SimpleNamespace(get_password=lambda service, user: known.get((service, user)))
    monkeypatch.setitem(sys.modules, "keyring", keyring)

    assert resolve_secret({"keyring": "https://autotask/api"}, surroundings) == CANARY
    assert "no entry autotask/other" in refusal({"keyring": "autotask/other"}, surroundings)


def test_a_locked_keyring_is_told_without_what_it_said(
    surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(service: str, user: str) -> str:
        raise RuntimeError(CANARY)

    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=locked))

    assert refusal({"keyring": "a/b"}, surroundings).startswith("the keyring cannot be read (RuntimeError)")


def test_a_missing_keyring_package_is_told_with_the_way_to_install_it(
    surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)

    assert 'pip install "bt-autotask-sync[keyring]"' in refusal({"keyring": "a/b"}, surroundings)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (7, "neither a string nor a reference"),
        ({}, "neither a string nor a reference"),
        ({"env": "SECRET", "file": "x"}, "neither a string nor a reference"),
        ({"environ": "SECRET"}, "unknown way"),
        ("", "the text is empty"),
        (f"{CANARY} ", "begins or ends with a blank"),
        (f"{CANARY}\r\nX-Header: y", "line break"),
        ({"env": 3}, "must be the name"),
        ({"env": "NOT_THERE"}, "NOT_THERE is not set"),
        ({"env": "EMPTY"}, "EMPTY is empty"),
        ({"env": "BLANK"}, "BLANK begins or ends"),
        ({"env": "LINES"}, "LINES contains a line break"),
        ({"file": ""}, "must be the path"),
        ({"file": []}, "must be the path"),
        ({"file": "a\0b"}, "must be the path"),
        ({"file": "."}, "cannot be read"),
        ({"file": "not-there.txt"}, "not-there.txt cannot be read (No such file or directory)"),
        ({"command": "pass show autotask"}, "must be a list"),
        ({"command": []}, "must be a list"),
        ({"command": ["pass", 1]}, "must be a list"),
        ({"command": ["./not-there"]}, "./not-there cannot be started"),
        ({"command": ["a\0b"]}, "cannot be started"),
        ({"command": [sys.executable, "-c", f"print('{CANARY}'); raise SystemExit('{CANARY}')"]}, "failed with code 1"),
        ({"command": [sys.executable, "-c", ""]}, "is empty"),
        ({"command": [sys.executable, "-c", "import os; os.write(1, bytes([255]))"]}, "is not UTF-8"),
        ({"keyring": "no-slash"}, 'like "service/user"'),
        ({"keyring": 1}, 'like "service/user"'),
    ],
)
def test_a_reference_that_leads_nowhere_names_the_place_and_not_the_value(
    surroundings: Surroundings, value: object, words: str
) -> None:
    assert words in refusal(value, surroundings)


def test_a_command_that_hangs_is_given_up(surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "COMMAND_TIMEOUT", 0.2)
    sleeper = [sys.executable, "-c", "import select; select.select([], [], [], 60)"]

    assert "did not end within" in refusal({"command": sleeper}, surroundings)


def test_a_command_gets_no_terminal_to_wait_at(surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, object] = {}

    def run(words: list[str], **options: object) -> subprocess.CompletedProcess[bytes]:
        asked.update(options)
        return subprocess.CompletedProcess(words, 0, stdout=CANARY.encode())

    monkeypatch.setattr(subprocess, "run", run)

    assert resolve_secret({"command": ["pass"]}, surroundings) == CANARY
    assert (asked["stdin"], asked["timeout"], asked.get("shell", False)) == (subprocess.DEVNULL, 30.0, False)
