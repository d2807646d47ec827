"""E5: what a person types into a session goes before the ticket that was made for it, whenever it is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.state.states import ArtifactKind
from tests.unit.ticket_bench import JSON_KEY, TicketBench, ticket_bench

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.bench import Bench

CREATE, READ, WRITE = "POST /atservicesrest/v1.0/Tickets ", "get_session_attributes", "set_session_attributes"
SETTLE = 420


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> TicketBench:
    return ticket_bench(make_bench)


@pytest.fixture
def chosen(bench: TicketBench) -> dict[str, Any]:
    """The ticket whose number a person types."""
    return bench.ticket(title="Chosen by a person")


def orphans(caplog: pytest.LogCaptureFixture, lsid: str) -> list[str]:
    """What was said of a ticket that nobody needs."""
    return [message for message in caplog.messages if lsid in message and "Autotask if nobody needs it" in message]


def test_E5_what_is_typed_before_the_ticket_is_made_makes_it_needless(
    bench: TicketBench, chosen: dict[str, Any]
) -> None:
    lsid = bench.running()
    bench.before(READ, lambda: bench.type_key(lsid, chosen["ticketNumber"]))
    bench.run()
    assert bench.owned(lsid) == []
    assert bench.key(lsid) == chosen["ticketNumber"]
    bench.finish(lsid)
    bench.run()
    assert bench.delivered_to(lsid, chosen["id"])


def test_E5_what_is_typed_before_the_number_is_written_stays_and_the_orphan_is_reported(
    bench: TicketBench, chosen: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    lsid = bench.running()
    bench.before(READ, lambda: bench.type_key(lsid, chosen["ticketNumber"]), skip=1)
    bench.run()
    assert bench.key(lsid) == chosen["ticketNumber"]
    (told,) = orphans(caplog, lsid)
    assert bench.own(lsid)["ticketNumber"] in told
    bench.finish(lsid)
    bench.run()
    assert bench.delivered_to(lsid, chosen["id"])
    assert len(orphans(caplog, lsid)) == 2


def test_E5_what_is_typed_over_our_number_is_judged_at_the_end_and_the_orphan_is_reported_once(
    bench: TicketBench, chosen: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    lsid = bench.running()
    bench.run()
    bench.type_key(lsid, f"please use {chosen['ticketNumber'].lower()}")
    bench.finish(lsid)
    bench.run()
    assert bench.delivered_to(lsid, chosen["id"])
    bench.resync(lsid)
    (told,) = orphans(caplog, lsid)
    assert str(bench.own(lsid)["id"]) in told
    assert chosen["ticketNumber"] in told


@pytest.mark.parametrize("words", ["", "call her back"])
def test_E5_who_clears_the_key_or_types_words_names_no_other_ticket(bench: TicketBench, words: str) -> None:
    lsid = bench.running()
    bench.run()
    bench.type_key(lsid, words)
    bench.finish(lsid)
    bench.run()
    assert bench.delivered_to(lsid, bench.own(lsid)["id"])


def test_E5_a_key_that_was_cleared_before_the_number_is_written_gets_the_number(bench: TicketBench) -> None:
    lsid = bench.running()
    bench.before(READ, lambda: bench.type_key(lsid, ""), skip=1)
    bench.run()
    assert bench.key(lsid) == bench.own(lsid)["ticketNumber"]


def test_E5_words_typed_before_the_number_is_written_are_not_overwritten(
    bench: TicketBench, caplog: pytest.LogCaptureFixture
) -> None:
    lsid = bench.running()
    bench.before(READ, lambda: bench.type_key(lsid, "call her back"), skip=1)
    bench.run()
    assert bench.key(lsid) == "call her back"
    assert len(orphans(caplog, lsid)) == 1
    bench.finish(lsid)
    bench.run()
    assert bench.delivered_to(lsid, bench.own(lsid)["id"])


def test_E5_words_typed_into_a_session_without_a_key_are_not_overwritten(bench: TicketBench) -> None:
    bench.configure(tickets={"create_without_external_key": True})
    lsid = bench.running("")
    bench.before(READ, lambda: bench.type_key(lsid, "call her back"), skip=1)
    bench.run()
    assert bench.key(lsid) == "call her back"


@pytest.mark.parametrize("there", [True, False], ids=["it had been made", "it had not been made"])
def test_E5_before_a_create_of_unknown_outcome_is_sent_again_the_key_is_read(
    bench: TicketBench, chosen: dict[str, Any], there: bool, caplog: pytest.LogCaptureFixture
) -> None:
    bench.end()
    bench.run()
    lsid = bench.running()
    bench.fault("lost_answer" if there else "dropped", endpoint="POST /Tickets")
    bench.run()
    assert bench.artifact(lsid, "ticket").state == "unsettled"
    bench.type_key(lsid, chosen["ticketNumber"])
    bench.pass_time(SETTLE + 5)
    bench.run()
    assert bench.key(lsid) == chosen["ticketNumber"]
    assert bench.posts(lsid) == 1
    bench.finish(lsid)
    bench.run()
    assert bench.delivered_to(lsid, chosen["id"])
    assert len(bench.owned(lsid)) == len(orphans(caplog, lsid)) == there


@pytest.mark.parametrize("there", [True, False], ids=["it had been made", "it had not been made"])
def test_E5_an_orphan_that_shows_only_after_the_delivery_is_reported_too(
    bench: TicketBench, chosen: dict[str, Any], there: bool, caplog: pytest.LogCaptureFixture
) -> None:
    bench.end()
    bench.run()
    lsid = bench.running()
    bench.fault("late_commit" if there else "dropped", endpoint="POST /Tickets", seconds=300.0)
    bench.run()
    bench.type_key(lsid, chosen["ticketNumber"])
    bench.finish(lsid)
    bench.run()
    assert bench.state(lsid) == "unsettled"
    assert bench.posts(lsid) == 1
    bench.pass_time(SETTLE)
    bench.run()
    assert bench.delivered_to(lsid, chosen["id"])
    assert len(bench.owned(lsid)) == len(orphans(caplog, lsid)) == there
    bench.resync(lsid)
    assert len(orphans(caplog, lsid)) == there


def test_E5_before_a_refused_create_is_tried_again_the_key_is_read(bench: TicketBench, chosen: dict[str, Any]) -> None:
    lsid = bench.running()
    bench.fault("status", endpoint="POST /Tickets", status=500, body="errors", text="The title is ugly.")
    bench.run()
    assert bench.state(lsid) == "held"
    bench.type_key(lsid, chosen["ticketNumber"])
    bench.pass_time(61)
    summary = bench.run()
    assert bench.posts(lsid) == 1
    assert summary.problems == []
    assert bench.state(lsid) == "open"
    bench.finish(lsid)
    bench.run()
    assert bench.delivered_to(lsid, chosen["id"])


@pytest.mark.parametrize("state", ["held", "parked"])
def test_E5_what_is_typed_while_a_refused_ticket_waits_is_judged_at_the_end_at_once(
    bench: TicketBench, chosen: dict[str, Any], state: str
) -> None:
    bench.configure(retry_limit=5 if state == "held" else 4)
    lsid = bench.running()
    bench.fault("status", endpoint="POST /Tickets", status=500, body="errors", text="The title is ugly.", times=None)
    for _ in range(5):
        bench.run()
        bench.pass_time(bench.artifact(lsid, "ticket").due_at - bench.now)
    bench.pass_time(-300)
    assert bench.posts(lsid) == 5
    assert bench.state(lsid) == state
    bench.type_key(lsid, chosen["ticketNumber"])
    bench.finish(lsid)
    assert bench.run().problems == []
    assert bench.delivered_to(lsid, chosen["id"])


@pytest.mark.parametrize("state", ["held", "parked"])
def test_M4_at_the_end_a_refused_ticket_is_waited_for_as_before(bench: TicketBench, state: str) -> None:
    bench.configure(retry_limit=5 if state == "held" else 0)
    lsid = bench.running()
    bench.fault("status", endpoint="POST /Tickets", status=500, body="errors", text="The title is ugly.", times=None)
    bench.run()
    bench.pass_time(-120)
    bench.finish(lsid)
    bench.run()
    assert (bench.state(lsid), bench.posts(lsid), bench.notes(lsid)) == (state, 1, [])
    bench.run()
    assert (bench.state(lsid), bench.posts(lsid)) == (state, 1)


def test_E5_an_answer_that_got_lost_while_the_number_was_written_changes_nothing(bench: TicketBench) -> None:
    lsid = bench.running()
    bench.fault("lost_answer", endpoint=WRITE)
    bench.run()
    bench.joined(lsid, username="another")
    bench.run()
    assert bench.key(lsid) == bench.own(lsid)["ticketNumber"]
    assert bench.posts(lsid) == 1


def test_a_stray_number_typed_by_a_person_is_no_reason_for_a_ticket_and_is_told_at_the_end(bench: TicketBench) -> None:
    lsid = bench.running("12345")
    bench.run()
    assert bench.owned(lsid) == []
    bench.finish(lsid)
    bench.run()
    assert bench.state(lsid) == "held"
    assert "digits" in bench.error(lsid)


@pytest.mark.parametrize("written", [True, False], ids=["after the number was written", "before that"])
def test_a_lost_checkpoint_makes_no_second_ticket(bench: TicketBench, written: bool) -> None:
    if not written:
        bench.fault("status", endpoint=WRITE, status=403)
    lsid = bench.running()
    bench.run()
    assert (bench.key(lsid) == JSON_KEY) is not written
    bench.forget_ledger()
    bench.joined(lsid, username="another")
    summary = bench.run()
    assert bench.posts(lsid) == 1
    assert summary.adopted[ArtifactKind.TICKET] == (not written)
    assert bench.key(lsid) == bench.own(lsid)["ticketNumber"]
    bench.forget_ledger()
    bench.finish(lsid)
    bench.run()
    assert bench.delivered_to(lsid, bench.own(lsid)["id"])
