"""`check --offline`: what is wrong on this machine, without a word to either system."""

from __future__ import annotations

import socket
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from tests.conftest import Done, Site


@pytest.fixture(autouse=True)
def no_network(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        pytest.fail("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def check(site: Site, code: int) -> Done:
    done = site.command("check", "--offline", "--json")
    assert (done.code, done.report["exit_code"]) == (code, code), done
    return done


def only(done: Done, severity: str) -> dict[str, str]:
    (finding,) = [finding for finding in done.profile["findings"] if finding["severity"] == severity]
    found: dict[str, str] = finding
    assert found["mend"]
    return found


def test_it_checks_what_is_here_and_asks_nobody(site: Site) -> None:
    done = check(site, 0)
    assert {finding["severity"] for finding in done.profile["findings"]} == {"ok"}
    assert {finding["area"] for finding in done.profile["findings"]} == {"configuration", "templates", "state"}
    assert site.counts() == {"appliance": 0, "autotask": 0}
    assert not site.state.exists()


def test_a_configuration_with_problems_is_2_and_names_them_all(site: Site) -> None:
    site.set("autotask.note_type", '"one"')
    site.set("timezone", '"Nowhere"')
    done = check(site, 2)
    assert done.report["profiles"] == []
    assert "note_type" in done.report["error"]
    assert "timezone" in done.report["error"]
    assert "note_type" in done.stderr


def test_a_profile_that_does_not_exist_is_2(site: Site) -> None:
    code, stdout, stderr = site._execute(*site.options, "--profile", "other", "check", "--offline")
    assert (code, stdout) == (2, "")
    assert "'other'" in stderr


def test_a_warning_of_the_configuration_is_a_remark(site: Site) -> None:
    site.set("autotask.settle_seconds", "60")
    finding = only(check(site, 0), "remark")
    assert finding["area"] == "configuration"
    assert finding["what"].startswith("profile.default.autotask.settle_seconds is below 300")


def test_a_first_run_without_a_starting_point_is_2_as_the_run_would_be(site: Site) -> None:
    site.set("start_at", "")
    finding = only(check(site, 2), "problem")
    assert "starting point" in finding["what"]
    assert "start_at" in finding["mend"]


def test_a_template_with_a_mistake_is_2_with_its_place_and_an_unknown_name_a_remark(site: Site) -> None:
    directory = site.config.parent / "texts"
    directory.mkdir()
    site.set("templates.directory", '"texts"')
    (directory / "session_note.mustache").write_text("Hello\n{{lsidd}}", encoding="utf-8")
    finding = only(check(site, 0), "remark")
    assert "line 2, column 1" in finding["what"]
    assert "`lsid`" in finding["mend"]
    (directory / "session_note.mustache").write_text("{{#chat}}", encoding="utf-8")
    assert only(check(site, 2), "problem")["area"] == "templates"


def test_a_file_that_nobody_would_read_is_a_remark(site: Site) -> None:
    directory = site.config.parent / "texts"
    directory.mkdir()
    site.set("templates.directory", '"texts"')
    (directory / "session_notes.mustache").write_text("Hello", encoding="utf-8")
    assert "nobody reads it" in only(check(site, 0), "remark")["what"]


@pytest.mark.parametrize(("text", "severity", "code"), [("{{#chat}}", "problem", 2), ("{{lsidd}}", "remark", 0)])
def test_the_summary_notes_are_a_template_too(site: Site, text: str, severity: str, code: int) -> None:
    data = f'{{ defaultDomain = "msp.example", roleName = "Technician", summaryNotes = "{text}" }}'
    site.set("time_entries.default_data", data)
    assert "summaryNotes" in only(check(site, code), severity)["what"]


def test_a_state_directory_that_could_not_be_made_is_2(site: Site) -> None:
    site.state.parent.joinpath("state").write_text("a file", encoding="utf-8")
    site.state = site.state / "below"
    finding = only(check(site, 2), "problem")
    assert finding["area"] == "state"
    assert "is not a directory" in finding["what"]


def test_a_damaged_checkpoint_file_is_2_and_stays_as_it_is(site: Site) -> None:
    site.state.mkdir()
    (site.state / "checkpoint.db").write_bytes(b"rubbish" * 1000)
    assert "damaged" in only(check(site, 2), "problem")["what"]
    assert [path.name for path in site.state.iterdir()] == ["checkpoint.db"]
    assert (site.state / "checkpoint.db").read_bytes() == b"rubbish" * 1000


def test_a_checkpoint_file_of_a_newer_version_is_2(site: Site) -> None:
    site.state.mkdir()
    with closing(sqlite3.connect(site.state / "checkpoint.db")) as connection:
        connection.execute("PRAGMA user_version = 999")
    assert "newer version" in only(check(site, 2), "problem")["what"]


def test_where_no_profile_is_enabled_it_says_so(site: Site) -> None:
    site.set("enabled", "false")
    done = site.command("check", "--offline")
    assert (done.code, done.stdout) == (0, "No profile is enabled.\n")
