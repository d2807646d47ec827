"""A count of requests that cannot be read stops nothing: a warning, and 200 requests an hour."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.errors import OutageError
from bt_autotask_sync.sync.budget import OWN_REQUESTS, BudgetSpentError

if TYPE_CHECKING:
    from tests.unit.bench import Bench

THRESHOLD = "/ThresholdInformation"
OUT_OF_ORDER: list[dict[str, Any]] = [
    {"status": 429, "body": "empty"},
    {"status": 500, "body": "html"},
    {"status": 500, "body": "errors", "text": "Out of order."},
    {"status": 404, "body": "html"},
    {"kind": "outage"},
    {"kind": "cut_body"},
]


def unreadable(bench: Bench, answer: dict[str, Any] | None, skip: int = 0) -> None:
    """Let the count come under other keys, or not at all."""
    if answer is None:
        bench.sandbox.switches.change({"threshold_information": "other-keys"})
    else:
        bench.fault(endpoint=THRESHOLD, times=None, skip=skip, **{"kind": "status", **answer})


@pytest.mark.parametrize("answer", [None, *OUT_OF_ORDER])
def test_a_count_that_cannot_be_read_warns_once_and_everything_is_delivered(
    bench: Bench, answer: dict[str, Any] | None, caplog: pytest.LogCaptureFixture
) -> None:
    unreadable(bench, answer)
    lsids = bench.end(3)
    with caplog.at_level(logging.WARNING):
        bench.run()
    assert [bench.state(lsid) for lsid in lsids] == ["delivered"] * 3
    warnings = [text for text in caplog.messages if "cannot be read" in text]
    assert len(warnings) == 1
    assert "at most 200 requests an hour" in warnings[0]


@pytest.mark.parametrize("answer", [None, OUT_OF_ORDER[1]])
def test_an_unsettled_create_is_settled_in_the_time_of_another_answer(
    bench: Bench, answer: dict[str, Any] | None
) -> None:
    bench.end()
    bench.run()
    unreadable(bench, answer)
    (lsid,) = bench.end()
    bench.fault("dropped", endpoint="/Tickets/*/Notes")
    bench.run()
    assert bench.artifact(lsid).given_up_at is not None
    bench.pass_time(430)
    bench.run()
    assert (bench.state(lsid), len(bench.notes(lsid))) == ("delivered", 1)


def test_until_it_can_be_read_a_run_sends_200_requests_an_hour_and_the_rest_waits(bench: Bench) -> None:
    bench.sandbox.switches.change({"threshold_information": "other-keys"})
    lsids = bench.end(150)
    first = bench.run(fails=BudgetSpentError)
    assert OWN_REQUESTS <= first.autotask_requests <= OWN_REQUESTS + 5
    assert bench.run(fails=BudgetSpentError).autotask_requests <= 2
    bench.pass_time(3601)
    bench.run()
    assert [bench.state(lsid) for lsid in lsids] == ["delivered"] * 150


@pytest.mark.parametrize("answer", [None, *OUT_OF_ORDER])
def test_a_count_that_was_read_once_still_counts_when_it_cannot_be_read_any_more(
    bench: Bench, answer: dict[str, Any] | None, caplog: pytest.LogCaptureFixture
) -> None:
    bench.end(130)
    bench.run()
    assert bench.run().error is None
    lsids = bench.end(130)
    bench.fault("dropped", endpoint="/Tickets/*/Notes", skip=120)  # an unclear answer: the count is read once more
    if answer is None:
        bench.fault("status", endpoint=THRESHOLD, skip=1, times=None, status=200, body="text", text="{}")
    else:
        unreadable(bench, answer, skip=1)
    with caplog.at_level(logging.WARNING):
        run = bench.run()
    assert run.autotask_requests > OWN_REQUESTS
    assert [bench.state(lsid) for lsid in lsids].count("delivered") == 129
    assert len([text for text in caplog.messages if "cannot be read" in text]) == 1


@pytest.mark.parametrize("status", [None, 503])
def test_an_outage_of_everything_still_ends_the_run(bench: Bench, status: int | None) -> None:
    bench.end()
    bench.fault("outage", side="autotask", status=status)
    bench.run(fails=OutageError)
    assert bench.creates() == []


def test_a_spent_hour_by_autotasks_own_words_still_ends_the_run(bench: Bench) -> None:
    bench.end()
    bench.fault("status", endpoint=THRESHOLD, status=429, body="errors", text="Request Threshold Exceeded.")
    bench.run(fails=OutageError)
    assert bench.notes() == []
