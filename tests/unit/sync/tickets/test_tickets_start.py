"""Tickets while sessions still run: made when somebody joins, and their numbers written into the sessions."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.errors import OutageError
from bt_autotask_sync.state.states import SessionState
from tests.unit.ticket_bench import JUMP, QUEUE, TicketBench, ticket_bench

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.bench import Bench

LATER = 60
"""Seconds after which a number that could not be written is tried again."""


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> TicketBench:
    return ticket_bench(make_bench)


def test_a_ticket_is_made_while_the_session_runs_and_its_number_stands_in_the_session(bench: TicketBench) -> None:
    lsid = bench.running()
    summary = bench.run()
    ticket = bench.own(lsid)
    assert (ticket["title"], ticket["companyID"], ticket["queueID"]) == ("Printer is on fire", bench.company, QUEUE)
    assert bench.key(lsid) == ticket["ticketNumber"]
    assert bench.state(lsid) == SessionState.OPEN
    assert (dict(summary.created), summary.delivered, summary.no_ticket) == ({"ticket": 1}, 0, 0)
    assert summary.problems == []


def test_the_end_of_the_session_is_on_that_ticket(bench: TicketBench) -> None:
    lsid = bench.running()
    bench.run()
    bench.finish(lsid)
    summary = bench.run()
    assert bench.delivered_to(lsid, bench.own(lsid)["id"])
    assert dict(summary.created) == {"note": 1, "time_entry": 1}


def test_a_session_that_names_a_ticket_gets_none(bench: TicketBench) -> None:
    bench.running(bench.ticket()["ticketNumber"])
    assert not bench.run().created
    assert bench.asked("appliance")["get_session_attributes"] == 0


def test_without_a_key_the_form_is_asked_where_that_is_allowed(bench: TicketBench) -> None:
    lsid = bench.running("")
    bench.form(lsid, "VPN Access", "It does not connect")
    assert not bench.run().created
    data = {"title": "Chat: {{Issue}}", "description": "{{Details}}"}
    bench.configure(tickets={"create_without_external_key": True, "default_data": data})
    bench.joined(lsid, username="another.one")
    bench.run()
    ticket = bench.own(lsid)
    assert (ticket["title"], ticket["description"]) == ("Chat: VPN Access", "It does not connect")
    assert bench.key(lsid) == ticket["ticketNumber"]


def test_only_chosen_types_get_one(bench: TicketBench) -> None:
    bench.configure(tickets={"session_types": ["unattended"]})
    attended = bench.running(jump_group=None, jumpoint=None)
    unattended = bench.running(jump_group=JUMP)
    bench.run()
    assert [len(bench.owned(lsid)) for lsid in (attended, unattended)] == [0, 1]


def test_a_customer_who_joins_makes_no_ticket_and_leaves_nothing_in_the_ledger(bench: TicketBench) -> None:
    bench.run()
    lsid = bench.session("{}", ended_ago=None)
    bench.joined(lsid, "customer")
    bench.joined(lsid, "")
    assert not bench.run().created
    assert bench.waiting() == []
    assert bench.sessions.get([lsid]) == {}


def test_everybody_who_joins_again_and_every_repeat_makes_no_second_one(bench: TicketBench) -> None:
    lsid = bench.running()
    for number in range(3):
        bench.joined(lsid, username=f"technician.{number}")
        bench.run()
    assert bench.posts(lsid) == 1
    assert bench.asked("appliance")["set_session_attributes"] == 1


def test_several_sessions_get_theirs_together_each_from_its_own_key(bench: TicketBench) -> None:
    lsids = [bench.running(json.dumps({"title": f"Trouble {number}"})) for number in range(7)]
    bench.run()
    assert [bench.own(lsid)["title"] for lsid in lsids] == [f"Trouble {number}" for number in range(7)]
    assert [bench.key(lsid) for lsid in lsids] == [bench.own(lsid)["ticketNumber"] for lsid in lsids]


def test_nothing_more_is_asked_of_a_session_once_its_number_stands_in_it(bench: TicketBench) -> None:
    bench.running()
    due = bench.run().next_due
    bench.pass_time(LATER)
    bench.forget_requests()
    bench.run()
    assert bench.asked("appliance")["SupportSession"] == 0
    assert due is None or due > bench.now + 3600


def test_E5_while_its_number_cannot_be_written_it_is_tried_again_as_long_as_the_session_runs(
    bench: TicketBench,
) -> None:
    bench.fault("status", endpoint="set_session_attributes", status=200, body="text", text=error_body("Busy."), times=2)
    lsid = bench.running()
    for _ in range(2):
        summary = bench.run()
        assert summary.next_due == bench.now + LATER
        assert bench.key(lsid).startswith("{")
        bench.pass_time(LATER)
    bench.run()
    assert bench.key(lsid) == bench.own(lsid)["ticketNumber"]
    assert bench.posts(lsid) == 1


@pytest.mark.parametrize("answer", [{"status": 403}, {"status": 200, "body": "text", "text": "forbidden"}])
def test_E5_where_the_number_can_never_be_written_the_end_still_finds_the_ticket(
    bench: TicketBench, answer: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    if answer.get("text"):
        answer = {**answer, "text": error_body("You do not have permission to perform this action.")}
    bench.fault("status", endpoint="set_session_attributes", times=None, **answer)
    lsid = bench.running()
    bench.run()
    if answer["status"] == 403:
        assert any(bench.own(lsid)["ticketNumber"] in message for message in caplog.messages)
        assert "Command API" in caplog.text
    bench.finish(lsid)
    assert bench.key(lsid).startswith("{")
    bench.run()
    assert bench.delivered_to(lsid, bench.own(lsid)["id"])


def test_an_account_that_may_not_use_the_command_api_gets_its_tickets_and_its_other_sessions_all_the_same(
    bench: TicketBench, caplog: pytest.LogCaptureFixture
) -> None:
    for action in ("get_session_attributes", "set_session_attributes"):
        bench.fault("status", endpoint=action, status=403, times=None)
    lsid, other = bench.running(), bench.session()
    bench.run()
    assert len(bench.owned(lsid)) == 1
    assert bench.state(other) == "delivered"
    assert "Command API" in caplog.text
    caplog.clear()
    bench.pass_time(LATER)
    bench.run()
    assert caplog.records == []
    bench.finish(lsid)
    bench.run()
    assert bench.delivered_to(lsid, bench.own(lsid)["id"])


def test_attributes_that_cannot_be_read_stop_no_other_session(bench: TicketBench) -> None:
    broken = f'<?xml version="1.0"?><custom_attributes xmlns="{NAMESPACE}"><custom_attribute'
    bench.fault("status", endpoint="get_session_attributes", status=200, body="text", text=broken, times=None)
    lsid, other = bench.running(), bench.session()
    bench.run()
    assert len(bench.owned(lsid)) == 1
    assert bench.state(other) == "delivered"
    assert bench.asked("appliance")["set_session_attributes"] == 0  # nobody knows what would be overwritten


def test_a_session_that_ended_meanwhile_keeps_its_ticket(bench: TicketBench) -> None:
    lsid = bench.running()
    bench.fault("status", endpoint="set_session_attributes", status=200, body="text", text=error_body("Invalid lsid."))
    bench.run()
    bench.finish(lsid)
    bench.run()
    assert bench.delivered_to(lsid, bench.own(lsid)["id"])
    assert bench.posts(lsid) == 1


@pytest.mark.parametrize("endpoint", ["get_session_attributes", "set_session_attributes", "SupportSession"])
def test_an_outage_of_the_appliance_costs_no_ticket_only_time(bench: TicketBench, endpoint: str) -> None:
    lsid = bench.running()
    other = bench.session(bench.ticket()["ticketNumber"])
    bench.fault("outage", endpoint=endpoint, times=None)
    reports = endpoint == "SupportSession"
    bench.run(fails=OutageError if reports else None)
    assert (bench.state(other) == "delivered") is not reports
    bench.sandbox.faults.clear()
    bench.pass_time(1 if endpoint != "set_session_attributes" else LATER)
    bench.run()
    assert bench.key(lsid) == bench.own(lsid)["ticketNumber"]
    assert bench.posts(lsid) == 1


@pytest.mark.parametrize("endpoint", ["/Tickets/query", "POST /Tickets", "/Contacts/query"])
def test_an_outage_of_autotask_costs_no_ticket_only_time(bench: TicketBench, endpoint: str) -> None:
    bench.configure(tickets={"default_data": {"contactID": "{{emailAddress|customer_email}}"}})
    lsid = bench.running()
    bench.fault("outage", endpoint=endpoint, times=None, status=429 if endpoint == "POST /Tickets" else None)
    bench.run(fails=OutageError)
    bench.sandbox.faults.clear()
    bench.pass_time(1)
    bench.run()
    assert bench.key(lsid) == bench.own(lsid)["ticketNumber"]


NAMESPACE = "https://www.beyondtrust.com/namespaces/API/command"


def error_body(words: str) -> str:
    return f'<?xml version="1.0"?><error xmlns="{NAMESPACE}">{words}</error>'
