"""The lines for cron work as they stand, and adding one to a crontab keeps what is there."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.docs.conftest import Blocks

pytestmark = pytest.mark.skipif(os.name != "posix", reason="cron is of POSIX systems")
PROGRAM = "/opt/bt-autotask-sync/bin/bt-autotask-sync"
STATE = "/var/lib/bt-autotask-sync"
CRONTAB = """#!/bin/sh
# As cron's own: prints with -l, exit 1 where there is none; replaces all with what it reads.
case "$1" in
-l) cat "$HOME/crontab" ;;
-) cat > "$HOME/new" && mv "$HOME/new" "$HOME/crontab" ;;
*) exit 2 ;;
esac
"""


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def shell(command: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a command line as cron does, with little in the environment."""
    environment = {"HOME": str(home), "PATH": f"{home / 'bin'}:/usr/bin:/bin", "LOGNAME": "somebody"}
    return subprocess.run(
        ["/bin/sh", "-c", command], env=environment, cwd=home, capture_output=True, encoding="utf-8", check=False
    )


@pytest.fixture
def lines(root: Path) -> list[str]:
    """The lines of cron.example that cron reads."""
    text = (root / "cron.example").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@pytest.fixture
def jobs(lines: list[str]) -> list[str]:
    return [line for line in lines if not re.match(r"[A-Z]+=", line)]


def test_the_file_sets_what_cron_needs_and_ends_its_last_line(root: Path, lines: list[str], jobs: list[str]) -> None:
    names = {line.partition("=")[0] for line in lines if line not in jobs}
    assert names == {"SHELL", "PATH", "MAILTO"}
    assert (root / "cron.example").read_bytes().endswith(b"\n"), "cron ignores a line without its end"


def test_every_job_names_its_user_and_has_no_percent_sign(jobs: list[str]) -> None:
    assert len(jobs) == 2
    for job in jobs:
        *times, user, program = job.split()[:7]
        assert all(re.fullmatch(r"[\d*/,-]+", time) for time in times)
        assert (user, program) == ("bt-autotask-sync", PROGRAM)
        assert "%" not in job, "cron ends the command there"


def test_the_file_is_installed_under_a_name_that_cron_reads(root: Path) -> None:
    texts = [path.read_text(encoding="utf-8") for path in (root / "README.md", root / "docs" / "events.md")]
    names = [name for text in texts for name in re.findall(r"^sudo install .* /etc/cron\.d/(\S+)$", text, re.MULTILINE)]
    assert len(names) == 2
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in names)


def test_the_jobs_run_as_they_stand_and_log_where_their_user_may_write(jobs: list[str], tmp_path: Path) -> None:
    program = script(tmp_path / "opt" / "bt-autotask-sync", '#!/bin/sh\necho "done: $*"\necho wrong >&2\n')
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    commands = [job.split(maxsplit=6)[6].replace(PROGRAM, str(program)).replace(STATE, str(state)) for job in jobs]
    run, held = (shell(command, tmp_path) for command in commands)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "wrong\n"), "errors go out by mail"
    assert (state / "run.log").read_text(encoding="utf-8").endswith(f"--state-dir {state} run\n")
    assert held.stdout.endswith(f"--state-dir {state} held list\n")


def added(root: Path, blocks: Blocks) -> str:
    """The commands of the README that add a line to a crontab."""
    (found,) = [block for block in blocks(root / "README.md", "sh") if "crontab -" in block]
    return found


@pytest.mark.parametrize("before", [None, "MAILTO=me@example.com\n7 3 * * * backup # mine\n"])
def test_the_readme_adds_a_line_to_a_crontab(root: Path, blocks: Blocks, tmp_path: Path, before: str | None) -> None:
    script(tmp_path / "bin" / "crontab", CRONTAB)
    program = script(tmp_path / "bin" / "bt-autotask-sync", '#!/bin/sh\necho "done: $*"\n')
    if before is not None:
        (tmp_path / "crontab").write_text(before, encoding="utf-8")
    done = shell(added(root, blocks), tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    after = (tmp_path / "crontab").read_text(encoding="utf-8")
    assert after.startswith(before or "")
    line = after.removeprefix(before or "")
    assert line.count("\n") == 1
    assert line.startswith(f"*/5 * * * * {program} ")
    assert shell(line.split(maxsplit=5)[5], tmp_path).returncode == 0
    log = tmp_path / ".local" / "state" / "bt-autotask-sync" / "run.log"
    assert log.read_text(encoding="utf-8") == f"done: --config {tmp_path}/config.toml run\n"


def test_no_document_replaces_a_crontab(documents: list[Path]) -> None:
    for document in documents:
        calls = re.findall(r"\bcrontab [^\n`]*", document.read_text(encoding="utf-8"))
        assert not [call for call in calls if "cron.example" in call], document.name
