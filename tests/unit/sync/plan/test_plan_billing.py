"""P2: what time is billed as: rounded first, then cut into entries that Autotask takes, everywhere in the world."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_autotask_sync.appliance.session import Actor, ActorType, Representative, Session, Span
from bt_autotask_sync.config.models import Representatives, SplitAt, TimeEntries, TimeEntryDefaults
from bt_autotask_sync.sync.plan.attendance import attendances
from bt_autotask_sync.sync.plan.billing import (
    LONGEST_ENTRY,
    BilledTime,
    Part,
    billed_seconds,
    bills,
    parts,
    whole_minutes,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

START = datetime(2026, 11, 22, 8, tzinfo=UTC)
DAY = 86_400
ALL = Representatives.ALL
DEFAULTS = TimeEntryDefaults(default_domain="x.example", role_name="r", summary_notes="s")


def rules(**changes: Any) -> TimeEntries:
    return TimeEntries(**{"enabled": True, "default_data": DEFAULTS, **changes})


def session(*stays: tuple[float, float], start: datetime = START) -> Session:
    """Return a session of one representative, their stays in minutes from its start."""
    spans = (Span(start + timedelta(minutes=one), start + timedelta(minutes=other)) for one, other in stays)
    end = start + timedelta(minutes=max(other for _, other in stays))
    return replace(
        Session("a" * 32, start, end, has_end_event=True, last_event_at=end),
        representatives=(Representative("1", "1", "anna", spans=tuple(spans)),),
        primary_representative=Actor(ActorType.REPRESENTATIVE, "1", ""),
    )


def bill(told: Session, settings: TimeEntries) -> BilledTime:
    (found,) = bills(told, settings)
    return found


def stretches(told: Session, **changes: Any) -> list[tuple[float, float, float]]:
    """Return the stretches in minutes: start, worked, billed."""
    found = bills(told, rules(representatives=ALL, **changes))
    return [
        ((span.start - START).total_seconds() / 60, span.worked / 60, span.billed / 60)
        for one in found
        for span in one.stretches
    ]


def cut(told: Session, zone: str = "UTC", **changes: Any) -> list[Part]:
    settings = rules(**changes)
    return [
        part
        for one in bills(told, settings)
        for _, found in parts(one, settings.split_at, ZoneInfo(zone))
        for part in found
    ]


@pytest.mark.parametrize(
    ("worked", "step", "least", "billed"),
    [
        (41 * 60, 0, 0, 41 * 60),
        (41 * 60, 15, 0, 45 * 60),
        (45 * 60, 15, 0, 45 * 60),
        (45 * 60 + 1, 15, 0, 60 * 60),
        (1, 15, 0, 15 * 60),
        (3 * 60, 0, 10, 10 * 60),
        (3 * 60, 6, 30, 30 * 60),
        (31 * 60, 6, 30, 36 * 60),
        (5 * 60, 15, 20, 30 * 60),
        (1, 1440, 0, DAY),
    ],
)
def test_time_is_no_less_than_the_minimum_and_rounded_up(worked: int, step: int, least: int, billed: int) -> None:
    assert billed_seconds(worked, rules(round_to_minutes=step, minimum_minutes=least)) == billed


@given(st.integers(1, 40 * DAY), st.integers(0, 1440), st.integers(0, 1440))
def test_rounding_is_idempotent_and_never_shorter_than_the_work(worked: int, step: int, least: int) -> None:
    settings = rules(round_to_minutes=step, minimum_minutes=least)
    billed = billed_seconds(worked, settings)
    assert billed >= max(worked, least * 60)
    assert billed_seconds(billed, settings) == billed
    assert billed % (step * 60 or 1) == 0
    assert billed - max(worked, least * 60) < (step * 60 or 1)


def test_short_stays_are_ignored_by_their_actual_seconds_before_they_are_rounded() -> None:
    told = session((0, 0.5), (10, 11), (20, 22))
    assert stretches(told, ignore_below_seconds=60, round_to_minutes=6) == [(10, 1, 6), (20, 2, 6)]
    assert stretches(told, ignore_below_seconds=121) == []


def test_nobody_is_billed_for_nothing_even_where_there_is_a_minimum() -> None:
    assert stretches(session((0, 0), (5, 5)), minimum_minutes=15) == []


def test_who_comes_back_within_billed_time_adds_to_it_and_is_not_billed_twice() -> None:
    told = session((0, 5), (10, 12), (14, 30), (50, 51))
    assert stretches(told, round_to_minutes=15) == [(0, 23, 30), (50, 1, 15)]
    assert stretches(told) == [(0, 5, 5), (10, 2, 2), (14, 16, 16), (50, 1, 1)]


def test_where_no_time_is_entered_there_is_no_bill() -> None:
    assert bills(session((0, 5)), TimeEntries()) == ()


@pytest.mark.parametrize(("hours", "number"), [(22, 1), (23, 1), (24, 2), (24 + 1 / 3600, 2), (46, 2), (48, 3)])
@pytest.mark.parametrize("split_at", ["never", "midnight"])
def test_P2_no_entry_is_as_long_as_a_day(hours: float, number: int, split_at: str) -> None:
    found = cut(session((0, hours * 60), start=START.replace(hour=0, minute=0)), split_at=split_at)
    assert all(part.billed < DAY for part in found)
    assert sum(part.billed for part in found) == round(hours * 3600)
    assert split_at == "midnight" or len(found) == number


def test_P2_time_is_rounded_first_and_then_cut() -> None:
    late = session((0, 8), start=START.replace(hour=23, minute=50))
    found = cut(late, round_to_minutes=15, split_at="midnight-utc")
    assert [(part.number, part.billed // 60, part.worked // 60) for part in found] == [(1, 10, 8), (2, 5, 0)]
    assert len(cut(late, round_to_minutes=15)) == 1


def test_parts_are_numbered_over_all_stays() -> None:
    told = session((0, 30 * 60), (31 * 60, 32 * 60))
    assert [part.number for part in cut(told, representatives=ALL)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("zone", "split_at", "cuts"),
    [
        ("UTC", "never", []),
        ("UTC", "midnight", ["2026-11-23T00:00Z"]),
        ("Australia/Sydney", "midnight", ["2026-11-22T13:00Z"]),
        ("America/New_York", "midnight", ["2026-11-22T05:00Z", "2026-11-23T04:00Z", "2026-11-23T05:00Z"]),
        ("America/New_York", "midnight-utc", ["2026-11-23T00:00Z"]),
        ("Asia/Kathmandu", "midnight", ["2026-11-22T18:15Z"]),
    ],
)
def test_entries_are_cut_at_midnight_of_the_zone_that_the_settings_say(
    zone: str, split_at: str, cuts: Sequence[str]
) -> None:
    day = session((0, 26 * 60), start=datetime(2026, 11, 22, 4, tzinfo=UTC))
    found = cut(day, zone, split_at=split_at)
    at_a_day = [] if cuts else ["2026-11-23T03:00Z"]
    assert [f"{part.end:%Y-%m-%dT%H:%MZ}" for part in found[:-1]] == (list(cuts) or at_a_day)


@pytest.mark.parametrize(
    ("zone", "start", "hours"),
    [
        ("Europe/Berlin", "2026-03-28T23:00Z", [23.0, 1.0]),
        ("Europe/Berlin", "2026-10-24T22:00Z", [23.0, 2.0, 1.0]),
        ("America/Santiago", "2026-09-05T04:00Z", [23.0, 1.0, 1.0]),
        ("America/Santiago", "2026-09-06T04:00Z", [23.0, 1.0]),
        ("Africa/Cairo", "2026-10-28T21:00Z", [23.0, 2.0, 1.0]),
        ("America/St_Johns", "2008-11-02T02:45Z", [0.75, 1.25]),
    ],
    ids=[
        "a day of 23 hours",
        "a day of 25 hours",
        "before a skipped midnight",
        "after it",
        "set back at midnight",
        "in an evening that comes twice",
    ],
)
def test_days_are_as_long_as_the_clock_makes_them(zone: str, start: str, hours: Sequence[float]) -> None:
    told = session((0, sum(hours) * 60), start=datetime.fromisoformat(start))
    assert [part.billed / 3600 for part in cut(told, zone, split_at="midnight")] == hours


ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kiritimati",
]
MOMENTS = st.datetimes(datetime(2005, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
TURNS = st.sampled_from([datetime(2008, 11, 2, 2, tzinfo=UTC), datetime(2011, 12, 29, 20, tzinfo=UTC)])
"""The clock was set back over midnight in St John's; a day was left out in Apia."""
STAYS = st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 4000)).map(sorted), min_size=1, max_size=6)


RULES = st.fixed_dictionaries(
    {
        "split_at": st.sampled_from(SplitAt),
        "representatives": st.sampled_from(Representatives),
        "round_to_minutes": st.sampled_from([0, 1, 6, 15, 60, 1440]),
        "minimum_minutes": st.sampled_from([0, 10, 90]),
        "ignore_below_seconds": st.sampled_from([0, 60, 3600]),
    }
)


@given(MOMENTS | TURNS, STAYS, RULES, st.sampled_from(ZONES))
def test_P2_parts_add_up_never_overlap_and_are_no_longer_than_their_day(
    start: datetime, stays: list[list[int]], given_rules: dict[str, Any], zone: str
) -> None:
    told = session(*((one, other) for one, other in stays), start=start.replace(microsecond=0))
    settings = rules(**given_rules)
    found = cut(told, zone, **given_rules)
    counted = [
        stay.seconds
        for attendance in attendances(told, settings.representatives)
        for stay in attendance.stays
        if stay.seconds >= settings.ignore_below_seconds
    ]
    assert bool(found) == bool(counted)
    assert sum(part.worked for part in found) == sum(counted)
    assert sum(part.billed for part in found) >= sum(counted)
    if not (settings.round_to_minutes or settings.minimum_minutes):
        assert sum(part.billed for part in found) == sum(counted)
    assert [part.number for part in found] == list(range(1, len(found) + 1))
    assert all(one.end <= other.start for one, other in pairwise(found))
    for part in found:
        assert timedelta() < part.end - part.start <= LONGEST_ENTRY
        assert 0 <= part.worked <= part.billed
        if settings.split_at is not SplitAt.NEVER:
            _see_one_day(part, ZoneInfo("UTC" if settings.split_at is SplitAt.MIDNIGHT_UTC else zone))
    for one in bills(told, settings):
        for span, its_parts in parts(one, settings.split_at, ZoneInfo(zone)):
            assert (its_parts[0].start, its_parts[-1].end) == (span.start, span.end)
            assert sum(part.billed for part in its_parts) == span.billed
            assert sum(part.worked for part in its_parts) == span.worked


def _see_one_day(part: Part, zone: ZoneInfo) -> None:
    """See that an entry begins and ends on one day, unless the clock was set back and an evening came twice."""
    start, last = part.start.astimezone(zone), (part.end - timedelta(seconds=1)).astimezone(zone)
    assert start.date() == last.date() or start.utcoffset() != last.utcoffset()


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(0, 0), (1, 1), (29, 1), (89, 1), (90, 2), (41 * 60 + 29, 41), (41 * 60 + 30, 42)]
)
def test_minutes_for_people_are_the_nearest_and_never_none_of_some(seconds: int, minutes: int) -> None:
    assert whole_minutes(seconds) == minutes


def test_the_bill_sums_up_its_stretches() -> None:
    told = session((0, 10), (40, 41))
    found = bill(told, rules(representatives=ALL, round_to_minutes=15))
    assert (found.username, found.worked, found.billed) == ("anna", 11 * 60, 30 * 60)
