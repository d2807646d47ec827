"""What a person sees on a terminal of 80 columns, and what stays out of a pipe."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync import __version__

if TYPE_CHECKING:
    from tests.conftest import Site
    from tests.e2e.conftest import Start

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def site(site: Site) -> Site:
    """Sessions whose delivery takes long enough for a progress bar to be drawn."""
    site.add(12)
    # With it and the session in progress there are 14 to look at.
    site.add(external_key="T20200101.0001")
    site.sandbox.faults.add("latency", endpoint="POST /Tickets/*/Notes", times=None, seconds=0.1)
    return site


def on_a_terminal(start: Start, environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    """Run the command on a terminal of 80 columns; return its exit code and all that was written there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    given = {"TERM": "xterm-256color", **environment, "COLUMNS": "80", "LINES": "24"}
    process = start(*arguments, stdout=theirs, stderr=theirs, env=given)
    os.close(theirs)
    written = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # Linux's way of saying that the other end is closed
            break
        if not piece:
            break
        written += piece
    os.close(ours)
    return process.wait(60), written.decode("utf-8")


def test_a_terminal_shows_progress_and_then_what_happened(
    site: Site, start: Start, environment: dict[str, str]
) -> None:
    code, written = on_a_terminal(start, environment, *site.options, "run")
    assert code == 3
    assert "Delivering" in written
    assert COLOUR.search(written)
    done = {int(count) for count in re.findall(r"([0-9]+)/14", written)}
    assert done - {0, 14}, "the bar never moved"
    left = CONTROL.sub("", written).split("\r")
    assert any("12 sessions delivered" in line for line in left)
    drawn = [line for line in CONTROL.sub("", written).replace("\r", "\n").splitlines() if "Delivering" in line]
    assert max(map(len, drawn)) <= 80


def test_NO_COLOR_is_honoured(site: Site, start: Start, environment: dict[str, str]) -> None:
    _, written = on_a_terminal(start, environment | {"NO_COLOR": "1"}, *site.options, "run")
    assert "sessions delivered" in written
    assert "Delivering" in written
    assert COLOUR.sub("", written) == written


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"], ["config", "example"]])
def test_help_fits_80_columns(site: Site, start: Start, environment: dict[str, str], arguments: list[str]) -> None:
    code, written = on_a_terminal(start, environment, *arguments)
    assert code == 0
    if arguments == ["--version"]:
        assert written.strip() == f"bt-autotask-sync {__version__}"
    if "--help" in arguments:
        assert max(len(line.rstrip()) for line in CONTROL.sub("", written).splitlines()) <= 80


def test_a_pipe_carries_text_alone(site: Site) -> None:
    done = site.command("run")
    assert done.stdout.startswith("12 sessions delivered, ")
    assert "T20200101.0001" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    assert "\r" not in done.stdout + done.stderr
    assert "Delivering" not in done.stdout + done.stderr
    assert done.stderr == ""


def test_json_on_a_terminal_is_json_on_stdout_alone(site: Site, start: Start, environment: dict[str, str]) -> None:
    process = start(*site.options, "run", "--json", env=environment | {"TERM": "xterm"}, stderr=subprocess.PIPE)
    stdout, stderr = process.communicate(timeout=60)
    assert (stdout[0], stdout[-2:], stderr) == ("{", "}\n", "")
