"""Automatic ticket creation when a representative joins: from its key or the issue form, while a session still runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.ticket_site import TicketSite

if TYPE_CHECKING:
    from tests.conftest import Site

JSON_KEY = '{"title": "Printer is on fire", "priority": 1}'


@pytest.fixture
def office(site: Site) -> TicketSite:
    return TicketSite(site, create_on_session_start=True)


def test_a_session_with_json_in_its_key_has_its_ticket_while_it_still_runs(office: TicketSite) -> None:
    lsid = office.begin(JSON_KEY)
    done = office.site.run()
    (ticket,) = office.own(lsid)
    assert (ticket["title"], ticket["priority"]) == ("Printer is on fire", 1)  # the key goes before the default data
    assert (ticket["companyID"], ticket["queueID"]) == (office.company, 29_682_833)
    assert office.key(lsid) == ticket["ticketNumber"]
    assert done.profile["created"] == {"tickets": 1, "notes": 0, "time_entries": 0}
    office.end(lsid)
    assert office.site.run().profile["created"] == {"tickets": 0, "notes": 1, "time_entries": 1}
    office.see_on_its_own(lsid)
    office.site.see_each_once([lsid])


def test_without_a_key_the_issue_form_makes_the_ticket_where_that_is_allowed(office: TicketSite) -> None:
    data = {"title": "BeyondTrust Remote Support Chat: {{Issue}}", "description": "They said: {{Details}}"}
    office.set(data=data)
    lsid = office.begin("", issue="VPN Access", details="It does not connect.\nSince today.")
    office.site.run()
    assert office.own(lsid) == []
    office.set(data=data, create_without_external_key=True)
    office.event("support_conference_member_added", lsid, type="representative", username="another")
    office.site.run()
    (ticket,) = office.own(lsid)
    assert ticket["title"] == "BeyondTrust Remote Support Chat: VPN Access"
    assert ticket["description"] == "They said: It does not connect.\nSince today."
    assert office.key(lsid) == ticket["ticketNumber"]


@pytest.mark.parametrize("chosen", ["attended", "unattended"])
def test_only_sessions_of_the_chosen_types_get_a_ticket(office: TicketSite, chosen: str) -> None:
    office.set(session_types=[chosen])
    lsids = {
        "attended": [office.begin(JSON_KEY)],
        "unattended": [office.begin(JSON_KEY, jump_group="Servers"), office.begin(JSON_KEY, jumpoint="Augsburg")],
    }
    office.site.run()
    for kind, found in lsids.items():
        assert [len(office.own(lsid)) for lsid in found] == [int(kind == chosen)] * len(found)
    for lsid in (*lsids["attended"], *lsids["unattended"]):
        office.end(lsid)
    office.site.run()
    assert sum(len(office.own(lsid)) for found in lsids.values() for lsid in found) == len(lsids[chosen])


def test_the_text_of_a_run_tells_of_the_ticket_and_a_second_one_says_nothing(office: TicketSite) -> None:
    office.begin(JSON_KEY)
    assert "1 ticket created" in office.site.command("run").stdout
    done = office.site.command("run")
    assert (done.code, done.stdout) == (0, "")


def test_a_dry_run_prints_what_the_run_sends_and_sets_nothing(office: TicketSite) -> None:
    running, ended = office.begin(JSON_KEY), office.begin(JSON_KEY)
    office.end(ended)
    plan = office.site.run("--dry-run").profile["plan"]
    assert [request["path"] for request in plan if request["lsid"] == running] == ["/Tickets"]
    assert [(request["kind"], request["path"], request["ticket_number"]) for request in plan[-3:]] == [
        ("ticket", "/Tickets", "{new}"),
        ("note", "/Tickets/{new}/Notes", "{new}"),
        ("time_entry", "/TimeEntries", "{new}"),
    ]
    assert office.key(running) == JSON_KEY
    assert len(office.waiting()) == 3
    assert office.site.creates() == []
    text = office.site.command("run", "--dry-run").stdout
    assert text.count("a new ticket") == 2
    assert "ticket  Printer is on fire" in text
    office.site.run()
    numbers = {f"/Tickets/{office.own(lsid)[0]['id']}/Notes": "/Tickets/{new}/Notes" for lsid in (running, ended)}
    assert sorted(numbers.get(path, path) for path, _ in office.site.creates()) == sorted(
        request["path"] for request in plan
    )
    told = {"externalID", "title", "queueID"}
    assert [{name: body[name] for name in told} for path, body in office.site.creates() if path == "/Tickets"] == [
        {name: request["body"][name] for name in told} for request in plan if request["kind"] == "ticket"
    ]


def test_what_keeps_a_ticket_is_listed_with_its_mend_and_heals_by_itself(office: TicketSite) -> None:
    lsid = office.begin('{"queueID": "Second floor"}')
    done = office.site.run(code=3)
    (problem,) = done.profile["problems"]
    assert (problem["lsid"], problem["kind"], problem["state"]) == (lsid, "ticket", "held")
    listed = office.site.command("held", "list").stdout
    assert "Second floor" in listed
    office.site.sandbox.appliance.change_key(lsid, '{"queueID": "Post Sale"}')
    office.site.run()
    assert office.own(lsid)[0]["queueID"] == 6
    assert office.key(lsid) == office.own(lsid)[0]["ticketNumber"]


def test_held_retry_and_resync_make_what_was_parked(office: TicketSite) -> None:
    office.site.set("retry_limit", "0")
    lsids = [office.begin(json.dumps({"title": title})) for title in ("one", "two", "three")]
    refusal: dict[str, Any] = {"status": 500, "body": "errors", "text": "The moon is wrong.", "times": 3}
    office.site.sandbox.faults.add("status", endpoint="POST /Tickets", **refusal)
    assert office.site.run(code=3).profile["sessions"]["parked"] == 3
    one, two, three = lsids
    assert office.site.command("held", "retry", one).code == 0
    assert office.site.command("held", "skip", two, "--reason", "a test").code == 0
    office.site.run(code=3)
    assert [len(office.own(lsid)) for lsid in lsids] == [1, 0, 0]
    for lsid in lsids:
        office.end(lsid)
    office.site.json("resync", three, code=None)
    office.site.run()
    office.see_on_its_own(one)
    office.see_on_its_own(three)
    assert office.own(two) == []


def test_a_person_who_deleted_the_ticket_gets_it_again_by_name(office: TicketSite) -> None:
    lsid, _ = office.begin(JSON_KEY), office.begin(JSON_KEY)
    office.site.run()
    office.end(lsid)
    office.site.run()
    first = office.see_on_its_own(lsid)
    store = office.site.sandbox.autotask.store
    for entity in ("TicketNotes", "TimeEntries"):
        for row in office.site.rows(entity):
            if row["ticketID"] == first["id"]:
                store.delete(entity, row["id"])
    store.delete("Tickets", first["id"])
    office.site.run()
    assert office.own(lsid) == []
    office.site.json("resync", lsid)
    assert office.see_on_its_own(lsid)["id"] != first["id"]
