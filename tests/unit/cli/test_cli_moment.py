"""Times as they are typed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_autotask_sync.cli.moment import read_moment
from bt_autotask_sync.errors import UsageError

NOW = datetime(2026, 11, 22, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("2d", timedelta(days=2)),
        ("36h", timedelta(hours=36)),
        ("15m", timedelta(minutes=15)),
        (" 15 M ago ", timedelta(minutes=15)),
        ("0d", timedelta()),
    ],
)
def test_so_long_ago_counts_from_this_machines_present(text: str, ago: timedelta) -> None:
    assert read_moment(text, NOW) == NOW - ago


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22T08:00:00Z", datetime(2026, 11, 22, 8, tzinfo=UTC)),
        ("2026-11-22T08:00:00+02:00", datetime(2026, 11, 22, 6, tzinfo=UTC)),
        (" 2026-11-22 08:00Z ", datetime(2026, 11, 22, 8, tzinfo=UTC)),
    ],
)
def test_iso_8601_is_read_in_its_offset(text: str, moment: datetime) -> None:
    read = read_moment(text, NOW)
    assert read == moment
    assert read is not None
    assert read.tzinfo is UTC


def test_a_date_without_an_offset_is_this_machines_midnight() -> None:
    assert read_moment("2026-11-22", NOW) == datetime(2026, 11, 22).astimezone(UTC)


def test_nothing_is_no_time() -> None:
    assert read_moment(None, NOW) is None


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2w", "-2d", "1.5h", "999999d", "2026-13-01", "2d3h", "0001-01-01T00:00+23:00"]
)
def test_what_is_no_time_is_a_usage_error_that_shows_both_forms(text: str) -> None:
    with pytest.raises(UsageError) as error:
        read_moment(text, NOW)
    assert repr(text) in error.value.message
    assert "36h" in error.value.advice
    assert "2026-" in error.value.advice


@given(st.text(max_size=30))
def test_no_text_at_all_is_a_traceback(text: str) -> None:
    try:
        read = read_moment(text, NOW)
    except UsageError:
        return
    assert read is not None
