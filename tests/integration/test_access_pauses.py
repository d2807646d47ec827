"""A1 and A2 over sockets: wrong credentials reach a product once in a pause, right ones at once."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.cli import check as check_command
from bt_autotask_sync.cli import resync as resync_command
from bt_autotask_sync.stop import StoppableClock
from tests.integration.test_profiles_apart import add_profile

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Site

SECRETS = {"appliance": "appliance.client_secret", "autotask": "autotask.secret"}
HOUR = 3600
SIDES = pytest.mark.parametrize("side", ["appliance", "autotask"])


class OwnClock:
    """This machine's clock as the command sees it."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def own_clock(monkeypatch: pytest.MonkeyPatch) -> OwnClock:
    clock = OwnClock()
    monkeypatch.setattr(StoppableClock, "now", lambda _: clock.time)
    return clock


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person sits in front of the command."""
    monkeypatch.setattr(check_command, "on_terminal", lambda: True)
    monkeypatch.setattr(resync_command, "on_terminal", lambda: True)


def refused(site: Site, side: str) -> int:
    """How many requests a side has refused for their credentials."""
    return [entry.status for entry in site.sandbox.log.entries(side)].count(401)


def kept(state: Path) -> int:
    """How many sets of credentials stand in the ledger as refused."""
    with closing(sqlite3.connect(state / "checkpoint.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM refused_credentials").fetchone()[0])


def add_second(site: Site, side: str) -> None:
    """Add a profile with the same credentials for one side, at another address of the other side."""
    add_profile(site, "second")
    if side == "appliance":  # one appliance, and another tenant
        text = site.config.read_text(encoding="utf-8").replace('host = "localhost', 'host = "127.0.0.1')
        first, second = text.split("[profile.second]")
        second = second.replace('services_url = "http://127.0.0.1', 'services_url = "http://localhost')
        site.config.write_text(f"{first}[profile.second]{second}", encoding="utf-8")


@SIDES
def test_A2_five_runs_with_a_wrong_secret_send_one_refused_request_a_pause(
    site: Site, own_clock: OwnClock, side: str
) -> None:
    site.add()
    with site.setting(SECRETS[side], '"wrong"'):
        for number, pause in enumerate([0, HOUR, 12 * HOUR, 24 * HOUR, 24 * HOUR], start=1):
            own_clock.advance(pause - 1 if pause else 0)
            if pause:
                site.run(code=5)
                assert refused(site, side) == number - 1
                own_clock.advance(1)
            for _ in range(5):
                done = site.run(code=5)
            assert refused(site, side) == number
        words = done.profile["error"]
        assert words.startswith("The appliance has" if side == "appliance" else "Autotask has")
        assert f"{own_clock.time:%Y-%m-}" in words
        assert "bt-autotask-sync check" in done.profile["advice"]
        assert done.profile["outcome"] == "credentials"
    site.run()
    assert kept(site.state) == 1, "the wrong ones are still known"
    site.see_each_once(site.ended())


@SIDES
def test_A2_a_changed_secret_is_presented_at_once_right_or_wrong(site: Site, side: str) -> None:
    site.add()
    for number in range(1, 4):
        with site.setting(SECRETS[side], f'"wrong {number}"'):
            site.run(code=5)
            site.run(code=5)
        assert refused(site, side) == number
    site.run()
    site.see_each_once(site.ended())


@SIDES
def test_A2_once_they_are_accepted_again_they_stand_in_no_list(site: Site, own_clock: OwnClock, side: str) -> None:
    site.add()
    site.sandbox.faults.add("status", side=side, status=401, body="empty")
    site.run(code=5)
    assert kept(site.state) == 1
    site.run(code=5)
    own_clock.advance(HOUR)
    site.run()
    assert kept(site.state) == 0
    site.see_each_once(site.ended())


@SIDES
def test_A2_two_profiles_with_the_same_credentials_ask_once(site: Site, side: str) -> None:
    site.set(SECRETS[side], '"wrong"')
    add_second(site, side)
    site.add()
    done = site.run(code=5)
    assert [profile["outcome"] for profile in done.report["profiles"]] == ["credentials", "credentials"]
    site.run(code=5)
    assert refused(site, side) == 1


def test_A2_refusals_by_the_appliance_do_not_keep_other_profiles_from_theirs(site: Site) -> None:
    add_profile(site, "second")
    site.add()
    site.set("appliance.client_secret", '"wrong"')
    outcomes = [profile["outcome"] for profile in site.run(code=5).report["profiles"]]
    assert outcomes == ["credentials", "done"]


@SIDES
def test_A2_a_dry_run_obeys_and_records_nothing(site: Site, side: str) -> None:
    site.add()
    site.run()
    site.add()
    site.set(SECRETS[side], '"wrong"')
    site.run("--dry-run", code=5)
    assert (refused(site, side), kept(site.state)) == (1, 0)
    site.run(code=5)
    site.run("--dry-run", code=5)
    assert (refused(site, side), kept(site.state)) == (2, 1)


@SIDES
def test_A2_check_obeys_the_pause_where_nobody_sits_in_front_of_it(site: Site, side: str) -> None:
    site.add()
    site.set(SECRETS[side], '"wrong"')
    site.run(code=5)
    done = site.command("check", "--json")
    assert done.code == 5
    assert "not presented again before" in done.stdout
    assert refused(site, side) == 1


@SIDES
def test_A2_check_asks_once_for_two_profiles_with_the_same_credentials(site: Site, side: str) -> None:
    site.set(SECRETS[side], '"wrong"')
    add_second(site, side)
    assert site.command("check").code == 5
    assert not site.state.exists()
    assert refused(site, side) == 1


@SIDES
def test_A2_a_refusal_that_check_met_is_obeyed_by_runs(site: Site, side: str) -> None:
    site.run()
    site.add()
    site.set(SECRETS[side], '"wrong"')
    assert site.command("check").code == 5
    site.run(code=5)
    assert refused(site, side) == 1


@pytest.mark.usefixtures("terminal")
@SIDES
def test_A2_check_on_a_terminal_asks_and_its_success_lets_runs_work_again(site: Site, side: str) -> None:
    site.add()
    site.sandbox.faults.add("status", side=side, status=401, body="empty")
    site.run(code=5)
    assert site.command("check").code in {0, 3}
    assert kept(site.state) == 0
    site.run()
    site.see_each_once(site.ended())


@pytest.mark.usefixtures("terminal")
def test_A2_check_works_without_a_state_directory_and_makes_none(site: Site) -> None:
    site.set("autotask.secret", '"wrong"')
    assert site.command("check").code == 5
    assert not site.state.exists()


@pytest.mark.usefixtures("terminal")
def test_A2_resync_by_a_person_asks_whatever_the_pause(site: Site) -> None:
    (lsid,) = site.add()
    site.sandbox.faults.add("status", side="autotask", status=401, body="empty")
    site.run(code=5)
    assert site.command("resync", lsid).code == 0
    assert kept(site.state) == 0
    site.see_each_once([lsid])


def test_A2_resync_by_a_schedule_obeys(site: Site) -> None:
    (lsid,) = site.add()
    site.set("autotask.secret", '"wrong"')
    site.run(code=5)
    assert site.command("resync", lsid).code == 5
    assert refused(site, "autotask") == 1


@pytest.mark.parametrize(
    ("status", "text", "code"),
    [
        (401, "", 5),
        (400, json.dumps({"error": "invalid_client"}), 5),
        (503, json.dumps({"error": "invalid_client"}), 5),
        (400, json.dumps({"error": "invalid_request"}), 4),
        (400, "<html>invalid_client</html>", 4),
        (403, json.dumps({"error": "invalid_client"}), 4),
        (403, "", 4),
    ],
)
def test_A1_only_a_401_and_invalid_client_are_refused_credentials_never_a_403(
    site: Site, status: int, text: str, code: int
) -> None:
    site.add()
    site.sandbox.faults.add("status", endpoint="token", status=status, body="text" if text else "empty", text=text)
    site.run(code=code)
    assert kept(site.state) == (1 if code == 5 else 0)
    if code == 4:
        site.run()
        site.see_each_once(site.ended())


def test_A1_a_401_in_spite_of_a_fresh_token_is_a_refusal_too(site: Site) -> None:
    site.add()
    site.sandbox.faults.add("expired_token", times=2)
    site.run(code=5)
    assert kept(site.state) == 1
    site.forget_requests()
    site.run(code=5)
    assert site.counts()["appliance"] == 0


def test_A1_a_create_alone_never_judges_the_credentials(site: Site) -> None:
    site.add()
    site.sandbox.faults.add("status", endpoint="POST /Tickets/*/Notes", status=401, body="empty")
    site.run(code=None)
    assert kept(site.state) == 0
    assert site.run(code=None).code != 5
