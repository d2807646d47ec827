"""R3 and R4: what is looked for on the whole tenant, and what a lost checkpoint leaves to a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.autotask import client
from bt_autotask_sync.sync.compare import tenant_search
from tests.unit.sync.plan.test_plan_billed_once import DAY, ENTRIES, HOUR, lost_checkpoint, move

if TYPE_CHECKING:
    from tests.unit.bench import Bench


def test_R3_one_query_a_kind_serves_all_sessions_of_a_batch(bench: Bench) -> None:
    bench.end()
    bench.run()
    asked = []
    for count in (1, 4):
        bench.end(count, ended_ago=3 * HOUR)
        bench.forget_requests()
        bench.run()
        asked.append([bench.asked("autotask")[f"/{entity}/query"] for entity in ("TicketNotes", "TimeEntries")])
    assert asked[0] == asked[1]


def test_R3_a_clock_of_autotask_that_is_hours_behind_hides_nothing(bench: Bench) -> None:
    bench.sandbox.clocks["autotask"].advance(-20 * HOUR)
    (lsid,) = bench.end(ended_ago=3 * HOUR)
    bench.run()
    move(bench, "TicketNotes", lsid, bench.ticket()["id"])
    lost_checkpoint(bench, lsid)
    bench.run()
    assert (len(bench.notes(lsid)), len(bench.entries(lsid)), bench.state(lsid)) == (1, 1, "delivered")


@pytest.mark.parametrize("entity", ["TicketNotes", "TimeEntries"])
def test_R3_a_search_that_does_not_show_a_known_record_proves_nothing(bench: Bench, entity: str) -> None:
    bench.end(ended_ago=3 * HOUR)
    bench.run()
    bench.pass_time(300)
    reader = bench.sandbox.autotask._router._reader
    matching = reader._matching
    reader._matching = (  # type: ignore[method-assign]  # a search that hides
        lambda asked, *given: (
            () if asked.path == entity and "ticketID" not in str(given[0]["filter"]) else matching(asked, *given)
        )
    )
    (lsid,) = bench.end(ended_ago=3 * HOUR)
    bench.run()
    there = bench.notes(lsid) if entity == "TicketNotes" else bench.entries(lsid)
    assert (there, bench.state(lsid)) == ([], "held")


def test_R3_a_search_with_too_many_answers_holds_what_needed_it_and_nothing_else(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MOST_RECORDS", 1)  # on one page
    monkeypatch.setattr(tenant_search, "MOST_RECORDS", 1)
    bench.end(2)
    bench.run()
    bench.pass_time(300)
    old, new = bench.session(ended_ago=5 * HOUR), bench.session()
    bench.run()
    assert (bench.state(old), bench.state(new)) == ("held", "delivered")
    assert "more than 1 records" in bench.error(old)


def test_R4_what_is_missing_of_the_same_persons_time_is_made(bench: Bench) -> None:
    bench.configure(time_entries={"hold_above_minutes": 0})
    lsid = bench.session(minutes=60 * 49)
    bench.fault("status", endpoint=ENTRIES, skip=1, status=500, body="errors", text="Later, please.")
    bench.run()
    assert len(bench.entries(lsid)) == 1
    bench.pass_time(2 * DAY)
    lost_checkpoint(bench, lsid)
    assert (len(bench.entries(lsid)), bench.state(lsid)) == (3, "delivered")
