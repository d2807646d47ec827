"""T1 to T3: steps of clocks are compared, and waiting is what both clocks say has passed."""

from __future__ import annotations

import pytest

from bt_autotask_sync.sync.clocks import EARLIEST, LATEST, Reading, Track, Verdict, clamp, estimate, judge

HOUR, DAY = 3600, 86_400
OWN, FOREIGN = 1_000_000_000, 1_795_345_200


def track(**values: object) -> Track:
    """Clocks that agreed at OWN and FOREIGN, however far apart they are."""
    return Track(**{"own": OWN, "foreign": FOREIGN, **values})  # type: ignore[arg-type]


def later(own: int, foreign: int) -> Reading:
    """What both clocks say after these steps."""
    return Reading(OWN + own, FOREIGN + foreign)


@pytest.mark.parametrize(
    ("own", "foreign", "waited"),
    [
        (300, 300, 300),
        (300, 290, 290),
        (300, 10 * HOUR, 300),
        (10 * HOUR, 300, 300),
        (-10 * HOUR, 300, 0),
        (300, -10 * HOUR, 0),
    ],
)
def test_T1_a_clock_that_jumped_adds_nothing_of_its_own(own: int, foreign: int, waited: int) -> None:
    assert track(waited=50).advanced(later(own, foreign)).waited == 50 + waited


def test_T1_waiting_goes_on_from_the_latest_reading() -> None:
    there = track().advanced(later(300, 300)).advanced(later(600, 9 * HOUR)).advanced(later(900, 900))
    assert there.waited == 600
    assert there.advanced(later(1200, 1200)).waited == 900


def test_T1_the_first_reading_adds_nothing() -> None:
    assert Track().advanced(later(300, 300)).waited == 0


@pytest.mark.parametrize(
    ("own", "foreign", "fits"),
    [
        (300, 300, True),
        (300, 900, True),
        (300, 904, False),
        (300, -300, True),
        (300, -301, False),
        (100 * HOUR, 101 * HOUR, True),
        (100 * HOUR, 102 * HOUR, False),
        (0, 15 * DAY, False),
        (15 * DAY, 0, False),
        (-DAY, 300, False),
    ],
)
def test_T2_steps_may_differ_by_ten_minutes_and_one_percent(own: int, foreign: int, fits: bool) -> None:
    assert track().fits(later(own, foreign)) is fits


def test_T2_a_clock_that_keeps_its_new_offset_is_believed_from_the_next_run_on() -> None:
    seen = track(seen=later(300, 300 + 3 * HOUR))
    assert seen.fits(later(600, 600 + 3 * HOUR))
    assert seen.fits(later(600, 600))
    assert not seen.fits(later(600, 600 + 9 * HOUR))


@pytest.mark.parametrize(
    ("appliance", "autotask", "verdict"),
    [
        (9 * HOUR, 300, (Verdict.APPLIANCE_WRONG, 0)),
        (-9 * HOUR, 300, (Verdict.APPLIANCE_WRONG, 0)),
        (300 + 9 * HOUR, 400 + 9 * HOUR, (Verdict.OWN_WRONG, 9 * HOUR)),
        (300 - 9 * HOUR, 300 - 9 * HOUR, (Verdict.OWN_WRONG, -9 * HOUR)),
        (9 * HOUR, 20 * HOUR, (Verdict.SPLIT, 0)),
    ],
)
def test_T2_the_clock_that_stands_against_two_others_is_wrong(
    appliance: int, autotask: int, verdict: tuple[Verdict, int]
) -> None:
    skewed = Track(own=OWN, foreign=FOREIGN - 3 * HOUR)
    third = Reading(OWN + 300, FOREIGN - 3 * HOUR + autotask)
    assert judge(track(), skewed, later(300, appliance), third) == verdict


def test_T2_without_a_third_clock_there_is_no_majority() -> None:
    assert judge(track(), track(), later(300, 9 * HOUR), None) == (Verdict.SPLIT, 0)
    assert judge(track(), Track(), later(300, 9 * HOUR), later(300, 300)) == (Verdict.SPLIT, 0)


def test_T3_without_dates_our_own_time_counts_from_the_third_run_on_and_three_times_slower() -> None:
    there = track()
    for own in (300, 600):
        there = there.without_date(OWN + own, first=True)
        assert (there.waited, there.counts_alone) == (0, False)
    there = there.without_date(OWN + 900, first=True)
    assert (there.waited, there.counts_alone) == (300, True)
    assert there.without_date(OWN + 1200, first=False).waited == 400


def test_T3_a_date_that_comes_back_counts_what_passed_meanwhile_once() -> None:
    missed = track().without_date(OWN + 300, first=True)
    assert missed.advanced(later(600, 600)).waited == 600
    alone = missed.without_date(OWN + 600, first=True).without_date(OWN + 900, first=True)
    back = alone.advanced(later(1200, 1200))
    assert alone.agreed == later(900, 900)
    assert (alone.waited, back.waited, back.dateless_runs) == (300, 600, 0)
    assert back.advanced(later(1500, 1500)).waited == 900
    assert alone.advanced(later(1200, 300)).waited == 300


def test_T3_an_estimate_goes_by_our_own_step_and_stays_within_what_is_a_time() -> None:
    assert estimate(track(), OWN + 300) == FOREIGN + 300
    assert estimate(track(), OWN - DAY) == FOREIGN
    assert estimate(track(), OWN + 200 * 366 * DAY) == LATEST - 1
    assert estimate(Track(), OWN) is None
    assert clamp(0) == EARLIEST
