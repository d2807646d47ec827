"""Rules C2 to C5 and M4 for tickets: whatever becomes of a create, there is never a second ticket for a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.state.states import ArtifactKind, SessionState
from tests.unit.bench import ImmediateWorkers, in_memory
from tests.unit.ticket_bench import JSON_KEY, Killed, TicketBench, ticket_bench

if TYPE_CHECKING:
    from collections.abc import Callable

    from bt_autotask_sync.autotask.entities import CreateOutcome
    from bt_autotask_sync.sync.deliver.workers import Call
    from tests.unit.bench import Bench

CREATE, READ, WRITE = "POST /atservicesrest/v1.0/Tickets ", "get_session_attributes", "set_session_attributes"
SETTLE = 420
MINUTE = 60


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> TicketBench:
    """A bench whose look-ups have been seen to see, tickets included."""
    bench = ticket_bench(make_bench)
    bench.running()
    bench.run()
    bench.forget_requests()
    return bench


def at_start(bench: TicketBench) -> str:
    return bench.running()


def at_end(bench: TicketBench) -> str:
    return bench.session(JSON_KEY)


WHEN = pytest.mark.parametrize("begin", [at_start, at_end])


def see_done(bench: TicketBench, lsid: str) -> None:
    """See that a session has one ticket: with its number in it where it runs, with note and time where it ended."""
    ticket = bench.own(lsid)
    if bench.told(lsid).ended_at is None:
        assert bench.key(lsid) == ticket["ticketNumber"]
        assert bench.state(lsid) == SessionState.OPEN
    else:
        assert bench.delivered_to(lsid, ticket["id"])


def settle(bench: TicketBench) -> None:
    """Let so much time pass that what is not there now will never be."""
    bench.pass_time(SETTLE + 5)
    bench.run()


@WHEN
@pytest.mark.parametrize("kind", ["lost_answer", "cut_body", "garbled"])
def test_C5_a_ticket_whose_answer_got_lost_is_found_by_its_external_id(
    bench: TicketBench, begin: Callable[[TicketBench], str], kind: str
) -> None:
    lsid = begin(bench)
    bench.fault(kind, endpoint="POST /Tickets")
    bench.run()
    assert (bench.state(lsid), bench.artifact(lsid, "ticket").state) == ("unsettled", "unsettled")
    summary = bench.run()
    assert summary.adopted[ArtifactKind.TICKET] == 1
    assert bench.posts(lsid) == 1
    see_done(bench, lsid)


@WHEN
def test_C5_a_ticket_that_comes_to_be_later_is_found_then(
    bench: TicketBench, begin: Callable[[TicketBench], str]
) -> None:
    lsid = begin(bench)
    bench.fault("late_commit", endpoint="POST /Tickets", seconds=300.0)
    bench.run()
    bench.pass_time(200)
    bench.run()
    assert bench.state(lsid) == "unsettled"
    bench.pass_time(200)
    bench.run()
    assert bench.posts(lsid) == 1
    see_done(bench, lsid)


@WHEN
@pytest.mark.parametrize(
    "fault",
    [{"kind": "dropped"}, {"kind": "status", "status": 502}, {"kind": "redirect"}, {"kind": "status", "status": 200}],
)
def test_C5_a_create_that_never_was_is_sent_again_only_after_settle_seconds(
    bench: TicketBench, begin: Callable[[TicketBench], str], fault: dict[str, Any]
) -> None:
    lsid = begin(bench)
    bench.fault(**fault, endpoint="POST /Tickets")
    summary = bench.run()
    assert summary.next_due is not None
    assert bench.now < summary.next_due <= bench.now + SETTLE + 5
    bench.pass_time(SETTLE - 5)
    bench.run()
    assert (bench.posts(lsid), bench.state(lsid)) == (1, "unsettled")
    bench.pass_time(10)
    bench.run()
    assert bench.posts(lsid) == 2
    see_done(bench, lsid)


@WHEN
def test_M4_nothing_of_a_session_goes_out_while_its_ticket_is_unsettled(
    bench: TicketBench, begin: Callable[[TicketBench], str]
) -> None:
    lsid = begin(bench)
    bench.fault("dropped", endpoint="POST /Tickets")
    summary = bench.run()
    assert [(problem.kind, problem.state) for problem in summary.problems] == [("ticket", "unsettled")]
    assert (bench.notes(lsid), bench.entries(lsid), summary.no_ticket) == ([], [], 0)
    if begin is at_start:
        bench.finish(lsid)
        bench.ended(lsid)
        bench.run()
    assert (bench.state(lsid), bench.notes(lsid)) == ("unsettled", [])
    settle(bench)
    see_done(bench, lsid)


def test_M4_a_session_waits_for_a_ticket_of_unknown_outcome_although_its_key_was_cleared(bench: TicketBench) -> None:
    lsid = bench.running()
    bench.fault("late_commit", endpoint="POST /Tickets", seconds=300.0)
    bench.run()
    bench.type_key(lsid, "")
    bench.finish(lsid)
    bench.ended(lsid)
    summary = bench.run()
    assert (bench.state(lsid), summary.no_ticket) == ("unsettled", 0)
    settle(bench)
    see_done(bench, lsid)


class DyingWorkers(ImmediateWorkers):
    """The process is killed right after a create was answered."""

    def __init__(self, die: Callable[[], None]) -> None:
        self._die = die

    def start(self, create: Callable[[], CreateOutcome]) -> Call:
        super().start(create)
        self._die()
        raise AssertionError


@WHEN
def test_C3_a_kill_between_the_answer_and_its_record_makes_no_second_ticket(
    bench: TicketBench, begin: Callable[[TicketBench], str]
) -> None:
    lsid, kept = begin(bench), in_memory()

    def die() -> None:
        bench.ledger._connection.backup(kept._connection)
        raise Killed

    with pytest.raises(Killed):
        bench.run(workers=DyingWorkers(die))
    bench.ledger.close()
    bench.ledger = kept
    assert bench.own(lsid)
    bench.run()
    assert bench.posts(lsid) == 1
    see_done(bench, lsid)


@WHEN
def test_C3_a_kill_before_the_create_was_sent_makes_one_ticket(
    bench: TicketBench, begin: Callable[[TicketBench], str]
) -> None:
    lsid = begin(bench)
    bench.kill_before(CREATE)
    assert bench.owned(lsid) == []
    bench.run()
    settle(bench)
    see_done(bench, lsid)


@pytest.mark.parametrize(("request_", "skip"), [("SupportSession&", 0), (READ, 0), ("Tickets/query", 0)])
def test_E3_a_kill_before_the_ticket_is_made_costs_no_ticket_only_time(
    bench: TicketBench, request_: str, skip: int
) -> None:
    lsid = bench.running()
    bench.kill_before(request_, skip=skip)
    bench.pass_time(1)
    bench.run()
    assert bench.posts(lsid) == 1
    see_done(bench, lsid)


@pytest.mark.parametrize(("request_", "skip"), [("Tickets/query", 2), (READ, 1), (WRITE, 0)])
def test_E5_a_kill_between_the_ticket_and_its_number_in_the_session_is_made_up_for(
    bench: TicketBench, request_: str, skip: int
) -> None:
    lsid = bench.running()
    bench.kill_before(request_, skip=skip)
    assert bench.own(lsid)
    assert bench.key(lsid) == JSON_KEY
    bench.pass_time(MINUTE)
    bench.run()
    assert bench.posts(lsid) == 1
    see_done(bench, lsid)


@pytest.mark.parametrize("request_", [READ, WRITE])
def test_E5_after_such_a_kill_the_end_finds_the_ticket_too(bench: TicketBench, request_: str) -> None:
    lsid = bench.running()
    bench.kill_before(request_, skip=request_ is READ)
    bench.finish(lsid)
    bench.run()
    assert bench.posts(lsid) == 1
    see_done(bench, lsid)


@WHEN
def test_C2_nothing_is_made_while_the_look_up_shows_no_tickets_that_are_there(
    bench: TicketBench, begin: Callable[[TicketBench], str]
) -> None:
    bench.sandbox.switches.change({"missing_rights": ["Tickets"]})
    lsid = begin(bench)
    summary = bench.run()
    assert bench.posts(lsid) == 0
    assert bench.state(lsid) == "held"
    assert [problem.kind for problem in summary.problems] == ["ticket"]
    assert "look-up" in bench.error(lsid)
    bench.sandbox.switches.change({"missing_rights": []})
    bench.run()
    assert bench.posts(lsid) == 1
    see_done(bench, lsid)


def test_C2_with_an_empty_ledger_the_first_ticket_tests_the_look_up(make_bench: Callable[..., Bench]) -> None:
    bench = ticket_bench(make_bench)
    bench.sandbox.switches.change({"missing_rights": ["Tickets"]})
    lsids = [bench.running() for _ in range(4)]
    bench.run()
    assert sum(bench.posts(lsid) for lsid in lsids) == 1
    bench.sandbox.switches.change({"missing_rights": []})
    bench.run()
    assert [bench.posts(lsid) for lsid in lsids] == [1] * 4


def test_C2_a_ticket_that_only_the_query_hides_is_asked_for_directly(bench: TicketBench) -> None:
    bench.pass_time(MINUTE)
    bench.sandbox.switches.change({"query_lag_seconds": 30.0})
    lsid = bench.running()
    bench.run()
    see_done(bench, lsid)
