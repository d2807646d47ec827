"""What the documents say of exit codes, JSON, versions and other files is so."""

from __future__ import annotations

import ast
import inspect
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync import __version__
from bt_autotask_sync.exit_code import ExitCode
from bt_autotask_sync.sandbox.application import Sandbox
from bt_autotask_sync.sandbox.connection import write_configuration
from bt_autotask_sync.sandbox.server import serve
from tests.present import moving_clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
UNFIT = re.compile(r"\b(?:TODO|FIXME|TBD|coming soon|in a future version|lorem ipsum|localhost:\d+)\b", re.IGNORECASE)
ABSOLUTE = re.compile(r"(?<![\w.~:/<>)*%…-])/(?:[A-Za-z][\w.-]*/)+[\w.-]*")
USUAL_PLACES = (
    "/opt/bt-autotask-sync",
    "/etc/bt-autotask-sync",
    "/var/lib/bt-autotask-sync",
    "/etc/cron.d",
    "/bin/sh",
    "/usr/local/bin",
    "/var/log/",
    "/usr/sbin/nologin",
    "/sandbox/",  # the levers of the sandbox
)


def meanings() -> dict[int, str]:
    """Return what the exit codes mean, by the docstrings below them."""
    (enum,) = ast.parse(inspect.getsource(ExitCode)).body
    assert isinstance(enum, ast.ClassDef)
    codes = {}
    for member, below in zip(enum.body, enum.body[1:], strict=False):
        if isinstance(member, ast.Assign) and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            codes[int(ast.literal_eval(member.value))] = str(below.value.value)
    return codes


def keys(value: Any) -> Any:
    """Return the names in a JSON value, at every level; of a list those of its first item, None if it has none."""
    if isinstance(value, dict):
        return {name: keys(item) for name, item in value.items()}
    if isinstance(value, list):
        return [keys(value[0])] if value else None
    return ()


@pytest.fixture
def dry_run(tmp_path: Path) -> dict[str, Any]:
    sandbox = Sandbox(clock=moving_clock())
    with serve(sandbox) as server:
        config = write_configuration(sandbox, server.url, tmp_path)
        command = [
            sys.executable,
            "-m",
            "bt_autotask_sync",
            "--config",
            str(config),
            "--state-dir",
            str(tmp_path / "s"),
        ]
        done = subprocess.run([*command, "run", "--dry-run", "--json"], stdout=subprocess.PIPE, check=False)
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_the_readme_tells_every_exit_code_as_the_program_means_it(readme: str) -> None:
    section = readme.partition("## Exit codes")[2].partition("\n## ")[0]
    table = {int(code): meaning for code, meaning in re.findall(r"^\| (\d+) \| (.+) \|$", section, re.MULTILINE)}
    assert set(table) == {int(code) for code in ExitCode}
    assert table == meanings()


def test_the_json_of_the_readme_has_the_names_of_the_real_one(
    root: Path, blocks: Callable[[Path, str], list[str]], dry_run: dict[str, Any]
) -> None:
    report, request = (json.loads(block) for block in blocks(root / "README.md", "json"))
    written, real = keys(report), keys(dry_run)
    assert written["profiles"][0].pop("plan") is None
    assert real["profiles"][0].pop("plan") is not None
    assert written == real
    planned = next(each for each in dry_run["profiles"][0]["plan"] if each["kind"] == request["kind"])
    assert set(request) == set(planned)
    assert request["path"] == planned["path"]
    assert set(request["body"]) == set(planned["body"])


def test_the_note_in_the_readme_bears_the_marker_of_its_session(
    root: Path, blocks: Callable[[Path, str], list[str]]
) -> None:
    note = blocks(root / "README.md", "text")[0]
    marker = re.search(r"\[bt:([0-9a-f]{12})\]$", note.splitlines()[0])
    session = re.search(r"^Session ([0-9a-f]{32})$", note, re.MULTILINE)
    assert marker
    assert session
    assert session[1].startswith(marker[1])


def test_the_changelog_has_the_current_version(root: Path) -> None:
    versions = re.findall(r"^## (\S+)", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert versions[0] == __version__


def test_links_between_the_documents_lead_somewhere(documents: list[Path]) -> None:
    followed = 0
    for document in documents:
        for target in LINK.findall(document.read_text(encoding="utf-8")):
            if not target.startswith("https://"):
                assert (document.parent / target.partition("#")[0]).is_file(), f"{document.name}: {target}"
                followed += 1
    assert followed > 5


def test_the_readme_leads_to_every_document(root: Path, readme: str) -> None:
    for document in root.glob("docs/*.md"):
        assert f"(docs/{document.name})" in readme


def test_the_list_of_decisions_leads_to_each_of_them(root: Path, readme: str) -> None:
    decisions = root / "docs" / "decisions"
    records = sorted(path.name for path in decisions.glob("[0-9]*.md"))
    assert re.findall(r"\(([0-9]{4}-[a-z-]+\.md)\)", (decisions / "README.md").read_text(encoding="utf-8")) == records
    assert [name[:4] for name in records] == [f"{number:04}" for number in range(1, len(records) + 1)]
    for name in records:
        headings = re.findall(r"^## (.+)$", (decisions / name).read_text(encoding="utf-8"), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences"], name
    assert "(docs/decisions/README.md)" in readme


def test_the_documents_name_no_stray_paths_and_promise_nothing_for_later(documents: list[Path]) -> None:
    for document in documents:
        text = document.read_text(encoding="utf-8")
        assert not UNFIT.findall(text), document.name
        stray = [path for path in ABSOLUTE.findall(text) if not path.startswith(USUAL_PLACES)]
        assert not stray, document.name
