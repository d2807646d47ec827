"""A step that fails leaves the others standing, unless the whole system is out of reach."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.appliance.errors import ErrorAnswer, ReportNotPermitted
from bt_autotask_sync.autotask.errors import AutotaskOutage, AutotaskRefused, query_refused
from bt_autotask_sync.check.findings import Area, Severity, ok, problem, take
from bt_autotask_sync.stop import Stop, StoppedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bt_autotask_sync.check.findings import Finding
    from bt_autotask_sync.errors import SyncError


def failing(error: Exception) -> Iterator[Finding]:
    yield ok(Area.NOTES, "before")
    raise error


@pytest.mark.parametrize(
    "error",
    [
        ErrorAnswer("no", "mend"),
        ReportNotPermitted("no", "mend"),
        query_refused("GET /Tickets", "no", of_the_kind=True),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_refused_question_is_a_problem_of_its_own(error: SyncError) -> None:
    steps = (lambda: failing(error), lambda: [ok(Area.NOTES, "after")])
    before, refused, after = take(Area.AUTOTASK, steps, Stop())
    assert (before.what, after.what) == ("before", "after")
    assert (refused.severity, refused.area, refused.mend) == (Severity.PROBLEM, Area.AUTOTASK, error.advice)
    assert refused.error is None


@pytest.mark.parametrize(
    "error", [AutotaskOutage("gone", "wait"), AutotaskRefused("who?", "say")], ids=lambda error: type(error).__name__
)
def test_a_system_that_is_gone_ends_its_steps_with_the_error_of_a_run(error: SyncError) -> None:
    steps = (lambda: failing(error), lambda: [ok(Area.NOTES, "after")])
    before, failed = take(Area.AUTOTASK, steps, Stop())
    assert before.what == "before"
    assert failed.error is error


def test_nothing_more_is_asked_when_told_to_stop() -> None:
    stop = Stop()
    asked: list[int] = []

    def step() -> Iterator[Finding]:
        asked.append(1)
        stop.tell(signal.SIGTERM)
        yield ok(Area.NOTES, "first")

    with pytest.raises(StoppedError):
        list(take(Area.AUTOTASK, (step, step), stop))
    assert asked == [1]


def test_a_finding_is_one_printable_line_whatever_the_systems_say() -> None:
    finding = problem(Area.NOTES, "a\x1b[31m\nb\u202e", " c\r\nd ")
    assert finding.what.isprintable()
    assert "\n" not in finding.what
    assert finding.mend == "c d"
