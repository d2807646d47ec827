"""D1 and D3 on paper: where a listing starts, and whether it may move the watermark."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bt_autotask_sync.errors import UsageError
from bt_autotask_sync.state.session_record import Progress
from bt_autotask_sync.sync.discover.listing import NoStartingPointError, refuse_start, window

if TYPE_CHECKING:
    from tests.unit.bench import Bench

NOW = datetime(2026, 11, 22, 11, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ORIGIN = NOW - 100 * DAY
WEEK = 168 * HOUR


def progress(watermark: datetime | None = NOW - HOUR, origin: datetime = ORIGIN) -> Progress:
    return Progress(int(origin.timestamp()), None if watermark is None else int(watermark.timestamp()), None)


@pytest.fixture
def bench(bench: Bench) -> Bench:
    bench.configure(start_at=None)
    return bench


def test_D1_a_run_looks_back_behind_the_watermark(bench: Bench) -> None:
    view = window(bench.profile, progress(), NOW, None, None)
    assert (view.start, view.until, view.moves_watermark) == (NOW - HOUR - WEEK, None, True)


def test_D1_a_watermark_in_the_future_counts_as_now(bench: Bench) -> None:
    assert window(bench.profile, progress(NOW + 365 * DAY), NOW, None, None).start == NOW - WEEK


def test_D1_after_a_long_rest_the_window_begins_behind_the_old_watermark(bench: Bench) -> None:
    assert window(bench.profile, progress(NOW - 40 * DAY), NOW, None, None).start == NOW - 40 * DAY - WEEK


@pytest.mark.parametrize("origin", [NOW - 2 * DAY, NOW - WEEK - HOUR + timedelta(seconds=1)])
def test_D1_the_window_never_starts_before_the_origin(bench: Bench, origin: datetime) -> None:
    assert window(bench.profile, progress(origin=origin), NOW, None, None).start == origin


def test_D1_the_window_never_starts_before_start_at(bench: Bench) -> None:
    bench.configure(start_at=(NOW - DAY).isoformat())
    assert window(bench.profile, progress(), NOW, None, None).start == NOW - DAY


def test_D1_the_first_run_starts_at_start_at_and_that_is_the_origin(bench: Bench) -> None:
    bench.configure(start_at=(NOW - 9 * DAY).isoformat())
    view = window(bench.profile, None, NOW, None, None)
    assert (view.start, view.origin, view.moves_watermark) == (NOW - 9 * DAY, NOW - 9 * DAY, True)


def test_D1_since_is_the_origin_of_a_first_run(bench: Bench) -> None:
    bench.configure(start_at=(NOW - 9 * DAY).isoformat())
    view = window(bench.profile, None, NOW, NOW - 3 * DAY, None)
    assert (view.start, view.origin) == (NOW - 3 * DAY, NOW - 3 * DAY)


def test_D1_since_replaces_the_start_this_once_and_not_the_origin(bench: Bench) -> None:
    view = window(bench.profile, progress(), NOW, ORIGIN - DAY, None)
    assert (view.start, view.origin) == (ORIGIN - DAY, ORIGIN)


def test_D1_since_before_start_at_is_a_usage_error_and_at_it_is_none(bench: Bench) -> None:
    bench.configure(start_at=NOW.isoformat())
    refuse_start(bench.profile, None, NOW, None)
    with pytest.raises(UsageError, match="before start_at"):
        refuse_start(bench.profile, None, NOW - timedelta(seconds=1), None)


def test_a_first_run_without_a_starting_point_names_both_ways_to_give_one(bench: Bench) -> None:
    for refused in (
        lambda: refuse_start(bench.profile, None, None, None),
        lambda: window(bench.profile, None, NOW, None, None),
    ):
        with pytest.raises(NoStartingPointError) as error:
            refused()
        assert "start_at" in error.value.advice
        assert "--since" in error.value.advice


@pytest.mark.parametrize("until", [NOW - 2 * DAY, NOW - 3 * DAY])
def test_an_empty_window_is_a_usage_error(bench: Bench, until: datetime) -> None:
    with pytest.raises(UsageError, match="--until"):
        refuse_start(bench.profile, progress(), NOW - 2 * DAY, until)
    with pytest.raises(UsageError, match="--until"):
        window(bench.profile, progress(NOW, origin=NOW - 2 * DAY), NOW, None, until)


@pytest.mark.parametrize(("since", "moves"), [(-86_400, True), (-1, True), (0, True), (1, False), (3600, False)])
def test_D3_a_run_that_starts_after_the_watermark_does_not_move_it(bench: Bench, since: int, moves: bool) -> None:
    start = NOW - HOUR + timedelta(seconds=since)
    assert window(bench.profile, progress(), NOW, start, None).moves_watermark is moves


@given(
    watermark=st.one_of(st.none(), st.integers(-1000, 1000)),
    origin=st.integers(-2000, 0),
    start_at=st.one_of(st.none(), st.integers(-1500, 100)),
    since=st.one_of(st.none(), st.integers(-1500, 0)),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_D1_and_D3_no_window_leaves_a_gap_behind_the_watermark_that_it_moves(
    bench: Bench, watermark: int | None, origin: int, start_at: int | None, since: int | None
) -> None:
    """Hours from now; a window either begins at or before the watermark, or leaves it alone."""
    begins = None if start_at is None else (NOW + start_at * HOUR)
    known = progress(None if watermark is None else NOW + watermark * HOUR, NOW + origin * HOUR)
    profile = bench.profile.model_copy(update={"start_at": begins})
    view = window(profile, known, NOW, None if since is None else NOW + since * HOUR, None)
    if watermark is not None and view.moves_watermark:
        assert view.start <= NOW + watermark * HOUR
    if since is None:
        assert view.start >= NOW + origin * HOUR
        assert begins is None or view.start >= begins
