"""What `run` makes of the events that the listener stored: chosen ones are processed, each once, whatever they say."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.appliance.outbound_event import EventName
from tests.integration.test_profiles_apart import add_profile, by_name
from tests.integration.ticket_site import TicketSite

if TYPE_CHECKING:
    from tests.conftest import Done, Site

UNKNOWN = "f" * 32
JSON_KEY = '{"title": "Printer is on fire"}'


@pytest.fixture
def office(site: Site) -> TicketSite:
    """A site that learns of sessions by events alone."""
    office = TicketSite(site, create_on_session_start=True)
    site.set("poll_events", "[]")
    return office


def due(done: Done, office: TicketSite) -> float | None:
    """The seconds after which a run says that something is due."""
    told = done.profile["next_due"]
    moment = told and datetime.fromisoformat(told).replace(tzinfo=UTC).timestamp()
    return moment and moment - int(office.site.sandbox.clock.now())


@pytest.mark.parametrize(
    ("chosen", "event"),
    [
        ("session-end", EventName.END),
        ("customer-survey", EventName.CUSTOMER_SURVEY_COMPLETED),
        ("representative-survey", EventName.REPRESENTATIVE_SURVEY_COMPLETED),
        ("member-added", EventName.MEMBER_ADDED),
    ],
)
def test_only_the_chosen_events_are_processed(office: TicketSite, chosen: str, event: str) -> None:
    office.site.set("poll_events", '["session-end"]')
    others = sorted({"session-end", "customer-survey", "representative-survey", "member-added"} - {chosen})
    (lsid,) = office.site.add()
    office.set(create_on_session_start="member-added" in others)
    office.site.set("outbound_events", json.dumps(others))
    office.event(event, lsid, type="representative")
    for name in (EventName.BEGIN, EventName.OWNER_CHANGED, EventName.MEMBER_DEPARTED, "support_conference_renamed"):
        office.event(name, lsid)
    office.site.run("--until", "30m")  # which no poll of this session is
    assert office.site.creates() == []
    assert office.waiting() == []
    office.site.set("outbound_events", json.dumps([*others, chosen]))
    office.set(create_on_session_start=True)
    office.event(event, lsid, type="representative", again="1")
    assert office.site.run("--until", "30m").profile["created"] == {"tickets": 0, "notes": 1, "time_entries": 1}
    office.site.see_each_once([lsid])


def test_the_first_refusal_of_an_event_type_that_is_not_retried_parks_it(office: TicketSite) -> None:
    office.site.set("retry_outbound_events", '["session-end"]')
    (ended,) = office.site.add()
    joined = office.begin(JSON_KEY)
    office.event(EventName.END, ended)
    for endpoint in ("/Tickets/*/Notes", "POST /Tickets"):
        office.site.sandbox.faults.add(
            "status", endpoint=endpoint, status=500, body="errors", text="The moon is wrong."
        )
    problems = office.site.run(code=3).profile["problems"]
    states = {(problem["lsid"], problem["kind"]): problem["state"] for problem in problems}
    assert states == {(ended, "note"): "held", (joined, "ticket"): "parked"}
    office.site.pass_time(3600)
    office.site.run(code=3)
    office.site.see_each_once([ended])
    assert office.own(joined) == []
    office.site.command("held", "retry", joined)
    office.site.run()
    assert office.key(joined) == office.own(joined)[0]["ticketNumber"]


def test_a_session_from_its_first_event_to_its_survey_without_any_poll(office: TicketSite) -> None:
    lsid = office.begin(JSON_KEY)
    office.site.run()
    office.end(lsid)
    done = office.site.run()
    assert done.profile["created"] == {"tickets": 0, "notes": 1, "time_entries": 1}
    assert done.profile["watermark"] is None
    office.event(EventName.CUSTOMER_SURVEY_COMPLETED, lsid)
    wait = due(office.site.run(), office)
    assert wait in {119, 120}
    office.site.pass_time(120)
    assert due(office.site.run(), office) is None
    office.see_on_its_own(lsid)


def test_polls_and_doubled_and_reordered_events_together_deliver_each_once(office: TicketSite) -> None:
    office.site.set("poll_events", '["session-end", "customer-survey"]')
    running = [office.begin(JSON_KEY) for _ in range(3)]
    ended = office.site.add(4)
    for lsid in reversed(ended[1:]):
        office.event(EventName.CUSTOMER_SURVEY_COMPLETED, lsid)
        office.event(EventName.END, lsid)
        office.joined(lsid)
        office.event(EventName.END, lsid, again="1")
    office.site.run()
    for lsid in running:
        office.end(lsid)
        office.joined(lsid)
    office.site.run()
    office.site.pass_time(200)
    office.site.run()
    office.site.see_each_once([*ended, *running])
    for lsid in running:
        office.see_on_its_own(lsid)
    assert [path for path, _ in office.site.creates()].count("/Tickets") == 3


def test_a_report_that_lags_behind_its_event_is_asked_for_when_the_run_says_so(office: TicketSite) -> None:
    office.site.sandbox.switches.change({"report_lag_seconds": 30.0})
    (lsid,) = office.site.add(in_progress=True)
    office.site.sandbox.appliance.end_session(lsid)
    office.event(EventName.END, lsid)
    waited = 0.0
    while f"[bt:{lsid[:12]}]" not in office.site.notes():
        wait = due(office.site.run(), office)
        if wait is not None:
            assert 0 < wait <= 60
            waited += wait
            office.site.pass_time(wait)
    assert 55 <= waited <= 76
    office.site.see_each_once([lsid])


def test_a_session_that_no_appliance_knows_is_forgotten_with_a_warning(office: TicketSite) -> None:
    office.site.set("poll_events", "")
    office.event(EventName.END, UNKNOWN)
    done = office.site.run()
    assert done.stderr == ""
    office.site.pass_time(601)
    done = office.site.run()
    assert UNKNOWN in done.stderr
    assert (due(done, office) or 9999) > 3600
    assert office.site.run().stderr == ""


ELSEWHERE = {
    "second": ('host = "127.0.0.1', 'host = "localhost'),
    "asleep": ('services_url = "http://127.0.0.1', 'services_url = "http://localhost'),
}
"""Other names for the same place: no two profiles may serve one appliance and one tenant."""


def test_an_event_goes_to_every_profile_of_its_appliance_and_waits_for_a_disabled_one(office: TicketSite) -> None:
    alone = office.site.config.read_text()
    for name in ("second", "asleep"):
        with office.site.config.open("a") as file:
            other = alone.replace("[profile.default", f"[profile.{name}")
            file.write("\n" + other.replace(*ELSEWHERE[name]))
    text = office.site.config.read_text()
    office.site.config.write_text(text.replace("[profile.asleep]\n", "[profile.asleep]\nenabled = false\n"))
    names = ("default", "second", "asleep")
    (lsid,) = office.site.add()
    running = office.site.add(in_progress=True, external_key=JSON_KEY)[0]
    office.event(EventName.END, lsid, *names)
    office.event(EventName.MEMBER_ADDED, running, *names, type="representative")
    profiles = by_name(office.site.run())
    assert profiles["default"]["created"] == {"tickets": 1, "notes": 1, "time_entries": 1}
    assert sum(profiles["second"]["created"].values()) == 0
    assert profiles["second"]["adopted"] == {"tickets": 0, "notes": 1, "time_entries": 1}
    assert [len(office.waiting(name)) for name in names] == [0, 0, 2]
    assert len(office.own(running)) == 1
    office.end(running)
    office.event(EventName.END, running, "second")
    office.site.run()
    office.see_on_its_own(running)
    office.site.config.write_text(text)
    asleep_too = by_name(office.site.run())["asleep"]
    assert (sum(asleep_too["created"].values()), asleep_too["adopted"]["notes"]) == (0, 2)
    assert office.waiting("asleep") == []


def test_a_profile_that_fails_keeps_its_events_and_stops_no_other(office: TicketSite) -> None:
    add_profile(office.site, "broken")
    text = office.site.config.read_text()
    before, after = text.split("[profile.broken.appliance]")
    office.site.config.write_text(
        before + "[profile.broken.appliance]" + re.sub("client_secret.*", 'client_secret = "x"', after)
    )
    (lsid,) = office.site.add()
    office.event(EventName.END, lsid, "default", "broken")
    office.site.run(code=5)
    office.site.see_each_once([lsid])
    assert [len(office.waiting(name)) for name in ("default", "broken")] == [0, 1]


def corrupt(office: TicketSite) -> None:
    office.event(EventName.END, UNKNOWN)
    for path in office.site.state.glob("inbox.db*"):
        path.write_bytes(b"This is no database. " * 400)


def newer(office: TicketSite) -> None:
    office.event(EventName.END, UNKNOWN)
    with closing(sqlite3.connect(office.site.state / "inbox.db")) as connection:
        connection.execute("PRAGMA user_version = 99")


def directory(office: TicketSite) -> None:
    office.site.state.mkdir(exist_ok=True, mode=0o700)
    (office.site.state / "inbox.db").mkdir()


@pytest.mark.parametrize("break_inbox", [corrupt, newer, directory])
@pytest.mark.parametrize("options", [(), ("--dry-run",)], ids=["run", "dry run"])
def test_an_inbox_that_cannot_be_used_is_told_and_the_run_goes_on(
    office: TicketSite, break_inbox: Any, options: tuple[str, ...]
) -> None:
    office.site.set("poll_events", '["session-end"]')
    (lsid,) = office.site.add()
    break_inbox(office)
    done = office.site.run(*options)
    assert "inbox" in done.stderr.lower()
    assert done.stderr.count("\n") <= 3
    if not options:
        office.site.see_each_once([lsid])


@pytest.mark.parametrize("options", [(), ("--dry-run",)], ids=["run", "dry run"])
def test_an_inbox_without_anything_in_it_is_nothing_to_tell(office: TicketSite, options: tuple[str, ...]) -> None:
    office.site.set("poll_events", "")
    office.site.state.mkdir(exist_ok=True, mode=0o700)
    (office.site.state / "inbox.db").touch()
    assert office.site.run(*options).stderr == ""


def test_an_inbox_that_another_process_holds_is_told_and_the_run_goes_on(
    office: TicketSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bt_autotask_sync.state.inbox.PATIENT_SECONDS", 0.05)
    (lsid,) = office.site.add()
    office.event(EventName.END, lsid)
    with closing(sqlite3.connect(office.site.state / "inbox.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = office.site.run()
        other.execute("ROLLBACK")
    assert "inbox" in done.stderr.lower()
    assert len(office.waiting()) == 1
    office.site.run()
    assert office.waiting() == []
    office.site.see_each_once([lsid])


def test_a_limit_leaves_the_rest_of_the_ended_sessions_and_serves_everybody_who_waits_for_a_ticket(
    office: TicketSite,
) -> None:
    ended = office.site.add(3)
    for lsid in ended:
        office.event(EventName.END, lsid)
    running = [office.begin(JSON_KEY) for _ in range(2)]
    assert office.site.run("--limit", "1").profile["created"] == {"tickets": 2, "notes": 1, "time_entries": 1}
    assert [len(office.own(lsid)) for lsid in running] == [1, 1]
    office.site.run()
    office.site.see_each_once(ended)


def test_the_next_due_time_of_what_a_ticket_waits_for_is_told(office: TicketSite) -> None:
    refused = office.begin(JSON_KEY)
    office.site.sandbox.faults.add("status", endpoint="POST /Tickets", status=500, body="errors", text="No.")
    assert due(office.site.run(code=3), office) in {59, 60}
    office.site.pass_time(60)
    office.site.sandbox.faults.add("dropped", endpoint="POST /Tickets")
    wait = due(office.site.run(code=3), office)
    assert wait is not None
    assert 420 < wait <= 425
    office.site.pass_time(wait)
    office.site.sandbox.faults.add("status", endpoint="set_session_attributes", status=503, times=None)
    office.site.run()
    assert len(office.own(refused)) == 1
    office.site.sandbox.faults.clear()
    office.site.pass_time(60)
    wait = due(office.site.run(), office)
    assert office.key(refused) == office.own(refused)[0]["ticketNumber"]
    assert wait is None or wait > 3600
