"""The command `audit`: what it prints and writes, how it ends, and that its mends mend."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.audit.findings import Status
from bt_autotask_sync.state.lock import run_lock
from bt_autotask_sync.stop import StoppedError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import OpenSite, Site

WIDTH = 80


def report(site: Site, *arguments: str, code: int) -> dict[str, Any]:
    """Audit, see the exit code, and return the one object that was printed."""
    done = site.command("audit", *arguments, "--json")
    told: dict[str, Any] = json.loads(done.stdout)
    assert (told["command"], told["exit_code"], done.code) == ("audit", code, code), done
    return told


def audit(site: Site, *arguments: str, code: int) -> dict[str, Any]:
    """Audit all that ever ended and return what is said of the only profile."""
    (profile,) = report(site, "--since", "30d", *arguments, code=code)["profiles"]
    told: dict[str, Any] = profile
    return told


def kinds(told: dict[str, Any]) -> list[str]:
    return [finding["kind"] for finding in told["findings"]]


def ours(site: Site, entity: str, field: str) -> list[dict[str, Any]]:
    return [row for row in site.rows(entity) if "[bt:" in (row[field] or "")]


def delete(site: Site, entity: str, field: str) -> None:
    site.sandbox.autotask.store.delete(entity, ours(site, entity, field)[0]["id"])


@pytest.fixture
def delivered(site: Site) -> Site:
    """A site where two sessions were delivered, each with a note and a time entry."""
    site.add(2)
    site.run()
    return site


def test_a_clean_audit_says_so_and_changes_nothing(delivered: Site) -> None:
    checkpoint = delivered.state / "checkpoint.db"
    before, creates = hashlib.sha256(checkpoint.read_bytes()).digest(), len(delivered.creates())
    done = delivered.command("audit", "--since", "30d")
    assert done.code == 0
    assert done.stdout.endswith("No findings.\n")
    assert hashlib.sha256(checkpoint.read_bytes()).digest() == before
    assert len(delivered.creates()) == creates


def test_the_commands_that_findings_name_mend_them(delivered: Site) -> None:
    delete(delivered, "TicketNotes", "title")
    delete(delivered, "TimeEntries", "internalNotes")
    told = audit(delivered, code=3)
    assert kinds(told) == ["deleted", "deleted"]
    for finding in told["findings"]:
        assert delivered.command(*finding["mend"].split()).code == 0
    assert not audit(delivered, code=0)["findings"]


def test_a_session_without_a_ticket_is_mended_by_naming_one(site: Site) -> None:
    site.add(external_key="")
    site.run()
    (finding,) = audit(site, code=3)["findings"]
    assert finding["kind"] == "no_ticket"
    assert finding["minutes"] > 0
    assert finding["technician"] in finding["text"]
    number = site.rows("Tickets")[0]["ticketNumber"]
    assert site.command(*finding["mend"].replace("NUMBER", number).split()).code == 0
    assert not audit(site, code=0)["findings"]


def test_a_note_left_behind_on_another_ticket_is_shown_with_its_page(site: Site) -> None:
    site.set("time_entries.enabled", "false")
    (lsid,) = site.add()
    site.run()
    (note,) = site.notes().values()
    other = next(ticket for ticket in site.rows("Tickets") if ticket["id"] != note["ticketID"])
    assert site.command("resync", lsid, "--ticket", other["ticketNumber"]).code == 0
    (finding,) = audit(site, code=3)["findings"]
    assert finding["kind"] == "doubled"
    assert f"TicketID={note['ticketID']}" in finding["link"]
    assert "no program can delete notes" in finding["mend"]


def test_the_totals_of_json_add_up_to_what_autotask_holds(open_site: OpenSite) -> None:
    site = open_site(30)
    site.run(code=3)
    told = audit(site, code=3)
    for totals in told["totals"].values():
        assert set(totals) == {*Status, "total"}
        assert totals["total"] == sum(totals[status] for status in Status)
    hours = sum(row["hoursWorked"] for row in ours(site, "TimeEntries", "internalNotes"))
    assert told["totals"]["seconds"]["delivered"] == told["seconds_in_autotask"] == pytest.approx(hours * 3600, abs=10)
    assert told["totals"]["sessions"]["total"] == len(site.ended())


def test_the_text_fits_a_terminal_and_adds_up(open_site: OpenSite) -> None:
    site = open_site(30)
    site.run(code=3)
    delete(site, "TicketNotes", "title")
    store = site.sandbox.autotask.store
    store.insert("TicketNotes", {**ours(site, "TicketNotes", "title")[0], "id": None})
    done = site.command("audit", "--since", "30d", "--until", "0m")
    assert done.code == 3
    lines = done.stdout.splitlines()
    assert not [line for line in lines if len(line) > WIDTH and "http://" not in line]
    assert "Deleted (1): delivered, and not in Autotask any more" in lines
    assert any(line.startswith("Doubled (1)") for line in lines)
    table = [line for line in lines if line.startswith("  ") and line[2:3].isalpha() and line.rstrip()[-3:-2] == ":"]
    times = {line[2:32].strip(): _seconds(line.split()[-1]) for line in table}
    assert times.pop("in Autotask, as it stands now"[:30]) == times["on their tickets"]
    assert times.pop("all") == sum(times.values()) > 0


def test_the_key_that_was_typed_is_shown_for_sessions_without_a_ticket(site: Site, tmp_path: Path) -> None:
    (walk_in,) = site.add(external_key="walk-in \x7f\u202e")
    (stray,) = site.add(external_key="7042")
    (empty,) = site.add(external_key="")
    site.run(code=3)
    keys = {finding["lsid"]: finding["external_key"] for finding in audit(site, code=3)["findings"]}
    assert keys == {walk_in: "walk-in \x7f\u202e", stray: "7042", empty: ""}
    file = tmp_path / "audit.csv"
    text = site.command("audit", "--since", "30d", "--csv", str(file)).stdout
    shown = " ".join(text.split())
    assert "names no ticket (external key “walk-in”)" in shown
    assert "(external key “7042”)" in shown
    assert not {"\x7f", "\u202e"} & set(text)
    with file.open(encoding="utf-8-sig", newline="") as rows:
        assert {row["lsid"]: row["external_key"] for row in csv.DictReader(rows)}[stray] == "7042"


def test_the_text_limits_each_kind_and_json_lists_all(site: Site) -> None:
    site.add(12, external_key="")
    site.run()
    done = site.command("audit", "--since", "30d")
    assert done.stdout.count("names no ticket") == 10
    assert "… and 2 more; --json lists all." in done.stdout
    assert len(audit(site, code=3)["findings"]) == 12


def test_hostile_names_do_not_steer_the_terminal(delivered: Site) -> None:
    entry = ours(delivered, "TimeEntries", "internalNotes")[0]
    marker = f"[bt:{'0123456789abcdef' * 2}:\x1b[31mred\x07]"
    delivered.sandbox.autotask.store.insert("TimeEntries", {**entry, "id": None, "internalNotes": marker})
    done = delivered.command("audit", "--since", "30d")
    assert done.code == 3
    assert "red" in done.stdout
    assert "\x1b" not in done.stdout
    assert "\x07" not in done.stdout


def test_the_csv_has_a_row_for_each_session_and_technician(open_site: OpenSite, tmp_path: Path) -> None:
    site = open_site(30)
    site.add(external_key="=1+1")
    site.run(code=3)
    file = tmp_path / "audit.csv"
    told = audit(site, "--csv", str(file), code=3)
    content = file.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") >= len(site.ended()) + 1
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert {row["lsid"] for row in rows} == set(site.ended())
    assert sum(int(row["due_seconds"]) for row in rows) == told["totals"]["seconds"]["total"]
    assert sum(int(row["on_ticket_seconds"]) for row in rows) == told["totals"]["seconds"]["delivered"]
    assert "'=1+1" in {row["external_key"] for row in rows}
    assert {row["findings"] for row in rows} == {"", "held", "no_ticket"}
    assert not [value for row in rows for value in row.values() if value.startswith(("=", "+", "-", "@"))]


def test_a_csv_that_cannot_be_written_is_a_usage_error(delivered: Site, tmp_path: Path) -> None:
    told = report(delivered, "--since", "30d", "--csv", str(tmp_path / "nowhere" / "x.csv"), code=2)
    assert "cannot be written" in told["error"]


def test_several_profiles_are_told_apart_and_no_strangers_to_each_other(delivered: Site) -> None:
    text = delivered.config.read_text(encoding="utf-8")
    later = text.replace("profile.default", "profile.second").replace(
        "start_at = ", "start_at = 2100-01-01T00:00:00Z #"
    )
    later = later.replace('host = "127.0.0.1', 'host = "localhost')
    delivered.config.write_text(f"{text}\n{later}", encoding="utf-8")
    delete(delivered, "TicketNotes", "title")
    first, second = report(delivered, "--since", "30d", code=3)["profiles"]
    assert kinds(first) == ["deleted"]
    assert second["totals"]["sessions"]["before_start"] == 2
    stdout = delivered.command("audit", "--since", "30d").stdout
    assert f"> --profile default {first['findings'][0]['mend']}" in stdout


def test_before_any_run_it_makes_no_state(site: Site) -> None:
    site.add()
    assert set(kinds(audit(site, code=3))) == {"missing"}
    assert not site.state.exists()


def test_a_run_at_the_same_time_keeps_nobody_waiting_and_is_told(delivered: Site) -> None:
    with run_lock(delivered.state):
        told = audit(delivered, code=0)
    assert any("A run worked" in remark["text"] for remark in told["information"])


@pytest.mark.parametrize("arguments", [(), ("--since", "yesterday"), ("--since", "1d", "--until", "2d")])
def test_a_window_that_is_none_is_a_usage_error(site: Site, arguments: tuple[str, ...]) -> None:
    told = report(site, *arguments, code=2)
    assert told["error"]
    assert told["profiles"] == []


@pytest.mark.parametrize("side", ["appliance", "autotask"])
def test_an_outage_ends_the_audit(delivered: Site, side: str) -> None:
    delivered.sandbox.faults.add("outage", side=side)
    assert audit(delivered, code=4)["error"]


def test_a_spent_budget_ends_the_audit(open_site: OpenSite) -> None:
    site = open_site(threshold=40)
    site.add()
    site.run()
    while sum(site.asked("autotask").values()) < 40:
        site.as_person("GET", "/Tickets/1")
    assert "request threshold is spent" in audit(site, code=4)["error"]


def test_an_interruption_ends_the_audit_in_good_order(delivered: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise StoppedError(signal.SIGINT)

    monkeypatch.setattr("bt_autotask_sync.cli.audit.gather", interrupted)
    assert "Interrupted" in audit(delivered, code=130)["error"]


def test_refused_credentials_end_the_audit(delivered: Site) -> None:
    delivered.set("autotask.secret", '"wrong"')
    assert audit(delivered, code=5)["error"]


def _seconds(clock: str) -> int:
    hours, minutes, seconds = map(int, clock.split(":"))
    return hours * 3600 + minutes * 60 + seconds
