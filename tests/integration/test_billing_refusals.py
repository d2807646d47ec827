"""What tenants refuse comes back with Autotask's words and with what mends it, and that does mend it."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from bt_autotask_sync.sandbox.scenarios.people import TECHNICIANS

if TYPE_CHECKING:
    from tests.conftest import Site

HOUR = 3600


def everybody(site: Site) -> list[int]:
    return [row["id"] for row in site.rows("Resources")]


def change_tickets(site: Site, **fields: Any) -> None:
    for ticket in site.rows("Tickets"):
        site.sandbox.autotask.store.update("Tickets", ticket["id"], fields)


def time_problem(site: Site) -> dict[str, Any]:
    """Return the only problem of a run, which must be about time; the note is there all the same."""
    (problem,) = site.run(code=3).profile["problems"]
    assert problem["kind"] == "time_entry"
    assert len(site.notes()) >= 1
    assert site.entries() == {}
    found: dict[str, Any] = problem
    return found


def see(problem: dict[str, Any], words: str, advice: str, attempts: int = 1) -> None:
    assert words in problem["error"]
    assert advice in problem["advice"]
    assert (problem["stage"], problem["state"], problem["attempts"]) == ("deliver", "held", attempts)


def see_mended(site: Site) -> None:
    """See that the next run enters the time, once the pause after a refusal is over."""
    site.pass_time(120)
    assert site.run().profile["created"]["time_entries"] >= 1


@pytest.mark.parametrize(
    ("switch", "words", "advice"),
    [
        ("submitted_timesheets", "timesheet that has been submitted", "rejected or re-opened"),
        ("posted_timesheets", "has been posted", "un-post it"),
    ],
)
def test_a_timesheet_that_is_submitted_or_posted(site: Site, switch: str, words: str, advice: str) -> None:
    site.add()
    site.sandbox.switches.change({switch: everybody(site)})
    see(time_problem(site), words, advice)
    site.sandbox.switches.change({switch: []})
    see_mended(site)


def test_a_tenant_without_proxy_time_entry(site: Site) -> None:
    site.add()
    site.sandbox.switches.change({"proxy_time_entry": "refused"})
    see(time_problem(site), "adequate permissions to create", "Allow proxy time entry", attempts=0)
    site.sandbox.switches.change({"proxy_time_entry": "allowed"})
    see_mended(site)


def test_missing_rights_to_notes_are_not_told_as_proxy_time_entry(site: Site) -> None:
    site.add()
    site.sandbox.switches.change({"creates_refused": ["TicketNotes"]})
    problems = site.run(code=3).profile["problems"]
    assert {problem["kind"] for problem in problems} == {"note"}
    assert all("proxy" not in problem["advice"] for problem in problems)


def test_a_tenant_that_takes_only_the_role_of_the_ticket(site: Site) -> None:
    site.add()
    senior = next(row["id"] for row in site.rows("Roles") if row["name"] == "Senior Technician")
    anna = next(row["id"] for row in site.rows("Resources") if row["userName"] == TECHNICIANS[0].account)
    change_tickets(site, assignedResourceID=anna, assignedResourceRoleID=senior)
    site.sandbox.switches.change({"role_of_ticket": True})
    see(time_problem(site), "no row at position 0", "modify the role of time entries")
    site.sandbox.switches.change({"role_of_ticket": False})
    see_mended(site)


def test_a_resource_that_does_not_hold_the_role_waits_at_no_cost(site: Site) -> None:
    site.add()
    held = [row for row in site.rows("ResourceServiceDeskRoles") if row["isActive"]]
    for row in held:
        site.sandbox.autotask.store.update("ResourceServiceDeskRoles", row["id"], {"isActive": False})
    problem = time_problem(site)
    assert "does not hold the role 'Technician'" in problem["error"]
    assert "Associations > Roles" in problem["advice"]
    assert (problem["stage"], problem["attempts"]) == ("match", 0)
    for row in held:
        site.sandbox.autotask.store.update("ResourceServiceDeskRoles", row["id"], {"isActive": True})
    assert site.run().profile["created"]["time_entries"] == 1


@pytest.mark.parametrize(
    ("timezone", "split_at"),
    [("UTC", "midnight-utc"), ("America/New_York", "midnight"), ("Asia/Kathmandu", "midnight")],
)
def test_a_tenant_that_refuses_entries_over_midnight_takes_them_cut(site: Site, timezone: str, split_at: str) -> None:
    lsid, midnight = session_over_midnight(site, timezone)
    site.sandbox.switches.change({"over_midnight": "refused", "timezone": timezone})
    see(time_problem(site), "over midnight", 'split_at = "midnight"')
    site.set("timezone", f'"{timezone}"')
    site.set("time_entries.split_at", f'"{split_at}"')
    see_mended(site)
    person = site.session(lsid)["primary_representative"]
    parts = [site.entries()[f"[bt:{lsid}:{person}{number}]"] for number in ("", ":2")]
    (start, cut), (same, end) = ([moment(part[key]) for key in ("startDateTime", "endDateTime")] for part in parts)
    assert start < cut == same == midnight < end
    assert [part["dateWorked"][:10] for part in parts] == [
        f"{begin.astimezone(midnight.tzinfo):%Y-%m-%d}" for begin in (start, cut)
    ]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def session_over_midnight(site: Site, timezone: str) -> tuple[str, datetime]:
    """Let a session end that began before the latest midnight of the tenant; return that too."""
    site.pass_time(HOUR)
    zone = ZoneInfo(timezone)
    today = datetime.fromtimestamp(site.sandbox.clock.now() - HOUR, zone).date()
    midnight = datetime.combine(today, time(), zone)
    start, end = int(midnight.timestamp()) - 1200, int(midnight.timestamp()) + 600
    session = site.sandbox.appliance.author.ordinary(start, end, now=int(site.sandbox.clock.now()), key=None)
    site.sandbox.appliance.add_session(session)
    return session.lsid, midnight


def test_a_completed_ticket_that_takes_no_time(site: Site) -> None:
    site.add()
    change_tickets(site, status=5)
    site.sandbox.switches.change({"completed_ticket_time": "refused"})
    see(time_problem(site), "against a ticket that is complete", "re-open it")
    change_tickets(site, status=1)
    see_mended(site)
