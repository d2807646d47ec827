"""Rules C6 to C8 and M3 for tickets: what Autotask refuses, and what waits for a label, a key or a person."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Response

from bt_autotask_sync.sandbox.autotask.metadata import fields
from bt_autotask_sync.sandbox.autotask.schema import ENTITIES
from tests.unit.sync.tickets.test_tickets_outcomes import MINUTE, WHEN, at_end, see_done, settle
from tests.unit.ticket_bench import JSON_KEY, TicketBench, ticket_bench

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.bench import Bench


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> TicketBench:
    """A bench whose look-ups have been seen to see, tickets included."""
    bench = ticket_bench(make_bench)
    bench.running()
    bench.run()
    bench.forget_requests()
    return bench


@WHEN
def test_C6_what_autotask_refuses_is_held_with_its_words_and_tried_again_with_growing_pauses(
    bench: TicketBench, begin: Callable[[TicketBench], str]
) -> None:
    bench.configure(retry_limit=3)
    lsid = begin(bench)
    bench.fault("status", endpoint="POST /Tickets", status=500, body="errors", text="The moon is wrong.", times=None)
    for pause in (60, 120, 240):
        summary = bench.run()
        (problem,) = summary.problems
        assert (problem.kind, problem.state, problem.error) == ("ticket", "held", "The moon is wrong.")
        assert summary.next_due == bench.now + pause
        bench.pass_time(pause - 1)
        posts = bench.posts(lsid)
        bench.run()
        assert bench.posts(lsid) == posts
        bench.pass_time(1)
    bench.run()
    assert (bench.state(lsid), bench.posts(lsid)) == ("parked", 4)
    bench.sandbox.faults.clear()
    bench.held.retry([lsid])
    bench.run()
    see_done(bench, lsid)


def test_C6_a_new_try_is_planned_anew_from_the_key_of_that_moment(bench: TicketBench) -> None:
    lsid = bench.running('{"priority": 77}')
    bench.run()
    assert "priority" in bench.error(lsid)
    bench.type_key(lsid, '{"priority": 1}')
    bench.pass_time(MINUTE)
    bench.run()
    assert bench.own(lsid)["priority"] == 1
    see_done(bench, lsid)


@WHEN
def test_C7_without_permission_no_ticket_is_tried_twice_in_a_run_and_other_sessions_go_on(
    bench: TicketBench, begin: Callable[[TicketBench], str]
) -> None:
    bench.sandbox.switches.change({"creates_refused": ["Tickets"]})
    lsids = [begin(bench) for _ in range(7)]
    other = bench.session()
    summary = bench.run()
    assert sum(bench.posts(lsid) for lsid in lsids) <= 3
    assert bench.state(other) == "delivered"
    assert {problem.attempts for problem in summary.problems} == {0}
    assert len(summary.problems) == 7
    bench.sandbox.switches.change({"creates_refused": []})
    bench.run()
    for lsid in lsids:
        see_done(bench, lsid)


def test_C7_the_same_words_for_five_sessions_in_a_row_cost_no_attempt(bench: TicketBench) -> None:
    bench.configure(tickets={"default_data": {"queueID": 77}})
    lsids = [bench.running() for _ in range(8)]
    bench.run()
    assert sum(bench.posts(lsid) for lsid in lsids) <= 7
    assert {bench.artifact(lsid, "ticket").attempts for lsid in lsids} == {0}
    bench.configure(tickets={"default_data": {"queueID": 5}})
    bench.pass_time(3600)
    bench.run()
    for lsid in lsids:
        see_done(bench, lsid)


@pytest.mark.parametrize(
    ("outbound", "polled", "state"),
    [
        (["member-added"], [], "held"),
        (["session-end", "customer-survey", "representative-survey"], ["session-end"], "parked"),
    ],
)
def test_C8_the_first_refusal_of_a_ticket_for_somebody_who_joined_parks_it_unless_that_is_retried(
    bench: TicketBench, outbound: list[str], polled: list[str], state: str
) -> None:
    bench.configure(retry_outbound_events=outbound, retry_poll_events=polled)
    lsid = bench.running('{"priority": 77}')
    bench.run()
    assert (bench.state(lsid), bench.artifact(lsid, "ticket").state) == (state, state)


def test_C8_outages_and_unknown_outcomes_park_nothing(bench: TicketBench) -> None:
    bench.configure(retry_outbound_events=[], retry_poll_events=[])
    lsid = bench.running()
    bench.fault("dropped", endpoint="POST /Tickets")
    bench.run()
    assert bench.state(lsid) == "unsettled"
    settle(bench)
    see_done(bench, lsid)


@WHEN
def test_M3_a_label_that_does_not_exist_waits_at_no_cost_and_heals_by_itself(
    bench: TicketBench, begin: Callable[[TicketBench], str]
) -> None:
    bench.configure(tickets={"default_data": {"queueID": "Brand new queue"}})
    lsid = begin(bench)
    for _ in range(3):
        summary = bench.run()
        (problem,) = summary.problems
        assert (problem.kind, problem.stage, problem.state, problem.attempts) == ("ticket", "match", "held", 0)
        assert "'Brand new queue'" in problem.error
        bench.pass_time(300)
    assert bench.posts(lsid) == 0
    told = fields(ENTITIES["tickets"], bench.sandbox.switches)
    queue = next(field for field in told["fields"] if field["name"] == "queueID")
    next(choice for choice in queue["picklistValues"] if choice["value"] == "5")["label"] = "Brand new queue"
    answer = {"status": 200, "body": "text", "text": json.dumps(told)}
    bench.fault("status", endpoint="/Tickets/entityInformation/fields", times=None, **answer)
    bench.run()
    assert bench.own(lsid)["queueID"] == 5
    see_done(bench, lsid)


def test_M3_it_is_parked_after_14_days(bench: TicketBench) -> None:
    bench.configure(tickets={"default_data": {"queueID": "Brand new queue"}})
    lsid = at_end(bench)
    bench.run()
    bench.run_daily(14)
    assert bench.state(lsid) == "parked"


def test_M3_a_broken_key_waits_for_whoever_mends_it(bench: TicketBench) -> None:
    lsid = bench.running('{"title": ')
    bench.run()
    assert bench.state(lsid) == "held"
    assert "JSON" in bench.error(lsid)
    bench.type_key(lsid, JSON_KEY)
    bench.run()
    see_done(bench, lsid)


def test_one_session_that_cannot_be_planned_or_looked_up_stops_no_other(
    bench: TicketBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.configure(tickets={"default_data": {"contactID": "{{emailAddress|customer_email}}"}})
    bad, good = bench.running('{"title": "bad one"}'), bench.running()
    bench.change(bad, custom_attributes={"customer_email": "poison@example.com"})
    original = bench.sandbox.autotask.handle

    def handle(request: Any) -> Any:
        if b"poison@" in request.get_data(cache=True):
            return Response(json.dumps({"errors": ["Unable to parse the filter."]}), 500, mimetype="application/json")
        return original(request)

    monkeypatch.setattr(bench.sandbox.autotask, "handle", handle)
    other = bench.session()
    bench.run()
    see_done(bench, good)
    assert bench.state(other) == "delivered"
    assert bench.state(bad) == "held"
    assert "refuses to look up" in bench.error(bad)
    assert "poison" not in bench.error(bad)
