"""I2: a profile's past is its appliance's and its tenant's, and not its name's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.state.ledger import Ledger

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
    assert "goes on" not in desk.command("run")[2]


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
    for table in ("TicketNotes", "TimeEntries"):
        for row in list(desk.sandbox.autotask.store.rows(table)):
            desk.sandbox.autotask.store.delete(table, row["id"])
    other = other_tenant(desk)
    rewrite(desk, (username(desk), other))
    desk.sandbox.autotask.credentials = replace(desk.sandbox.autotask.credentials, username=other)
    code, _, stderr = desk.command("run")
    assert code == 2
    assert "elsewhere.example" in stderr
    assert "--since" in stderr
    assert desk.sandbox.log.counts()["appliance"] == before["appliance"]


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
