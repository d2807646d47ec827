"""E2: when runs are due."""

from __future__ import annotations

import pytest

from bt_autotask_sync.events.schedule import LONGEST_PAUSE, LONGEST_WAIT, SHORTEST_PAUSE, Schedule

NOW = 1000.25
"""Seconds of a clock that only grows."""


@pytest.fixture
def schedule() -> Schedule:
    return Schedule()


def test_E2_nothing_is_due_before_anything_asks_for_it(schedule: Schedule) -> None:
    assert schedule.due() is None


def test_E2_a_representative_who_joins_is_due_at_once(schedule: Schedule) -> None:
    schedule.mark(NOW, 0)
    due = schedule.due()
    assert due is not None
    assert due <= NOW


def test_E2_a_session_that_ended_is_due_when_its_report_is_complete_and_never_sooner(schedule: Schedule) -> None:
    schedule.mark(NOW, 60)
    due = schedule.due()
    assert due is not None
    assert NOW + 60 <= due < NOW + 61


def test_E2_the_earliest_due_time_wins_and_the_later_ones_stay(schedule: Schedule) -> None:
    for delay in (90, 30, 60):
        schedule.mark(1000, delay)
    for due in (1030, 1060, 1090):
        assert schedule.due() == due
        schedule.take(due)
    assert schedule.due() is None


def test_E2_an_event_that_comes_after_the_mark_was_cleared_asks_for_another_run(schedule: Schedule) -> None:
    schedule.mark(NOW, 0)
    schedule.take(NOW)
    assert schedule.due() is None
    schedule.mark(NOW, 0)
    assert schedule.due() is not None
    schedule.succeeded(NOW + 1, asked=None, did_work=True)
    assert schedule.due() is not None, "the end of a run clears nothing"


def test_E2_however_many_events_come_the_marks_are_no_more_than_seconds_to_wait(schedule: Schedule) -> None:
    for number in range(10_000):
        schedule.mark(NOW + number / 10_000, 60)
    assert len(schedule._marks) <= 2


def test_E2_a_run_that_ended_early_is_tried_again_after_5_s_doubling_to_5_min(schedule: Schedule) -> None:
    now, pauses = NOW, []
    for _ in range(8):
        pause = schedule.failed(now, asked=None)
        due = schedule.due()
        assert due == now + pause
        pauses.append(pause)
        schedule.take(due)
        now = due
    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300]


def test_E2_a_success_makes_the_pause_short_again(schedule: Schedule) -> None:
    for _ in range(4):
        schedule.failed(NOW, asked=None)
    schedule.take(NOW)
    schedule.succeeded(NOW, asked=None, did_work=False)
    assert schedule.due() is None
    assert schedule.failed(NOW, asked=None) == SHORTEST_PAUSE


def test_E2_events_bring_the_next_try_forward_but_never_let_failing_runs_follow_without_a_pause(
    schedule: Schedule,
) -> None:
    for _ in range(7):
        schedule.failed(NOW, asked=None)
    schedule.mark(NOW, 0)
    assert schedule.due() == NOW + SHORTEST_PAUSE


def test_E2_what_a_run_asks_for_is_due_then_but_not_before_5_s_passed(schedule: Schedule) -> None:
    schedule.succeeded(NOW, asked=NOW + 100, did_work=True)
    assert schedule.due() == NOW + 100
    schedule.succeeded(NOW, asked=NOW + 1, did_work=True)
    assert schedule.due() == NOW + SHORTEST_PAUSE


def test_E2_what_is_asked_for_later_than_in_a_day_is_looked_at_in_a_day(schedule: Schedule) -> None:
    schedule.succeeded(NOW, asked=NOW + 10 * LONGEST_WAIT, did_work=True)
    assert schedule.due() == NOW + LONGEST_WAIT


def test_E2_runs_that_change_nothing_and_ask_for_another_follow_less_and_less_often(schedule: Schedule) -> None:
    now, waits = NOW, []
    for _ in range(8):
        schedule.succeeded(now, asked=now + 1, did_work=False)
        due = schedule.due()
        assert due is not None
        waits.append(due - now)
        schedule.take(due)
        now = due
    assert waits == [5, 10, 20, 40, 80, 160, LONGEST_PAUSE, LONGEST_PAUSE]
    schedule.mark(now, 0)
    schedule.take(now)
    schedule.succeeded(now, asked=now + 1, did_work=False)
    assert schedule.due() == now + SHORTEST_PAUSE, "an event makes them follow soon again"


def test_E2_a_healthy_profile_is_not_kept_waiting_by_one_whose_system_is_away(schedule: Schedule) -> None:
    for _ in range(6):
        schedule.failed(NOW, asked=None)
    schedule.failed(NOW, asked=NOW + 20)
    assert schedule.due() == NOW + 20
