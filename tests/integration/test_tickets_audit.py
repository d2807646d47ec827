"""The commands where sessions have tickets of their own: what `audit`, `held list` and a dry run print of them."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.audit.findings import FindingKind
from bt_autotask_sync.cli.audit_text import _KINDS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Done, Site

WIDTH = 80
FINDING = {"kind", "lsid", "ticket_number", "technician", "minutes", "text", "mend", "link", "external_key"}


class Office:
    """A site that makes a ticket at the end of each session that names none."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.store = site.sandbox.autotask.store
        site.set("tickets.create_at_session_end", "true")
        site.set("tickets.create_without_external_key", "true")
        self.data()

    def data(self, **changes: Any) -> None:
        """Set the default data, of which some are changed; None takes one out."""
        company = self.site.rows("Companies")[0]["id"]
        complete = {"companyID": company, "status": "New", "priority": "Medium", "queueID": "Level I Support"}
        wanted = {**complete, "dueDateTime": "+1d", **changes}
        told = ", ".join(f"{name} = {json.dumps(value)}" for name, value in wanted.items() if value is not None)
        self.site.set("tickets.default_data", f"{{ {told} }}")

    def add(self, count: int = 1) -> list[str]:
        """Let sessions end that name no ticket."""
        return self.site.add(count, external_key="")

    def own(self, lsid: str) -> dict[str, Any]:
        """The ticket that was made for a session."""
        (ticket,) = (row for row in self.site.rows("Tickets") if row["externalID"] == f"bt:{lsid}")
        return ticket

    def another(self) -> str:
        """The number of a ticket that was made for no session."""
        number: str = next(row["ticketNumber"] for row in self.site.rows("Tickets") if not row["externalID"])
        return number

    def delete(self, ticket: int) -> None:
        """Delete a ticket with all that stands on it."""
        self.empty(ticket)
        self.store.delete("Tickets", ticket)

    def empty(self, ticket: int) -> None:
        """Delete all that stands on a ticket."""
        for entity in ("TicketNotes", "TimeEntries"):
            for row in self.site.rows(entity):
                if row["ticketID"] == ticket:
                    self.store.delete(entity, row["id"])

    def leave_over(self, lsid: str) -> None:
        """Have a session go from its own ticket to another one."""
        self.empty(self.own(lsid)["id"])
        self.site.json("resync", lsid, "--ticket", self.another(), code=None)

    def double(self, lsid: str) -> None:
        """Make a second ticket with a session's external id."""
        self.store.insert("Tickets", {**self.own(lsid), "id": None, "ticketNumber": None})

    def audit(self, *arguments: str) -> Done:
        return self.site.command("audit", "--since", "30d", *arguments)

    def findings(self) -> list[dict[str, Any]]:
        """What an audit finds, as JSON."""
        found: list[dict[str, Any]] = self.audit("--json").profile["findings"]
        return found


@pytest.fixture
def office(site: Site) -> Office:
    return Office(site)


def test_a_delivered_session_with_its_own_ticket_is_clean(office: Office) -> None:
    office.add(2)
    office.site.run()
    done = office.audit()
    assert (done.code, done.stdout.splitlines()[-1]) == (0, "No findings.")


def test_the_commands_that_findings_name_mend_them(office: Office) -> None:
    (deleted,) = office.add()
    office.site.run()
    office.delete(office.own(deleted)["id"])
    before = office.site.config.read_bytes()
    office.site.set("tickets.create_at_session_end", "false")
    office.site.set("tickets.create_without_external_key", "false")
    (unnamed,) = office.add()
    office.site.run()
    office.site.config.write_bytes(before)
    office.site.sandbox.switches.creates_refused = ("Tickets",)
    (refused,) = office.add()
    office.site.run(code=3)
    office.site.sandbox.switches.creates_refused = ()
    findings = office.findings()
    assert {(finding["kind"], finding["lsid"]) for finding in findings} == {
        ("deleted", deleted),
        ("no_ticket", unnamed),
        ("held", refused),
    }
    for command in dict.fromkeys(finding["mend"] for finding in findings):
        assert office.site.command(*command.split()).code in (0, 3), command
    office.site.run()
    assert not office.findings()
    assert all(office.own(lsid) for lsid in (deleted, unnamed, refused))


def test_a_lost_checkpoint_is_mended_by_a_run(office: Office) -> None:
    office.add(2)
    office.site.run()
    (office.site.state / "checkpoint.db").unlink()
    assert [finding["kind"] for finding in office.findings()] == ["unknown"] * 6
    adopted = office.site.run().profile["adopted"]
    assert adopted == {"tickets": 2, "notes": 2, "time_entries": 2}
    assert not office.findings()


def test_what_is_found_of_tickets_keeps_the_shape_of_json_and_fits_a_terminal(office: Office) -> None:
    doubled, left, gone = office.add(3)
    office.site.run()
    office.double(doubled)
    office.leave_over(left)
    office.delete(office.own(gone)["id"])
    office.data(companyID=None)
    (held,) = office.add()
    office.site.run(code=3)
    findings = office.findings()
    assert all(set(finding) == FINDING for finding in findings)
    assert {finding["kind"]: finding["lsid"] for finding in findings} == {
        "doubled": doubled,
        "left_over": left,
        "deleted": gone,
        "held": held,
    }
    lines = office.audit().stdout.splitlines()
    assert not [line for line in lines if len(line) > WIDTH and "http://" not in line]
    assert "Left over (1): made for a session that is on another ticket" in lines
    both = [line for line in lines if f"TicketID={office.own(left)['id']}" in line]
    assert len(both) == 1


def test_the_text_of_a_double_shows_both_tickets(office: Office) -> None:
    (lsid,) = office.add()
    office.site.run()
    first = office.own(lsid)
    office.double(lsid)
    links = [line.strip() for line in office.audit().stdout.splitlines() if "http://" in line]
    assert len(set(links)) == 2
    assert any(link.endswith(f"TicketID={first['id']}") for link in links)


def test_every_kind_of_finding_has_a_heading_of_its_own() -> None:
    assert set(_KINDS) == set(FindingKind)
    assert len(set(_KINDS.values())) == len(_KINDS)


def test_the_csv_names_the_ticket_and_what_was_found(office: Office, tmp_path: Path) -> None:
    (lsid,) = office.add()
    office.site.run()
    office.leave_over(lsid)
    file = tmp_path / "audit.csv"
    office.audit("--csv", str(file))
    (row,) = csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines())
    assert (row["findings"], row["ticket"], row["session"]) == ("left_over", office.another(), "delivered")


def test_a_ticket_that_waits_is_called_so_where_what_waits_is_listed(office: Office) -> None:
    office.data(companyID=None)
    (lsid,) = office.add()
    (problem,) = office.site.run(code=3).profile["problems"]
    assert (problem["kind"], problem["state"], problem["lsid"]) == ("ticket", "held", lsid)
    (listed,) = office.site.command("held", "list", "--json").profile["problems"]
    assert listed == problem
    lines = office.site.command("held", "list").stdout.splitlines()
    assert lines[:2] == [lsid, "  ticket held, 2 min old"]


def test_a_run_says_how_many_tickets_it_made(office: Office) -> None:
    office.add()
    assert "1 ticket created, 1 note created, 1 time entry created." in office.site.command("run").stdout


def test_a_dry_run_shows_the_ticket_before_what_stands_on_it(office: Office) -> None:
    office.data(title="Remote support, " + "as long as strangers write " * 5)
    (lsid,) = office.add()
    lines = office.site.command("run", "--dry-run").stdout.splitlines()
    assert lines[0] == "a new ticket"
    assert [line.split()[0] for line in lines[1:4]] == ["ticket", "note", "time"]
    assert lines[1].endswith("…")
    assert len(lines[1]) == WIDTH
    assert lines[2].endswith(f"[bt:{lsid[:12]}]")
    assert lines[-1].startswith("Dry run: 1 session delivered, 1 ticket created,")
    plan = office.site.run("--dry-run").profile["plan"]
    assert [(one["kind"], one["ticket_number"], one["path"]) for one in plan] == [
        ("ticket", "{new}", "/Tickets"),
        ("note", "{new}", "/Tickets/{new}/Notes"),
        ("time_entry", "{new}", "/TimeEntries"),
    ]
    assert not office.site.creates()


def test_two_new_tickets_are_shown_apart(office: Office) -> None:
    office.add(2)
    lines = office.site.command("run", "--dry-run").stdout.splitlines()
    assert [line.split()[0] for line in lines[:8]] == ["a", "ticket", "note", "time"] * 2
