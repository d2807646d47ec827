from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bt_autotask_sync.notes import wording

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 11, 22, 22, 5, tzinfo=UTC)


def test_moments_are_told_in_the_profiles_zone() -> None:
    assert wording.moment(START, BERLIN) == "2026-11-22 23:05"
    assert wording.moment(START, ZoneInfo("Asia/Tokyo")) == "2026-11-23 07:05"
    assert wording.moment(None, BERLIN) == ""


def test_a_period_names_the_second_date_only_where_it_differs() -> None:
    assert wording.period(START, START.replace(minute=50), BERLIN) == "2026-11-22 23:05 to 23:50 (Europe/Berlin)"
    over_midnight = START.replace(hour=23, minute=10)
    assert wording.period(START, over_midnight, BERLIN) == "2026-11-22 23:05 to 2026-11-23 00:10 (Europe/Berlin)"
    assert wording.period(START, None, BERLIN) == "2026-11-22 23:05 (Europe/Berlin)"
    assert wording.period(None, START, BERLIN) == ""


@pytest.mark.parametrize("year", [1, 9999])
def test_the_ends_of_the_calendar_are_no_crash(year: int) -> None:
    first_or_last = datetime(year, 1 if year == 1 else 12, 1 if year == 1 else 31, 0 if year == 1 else 23, tzinfo=UTC)
    for zone in ("America/New_York", "Asia/Tokyo"):
        assert wording.moment(first_or_last, ZoneInfo(zone))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (-1, ""),
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (2_549, "42 min"),
        (2_550, "43 min"),
        (3_570, "1 h 00 min"),
        (3_900, "1 h 05 min"),
        (90_000, "25 h 00 min"),
    ],
)
def test_durations_in_words(seconds: int | None, words: str) -> None:
    assert wording.duration(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (None, ""),
        (-5, ""),
        (812, "812 bytes"),
        (4_096, "4 KB"),
        (1_296_708, "1.3 MB"),
        (7_500_000_000, "7.5 GB"),
    ],
)
def test_sizes_in_words(count: int | None, words: str) -> None:
    assert wording.size(count) == words
