"""A run that ends in the middle counts only what it did: what was planned and not reached is neither new nor there."""

from __future__ import annotations

from dataclasses import replace
from signal import SIGTERM
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.errors import OutageError
from bt_autotask_sync.state.states import ArtifactKind
from bt_autotask_sync.stop import Stop, StoppedError
from bt_autotask_sync.sync.budget import BudgetSpentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bt_autotask_sync.sync.job import Job
    from bt_autotask_sync.sync.summary import Summary
    from tests.unit.bench import Bench

NOTES, ENTRIES = "/Tickets/*/Notes", "POST /TimeEntries"


def counts(summary: Summary) -> tuple[int, int, int]:
    return summary.delivered, summary.already, summary.created[ArtifactKind.NOTE]


@pytest.mark.parametrize("endpoint", [NOTES, ENTRIES])
def test_an_outage_before_the_first_create_leaves_nothing_that_was_already_there(bench: Bench, endpoint: str) -> None:
    lsids = bench.end(6)
    bench.fault("429", endpoint=endpoint, times=None)
    summary = bench.run(fails=OutageError)
    assert (summary.delivered, summary.already) == (0, 0)
    assert {bench.state(lsid) for lsid in lsids} == {"discovered"}


def test_a_stop_in_the_middle_counts_those_that_are_through(bench: Bench) -> None:
    lsids = bench.end(6)
    stop = Stop()
    bench.configure(time_entries={"enabled": False})

    def work(job: Job) -> None:
        progress = lambda done, _: stop.tell(SIGTERM) if done == 2 else None  # noqa: E731 - said where it is used
        job.context = replace(job.context, on_progress=progress)
        job.run(None, None, None)

    summary = bench.perform(work, stop=stop, fails=StoppedError)
    delivered = [lsid for lsid in lsids if bench.state(lsid) == "delivered"]
    assert counts(summary) == (len(delivered), 0, len(delivered))
    assert 0 < len(delivered) < len(lsids)
    assert counts(bench.run()) == (len(lsids) - len(delivered), 0, len(lsids) - len(delivered))


def test_what_was_there_before_an_outage_still_counts_as_already_there(
    bench: Bench,
) -> None:
    there = bench.end(2)
    bench.run()
    bench.forget_ledger()
    missing = bench.end(2)
    bench.fault("429", endpoint=NOTES, times=None)
    summary = bench.run(fails=OutageError)
    assert (summary.delivered, summary.already) == (0, len(there))
    assert {bench.state(lsid) for lsid in missing} == {"discovered"}


def test_a_budget_that_is_spent_in_the_middle_counts_those_that_are_through(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(threshold=20)
    lsids = bench.end(9)
    summary = bench.run(fails=BudgetSpentError)
    delivered = [lsid for lsid in lsids if bench.state(lsid) == "delivered"]
    assert (summary.delivered, summary.already) == (len(delivered), 0)
    assert len(delivered) < len(lsids)
    assert bench.creates()
