"""The commands around the job: profiles that fail alone, the lock, the dry run that makes nothing."""

from __future__ import annotations

import re
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.errors import CredentialsError
from bt_autotask_sync.state.lock import run_lock
from bt_autotask_sync.stop import StoppedError
from bt_autotask_sync.sync import all_profiles

if TYPE_CHECKING:
    from bt_autotask_sync.sync.run_context import RunContext
    from tests.unit.cli.conftest import Desk

SINCE = ("--since", "2026-11-20T00:00:00Z")


def outcomes(report: dict[str, Any]) -> dict[str, str]:
    return {profile["profile"]: profile["outcome"] for profile in report["profiles"]}


def test_a_run_delivers_and_a_second_one_is_silent(desk: Desk) -> None:
    lsids = desk.add(2)
    code, stdout, stderr = desk.command("run")
    assert (code, stderr) == (0, "")
    assert "2 sessions delivered" in stdout
    assert sum(f"[bt:{lsid[:12]}]" in title for lsid in lsids for title in desk.ours()) == 2
    assert desk.command("run") == (0, "", "")


@pytest.mark.parametrize(
    ("changes", "code", "outcome"),
    [
        ({"secret": '"wrong"'}, 5, "credentials"),
        ({"client_secret": '"wrong"'}, 5, "credentials"),
        ({"start_at": '"2026-11-22T10:00:00Z"\nno_ticket = "hold"'}, 0, "done"),
    ],
)
def test_one_profile_that_fails_stops_no_other(desk: Desk, changes: dict[str, str], code: int, outcome: str) -> None:
    desk.second_profile("other", **changes)
    lsids = desk.add(2)
    for order in (("default", "other"), ("other", "default")):
        report = desk.json("run", before=tuple(word for name in order for word in ("--profile", name)))
        assert (report["exit_code"], outcomes(report)) == (code, {"default": "done", "other": outcome})
        assert [profile["profile"] for profile in report["profiles"]] == list(order)
    assert sum(f"[bt:{lsid[:12]}]" in title for lsid in lsids for title in desk.ours()) == 2


@pytest.mark.parametrize("reason", [RuntimeError("nobody foresaw this"), StoppedError(signal.SIGTERM)])
def test_A2_whatever_ends_a_profile_what_came_of_its_credentials_is_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, reason: BaseException
) -> None:
    def ask_and_break(context: RunContext, _: object) -> None:
        with suppress(CredentialsError):
            context.client.threshold()
        raise reason

    desk.add()
    desk.command("run")
    text = desk.config.read_text(encoding="utf-8")
    desk.config.write_text(re.sub(r"(?m)^secret = .*", 'secret = "wrong"', text), "utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(all_profiles, "recognise_tenant", ask_and_break)
        assert desk.json("run")["exit_code"] == (143 if isinstance(reason, StoppedError) else 1)
    before = desk.sandbox.log.counts()["autotask"]
    desk.add()
    report = desk.json("run")
    assert (report["exit_code"], desk.sandbox.log.counts()["autotask"]) == (5, before)
    assert "not presented again before" in report["profiles"][0]["error"]


def test_a_profile_that_cannot_begin_for_an_unforeseen_reason_stops_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_first(context: RunContext, _: object) -> None:
        if context.profile.name == "default":
            raise RuntimeError("nobody foresaw this")

    desk.second_profile("other")
    monkeypatch.setattr(all_profiles, "recognise_tenant", break_first)
    report = desk.json("run")
    assert (report["exit_code"], outcomes(report)) == (1, {"default": "failed", "other": "done"})


def test_a_template_that_is_wrong_fails_its_profile_alone(desk: Desk) -> None:
    desk.second_profile("other", default_data='{ defaultDomain = "x.example", roleName = "r", summaryNotes = "{{#x" }')
    desk.add()
    report = desk.json("run")
    assert (report["exit_code"], outcomes(report)) == (2, {"default": "done", "other": "usage"})


def test_C12_a_command_that_writes_takes_the_lock(desk: Desk) -> None:
    desk.add()
    desk.state.mkdir()
    with run_lock(desk.state):
        for arguments in (["run"], ["run", "--dry-run"], ["resync", *SINCE]):
            report = desk.json(*arguments)
            assert (report["exit_code"], report["profiles"]) == (75, [])
            assert "Another run" in report["error"]
        assert desk.command("held", "retry", "--all")[0] == 75
        assert desk.command("held", "skip", "a" * 12, "--reason", "x")[0] == 75
        assert desk.command("held", "list")[0] == 0
    assert desk.ours() == []
    assert desk.json("run")["exit_code"] == 0


def test_C12_a_dry_run_where_nothing_is_yet_makes_nothing(desk: Desk) -> None:
    desk.add(2)
    report = desk.json("run", "--dry-run")
    assert len(report["profiles"][0]["plan"]) >= 4
    assert not desk.state.exists()
    assert desk.ours() == []


def test_C12_a_dry_run_beside_a_ledger_leaves_nothing_but_the_lock(desk: Desk) -> None:
    desk.add(2)
    desk.command("run")
    before = {path.name: path.read_bytes() for path in desk.state.iterdir() if path.name != "lock.db"}
    desk.add(1)
    assert desk.json("run", "--dry-run")["profiles"][0]["sessions"]["delivered"] == 1
    assert {path.name: path.read_bytes() for path in desk.state.iterdir() if path.name != "lock.db"} == before


@pytest.mark.parametrize("arguments", [["run"], ["run", "--dry-run"], ["held", "list"]])
def test_a_corrupt_checkpoint_is_exit_code_2_with_the_way_out(desk: Desk, arguments: list[str]) -> None:
    desk.state.mkdir()
    (desk.state / "checkpoint.db").write_bytes(b"rubbish" * 1000)
    code, _, stderr = desk.command(*arguments)
    assert code == 2
    assert "checkpoint.db" in stderr


def test_a_state_directory_that_is_a_file_is_exit_code_2(desk: Desk) -> None:
    desk.state.write_text("")
    code, _, stderr = desk.command("run")
    assert code == 2
    assert "--state-dir" in stderr


def test_an_unknown_profile_is_named_with_those_that_there_are(desk: Desk) -> None:
    report = desk.json("run", before=("--profile", "nobody"))
    assert (report["exit_code"], report["profiles"]) == (2, [])
    assert "'nobody'" in report["error"]
    assert "default" in report["advice"]


def test_a_disabled_profile_is_left_alone(desk: Desk) -> None:
    text = desk.config.read_text(encoding="utf-8")
    desk.config.write_text(text.replace("[profile.default]\n", "[profile.default]\nenabled = false\n"), "utf-8")
    desk.add()
    assert desk.json("run")["profiles"] == []
    assert desk.ours() == []


def test_a_first_run_without_a_starting_point_is_exit_code_2(desk: Desk) -> None:
    text = desk.config.read_text(encoding="utf-8")
    desk.config.write_text(re.sub(r"(?m)^start_at.*\n", "", text), "utf-8")
    lsids = desk.add()
    report = desk.json("run")
    assert report["exit_code"] == 2
    assert "--since" in report["profiles"][0]["advice"]
    assert desk.json("run", *SINCE)["exit_code"] == 0
    assert len([title for title in desk.ours() if lsids[0][:12] in title]) >= 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--since", "yesterday"],
        ["run", "--since", "2026-11-22T08:00:00Z", "--until", "2026-11-22T08:00:00Z"],
        ["run", *SINCE, "--until", "2026-11-19T00:00:00Z"],
        ["resync"],
        ["resync", "a" * 32, *SINCE],
        ["resync", "a" * 32, "--until", "1d"],
        ["resync", *SINCE, "--ticket", "T20261122.0001"],
        ["resync", "short"],
        ["resync", "a" * 12],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_exit_code_2_and_creates_nothing(desk: Desk, arguments: list[str]) -> None:
    desk.add()
    assert desk.json(*arguments)["exit_code"] == 2
    assert desk.ours() == []


def test_a_limit_below_one_is_refused(desk: Desk) -> None:
    assert desk.command("run", "--limit", "0")[0] == 2
    assert desk.command("run", "--limit", "-1")[0] == 2


def test_resync_takes_a_beginning_of_an_lsid_and_any_case(desk: Desk) -> None:
    (lsid,) = desk.add(key="T20990101.0001")
    assert desk.json("run")["exit_code"] == 3
    number = desk.sandbox.autotask.store.rows("Tickets")[3]["ticketNumber"]
    assert desk.json("resync", lsid[:12].upper(), "--ticket", number)["exit_code"] == 0
    assert any(lsid[:12] in title for title in desk.ours())


def test_what_is_held_is_listed_released_and_skipped(desk: Desk) -> None:
    one, other = desk.add(2, key="T20990101.0001")
    assert desk.command("run")[0] == 3
    code, stdout, _ = desk.command("held", "list")
    assert code == 3
    assert one in stdout
    assert other in stdout
    assert "Autotask has no ticket T20990101.0001." in stdout
    assert desk.command("held", "skip", one[:12], "--reason", "not ours")[0] == 0
    assert desk.command("held", "retry", other)[0] == 0
    assert desk.command("held", "retry", one)[0] == 2
    assert one not in desk.command("held", "list")[1]
    assert "not ours" in desk.command("held", "list", "--skipped")[1]


def test_an_outage_is_exit_code_4_and_the_rest_waits(desk: Desk) -> None:
    lsids = desk.add(2)
    desk.sandbox.faults.add("outage", side="autotask")
    report = desk.json("run")
    assert (report["exit_code"], report["profiles"][0]["outcome"]) == (4, "ended_early")
    desk.sandbox.faults.clear()
    assert desk.json("run")["profiles"][0]["sessions"]["delivered"] == len(lsids)
