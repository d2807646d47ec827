"""`resync`: named sessions or a window by hand, also long ago, and what people deleted."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Site

LONG_AGO = 30 * 86_400


def iso(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def delete_all(site: Site) -> None:
    """Delete our notes and time entries, as a person does in Autotask."""
    for entry in site.entries().values():
        site.as_person("DELETE", f"/TimeEntries/{entry['id']}")
    for note in site.notes().values():
        site.sandbox.autotask.store.delete("TicketNotes", note["id"])
    assert (site.notes(), site.entries()) == ({}, {})


def test_a_session_is_delivered_by_its_lsid(site: Site) -> None:
    first, *others = site.add(3)
    assert site.json("resync", first).profile["sessions"]["delivered"] == 1
    site.see_each_once([first])
    assert len(site.entries()) == 1
    assert site.run().profile["sessions"]["delivered"] == len(others)
    site.see_each_once([first, *others])


def test_a_delivered_session_is_asked_for_by_id_and_nothing_is_sent(site: Site) -> None:
    (lsid,) = site.add()
    site.run()
    site.forget_requests()
    done = site.json("resync", lsid).profile
    assert site.creates() == []
    assert done["created"] == done["adopted"] == {"tickets": 0, "notes": 0, "time_entries": 0}
    assert done["sessions"]["already"] == 1


def test_a_unique_beginning_stands_for_a_session_the_ledger_knows(site: Site) -> None:
    lsids = site.add(2, external_key="T20200101.0001")
    site.run(code=3)
    site.add_ticket("T20200101.0001")
    assert site.json("resync", lsids[0][:12].upper(), code=3).profile["sessions"]["delivered"] == 1
    site.see_each_once(lsids[:1])


def test_a_beginning_that_stands_for_several_sessions_is_a_usage_error(site: Site) -> None:
    (lsid,) = site.add(external_key="T20200101.0001")
    twin = replace(site.sandbox.appliance._sessions[lsid], lsid=lsid[:12] + "0" * 20)
    site.sandbox.appliance.add_session(twin)
    site.run(code=3)
    done = site.json("resync", lsid[:12], code=2)
    assert "several" in done.stderr
    assert site.json("resync", lsid[:30], code=3).profile["sessions"]["held"] == 2


@pytest.mark.parametrize(
    ("name", "said"), [("0" * 12, "no session"), ("abc", "not an lsid"), ("g" * 32, "not an lsid"), ("", "not an lsid")]
)
def test_a_name_that_stands_for_no_session_is_a_usage_error(site: Site, name: str, said: str) -> None:
    site.add()
    site.run()
    done = site.json("resync", name, code=2)
    assert said in done.stderr
    assert said in str(done.report)


def test_an_lsid_that_the_appliance_does_not_know_is_a_usage_error(site: Site) -> None:
    done = site.json("resync", "0" * 32, code=2)
    assert "0" * 32 in done.stderr


def test_a_window_is_delivered_and_moves_no_watermark(site: Site) -> None:
    early = site.add(2)
    site.pass_time(7200)
    site.set("start_at", iso(site.sandbox.clock.now() - 9000))
    since, until = iso(site.sandbox.clock.now() - 9000), iso(site.sandbox.clock.now() - 3600)
    late = site.add(2)
    done = site.json("resync", "--since", since, "--until", until).profile
    assert (done["sessions"]["delivered"], done["watermark"]) == (2, None)
    site.see_each_once(early)
    assert len(site.entries()) == 2
    watermark = site.run().profile["watermark"]
    site.see_each_once(early + late)
    site.pass_time(60)
    assert site.json("resync", "--since", since).profile["watermark"] == watermark


def test_a_session_of_long_ago_is_delivered_when_it_is_named(site: Site) -> None:
    (lsid,) = site.add()
    site.pass_time(LONG_AGO)
    site.set("start_at", iso(site.sandbox.clock.now() - 86_400))
    assert site.run(code=None).profile["sessions"]["delivered"] == 0
    assert site.json("resync", lsid, code=None).profile["sessions"]["delivered"] == 1
    site.see_each_once([lsid])


def test_a_window_before_start_at_is_refused(site: Site) -> None:
    site.set("start_at", iso(site.sandbox.clock.now() - 3600))
    done = site.json("resync", "--since", iso(site.sandbox.clock.now() - 7200), code=2)
    assert "start_at" in done.stderr
    assert site.counts() == {"appliance": 0, "autotask": 0}


@pytest.mark.parametrize(
    "arguments",
    [[], ["0" * 32, "--since", "2d"], ["0" * 32, "--until", "1h"], ["--since", "2d", "--ticket", "T20261122.0001"]],
)
def test_sessions_or_a_window_have_to_be_named_and_not_both(site: Site, arguments: list[str]) -> None:
    site.json("resync", *arguments, code=2)
    assert site.counts() == {"appliance": 0, "autotask": 0}


def test_what_was_deleted_is_made_again_only_for_a_named_session(site: Site) -> None:
    lsids = site.add(2)
    site.run()
    since = iso(site.sandbox.clock.now() - 3600)
    delete_all(site)
    kept = site.add()
    assert site.run().profile["sessions"]["delivered"] == 1
    window = site.json("resync", "--since", since, code=3).profile
    assert window["created"] == {"tickets": 0, "notes": 0, "time_entries": 0}
    assert {problem["lsid"] for problem in window["problems"]} == set(lsids)
    assert all(problem["lsid"] in problem["advice"] for problem in window["problems"])
    assert len(site.entries()) == 1

    site.json("resync", lsids[0])
    site.see_each_once([lsids[0], *kept])
    assert len(site.entries()) == 2


def test_everything_that_was_ever_sent_may_be_deleted_and_is_made_again(site: Site) -> None:
    lsids = site.add(2)
    site.run()
    delete_all(site)
    site.json("resync", lsids[0])
    site.see_each_once(lsids[:1])
    site.json("resync", lsids[1])
    site.see_each_once(lsids)


def test_only_what_is_gone_is_made_again(site: Site) -> None:
    (lsid,) = site.add()
    site.run()
    (entry,) = site.entries().values()
    notes = site.notes()
    site.as_person("DELETE", f"/TimeEntries/{entry['id']}")
    assert site.json("resync", lsid).profile["created"] == {"tickets": 0, "notes": 0, "time_entries": 1}
    site.see_each_once([lsid])
    assert site.notes() == notes


def test_a_note_whose_title_a_person_changed_is_still_there(site: Site) -> None:
    (lsid,) = site.add()
    site.run()
    for note in site.notes().values():
        site.sandbox.autotask.store.update("TicketNotes", note["id"], {"title": "Renamed"})
    site.forget_requests()
    site.json("resync", lsid)
    assert site.creates() == []


def test_a_session_without_a_ticket_is_sent_to_the_named_one_and_that_is_remembered(site: Site) -> None:
    (lsid,) = site.add(external_key="")
    assert site.run().profile["sessions"]["no_ticket"] == 1
    number = site.rows("Tickets")[3]["ticketNumber"]
    assert site.json("resync", lsid, "--ticket", number).profile["sessions"]["delivered"] == 1
    before = site.notes()
    assert {note["ticketID"] for note in before.values()} == {site.rows("Tickets")[3]["id"]}
    delete_all(site)
    site.json("resync", lsid)
    assert {note["ticketID"] for note in site.notes().values()} == {site.rows("Tickets")[3]["id"]}
    assert site.notes().keys() == before.keys()


def test_a_session_whose_time_stands_on_another_ticket_is_not_sent_elsewhere(site: Site) -> None:
    (lsid,) = site.add()
    site.run()
    other = next(row["ticketNumber"] for row in site.rows("Tickets") if row["ticketNumber"] not in str(site.entries()))
    site.forget_requests()
    done = site.json("resync", lsid, "--ticket", other, code=2)
    (entry,) = site.entries().values()
    assert str(entry["ticketID"]) in done.stderr
    assert site.creates() == []
    site.see_each_once([lsid])


def test_time_on_another_ticket_is_found_without_a_ledger_too(site: Site) -> None:
    (lsid,) = site.add()
    site.run()
    shutil.rmtree(site.state)
    site.forget_requests()
    site.json("resync", lsid, "--ticket", site.rows("Tickets")[0]["ticketNumber"], code=2)
    assert site.creates() == []


def test_a_ticket_that_does_not_exist_is_a_usage_error(site: Site) -> None:
    (lsid,) = site.add()
    done = site.json("resync", lsid, "--ticket", "T20200101.0001", code=2)
    assert "T20200101.0001" in done.stderr
    assert site.run().profile["sessions"]["delivered"] == 1
    site.see_each_once([lsid])


def test_a_session_that_still_runs_is_not_delivered(site: Site) -> None:
    (lsid,) = site.add(in_progress=True)
    site.json("resync", lsid, code=None)
    assert site.creates() == []
    site.sandbox.appliance.end_session(lsid)
    site.pass_time(120)
    site.run()
    site.see_each_once([lsid])
