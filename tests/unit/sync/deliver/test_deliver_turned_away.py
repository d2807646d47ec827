"""C5: creates that are answered 4xx without a word of Autotask's are looked up, sent again, and parked in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.bench import Bench

NOTES, ENTRIES = "/Tickets/*/Notes", "POST /TimeEntries"
SETTLED = 430


@pytest.fixture
def bench(bench: Bench) -> Bench:
    """A bench whose look-ups have been seen to see."""
    bench.end()
    bench.run()
    bench.forget_requests()
    return bench


def sent(bench: Bench) -> int:
    return sum(path.endswith("/Notes") for path, _ in bench.creates())


def runs(bench: Bench, count: int) -> None:
    for _ in range(count):
        bench.run()
        bench.pass_time(SETTLED)


@pytest.mark.parametrize("status", [403, 404, 413])
def test_C5_what_a_firewall_turns_away_is_parked_after_retry_limit_more_creates(bench: Bench, status: int) -> None:
    bench.configure(retry_limit=3)
    (lsid,) = bench.end()
    bench.fault("status", endpoint=NOTES, status=status, body="html", times=None)
    runs(bench, 8)
    note = bench.artifact(lsid)
    assert (sent(bench), note.state, note.attempts) == (4, "parked", 3)
    assert f"status {status} with a body that is no JSON object" in note.error
    assert "after 4 creates" in note.error
    assert "held retry" in note.advice
    bench.sandbox.faults.clear()
    bench.held.retry([lsid])
    bench.run()
    assert (bench.state(lsid), len(bench.notes(lsid))) == ("delivered", 1)


@pytest.mark.parametrize(("status", "step"), [(403, "firewall or proxy"), (404, "services_url"), (413, "template")])
def test_C5_while_it_is_unsettled_the_status_and_a_next_step_are_listed(bench: Bench, status: int, step: str) -> None:
    bench.end()
    bench.fault("status", endpoint=NOTES, status=status, body="html")
    bench.run()
    (problem,) = bench.held.problems()
    assert (problem.state, problem.attempts) == ("unsettled", 0)
    assert f"status {status}" in problem.error
    assert step in problem.advice
    assert "Nothing to do" not in problem.advice


def test_C5_a_single_answer_of_a_firewall_is_settled_and_sent_again_once(bench: Bench) -> None:
    (lsid,) = bench.end()
    bench.fault("status", endpoint=NOTES, status=404, body="html")
    runs(bench, 2)
    assert (bench.state(lsid), len(bench.notes(lsid)), sent(bench)) == ("delivered", 1, 2)


def test_C5_what_was_made_in_spite_of_a_404_is_adopted(bench: Bench) -> None:
    (lsid,) = bench.end()
    bench.fault("status", endpoint=NOTES, status=404, body="html", executed=True)
    runs(bench, 2)
    assert (bench.artifact(lsid).state, len(bench.notes(lsid)), sent(bench)) == ("adopted", 1, 1)


def test_C5_answers_4xx_do_not_stop_the_kind(bench: Bench) -> None:
    bench.fault("status", endpoint=NOTES, status=413, body="html", times=6)
    lsids = bench.end(9)
    bench.run()
    assert [bench.artifact(lsid).state for lsid in lsids] == ["unsettled"] * 6 + ["created"] * 3


def test_C5_an_outage_of_the_creates_alone_costs_no_attempt_however_long_it_lasts(bench: Bench) -> None:
    bench.configure(retry_limit=2)
    (lsid,) = bench.end()
    bench.fault("dropped", endpoint=NOTES, times=7)
    runs(bench, 7)
    assert (bench.artifact(lsid).state, bench.artifact(lsid).attempts) == ("unsettled", 0)
    runs(bench, 1)
    assert (bench.state(lsid), len(bench.notes(lsid))) == ("delivered", 1)


def test_C5_one_that_stays_unclear_while_others_are_accepted_is_parked(bench: Bench) -> None:
    bench.configure(retry_limit=2)
    (lsid,) = bench.end()
    bench.fault("dropped", endpoint=f"/Tickets/{ticket_of(bench, lsid)}/Notes", times=None)
    for _ in range(6):
        bench.end()
        runs(bench, 1)
    note = bench.artifact(lsid)
    assert (note.state, note.attempts) == ("parked", 2)
    assert "after 3 creates" in note.error


def ticket_of(bench: Bench, lsid: str) -> int:
    number = bench.told(lsid).external_key
    found: int = next(row["id"] for row in bench.rows("Tickets") if row["ticketNumber"] == number)
    return found
