"""`demo --events` as a person sees it."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Execute
    from tests.e2e.conftest import Start


def test_the_demo_shows_a_ticket_while_its_session_runs_and_the_note_when_it_ended(execute: Execute) -> None:
    began = time.monotonic()
    code, stdout, stderr = execute("demo", "--events")
    assert (code, stderr) == (0, "")
    assert time.monotonic() - began < 30
    assert max(map(len, stdout.splitlines())) <= 80
    before, while_it_runs, afterwards, at_last = (stdout.partition(f"\n{step}. ")[2] for step in range(1, 5))
    assert before.index("Ticket: none") < before.index("1 ticket created")
    (number,) = set(re.findall(r"T\d{8}\.\d{4}", stdout))
    assert f"external key:\n  {number}\n" in while_it_runs
    assert "1 note created, 1 time entry created" in afterwards
    assert re.search(r"^  Remote session: .* \[bt:[0-9a-f]{12}\]$", afterwards, re.MULTILINE)
    assert "(quiet)\n  exit code 0" in at_last


def test_the_demo_ends_at_ctrl_c_and_leaves_nothing_behind(start: Start, tmp_path: Path) -> None:
    process = start("demo", "--events", "--keep", env={"TMPDIR": str(tmp_path)}, start_new_session=True)
    assert process.stdout
    said = ""
    while "until Ctrl-C" not in said:
        said += process.stdout.readline()
    (port,) = re.findall(r"Listening on http://127\.0\.0\.1:(\d+)", said)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert (process.returncode, stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []
    assert not listens(port)


def test_the_demo_can_be_interrupted_in_its_middle(start: Start, tmp_path: Path) -> None:
    process = start("demo", "--events", env={"TMPDIR": str(tmp_path)}, start_new_session=True)
    assert process.stdout
    while "1. A customer" not in process.stdout.readline():
        continue
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert (process.returncode, stderr) == (130, "")
    assert list(tmp_path.iterdir()) == []


def listens(port: str) -> bool:
    here = f"{int(port):04X}"
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()
    return any(line.split()[1].endswith(f":{here}") and line.split()[3] == "0A" for line in lines[1:])
