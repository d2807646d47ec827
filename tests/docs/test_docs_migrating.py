"""docs/migrating.md has a row for every setting of the plugin, its keys and tests exist, and the switch-over is so."""

from __future__ import annotations

import ast
import csv
import re
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.config.load import load
from bt_autotask_sync.config.models import SECTIONS, keys
from bt_autotask_sync.config.problems import ConfigurationError
from bt_autotask_sync.config.ticket_data import DEFAULT_CONTACT
from bt_autotask_sync.config.time_entry_data import OWN_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Execute, Site

PLUGIN = (
    "Plugin Configuration Name",
    "Appliance Id",
    "BeyondTrust Appliance B Series Host Name",
    "BeyondTrust Integration API OAuth Client ID",
    "BeyondTrust Integration API OAuth Client Secret",
    "Locale Used for BeyondTrust API Calls",
    "Disabled",
    "Allow Invalid Certificates",
    "Use Non-TLS Connections",
    "Outbound Events Types",
    "Polling Event Types",
    "Polling Interval",
    "Retry Attempt Limit",
    "Retry Outbound Event Types",
    "Retry Polling Event Types",
    "Autotask Services URL",
    "Autotask Username",
    "Autotask Password",
    "Autotask Note Type",
    "Autotask Update Time Entry",
    "Autotask Publish Notes as Public",
    "Time Entry Default Data",
    "Time Entry Default Data: defaultDomain",
    "Time Entry Default Data: roleName",
    "Time Entry Default Data: summaryNotes",
    "Enable Automatic Ticket Creation on Session Start (Rep joins session)",
    "Automatic Ticket Creation on Session Start (Rep joins session) when external key is not provided",
    "Automatic Ticket Creation for these Session Types",
    "Ticket Default Data",
    "Ticket Default Data: ContactID",
    "Ticket Default Data: defaultContactID",
    "Ticket Default Data: Title",
    "Ticket Default Data: Description",
    "Templates folder",
)
"""BeyondTrust: the settings of the Autotask plugin, in the order of its configuration page."""

WITHOUT_COUNTERPART = {"Polling Interval"}
REFUSED = ("polling_interval_minutes",)
OF_TICKETS = (DEFAULT_CONTACT, "contactID", "title", "description")
"""What the plugin's page says of the fields of a ticket."""
CELL_END = re.compile(r"(?<!\\)\|")
NAMED = re.compile(r"(tests/[\w/]+\.py)::(\w+)")


@pytest.fixture
def text(root: Path) -> str:
    return (root / "docs" / "migrating.md").read_text(encoding="utf-8")


@pytest.fixture
def rows(text: str) -> list[list[str]]:
    """The table of the settings: the plugin's, ours, what differs, the tests."""
    table = text[text.index("| the plugin's setting |") :].partition("\n\n")[0]
    return [[cell.strip() for cell in CELL_END.split(line.strip("|"))] for line in table.splitlines()[2:]]


@pytest.fixture
def execute() -> Execute:
    def execute(*arguments: str) -> tuple[int, str, str]:
        command = [sys.executable, "-m", "bt_autotask_sync", *arguments]
        done = subprocess.run(command, capture_output=True, check=False, encoding="utf-8")
        return done.returncode, done.stdout, done.stderr

    return execute


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def all_keys() -> Iterator[str]:
    """Yield every key of a profile as the document writes it: `retry_limit`, `appliance.host`."""
    for name, section in SECTIONS.items():
        yield from (f"{name}.{key}".lstrip(".") for key in keys(section))
    yield from (f"time_entries.default_data.{key}" for key in OWN_KEYS)
    yield from (f"tickets.default_data.{key}" for key in OF_TICKETS)


def functions(path: Path) -> set[str]:
    return {each.name for each in ast.parse(path.read_text("utf-8")).body if isinstance(each, ast.FunctionDef)}


def test_every_setting_of_the_plugin_has_a_row_in_its_order(rows: list[list[str]]) -> None:
    assert tuple(setting for setting, *_ in rows) == PLUGIN


def test_every_setting_has_a_key_that_exists_or_is_said_not_to_be_here(rows: list[list[str]]) -> None:
    known = {"[profile.NAME]", *all_keys()}
    for setting, here, *_ in rows:
        if setting in WITHOUT_COUNTERPART:
            assert here == "not here"
        else:
            assert here.strip("`") in known, setting


def test_every_key_beside_them_exists_too(rows: list[list[str]]) -> None:
    tables = "|".join(filter(None, SECTIONS))
    mentioned = {key for _, _, differs, _ in rows for key in re.findall(rf"`((?:{tables})\.[\w.]+)`", differs)}
    assert len(mentioned) > 3
    assert mentioned <= set(all_keys())


def test_every_key_that_names_a_setting_of_the_plugin_has_its_row(rows: list[list[str]]) -> None:
    """A key whose description says that it is one of the plugin's stands in the table."""
    ours = {
        f"{name}.{key}".lstrip(".")
        for name, section in SECTIONS.items()
        for key in keys(section)
        if re.search(r"the plugin's \"", section.model_fields[key].description or "", re.IGNORECASE)
    }
    assert len(ours) > 15
    assert ours <= {here.strip("`") for _, here, *_ in rows}


def test_every_row_says_what_differs_and_names_tests_that_exist(root: Path, rows: list[list[str]]) -> None:
    for setting, _, differs, shown in rows:
        assert differs.endswith("."), setting
        named = NAMED.findall(shown)
        assert [f"`{file}::{name}`" for file, name in named] == shown.split(", "), setting
        for file, name in named:
            assert name in functions(root / file), f"{setting}: {file}::{name}"


def test_every_test_in_running_text_exists(root: Path, text: str) -> None:
    for file, name in NAMED.findall(text):
        assert name in functions(root / file), f"{file}::{name}"


def test_keys_for_what_is_not_here_are_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    for key in REFUSED:
        assert f"`{key}`" in text
        file.write_text(f"[profile.default]\n{key} = 1\n", encoding="utf-8")
        with pytest.raises(ConfigurationError) as refused:
            load(file, {})
        problems = {problem.path: problem.message for problem in refused.value.problems}
        assert problems[f"profile.default.{key}"] == "is not a known key"


def test_notes_have_the_configured_type(site: Site) -> None:
    site.set("autotask.note_type", "3")
    site.add()
    site.run()
    assert [note["noteType"] for note in site.notes().values()] == [3]


def test_the_switch_over_leaves_to_the_plugin_what_ended_before_and_takes_the_rest(site: Site, tmp_path: Path) -> None:
    (before,) = site.add()
    (over,) = site.add(in_progress=True)
    site.pass_time(3600)
    minute = site.sandbox.clock.now()
    site.set("start_at", iso(minute))
    assert site.run("--dry-run").profile["sessions"]["found"] == 0
    site.sandbox.appliance.end_session(over)
    site.pass_time(3600)
    (after,) = site.add()
    site.run()
    site.see_each_once([over, after])
    assert len(site.entries()) == 2

    around = tmp_path / "around.csv"
    since = iso(minute - 7200)
    assert site.command("audit", "--since", since, "--csv", str(around)).code == 0
    with around.open(encoding="utf-8-sig", newline="") as file:
        standing = {row["lsid"]: row["session"] for row in csv.DictReader(file)}
    assert standing == {before: "before_start", over: "delivered", after: "delivered"}

    assert site.command("resync", before).code == 0
    site.see_each_once([before, over, after])


def test_a_starting_point_that_is_moved_back_after_the_first_run_needs_since_once(site: Site) -> None:
    minute = site.sandbox.clock.now()
    site.set("start_at", iso(minute + 1800))
    site.pass_time(600)
    (early,) = site.add()
    assert site.run().profile["sessions"]["found"] == 0, "the starting point lies ahead"
    site.set("start_at", iso(minute))
    site.pass_time(3600)
    assert site.run().profile["sessions"]["found"] == 0
    (profile,) = site.command("audit", "--since", iso(minute), "--json").report["profiles"]
    assert profile["totals"]["sessions"]["before_start"] == 1
    assert site.run("--since", iso(minute)).profile["sessions"]["delivered"] == 1
    site.see_each_once([early])
