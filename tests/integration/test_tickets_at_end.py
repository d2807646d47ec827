"""Tickets at the end of sessions that are merely polled and have none by then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.ticket_site import TicketSite

if TYPE_CHECKING:
    from tests.conftest import Site

JSON_KEY = '{"title": "Printer is on fire"}'


@pytest.fixture
def office(site: Site) -> TicketSite:
    return TicketSite(site, create_at_session_end=True)


def test_a_polled_session_without_a_ticket_gets_one_at_its_end(office: TicketSite) -> None:
    office.set(create_without_external_key=True, data={"title": "Support: {{Issue}}"})
    (keyed,) = office.site.add(external_key=JSON_KEY)
    (without,) = office.site.add(external_key="", issue="VPN Access", details="Help")
    named = office.site.add(2)
    done = office.site.run()
    assert done.profile["created"] == {"tickets": 2, "notes": 4, "time_entries": 4}
    assert office.see_on_its_own(keyed)["title"] == "Printer is on fire"
    assert office.see_on_its_own(without)["title"] == "Support: VPN Access"
    office.site.see_each_once(named)
    office.site.forget_requests()
    office.site.run()
    assert office.site.counts()["autotask"] == 0


def test_it_is_as_at_the_start_unless_it_is_set(office: TicketSite) -> None:
    office.site.set("tickets.create_at_session_end", "")
    office.set(create_on_session_start=True)
    (lsid,) = office.site.add(external_key=JSON_KEY)
    office.site.run()
    office.see_on_its_own(lsid)
    office.set(create_at_session_end=False)
    (later,) = office.site.add(external_key=JSON_KEY)
    assert office.site.run().profile["sessions"]["no_ticket"] == 1
    assert office.own(later) == []


def test_a_lost_checkpoint_makes_no_second_ticket(office: TicketSite) -> None:
    (lsid,) = office.site.add(external_key=JSON_KEY)
    office.site.run()
    (office.site.state / "checkpoint.db").unlink()
    done = office.site.run()
    assert done.profile["adopted"] == {"tickets": 1, "notes": 1, "time_entries": 1}
    assert done.profile["created"] == {"tickets": 0, "notes": 0, "time_entries": 0}
    office.see_on_its_own(lsid)


def test_a_ticket_of_unknown_outcome_is_waited_for_and_never_made_twice(office: TicketSite) -> None:
    (lsid,) = office.site.add(external_key=JSON_KEY)
    office.site.sandbox.faults.add("lost_answer", endpoint="POST /Tickets")
    done = office.site.run(code=3)
    assert (done.profile["sessions"]["unsettled"], done.profile["next_due"] is not None) == (1, True)
    assert office.site.run().profile["adopted"]["tickets"] == 1
    office.see_on_its_own(lsid)


def test_resync_with_a_ticket_takes_a_session_from_its_own_one(office: TicketSite) -> None:
    office.site.set("time_entries.enabled", "false")
    (lsid,) = office.site.add(external_key=JSON_KEY)
    office.site.run()
    chosen = office.site.add_ticket("T20261122.0815")
    done = office.site.json("resync", lsid, "--ticket", "T20261122.0815")
    assert "is left over" in done.stderr
    assert chosen in {row["ticketID"] for row in office.site.rows("TicketNotes") if f"[bt:{lsid[:12]}]" in row["title"]}
    assert len(office.own(lsid)) == 1
