from __future__ import annotations

from datetime import UTC, datetime, timedelta
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


@pytest.mark.parametrize(
    ("zone", "start", "minutes", "words"),
    [
        ("Europe/Berlin", "2026-10-25T00:50", 20, "02:50 (+02:00) to 02:10 (+01:00)"),
        ("Europe/Berlin", "2026-10-25T01:10", 20, "02:10 (+01:00) to 02:30 (+01:00)"),
        ("Europe/Berlin", "2026-10-24T23:50", 40, "01:50 to 02:30 (+02:00)"),
        ("Europe/Berlin", "2026-10-25T01:50", 10, "02:50 (+01:00) to 03:00"),
        ("Europe/Berlin", "2026-10-24T23:59", 121, "01:59 to 03:00"),
        ("Europe/Berlin", "2026-03-29T00:50", 20, "01:50 to 03:10"),
        ("America/New_York", "2026-11-01T05:55", 10, "01:55 (-04:00) to 01:05 (-05:00)"),
        ("America/New_York", "2026-11-01T06:55", 10, "01:55 (-05:00) to 02:05"),
        ("Australia/Lord_Howe", "2026-04-04T14:55", 10, "01:55 (+11:00) to 01:35 (+10:30)"),
        ("Australia/Lord_Howe", "2026-04-04T14:25", 10, "01:25 to 01:35 (+11:00)"),
        ("Australia/Lord_Howe", "2026-04-04T15:25", 10, "01:55 (+10:30) to 02:05"),
    ],
)
def test_a_time_that_the_clocks_show_twice_has_its_offset_and_no_other_has(
    zone: str, start: str, minutes: int, words: str
) -> None:
    begun = datetime.fromisoformat(f"{start}:00+00:00")
    told = wording.period(begun, begun + timedelta(minutes=minutes), ZoneInfo(zone))
    date, _, rest = told.partition(" ")
    assert rest == f"{words} ({zone})"
    assert date == begun.astimezone(ZoneInfo(zone)).date().isoformat()


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
