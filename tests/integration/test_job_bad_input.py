"""Bad input from outside: a clear message, the right exit code, and nothing lost when it is healed."""

from __future__ import annotations

import json
import re
import socket
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.wrappers import Response

from bt_autotask_sync.sync.tickets import choice

if TYPE_CHECKING:
    from pathlib import Path

    from werkzeug.wrappers import Request

    from tests.conftest import Done, Site

HTML = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Welcome to the hotel's Wi-Fi</body></html>"
BOMB = '<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><session_list>&b;</session_list>'
PLAIN_XML = '<?xml version="1.0"?><!DOCTYPE session_list SYSTEM "file:///etc/passwd"><session_list/>'

REPORTS = ("SupportSessionListing", "SupportSession")
READS = (
    "GET /ThresholdInformation",
    "/Tickets/query",
    "/Resources/query",
    "/ResourceServiceDeskRoles/query",
    "/Roles/query",
    "/TicketNotes/query",
    "/TimeEntries/query",
)
A2_PAUSE = 3601
"""Seconds after which credentials that were refused once are presented again."""


@pytest.fixture
def lsids(site: Site) -> list[str]:
    """Sessions that ended, and that a healed run delivers."""
    return site.add(3)


@pytest.fixture
def closed_port() -> str:
    """A host and port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"127.0.0.1:{taken.getsockname()[1]}"


def see_healed(site: Site, lsids: list[str]) -> None:
    site.sandbox.faults.clear()
    done = site.run()
    site.see_each_once(lsids)
    assert done.profile["problems"] == []


def see_told(done: Done, *words: str) -> None:
    """See that the message names the place and the mend, for a person and for a script."""
    profiles = done.report["profiles"]
    reported = [done.report, *profiles]
    assert any(report.get("error") for report in reported)
    told = re.sub(r"\s+", " ", done.stderr)
    for word in words:
        assert word.lower() in told.lower()
    assert "sandbox-secret" not in told.lower()


# The network and the credentials


def test_an_appliance_that_nobody_listens_at_is_named(site: Site, lsids: list[str], closed_port: str) -> None:
    with site.setting("appliance.host", json.dumps(closed_port)):
        see_told(site.run(code=4), closed_port, "appliance", "host")
    see_healed(site, lsids)


def test_an_autotask_that_nobody_listens_at_is_named(site: Site, lsids: list[str], closed_port: str) -> None:
    with site.setting("autotask.services_url", json.dumps(f"http://{closed_port}/atservicesrest")):
        see_told(site.run(code=4), closed_port, "Autotask cannot be reached")
    see_healed(site, lsids)


@pytest.mark.parametrize("key", ["client_id", "client_secret"])
def test_an_oauth_client_that_the_appliance_refuses_is_told(site: Site, lsids: list[str], key: str) -> None:
    with site.setting(f"appliance.{key}", '"wrong"'):
        done = site.run(code=5)
        see_told(done, "appliance", "secret", "API Configuration")
        assert done.profile["outcome"] == "credentials"
        assert site.asked("appliance") == {"token": 1}
    see_healed(site, lsids)


@pytest.mark.parametrize(
    ("key", "bad_credentials"),
    [
        ("username", "401-empty"),
        ("secret", "401-empty"),
        ("integration_code", "401-empty"),
        ("username", "500-text"),
        ("integration_code", "500-text"),
    ],
)
def test_a_user_that_autotask_refuses_is_told(site: Site, lsids: list[str], key: str, bad_credentials: str) -> None:
    site.sandbox.switches.change({"bad_credentials": bad_credentials})
    with site.setting(f"autotask.{key}", '"wrong@sandbox.example"'):
        done = site.run(code=5)
        see_told(done, "Autotask", "integration_code")
        assert done.profile["outcome"] == "credentials"
    see_healed(site, lsids)


def test_A1_a_create_that_is_answered_401_while_reads_work_judges_no_credentials(site: Site, lsids: list[str]) -> None:
    site.sandbox.faults.add(
        "status", side="autotask", endpoint="POST /TimeEntries", status=401, body="empty", skip=1, times=None
    )
    done = site.run(code=3)
    assert done.profile["created"]["time_entries"] == len(site.entries()) == 1
    assert (done.profile["sessions"]["unsettled"], done.profile["outcome"]) == (2, "held")
    site.pass_time(500)
    see_healed(site, lsids)


@pytest.mark.parametrize("endpoint", READS[::3])
def test_credentials_refused_in_the_middle_of_the_look_ups_stop_the_run(
    site: Site, lsids: list[str], endpoint: str
) -> None:
    site.sandbox.faults.add("status", side="autotask", endpoint=endpoint, status=401, body="empty", times=None)
    site.run(code=5)
    assert site.creates() == []
    site.pass_time(A2_PAUSE)
    see_healed(site, lsids)


@pytest.mark.parametrize("report", [*REPORTS, "SupportCustExitSurvey"])
def test_a_token_that_expired_in_the_middle_is_renewed_once(site: Site, lsids: list[str], report: str) -> None:
    site.sandbox.faults.add("expired_token", side="appliance", endpoint=report)
    site.run()
    assert site.asked("appliance")["token"] == 2
    site.see_each_once(lsids)


@pytest.mark.parametrize(("report", "code"), [(REPORTS[0], 5), (REPORTS[1], 4)])
def test_an_appliance_that_refuses_every_token_is_told(site: Site, lsids: list[str], report: str, code: int) -> None:
    site.sandbox.faults.add("expired_token", side="appliance", endpoint=report, times=None)
    see_told(site.run(code=code), "appliance" if code == 5 else "API account")
    assert site.asked("appliance")["token"] == 2
    site.pass_time(A2_PAUSE)
    see_healed(site, lsids)


# What is not what was asked for


@pytest.mark.parametrize("status", [200, 302, 502, 503])
@pytest.mark.parametrize("endpoint", ["token", *REPORTS])
def test_html_instead_of_what_the_appliance_answers_ends_the_run(
    site: Site, lsids: list[str], endpoint: str, status: int
) -> None:
    site.sandbox.faults.add("status", side="appliance", endpoint=endpoint, status=status, times=None)
    see_told(site.run(code=4), "127.0.0.1")
    assert site.creates() == []
    see_healed(site, lsids)


def test_surveys_that_cannot_be_listed_never_fail_the_run(site: Site, lsids: list[str]) -> None:
    site.sandbox.faults.add("status", side="appliance", endpoint="SupportCustExitSurvey", status=200, times=None)
    assert "survey" in site.run().stderr
    see_healed(site, lsids)


@pytest.mark.parametrize(
    ("endpoint", "status"),
    [*((read, 200) for read in READS[1:]), (READS[2], 404), (READS[1], 502), (READS[5], 503)],
)
def test_html_instead_of_what_autotask_answers_ends_the_run(
    site: Site, lsids: list[str], endpoint: str, status: int
) -> None:
    site.sandbox.faults.add("status", side="autotask", endpoint=endpoint, status=status, times=None)
    see_told(site.run(code=4), "Autotask", endpoint.removeprefix("GET "))
    assert site.creates() == []
    see_healed(site, lsids)


@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize(
    ("endpoint", "status"),
    [
        ("POST /Tickets/*/Notes", 200),
        ("POST /Tickets/*/Notes", 302),
        ("POST /Tickets/*/Notes", 404),
        ("POST /Tickets/*/Notes", 502),
        ("POST /TimeEntries", 502),
    ],
)
def test_html_instead_of_a_create_is_unsettled_and_settled_once(
    site: Site, lsids: list[str], endpoint: str, status: int, executed: bool
) -> None:
    site.sandbox.faults.add("status", side="autotask", endpoint=endpoint, status=status, executed=executed)
    assert site.run(code=3).profile["sessions"]["unsettled"] == 1
    site.pass_time(430)
    see_healed(site, lsids)


@pytest.mark.parametrize("kind", ["cut_body", "garbled"])
@pytest.mark.parametrize("endpoint", ["token", *REPORTS])
def test_an_appliance_whose_answers_are_always_damaged_ends_the_run(
    site: Site, lsids: list[str], endpoint: str, kind: Any
) -> None:
    site.sandbox.faults.add(kind, side="appliance", endpoint=endpoint, times=None)
    see_told(site.run(code=4), "127.0.0.1")
    see_healed(site, lsids)


@pytest.mark.parametrize(
    ("endpoint", "kind"),
    [*((read, "cut_body") for read in READS[1:]), (READS[2], "garbled"), (READS[6], "garbled"), (READS[1], "dropped")],
)
def test_an_autotask_whose_answers_are_always_damaged_ends_the_run(
    site: Site, lsids: list[str], endpoint: str, kind: Any
) -> None:
    site.sandbox.faults.add(kind, side="autotask", endpoint=endpoint, times=None)
    see_told(site.run(code=4), "Autotask")
    assert site.creates() == []
    see_healed(site, lsids)


@pytest.mark.parametrize(
    ("report", "text"),
    [
        *((REPORTS[0], text) for text in (PLAIN_XML, BOMB, HTML, "<other_root/>", "", "{}")),
        *((REPORTS[1], text) for text in (PLAIN_XML, BOMB, "<other_root/>")),
    ],
)
def test_a_report_that_is_none_ends_the_run_and_moves_nothing(
    site: Site, lsids: list[str], report: str, text: str
) -> None:
    site.sandbox.faults.add("status", side="appliance", endpoint=report, status=200, body="text", text=text, times=None)
    see_told(site.run(code=4), report)
    see_healed(site, lsids)


def test_a_report_that_breaks_off_once_is_asked_for_again(site: Site, lsids: list[str]) -> None:
    for report in (*REPORTS, "SupportCustExitSurvey"):
        site.sandbox.faults.add("cut_body", side="appliance", endpoint=report)
    site.run()
    assert [fault["struck"] for fault in site.sandbox.faults.described()] == [1, 1, 1]
    site.see_each_once(lsids)


@pytest.mark.parametrize("text", [PLAIN_XML, BOMB, "<session_list><session lsid='"])
def test_one_poisoned_session_is_held_and_stops_no_other(
    site: Site, lsids: list[str], monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    poisoned, *others = lsids
    handle = site.sandbox.appliance.handle

    def poison(request: Request) -> Response:
        asked = poisoned in request.values.get("lsids", "")
        return Response(text, 200, mimetype="text/xml") if asked else handle(request)

    with monkeypatch.context() as patch:
        patch.setattr(site.sandbox.appliance, "handle", poison)
        (problem,) = site.run(code=3).profile["problems"]
        assert (problem["lsid"], problem["state"]) == (poisoned, "held")
        site.see_each_once(others)
    site.pass_time(120)
    see_healed(site, lsids)


def test_an_appliance_that_suddenly_lists_nothing_is_not_believed(site: Site, lsids: list[str]) -> None:
    site.run()
    site.pass_time(600)
    later = site.add(2)
    empty = "<error xmlns='x'>No support sessions were found matching your chosen criteria.</error>"
    before = site.run("--dry-run").profile["watermark"]
    site.sandbox.faults.add(
        "status",
        side="appliance",
        endpoint="SupportSessionListing",
        status=200,
        body="text",
        text=empty.replace("support sessions were found", "session information"),
        times=None,
    )
    done = site.run(code=4)
    assert done.profile["watermark"] is None or done.profile["watermark"] < before
    see_healed(site, lsids + later)


def test_something_unexpected_is_told_without_a_traceback_and_loses_nothing(
    site: Site, lsids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("with a customer's name in it")

    with monkeypatch.context() as patch:
        patch.setattr(choice, "choose_tickets", fail)
        done = site.run(code=1)
    see_told(done, "unexpected", "RuntimeError", "-vv")
    assert "customer" not in done.stderr + done.stdout
    assert done.profile["outcome"] == "failed"
    see_healed(site, lsids)


# The configuration

MISTAKES = {
    "timezone": '"Middle/Earth"',
    "retry_limit": "-1",
    "appliance.host": '"https://support.example.com"',
    "autotask.settle_seconds": '"soon"',
    "autotask.note_kind": "1",
}


def test_a_configuration_with_five_mistakes_names_all_five(site: Site, lsids: list[str]) -> None:
    before = site.config.read_bytes()
    for key, value in MISTAKES.items():
        site.set(key, value)
    run, validated = site.run(code=2), site.command("config", "validate")
    assert validated.code == 2
    for told in (run.stderr, validated.stderr, run.report["error"]):
        assert "5 problems" in told
        assert all(f"profile.default.{key}" in told for key in MISTAKES)
    assert site.counts() == {"appliance": 0, "autotask": 0}
    assert not site.state.exists()
    site.config.write_bytes(before)
    see_healed(site, lsids)


@pytest.mark.parametrize("content", [b"[profile.default", b"\xff\xfe", b"", b"[profile]", b"a = [" * 5000])
def test_a_file_that_is_no_configuration_is_a_usage_error(site: Site, content: bytes) -> None:
    site.config.write_bytes(content)
    see_told(site.run(code=2), str(site.config))


def test_a_configuration_that_is_not_there_is_named_with_the_way_to_one(site: Site) -> None:
    site.config.unlink()
    see_told(site.run(code=2), str(site.config), "config example")


def test_a_profile_that_does_not_exist_is_named(site: Site) -> None:
    code, stdout, stderr = site._execute("--profile", "nobody", *site.options, "run", "--json")
    assert (code, json.loads(stdout)["exit_code"]) == (2, 2)
    assert "nobody" in stderr
    assert "default" in stderr


@pytest.mark.parametrize("arguments", [["--since", "yesterday"], ["--until", "2026-13-01"], ["--since", "9" * 9 + "d"]])
def test_a_time_that_is_none_is_a_usage_error(site: Site, arguments: list[str]) -> None:
    see_told(site.run(*arguments, code=2), arguments[1], "ISO 8601")
    assert site.counts() == {"appliance": 0, "autotask": 0}


def test_since_before_start_at_is_a_usage_error_and_asks_nobody(site: Site, lsids: list[str]) -> None:
    site.set("start_at", "2026-01-01T00:00:00Z")
    see_told(site.run("--since", "2025-12-31T23:59:59Z", code=2), "start_at", "resync")
    assert site.counts() == {"appliance": 0, "autotask": 0}
    see_healed(site, lsids)


def test_since_after_until_is_a_usage_error(site: Site) -> None:
    see_told(site.run("--since", "1h", "--until", "2h", code=2), "--until")


def test_a_first_run_without_a_starting_point_is_a_usage_error_and_asks_nobody(site: Site, lsids: list[str]) -> None:
    with site.setting("start_at", ""):
        for arguments in ([], ["--dry-run"]):
            see_told(site.run(*arguments, code=2), "start_at", "--since")
        assert site.counts() == {"appliance": 0, "autotask": 0}
    see_healed(site, lsids)


# The state directory


def damage_the_header(path: Path) -> None:
    path.write_bytes(b"this is no database" * 300)


def damage_the_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[200:] = b"\xff" * (len(content) - 200)
    path.write_bytes(content)


def cut_in_half(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2 - 100])


@pytest.mark.parametrize("damage", [damage_the_header, damage_the_middle, cut_in_half])
def test_a_corrupt_checkpoint_is_named_with_the_way_out_that_doubles_nothing(
    site: Site, lsids: list[str], damage: Any
) -> None:
    site.run()
    checkpoint = site.state / "checkpoint.db"
    damage(checkpoint)
    site.forget_requests()
    for arguments in ([], ["--dry-run"]):
        see_told(site.run(*arguments, code=2), str(checkpoint), "move it away", "start_at", "--since")
    assert site.creates() == []
    checkpoint.rename(checkpoint.with_suffix(".damaged"))
    later = site.add(2)
    done = site.run().profile
    assert done["sessions"]["already"] == len(lsids)
    site.see_each_once(lsids + later)


def test_a_checkpoint_from_a_newer_version_is_left_alone(site: Site, lsids: list[str]) -> None:
    site.run("--limit", "2")
    checkpoint = site.state / "checkpoint.db"
    db = sqlite3.connect(checkpoint)
    (version,) = db.execute("PRAGMA user_version").fetchone()
    db.execute("PRAGMA user_version = 999")
    db.close()
    before = checkpoint.read_bytes()
    for arguments in ([], ["--dry-run"]):
        see_told(site.run(*arguments, code=2), str(checkpoint), "newer version")
    assert checkpoint.read_bytes() == before
    db = sqlite3.connect(checkpoint)
    db.execute(f"PRAGMA user_version = {version}")
    db.close()
    see_healed(site, lsids)


def test_a_state_directory_that_cannot_be_made_is_named(site: Site, lsids: list[str]) -> None:
    directory = site.state
    site.state = site.config / "state"
    see_told(site.run(code=2), str(site.state), "--state-dir")
    site.state = site.config
    see_told(site.run(code=2), str(site.state), "--state-dir")
    assert site.counts() == {"appliance": 0, "autotask": 0}
    site.state = directory
    see_healed(site, lsids)


@pytest.mark.parametrize("name", ["checkpoint.db", "lock.db"])
def test_a_directory_in_the_place_of_a_file_is_named(site: Site, lsids: list[str], name: str) -> None:
    (site.state / name).mkdir(parents=True)
    see_told(site.run(code=2), str(site.state / name))
    assert site.counts() == {"appliance": 0, "autotask": 0}
    (site.state / name).rmdir()
    see_healed(site, lsids)


def test_a_lock_file_with_something_else_in_it_is_named(site: Site, lsids: list[str]) -> None:
    site.state.mkdir()
    (site.state / "lock.db").write_bytes(b"no database" * 500)
    see_told(site.run(code=2), "lock.db", "delete")
    (site.state / "lock.db").unlink()
    see_healed(site, lsids)
