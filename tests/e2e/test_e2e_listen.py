"""The listener in a process of its own: what it takes, what it starts, what changes it, and how it ends."""

from __future__ import annotations

import os
import signal
import socket
import stat
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.state.lock import run_lock
from tests.integration.ticket_site import TicketSite
from tests.listener import ListenerProcess, free_port, kept, post, runs_ended, set_listener, variables

if TYPE_CHECKING:
    import threading

    from tests.conftest import Site
    from tests.e2e.conftest import Listen

LSID = "0123456789abcdef0123456789abcdef"
TOKEN = "?outbound_event_token=sesame"
JOINS = variables("member_added", LSID, type="representative")
KEY = '{"title": "Printer is on fire"}'
NOTES = "POST /Tickets/*/Notes"


@pytest.fixture
def site(site: Site) -> Site:
    """A site whose listener has a token and any free port."""
    site.set("outbound_events", '["session-end", "member-added"]')
    set_listener(site, port="0", token='"sesame"')
    return site


def add_boston(site: Site, appliance: str) -> None:
    """Add a profile for an appliance of this id; what it names is the same."""
    text = site.config.read_text(encoding="utf-8")
    profile, _, rest = text.partition("\n[listen]\n")
    second = profile[profile.index("[profile.default]") :].replace("profile.default", "profile.boston")
    second = second.replace('host = "127.0.0.1', 'host = "localhost')
    second = second.replace("[profile.boston.appliance]\n", f'[profile.boston.appliance]\nid = "{appliance}"\n')
    site.config.write_text(f"{profile}\n{second}\n[listen]\n{rest}", encoding="utf-8")


def test_E1_an_event_that_was_answered_200_is_on_disk_readable_by_its_owner_alone(site: Site, listen: Listen) -> None:
    listener = listen(site)
    assert post(listener.url, JOINS, f"/ERSPost{TOKEN}") == 200
    assert kept(site.state) == [("support_conference_member_added", LSID, 1795345200)]
    assert stat.S_IMODE((site.state / "inbox.db").stat().st_mode) == 0o600


def test_E2_an_event_starts_the_ordinary_run_and_what_it_did_is_told(site: Site, listen: Listen) -> None:
    listener = listen(site)
    listener.wait_for_its_first_run(site)
    lsids = site.add(2)
    assert post(listener.url, JOINS, f"/ERSPost{TOKEN}") == 200
    assert listener.wait_for("default: ") == "default: 2 sessions delivered, 2 notes created, 2 time entries created."
    site.see_each_once(lsids)
    assert not [line for line in listener.said if "stored" in line], "stored events are for -v"


def test_E2_a_session_that_ended_starts_one_after_the_report_delay(site: Site, listen: Listen) -> None:
    site.set("report_delay_seconds", "2")
    listener = listen(site)
    listener.wait_for_its_first_run(site)
    (lsid,) = site.add()
    began = time.monotonic()
    assert post(listener.url, variables("end", lsid)) == 401
    assert post(listener.url, variables("end", lsid), f"/ERSPost{TOKEN}") == 200
    listener.wait_for("1 session delivered")
    assert time.monotonic() - began > 2
    site.see_each_once([lsid])


def test_E2_a_start_always_begins_with_a_run_though_nothing_waits_in_the_inbox(site: Site, listen: Listen) -> None:
    lsids = site.add()
    listen(site).wait_for("1 session delivered")
    site.see_each_once(lsids)


def test_E2_a_ticket_whose_run_was_killed_with_its_listener_appears_after_the_next_start(
    gated: Site, gate: threading.Event, listen: Listen
) -> None:
    office = TicketSite(gated, create_on_session_start=True)
    set_listener(gated, port="0")
    (lsid,) = gated.add(in_progress=True, external_key=KEY)
    first = listen(gated, start_new_session=True)
    first.wait_for_its_first_run(gated)
    gated.sandbox.faults.add("latency", endpoint="/Tickets", seconds=1)
    assert post(first.url, variables("member_added", lsid, type="representative")) == 200
    gated.wait_until(lambda: "/Tickets" in [path for path, _ in gated.creates()])
    assert office.waiting() == [], "the run has taken the event into its ledger"
    (run,) = children(first.process.pid)
    os.kill(first.process.pid, signal.SIGKILL)
    os.kill(run, signal.SIGKILL)
    assert first.end() == -signal.SIGKILL
    gate.set()
    gated.wait_until(lambda: office.own(lsid))
    gated.forget_requests()

    second = listen(gated)
    second.wait_until(lambda: office.key(lsid) == office.own(lsid)[0]["ticketNumber"])
    assert office.waiting() == []
    assert len(office.own(lsid)) == 1


def test_E2_a_start_while_another_run_holds_the_lock_tries_again_until_it_is_free(site: Site, listen: Listen) -> None:
    lsids = site.add()
    site.state.mkdir(mode=0o700)
    with run_lock(site.state):
        listener = listen(site)
        listener.wait_for("another run is at work. It is tried again in 5 s")
        assert site.notes() == {}
    listener.wait_for("1 session delivered")
    site.see_each_once(lsids)


def children(process: int) -> list[int]:
    """The processes that a process has started and that still run."""
    return [int(number) for number in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def test_what_keeps_a_run_from_working_is_told_once_and_events_are_stored_all_the_same(
    site: Site, listen: Listen
) -> None:
    site.set("autotask.secret", '"wrong"')
    site.add()
    listener = listen(site, before=("-v",))
    listener.wait_until(partial(told_of_credentials, listener, 1))
    for number in range(1, 3):
        told = {**JOINS, "timestamp": str(number)}
        assert post(listener.url, told, f"/ERSPost{TOKEN}") == 200
        listener.wait_until(partial(told_of_credentials, listener, number + 1))
    assert len(kept(site.state)) == 2
    told_lines = [line for line in listener.said if "did not end well: credentials" in line]
    assert [line.startswith("warning: ") for line in told_lines] == [True, False, False]
    errors = [line for line in listener.said if line.startswith("error:")]
    assert [("not presented again" in line) for line in errors] == [False, True]
    assert [entry.status for entry in site.sandbox.log.entries("autotask")].count(401) == 1, "A2: once in a pause"


def told_of_credentials(listener: ListenerProcess, times: int) -> bool:
    return len([line for line in list(listener.said) if "did not end well: credentials" in line]) == times


def see_no_run(site: Site, listener: ListenerProcess, before: int = 0) -> None:
    """See that nothing that came until now starts a run beside the first: the listener has looked again since."""
    listener.wait_for("A run begins")
    os.utime(site.config)
    listener.wait_for("The configuration was read anew")
    assert len([line for line in listener.said if "A run begins" in line]) == 1
    assert runs_ended(site.state) == before


def test_v_tells_each_stored_event_and_each_quiet_run_and_q_nothing(site: Site, listen: Listen) -> None:
    listener = listen(site, before=("-v",))
    assert post(listener.url, JOINS, f"/ERSPost{TOKEN}") == 200
    assert LSID in listener.wait_for("was stored")
    listener.wait_for("default: nothing new.")
    assert listener.end(signal.SIGTERM) == 143

    port = free_port()
    set_listener(site, port=str(port))
    quiet = listen(site, before=("-q",))
    with socket.socket() as tried:
        quiet.wait_until(lambda: tried.connect_ex(("127.0.0.1", port)) == 0)
    quiet.end(signal.SIGTERM)
    assert quiet.said == []


def test_at_its_start_it_tells_what_to_enter_in_beyondtrust_for_each_appliance_and_not_the_token(
    site: Site, listen: Listen
) -> None:
    add_boston(site, "Boston.1")
    listener = listen(site)
    listener.wait_for("/ERSPost/boston.1?outbound_event_token=TOKEN   for boston")
    listener.wait_for("/ERSPost?outbound_event_token=TOKEN   for default")
    assert post(listener.url, JOINS, f"/ERSPost/BOSTON.1{TOKEN}") == 200
    assert post(listener.url, JOINS, f"/ERSPost/paris{TOKEN}") == 404
    assert "sesame" not in "".join(listener.said)


def test_with_profile_only_that_one_is_worked_on_and_events_of_others_are_kept(site: Site, listen: Listen) -> None:
    add_boston(site, "boston")
    listener = listen(site, before=("-v", "--profile", "boston"))
    listener.wait_for_its_first_run(site)
    site.add()
    assert post(listener.url, JOINS, f"/ERSPost{TOKEN}") == 200
    see_no_run(site, listener, before=1)
    assert post(listener.url, JOINS, f"/ERSPost/boston{TOKEN}") == 200, "the same for another one is no repeat"
    listener.wait_for("boston: 1 session delivered")
    assert not [line for line in listener.said if line.startswith("default: ")]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_C10_a_listener_told_to_stop_lets_the_run_finish_what_is_under_way(
    gated: Site, gate: threading.Event, listen: Listen, number: signal.Signals, code: int
) -> None:
    gated.set("outbound_events", '["session-end", "member-added"]')
    set_listener(gated, port="0")
    lsids = gated.add(9)
    gated.sandbox.faults.add("latency", endpoint=NOTES, times=3, seconds=1)
    listener = listen(gated, start_new_session=True)
    url = listener.url
    gated.wait_until(gated.creates)
    os.killpg(listener.process.pid, number)
    listener.wait_until(lambda: post(url, JOINS) is None)
    listener.wait_for("Stopping; the run at work finishes its requests.")
    assert listener.process.poll() is None, "it waits for the run"
    gate.set()
    assert listener.end() == code
    assert 0 < len(gated.notes()) < len(lsids), "the run stopped"
    assert not [line for line in listener.said if line.startswith("error:")], "to be told to stop is no error"
    assert not [line for line in listener.said if "Run again" in line], "it is the listener that starts runs"
    assert {entry.status for entry in gated.sandbox.log.entries("autotask")} == {200}
    assert gated.run().profile["adopted"] == {"tickets": 0, "notes": 0, "time_entries": 0}
    gated.see_each_once(lsids)


def test_a_listener_without_a_run_stops_at_once(site: Site, listen: Listen) -> None:
    listener = listen(site, before=("-v",))
    listener.wait_for("default: nothing new.")
    began = time.monotonic()
    assert listener.end(signal.SIGTERM) == 143
    assert time.monotonic() - began < 5
    assert not [line for line in listener.said if "Stopping" in line]


def test_a_changed_configuration_holds_without_a_restart_and_a_wrong_one_changes_nothing(
    site: Site, listen: Listen
) -> None:
    listener = listen(site)
    url = listener.url
    set_listener(site, port="0", token='"other"')
    listener.wait_until(lambda: post(url, JOINS, "/ERSPost?outbound_event_token=other") == 200)
    assert post(url, JOINS, f"/ERSPost{TOKEN}") == 401
    set_listener(site, port="0", token="7")
    listener.wait_for("the one before holds")
    assert post(url, JOINS, "/ERSPost?outbound_event_token=other") == 200
    set_listener(site, port="1", token='"other"')
    listener.wait_for("port in [listen] holds when")
    assert not [line for line in listener.said if "There is no token" in line]
    set_listener(site, port="1")
    listener.wait_for("There is no token")
    set_listener(site, port="1", token='"other"')
    listener.wait_until(lambda: post(url, JOINS) == 401)
    assert post(url, JOINS, "/ERSPost?outbound_event_token=other") == 200


def test_events_for_a_profile_that_is_enabled_later_are_taken_up_then(site: Site, listen: Listen) -> None:
    site.set("enabled", "false")
    listener = listen(site, before=("-v",))
    assert post(listener.url, JOINS, f"/ERSPost{TOKEN}") == 200
    lsids = site.add()
    see_no_run(site, listener)
    site.set("enabled", "true")
    listener.wait_for("1 session delivered")
    site.see_each_once(lsids)
