"""Technicians' time from the appliance's own reports: whose it is, how it is rounded, and what it is entered as."""

from __future__ import annotations

import json
import re
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.sandbox.scenarios.author import Story
from bt_autotask_sync.sandbox.scenarios.features import invited, rejoined, shared, transferred
from bt_autotask_sync.sandbox.scenarios.people import TECHNICIANS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bt_autotask_sync.sandbox.appliance.record import Session
    from bt_autotask_sync.sandbox.scenarios.features import Twist
    from tests.conftest import Site

ANNA, KENJI = TECHNICIANS[0], TECHNICIANS[1]
DEFAULTS = {"defaultDomain": "msp.example", "roleName": "Technician", "summaryNotes": "Remote support session"}


def a_session(site: Site, *twists: Twist, minutes: float = 41, username: str = ANNA.username) -> Session:
    """Let a session end two minutes ago that one technician began, on a ticket of the sandbox."""
    side = site.sandbox.appliance
    end = int(side.clock.now()) - 120
    ticket = side.author.ticket(end)
    assert ticket is not None
    technician = next(each for each in TECHNICIANS if each.username == username)
    start = end - int(minutes * 60)
    session = side.author.write(Story(start, end, end + 120, technician, ticket.trouble, ticket.number, twists))
    side.add_session(session)
    return session


def table(values: Mapping[str, Any]) -> str:
    return "{ " + ", ".join(f"{key} = {json.dumps(value)}" for key, value in values.items()) + " }"


def seconds(entry: Mapping[str, Any]) -> tuple[int, int]:
    start, end = (int(datetime.fromisoformat(entry[key]).timestamp()) for key in ("startDateTime", "endDateTime"))
    assert entry["hoursWorked"] == pytest.approx((end - start) / 3600, abs=0.0001)
    return start, end


def entered(site: Site, session: Session) -> dict[str, tuple[int, int]]:
    """Return what stands in Autotask of a session, by what its markers say behind the lsid."""
    head = f"[bt:{session.lsid}:"
    return {
        marker.removeprefix(head)[:-1]: seconds(entry)
        for marker, entry in site.entries().items()
        if marker.startswith(head)
    }


@pytest.mark.parametrize("who", ["primary", "all"])
@pytest.mark.parametrize(("twists", "stays"), [((rejoined,), 2), ((transferred,), 2), ((shared, invited), 2)])
def test_primary_is_the_session_and_all_is_everybodys_own_time(
    site: Site, who: str, twists: tuple[Twist, ...], stays: int
) -> None:
    site.set("time_entries.representatives", f'"{who}"')
    session = a_session(site, *twists)
    site.run()
    everybodys = {
        person.username + (f":{number}" if number > 1 else ""): (span.joined, span.left)
        for person in session.representatives
        if not person.invited
        for number, span in enumerate(person.spans, start=1)
    }
    assert len(everybodys) == stays
    primary = session.primary_representative.username
    whole = {primary: (session.started_at, session.ended_at)}
    assert entered(site, session) == (everybodys if who == "all" else whole)
    resources = {row["id"]: row["email"] for row in site.rows("Resources")}
    for marker, entry in site.entries().items():
        username = marker.split(":")[2].rstrip("]")
        (technician,) = (each for each in TECHNICIANS if each.username == username)
        assert resources[entry["resourceID"]] == technician.email


def test_time_is_rounded_up_and_both_figures_are_told(site: Site) -> None:
    site.set("time_entries.round_to_minutes", "15")
    session = a_session(site, minutes=41)
    text = site.command("run", "--dry-run").stdout
    assert re.search(r"time  Anna Schmidt, actual 41 min, billed 45 min, from 20..-..-.. ..:.. UTC", text)
    site.run()
    (times,) = entered(site, session).values()
    assert times == (session.started_at, session.started_at + 45 * 60)
    (entry,) = site.entries().values()
    assert f"Actual 41 min, billed 45 min\n[bt:{session.lsid}:" in entry["internalNotes"]
    assert "Billed: 45 min (41 min worked)" in site.notes()[f"[bt:{session.lsid[:12]}]"]["description"]


def test_the_text_of_a_dry_run_sums_up_each_technicians_time_in_a_session(site: Site) -> None:
    site.set("time_entries.representatives", '"all"')
    site.set("time_entries.round_to_minutes", "6")
    a_session(site, rejoined, shared, minutes=100)
    lines = [line for line in site.command("run", "--dry-run").stdout.splitlines() if line.startswith("  time")]
    assert len(lines) == 2
    assert re.match(r"  time  Anna Schmidt, actual 78 min, billed 84 min in 2 entries, from ", lines[0])
    assert re.match(r"  time  [^,]+, actual 40 min, billed 42 min, from ", lines[1])


def test_a_dry_run_prints_exactly_the_entries_that_the_run_sends(site: Site) -> None:
    for key, value in (("representatives", '"all"'), ("round_to_minutes", "15"), ("split_at", '"midnight"')):
        site.set(f"time_entries.{key}", value)
    site.set("time_entries.default_data", table({**DEFAULTS, "billingCodeID": "remote support"}))
    for twists in ((rejoined,), (transferred, shared), (invited,)):
        a_session(site, *twists)
    planned = site.run("--dry-run").profile["plan"]
    site.forget_requests()
    site.run()
    sent = [(path, body) for path, body in site.creates() if path == "/TimeEntries"]
    assert len(sent) >= 5
    promised = [(one["path"], one["body"]) for one in planned if one["kind"] == "time_entry"]
    assert sorted(map(repr, sent)) == sorted(map(repr, promised))


def test_the_plugins_json_works_pasted_as_it_is_with_a_work_type_by_number_or_by_name(site: Site) -> None:
    codes = {row["name"]: row["id"] for row in site.rows("BillingCodes")}
    for given, number in (("After Hours", codes["After Hours"]), (codes["On-site Support"], codes["On-site Support"])):
        pasted = {**DEFAULTS, "AllocationCodeID": given, "NonBillable": True, "ContractID": None}
        site.set("time_entries.default_data", f"'''{json.dumps(pasted)}'''")
        session = a_session(site)
        site.run()
        (entry,) = (row for marker, row in site.entries().items() if session.lsid in marker)
        assert (entry["billingCodeID"], entry["isNonBillable"]) == (number, True)


@pytest.mark.parametrize("name", ["No such thing", "Travel", "Legacy Support (do not use)"])
def test_a_work_type_that_is_not_there_lets_time_wait_at_no_cost_and_heals_by_itself(site: Site, name: str) -> None:
    site.set("time_entries.default_data", table({**DEFAULTS, "billingCodeID": name}))
    a_session(site)
    for _ in range(2):
        (problem,) = site.run(code=3).profile["problems"]
        assert (problem["kind"], problem["stage"], problem["attempts"]) == ("time_entry", "match", 0)
        assert name in problem["error"]
        assert "billingCodeID" in problem["advice"]
    code = {"name": name, "useType": 1, "isActive": True, "billingCodeType": 0}
    site.sandbox.autotask.store.insert("BillingCodes", code)
    assert site.run().profile["created"]["time_entries"] == 1


def test_several_resources_with_one_address_are_named_and_held(site: Site) -> None:
    anna, kenji = (next(row for row in site.rows("Resources") if row["email"] == each.email) for each in (ANNA, KENJI))
    site.sandbox.autotask.store.update("Resources", kenji["id"], {"email": anna["email"]})
    site.set("time_entries.unmatched", '"skip"')
    a_session(site)
    (problem,) = site.run(code=3).profile["problems"]
    assert all(str(person["id"]) in problem["error"] for person in (anna, kenji))
    assert site.entries() == {}


def test_of_two_roles_with_one_name_the_tickets_is_taken_and_never_another(site: Site) -> None:
    store = site.sandbox.autotask.store
    first = next(row for row in site.rows("Roles") if row["name"] == "Technician")
    second = store.insert("Roles", {key: value for key, value in first.items() if key != "id"})
    anna = next(row["id"] for row in site.rows("Resources") if row["email"] == ANNA.email)
    store.insert(
        "ResourceServiceDeskRoles", {"resourceID": anna, "roleID": second, "isActive": True, "isDefault": False}
    )
    site.sandbox.switches.change({"role_of_ticket": True})
    for role in (second, first["id"]):
        for ticket in site.rows("Tickets"):
            store.update("Tickets", ticket["id"], {"assignedResourceID": anna, "assignedResourceRoleID": role})
        session = a_session(site)
        site.run()
        (entry,) = (row for marker, row in site.entries().items() if session.lsid in marker)
        assert entry["roleID"] == role


def test_a_session_that_somebody_forgot_to_close_waits_until_a_person_releases_it(site: Site) -> None:
    session = a_session(site, minutes=11 * 60)
    (problem,) = site.run(code=3).profile["problems"]
    assert (problem["kind"], problem["stage"], problem["state"]) == ("time_entry", "plan", "held")
    assert "660 min" in problem["error"]
    assert "held retry" in problem["advice"]
    site.command("held", "retry", session.lsid)
    assert site.run().profile["created"]["time_entries"] == 1
    assert [end - start for start, end in entered(site, session).values()] == [11 * 3600]


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system has no tzset")
def test_the_same_bodies_are_planned_wherever_the_machine_stands(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.set("timezone", '"Europe/Berlin"')
    site.set("time_entries.representatives", '"all"')
    site.set("time_entries.split_at", '"midnight"')
    a_session(site, rejoined, shared, minutes=30 * 60)
    site.set("time_entries.hold_above_minutes", "0")
    plans = set()
    for zone in ("UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Tokyo"):
        with monkeypatch.context() as environment:
            environment.setenv("TZ", zone)
            time.tzset()
            plans.add(json.dumps(site.run("--dry-run").profile["plan"], sort_keys=True))
    time.tzset()
    (plan,) = plans
    assert plan.count('"/TimeEntries"') >= 4
