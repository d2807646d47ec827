"""I2: a profile's past is its appliance's and its tenant's, and not its name's."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.state.ledger import Ledger, LedgerError
from bt_autotask_sync.state.profiles import Profiles

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Desk


def rewrite(desk: Desk, *changes: tuple[str, str]) -> None:
    text = desk.config.read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    desk.config.write_text(text, encoding="utf-8")


def username(desk: Desk) -> str:
    return desk.sandbox.autotask.credentials.username


def other_tenant(desk: Desk) -> str:
    """Return the name of an API user of another domain."""
    return f"{username(desk).partition('@')[0]}@elsewhere.example"


def move_to_other_tenant(desk: Desk) -> None:
    """Point the profile at another tenant, which holds none of our records."""
    for table in ("TicketNotes", "TimeEntries"):
        for row in list(desk.sandbox.autotask.store.rows(table)):
            desk.sandbox.autotask.store.delete(table, row["id"])
    other = other_tenant(desk)
    rewrite(desk, (username(desk), other))
    desk.sandbox.autotask.credentials = replace(desk.sandbox.autotask.credentials, username=other)


def notes(desk: Desk, lsid: str) -> int:
    return sum(f"[bt:{lsid[:12]}]" in title for title in desk.ours())


def test_I2_a_renamed_profile_goes_on_with_its_past_and_its_open_creates(desk: Desk) -> None:
    (done,) = desk.add()
    desk.command("run")
    desk.sandbox.faults.add("late_commit", endpoint="/Tickets/*/Notes", seconds=100.0)
    (lsid,) = desk.add()
    desk.command("run")
    rewrite(desk, ("profile.default", "profile.acme"))
    desk.sandbox.clock.advance(50)
    code, _, stderr = desk.command("run")
    assert "goes on with what was known of 'default'" in stderr
    assert code == 3
    for _ in range(3):
        desk.sandbox.clock.advance(500)
        desk.command("run")
    assert (notes(desk, done), notes(desk, lsid)) == (1, 1)
    assert desk.command("run") == (0, "", "")


def test_I2_a_dry_run_shows_the_renamed_profile_and_changes_nothing(desk: Desk) -> None:
    desk.add()
    desk.command("run")
    rewrite(desk, ("profile.default", "profile.acme"))
    report = desk.json("run", "--dry-run")
    assert [profile["plan"] for profile in report["profiles"]] == [[]]
    ledger = Ledger.read_only(desk.state)
    assert ledger is not None
    assert [row[0] for row in ledger.rows("SELECT profile FROM served")] == ["default"]
    ledger.close()


def test_I2_formerly_names_the_past_where_the_ledger_of_an_earlier_version_cannot(desk: Desk) -> None:
    (lsid,) = desk.add()
    desk.command("run")
    ledger = Ledger.open(desk.state)
    ledger.execute("DELETE FROM served")
    ledger.close()
    rewrite(desk, ("profile.default", "profile.acme"))
    rewrite(desk, ("[profile.acme]\n", '[profile.acme]\nformerly = "default"\n'))
    assert "goes on" in desk.command("run")[2]
    assert notes(desk, lsid) == 1
    assert desk.json("run")["profiles"][0]["sessions"]["found"] == 0


def test_I2_another_tenant_inherits_no_past_and_the_run_says_what_to_do(desk: Desk) -> None:
    desk.add()
    desk.command("run")
    before = dict(desk.sandbox.log.counts())
    move_to_other_tenant(desk)
    code, _, stderr = desk.command("run")
    assert code == 2
    assert "elsewhere.example" in stderr
    assert "--since" in stderr
    assert desk.sandbox.log.counts()["appliance"] == before["appliance"]


def test_I2_a_tenant_that_shows_a_known_record_is_the_same_under_another_domain(desk: Desk) -> None:
    (lsid,) = desk.add()
    desk.command("run")
    other = other_tenant(desk)
    rewrite(desk, (username(desk), other))
    desk.sandbox.autotask.credentials = replace(desk.sandbox.autotask.credentials, username=other)
    assert desk.command("run") == (0, "", "")
    assert notes(desk, lsid) == 1


@pytest.mark.parametrize("way", ["start_at", "--since"])
def test_I2_a_starting_point_begins_a_new_past_for_another_tenant(desk: Desk, way: str) -> None:
    (before,) = desk.add()
    desk.command("run")
    move_to_other_tenant(desk)
    desk.sandbox.clock.advance(3600)
    now = f"{datetime.fromtimestamp(desk.sandbox.clock.now(), UTC):%Y-%m-%dT%H:%M:%SZ}"
    desk.sandbox.clock.advance(3600)
    (lsid,) = desk.add()
    if way == "start_at":
        desk.config.write_text(re.sub(r"start_at = .*", f'start_at = "{now}"', desk.config.read_text("utf-8")), "utf-8")
    code, _, stderr = desk.command("run") if way == "start_at" else desk.command("run", "--since", now)
    assert (code, "begins a new past" in stderr) == (0, True)
    assert (notes(desk, before), notes(desk, lsid)) == (0, 1)
    assert desk.command("run") == (0, "", "")


def test_I2_one_domain_in_two_zones_is_two_tenants(desk: Desk) -> None:
    desk.second_profile("other", host='"127.0.0.1:7"', services_url='"http://localhost:7/atservicesrest"')
    assert desk.command("config", "validate")[0] == 0


def test_I2_an_enabled_profile_keeps_its_past(desk: Desk) -> None:
    (lsid,) = desk.add()
    desk.command("run")
    desk.second_profile("second", host='"127.0.0.1:7"', services_url='"http://localhost:7/atservicesrest"')
    rewrite(desk, ("[profile.second]\n", '[profile.second]\nformerly = "default"\n'))
    assert "goes on" not in desk.command("run", before=("--profile", "second"))[2]
    assert desk.command("run", before=("--profile", "default")) == (0, "", "")
    assert notes(desk, lsid) == 1


def test_I2_a_past_is_taken_over_whole_or_not_at_all(desk: Desk) -> None:
    desk.add()
    desk.command("run")
    ledger = Ledger.open(desk.state)
    ledger.execute("CREATE TRIGGER full BEFORE UPDATE OF profile ON artifact BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(LedgerError):
        Profiles(ledger).rename("default", "acme")
    ledger.execute("DROP TRIGGER full")
    assert list(Profiles(ledger).known()) == ["default"]
    ledger.close()


@pytest.mark.parametrize("command", [("run",), ("resync", "--since", "2d")])
def test_I2_a_profile_renamed_after_a_run_that_broke_off_goes_on_with_its_open_creates(
    desk: Desk, command: tuple[str, ...]
) -> None:
    (lsid,) = desk.add()
    desk.sandbox.faults.add("late_commit", endpoint="/Tickets/*/Notes", seconds=10.0)
    desk.sandbox.faults.add("outage", side="autotask", endpoint="GET /ThresholdInformation", skip=1)
    desk.sandbox.faults.add("outage", side="autotask", endpoint="/Tickets/query", skip=1)
    desk.command(*command)
    desk.sandbox.faults.clear()
    rewrite(desk, ("profile.default", "profile.acme"))
    for _ in range(3):
        desk.sandbox.clock.advance(500)
        desk.command("run")
    assert notes(desk, lsid) == 1


def test_I2_a_first_username_that_was_mistyped_can_be_corrected(desk: Desk) -> None:
    (lsid,) = desk.add()
    right = username(desk)
    rewrite(desk, (right, other_tenant(desk)))
    assert desk.command("run")[0] in (4, 5)
    rewrite(desk, (other_tenant(desk), right))
    assert desk.command("run")[0] == 0
    assert notes(desk, lsid) == 1


def test_I2_two_enabled_profiles_of_one_appliance_and_tenant_are_a_mistake_of_the_configuration(desk: Desk) -> None:
    desk.second_profile("twin", host='"127.0.0.1:7"')
    code, _, stderr = desk.command("config", "validate")
    assert code == 2
    assert "profile.twin" in stderr
    assert "same appliance and Autotask tenant as the profile 'default'" in stderr
    rewrite(desk, ("[profile.twin]\n", "[profile.twin]\nenabled = false\n"))
    assert desk.command("config", "validate")[0] == 0


@pytest.mark.parametrize("name", ["LOCALHOST:7", "127.0.0.1:7"])
def test_I2_another_host_of_the_same_tenant_keeps_the_past(desk: Desk, name: str) -> None:
    (lsid,) = desk.add()
    desk.command("run")
    rewrite(desk, ('host = "127.0.0.1:7"', f'host = "{name}"'))
    assert desk.command("run")[0] == 0
    assert notes(desk, lsid) == 1
