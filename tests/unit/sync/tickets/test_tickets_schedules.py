"""Schedules of faults, people and the two products that a ticket of a session's own has to survive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.appliance.outbound_event import EventName
from bt_autotask_sync.errors import OutageError, UsageError
from tests.unit.sync.tickets.test_tickets_start import error_body
from tests.unit.ticket_bench import JSON_KEY, ticket_bench

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.bench import Bench
    from tests.unit.ticket_bench import TicketBench

LEVEL_ONE = 29682833


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> TicketBench:
    return ticket_bench(make_bench)


def test_C11_time_on_an_own_ticket_is_found_without_the_ledger_before_a_session_is_moved(bench: TicketBench) -> None:
    lsid = bench.session(JSON_KEY)
    bench.run()
    bench.forget_ledger()
    bench.run(since=bench.now - 60)
    with pytest.raises(UsageError, match="time entry on another ticket"):
        bench.resync(lsid, ticket=bench.ticket()["ticketNumber"])
    assert [entry["ticketID"] for entry in bench.entries(lsid)] == [bench.own(lsid)["id"]]


@pytest.mark.parametrize("deleted", ["the ticket", "the note"])
def test_what_a_resync_was_to_make_again_is_made_by_the_next_run_when_it_breaks_off(
    bench: TicketBench, deleted: str
) -> None:
    lsid, other = bench.session(JSON_KEY), bench.session(JSON_KEY)
    bench.run()
    if deleted == "the ticket":
        bench.delete_ticket(bench.own(lsid)["id"])
    else:
        bench.sandbox.autotask.store.delete("TicketNotes", bench.notes(lsid)[0]["id"])
    bench.fault("outage", endpoint="SupportSession", times=None, skip=1)
    with pytest.raises(OutageError):
        bench.resync(lsid)
    bench.sandbox.faults.clear()
    bench.run()
    assert bench.delivered_to(lsid, bench.own(lsid)["id"])
    assert bench.delivered_to(other, bench.own(other)["id"])


def test_D7_a_session_that_closes_abnormally_before_its_number_is_in_it_is_held_as_never_closed(
    bench: TicketBench,
) -> None:
    busy = error_body("Busy.")
    bench.fault("status", endpoint="set_session_attributes", status=200, body="text", text=busy, times=None)
    lsid = bench.running()
    bench.run()
    bench.change(lsid, closed_abnormally=True)
    bench.pass_time(26 * 3600)
    bench.run()
    assert bench.state(lsid) == "held"
    assert "never closed" in bench.error(lsid)


def test_creation_that_is_switched_on_later_makes_none_for_what_was_left_without(bench: TicketBench) -> None:
    bench.configure(tickets={"create_on_session_start": False})
    old = bench.session(JSON_KEY, ended_ago=3 * 86_400)
    bench.run()
    bench.configure(tickets={"create_at_session_end": True})
    bench.pass_time(86_401)
    bench.run()
    assert (bench.state(old), bench.owned(old)) == ("no_ticket", [])
    bench.resync(old)
    assert bench.delivered_to(old, bench.own(old)["id"])


def test_E4_an_event_alone_makes_no_ticket_for_a_session_that_nobody_joined(bench: TicketBench) -> None:
    bench.configure(tickets={"create_at_session_end": False})
    old = bench.session(JSON_KEY, ended_ago=6 * 86_400, representatives=())
    bench.run()
    running = bench.session(JSON_KEY, ended_ago=None, representatives=())
    bench.joined(old)
    bench.joined(running)
    bench.run()
    assert (bench.state(old), bench.owned(old), bench.owned(running)) == ("no_ticket", [], [])


def test_M4_a_session_that_ended_goes_to_the_ticket_it_names_by_now_though_its_own_is_unsettled(
    bench: TicketBench,
) -> None:
    lsid, chosen = bench.running(), bench.ticket()
    bench.fault("dropped", endpoint="POST /Tickets")
    bench.run()
    assert bench.state(lsid) == "unsettled"
    bench.type_key(lsid, chosen["ticketNumber"])
    bench.end_now(lsid)
    bench.ended(lsid)
    bench.pass_time(120)
    bench.run()
    assert [note["ticketID"] for note in bench.notes(lsid)] == [chosen["id"]]


def test_a_dry_run_takes_events_in_once_and_says_what_the_real_run_does(bench: TicketBench) -> None:
    bench.configure(tickets={"default_data": {"queueID": "No such queue"}})
    lsid = bench.session(JSON_KEY)
    bench.run()
    bench.configure(tickets={"default_data": {"queueID": LEVEL_ONE}})
    bench.event(EventName.CUSTOMER_SURVEY_COMPLETED, lsid)
    said = bench.dry_run()
    done = bench.run()
    assert (said.delivered, said.created, said.problems) == (done.delivered, done.created, [])


def test_a_listing_that_lags_behind_an_event_stops_nothing(bench: TicketBench) -> None:
    bench.run()
    lsid = bench.session(ended_ago=5)
    bench.ended(lsid)

    def without_listing(form: str, body: bytes) -> bytes:
        nothing = error_body("No Support report information matching your chosen criteria is available.")
        return nothing.encode() if "SupportSessionListing" in form else body

    bench.rewrite = without_listing
    bench.run()
    running = bench.running()
    bench.pass_time(1)
    bench.run()
    assert len(bench.owned(running)) == 1


@pytest.mark.parametrize(
    "answer",
    [{"status": 200, "body": "html"}, {"status": 500, "body": "html"}, {"status": 200, "body": "text", "text": "<a/>"}],
)
@pytest.mark.parametrize("command", ["get_session_attributes", "set_session_attributes"])
def test_an_odd_answer_of_the_command_api_keeps_no_ended_session_waiting(
    bench: TicketBench, command: str, answer: dict[str, object]
) -> None:
    bench.fault("status", endpoint=command, times=None, **answer)
    lsid, other = bench.running(), bench.session(JSON_KEY)
    bench.run()
    assert bench.state(other) == "delivered"
    bench.finish(lsid)
    bench.run()
    assert bench.delivered_to(lsid, bench.own(lsid)["id"])
    assert bench.posts(lsid) == 1


def test_a_number_whose_setting_was_not_answered_is_known_as_ours_later(bench: TicketBench) -> None:
    lsid = bench.running()
    bench.fault("lost_answer", endpoint="set_session_attributes", times=None)
    bench.run()
    bench.sandbox.faults.clear()
    bench.pass_time(61)
    bench.run()
    bench.finish(lsid)
    bench.run()
    bench.delete_ticket(bench.own(lsid)["id"])
    bench.session(JSON_KEY)
    bench.run()  # something that is there shows that the look-ups can be believed
    bench.resync(lsid)
    assert bench.delivered_to(lsid, bench.own(lsid)["id"])


def test_M3_what_waits_is_looked_up_once_a_run(bench: TicketBench) -> None:
    bench.configure(tickets={"default_data": {"queueID": "No such queue"}})
    lsid = bench.running()
    bench.forget_requests()
    bench.run()
    assert bench.state(lsid) == "held"
    assert bench.asked("appliance")["get_session_attributes"] == 1
