"""Rule R4: what of a session is held that an unknown ledger delivered in part, and how a person releases it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.sync.plan.test_plan_billed_once import ANNA, DAY, HOUR, second_person

if TYPE_CHECKING:
    from tests.unit.bench import Bench

QUERIES = "/TicketNotes/query", "/TimeEntries/query"


def refuse(bench: Bench, *endpoints: str) -> None:
    """Let the look-ups of these kinds fail for one run, on the ticket and on the whole tenant."""
    for endpoint in endpoints:
        bench.fault("status", endpoint=endpoint, status=500, body="errors", text="Query timed out.", times=2)


@pytest.fixture
def partly(bench: Bench) -> str:
    """Return a session of two people of which a lost checkpoint delivered the time of one."""
    lsid = bench.session(username=ANNA, ended_ago=2 * HOUR)
    second_person(bench, lsid)
    bench.run()
    bench.configure(time_entries={"representatives": "all"})
    bench.forget_ledger()
    return lsid


@pytest.mark.parametrize("endpoints", [QUERIES, QUERIES[:1], QUERIES[1:]])
def test_R4_other_time_is_held_although_the_first_look_ups_failed(
    bench: Bench, partly: str, endpoints: tuple[str, ...]
) -> None:
    refuse(bench, *endpoints)
    for _ in range(3):
        bench.run()
        bench.pass_time(120)
    assert (len(bench.entries(partly)), bench.state(partly)) == (1, "held")
    assert "holds a part" in bench.error(partly)


@pytest.mark.parametrize("endpoints", [QUERIES, QUERIES[:1], QUERIES[1:]])
def test_R4_a_new_session_gets_all_of_its_time_although_the_first_look_ups_failed(
    bench: Bench, endpoints: tuple[str, ...]
) -> None:
    bench.configure(time_entries={"representatives": "all"})
    bench.run()
    lsid = bench.session(username=ANNA)
    second_person(bench, lsid)
    refuse(bench, *endpoints)
    for _ in range(4):
        bench.run()
        bench.pass_time(120)
    assert (len(bench.entries(lsid)), len(bench.notes(lsid)), bench.state(lsid)) == (2, 1, "delivered")


@pytest.mark.parametrize("days", [0, 16])
def test_R4_a_window_releases_other_time_also_after_it_was_parked_and_once_is_enough(
    bench: Bench, partly: str, days: int
) -> None:
    bench.run()
    bench.run_daily(days)
    assert bench.state(partly) == ("parked" if days else "held")
    for _ in range(2):
        bench.resync_window(bench.now - 20 * DAY, partly=True)
        assert (len(bench.entries(partly)), bench.state(partly)) == (2, "delivered")


def test_R4_a_window_without_partly_leaves_parked_time_alone(bench: Bench, partly: str) -> None:
    bench.run()
    bench.run_daily(16)
    bench.resync_window(bench.now - 20 * DAY)
    assert (len(bench.entries(partly)), bench.state(partly)) == (1, "parked")


def test_R4_a_window_leaves_alone_what_a_person_gave_up(bench: Bench, partly: str) -> None:
    bench.run()
    bench.held.skip([partly], by="me", at=bench.now, reason="entered by hand")
    bench.resync_window(bench.now - DAY, partly=True)
    assert (len(bench.entries(partly)), bench.state(partly)) == (1, "skipped")
