"""T1 to T4 in runs: one clock goes wrong, and nothing is doubled, parked, moved or left for hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.errors import CredentialsError, OutageError
from bt_autotask_sync.sync.discover.listing import Window

if TYPE_CHECKING:
    from tests.unit.bench import Bench

NOTES = "/Tickets/*/Notes"
HOUR, DAY = 3600, 86_400
SETTLE = 420
MISSING = "T20990101.0001"


@pytest.fixture
def bench(bench: Bench) -> Bench:
    """A bench whose clocks have all been read and agree."""
    bench.end()
    bench.run()
    bench.pass_time(300)
    bench.run()
    return bench


def unsettled(bench: Bench) -> str:
    """Leave a note of unknown outcome."""
    (lsid,) = bench.end()
    bench.fault("dropped", endpoint=NOTES)
    bench.run()
    assert bench.state(lsid) == "unsettled"
    return lsid


def leap(bench: Bench, product: str, seconds: float) -> None:
    """Set the clock of one product."""
    bench.sandbox.clocks[product].advance(seconds)


def date(bench: Bench, product: str, habit: str) -> None:
    """Change how the answers of a product are dated."""
    bench.sandbox.switches.change({f"{product}_date": habit})


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was warned of clocks."""
    return [record.getMessage() for record in caplog.records if "clock" in record.getMessage()]


def runs_until_delivered(bench: Bench, lsid: str) -> int:
    """Make a run every five minutes until it is delivered, once; return after how many."""
    for number in range(1, 20):
        bench.pass_time(300)
        bench.run()
        if bench.state(lsid) == "delivered":
            assert len(bench.notes(lsid)) == 1
            return number
    raise AssertionError(bench.state(lsid))


@pytest.mark.parametrize("habit", ["year-9999", "missing", "unreadable"])
def test_T3_one_answer_of_autotask_that_is_dated_absurdly_after_an_unanswered_create(bench: Bench, habit: str) -> None:
    (lsid,) = bench.end()
    bench.fault("dropped", endpoint=NOTES)
    date(bench, "autotask", habit)
    bench.run()
    date(bench, "autotask", "right")
    assert runs_until_delivered(bench, lsid) <= 3


@pytest.mark.parametrize("seconds", [9 * HOUR, -9 * HOUR, 15 * DAY])
@pytest.mark.parametrize("back", [True, False])
def test_T1_a_leap_of_autotasks_clock_after_an_unanswered_create(bench: Bench, seconds: int, back: bool) -> None:
    (lsid,) = bench.end()
    bench.fault("late_commit", endpoint=NOTES, seconds=400.0)
    bench.run()
    leap(bench, "autotask", seconds)
    bench.run()
    assert (bench.state(lsid), bench.notes(lsid)) == ("unsettled", [])
    if back:
        leap(bench, "autotask", -seconds)
    assert runs_until_delivered(bench, lsid) <= 3


@pytest.mark.parametrize("seconds", [9 * HOUR, -9 * HOUR, 15 * DAY])
def test_T1_a_leap_of_this_machines_clock_after_an_unanswered_create(bench: Bench, seconds: int) -> None:
    lsid = unsettled(bench)
    bench.own_leapt += seconds
    bench.run()
    assert bench.state(lsid) == "unsettled"
    assert 2 <= runs_until_delivered(bench, lsid) <= 3


@pytest.mark.parametrize(
    ("product", "seconds"), [("appliance", 3 * HOUR), ("autotask", 3 * HOUR), ("autotask", -3 * HOUR)]
)
def test_T2_a_clock_that_is_always_hours_off_disturbs_nothing(
    bench: Bench, product: str, seconds: int, caplog: pytest.LogCaptureFixture
) -> None:
    leap(bench, product, seconds)
    bench.end()
    for _ in range(2):
        bench.pass_time(300)
        bench.run()
    caplog.clear()
    lsid = unsettled(bench)
    assert runs_until_delivered(bench, lsid) == 2
    assert warnings(caplog) == []


def test_T4_an_appliance_that_leaps_fifteen_days_for_one_run_parks_nothing_and_moves_nothing(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    ticketless, personless = bench.session(MISSING), bench.session(username="priya.nair")
    bench.run()
    watermark = bench.progress.watermark
    leap(bench, "appliance", 15 * DAY)
    bench.run()
    assert (bench.state(ticketless), bench.state(personless)) == ("held", "held")
    assert bench.progress.watermark == watermark
    assert len(warnings(caplog)) == 1
    leap(bench, "appliance", -15 * DAY)
    bench.pass_time(300)
    bench.ticket(ticketNumber=MISSING)
    bench.run()
    assert (bench.state(ticketless), bench.progress.watermark) == ("delivered", bench.now)


def test_T4_a_leap_that_stays_is_believed_and_still_counts_one_day(bench: Bench) -> None:
    lsid = bench.session(MISSING)
    bench.run()
    leap(bench, "appliance", 15 * DAY)
    for _ in range(4):
        bench.pass_time(300)
        bench.run()
    assert (bench.state(lsid), bench.record(lsid).waited_days) == ("held", 2)
    assert bench.progress.watermark == bench.now + 15 * DAY


def test_T4_days_on_which_no_run_looked_do_not_count(bench: Bench) -> None:
    lsid = bench.session(MISSING)
    bench.run()
    bench.pass_time(20 * DAY)
    bench.run()
    assert (bench.state(lsid), bench.record(lsid).waited_days) == ("held", 2)
    bench.pass_time(DAY)
    bench.fault("outage", endpoint="/Tickets/query", times=None)
    bench.run(fails=OutageError)
    assert bench.record(lsid).waited_days == 2


def test_T4_another_trouble_is_counted_anew(bench: Bench) -> None:
    lsid = bench.session(MISSING)
    bench.run()
    bench.run_daily(5)
    bench.change(lsid, external_key="T20990101.0002")
    bench.run()
    assert bench.record(lsid).waited_days == 1


def test_T2_an_appliance_that_goes_wrong_is_judged_by_autotask_and_sessions_go_on(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    leap(bench, "appliance", 9 * HOUR)
    (lsid,) = bench.end()
    bench.run()
    assert bench.state(lsid) == "delivered"
    (told,) = warnings(caplog)
    assert "The appliance's clock" in told
    assert "Look at the time of the appliance" in told


@pytest.mark.parametrize("seconds", [9 * HOUR, -9 * HOUR])
def test_T2_a_machine_whose_clock_was_set_right_works_on_at_once(
    bench: Bench, seconds: int, caplog: pytest.LogCaptureFixture
) -> None:
    bench.own_leapt += seconds
    bench.pass_time(300)
    (lsid,) = bench.end()
    bench.run()
    assert (bench.state(lsid), bench.progress.watermark) == ("delivered", bench.now)
    (told,) = warnings(caplog)
    assert "This machine's clock" in told
    bench.pass_time(300)
    bench.forget_requests()
    bench.run()
    assert not bench.asked("autotask")
    assert len(warnings(caplog)) == 1


def test_T2_without_a_majority_nothing_is_settled_and_the_next_run_goes_on(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    lsid = unsettled(bench)
    watermark = bench.progress.watermark
    bench.pass_time(SETTLE + 2)
    leap(bench, "appliance", 9 * HOUR)
    leap(bench, "autotask", -20 * HOUR)
    bench.run()
    assert (bench.state(lsid), bench.progress.watermark) == ("unsettled", watermark)
    assert "nobody can tell" in warnings(caplog)[0]
    assert runs_until_delivered(bench, lsid) <= 4
    assert bench.progress.watermark == bench.now + 9 * HOUR


def test_T2_without_a_third_clock_nothing_is_settled_although_autotasks_dates_fit(bench: Bench) -> None:
    lsid = unsettled(bench)
    bench.pass_time(SETTLE + 2)
    leap(bench, "appliance", 9 * HOUR)
    for endpoint in ("/ThresholdInformation", "/Tickets/query"):
        bench.fault("status", endpoint=endpoint, status=500, body="errors", text="Out of order.")
    bench.run()
    assert (bench.state(lsid), bench.notes(lsid)) == ("unsettled", [])
    assert runs_until_delivered(bench, lsid) <= 3


def test_T2_a_clock_that_stays_wrong_is_reported_once(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        leap(bench, "appliance", 9 * HOUR)
        bench.pass_time(300)
        bench.run()
    assert len(warnings(caplog)) == 1


def test_T2_an_appliance_that_leaps_for_one_run_moves_no_window_and_no_due_time(bench: Bench) -> None:
    lsid = bench.session()
    bench.fault("status", endpoint=NOTES, status=500, body="errors", text="Not today.")
    leap(bench, "appliance", 5 * HOUR)
    bench.run()
    assert bench.state(lsid) == "held"
    leap(bench, "appliance", -5 * HOUR)
    bench.pass_time(300)
    bench.run()
    assert bench.state(lsid) == "delivered"


def test_T2_days_of_a_clock_that_is_not_believed_park_nothing(bench: Bench) -> None:
    lsid = bench.session(MISSING)
    bench.run_daily(14)
    days = bench.record(lsid).waited_days
    leap(bench, "appliance", 15 * DAY)
    bench.run()
    assert (bench.state(lsid), bench.record(lsid).waited_days) == ("held", days)


def test_T2_with_autotask_out_of_reach_a_leap_moves_nothing(bench: Bench) -> None:
    watermark = bench.progress.watermark
    bench.fault("outage", side="autotask", times=None)
    leap(bench, "appliance", 9 * HOUR)
    bench.run()
    assert bench.progress.watermark == watermark
    bench.pass_time(300)
    bench.run()
    assert bench.progress.watermark == bench.now + 9 * HOUR


def test_T2_credentials_refused_to_the_third_clock_end_the_run(bench: Bench) -> None:
    bench.fault("status", endpoint="/ThresholdInformation", status=401, body="empty", times=None)
    leap(bench, "appliance", 9 * HOUR)
    bench.run(fails=CredentialsError)


@pytest.mark.parametrize("answer", [{"status": 500, "body": "html"}, {"status": 200, "body": "text", "text": "{}"}])
def test_T2_a_count_that_cannot_be_read_still_gives_the_third_time(bench: Bench, answer: dict[str, Any]) -> None:
    watermark = bench.progress.watermark
    bench.fault("status", endpoint="/ThresholdInformation", times=None, **answer)
    bench.own_leapt -= 9 * HOUR
    bench.pass_time(300)
    bench.run()
    assert bench.progress.watermark is not None
    assert watermark is not None
    assert bench.progress.watermark >= watermark + 300


def test_T2_an_idle_run_asks_autotask_nothing(bench: Bench) -> None:
    bench.forget_requests()
    bench.pass_time(DAY)
    bench.run()
    assert not bench.asked("autotask")


def test_T2_a_listing_that_alone_is_dated_wrong_counts_as_answered_when_the_run_began(bench: Bench) -> None:
    now = datetime.fromtimestamp(bench.now, UTC)
    view = Window(now - timedelta(days=7), None, now - timedelta(days=30), now, moves_watermark=True)
    for hours in (-9, 9):
        assert view.answered(now + timedelta(hours=hours)) == now
    assert view.answered(None) == now
    assert view.answered(now + timedelta(minutes=1)) == now + timedelta(minutes=1)


@pytest.mark.parametrize("habit", ["year-9999", "missing", "unreadable"])
def test_T3_an_appliance_without_usable_dates_is_worked_with_by_what_its_api_information_says(
    bench: Bench, habit: str
) -> None:
    date(bench, "appliance", habit)
    bench.pass_time(300)
    (lsid,) = bench.end()
    bench.run()
    assert (bench.state(lsid), bench.progress.watermark) == ("delivered", bench.now)


@pytest.mark.parametrize("first", [True, False])
def test_T3_an_appliance_that_names_no_time_anywhere_is_worked_with_by_our_own(bench: Bench, first: bool) -> None:
    if first:
        bench.forget_ledger()
    date(bench, "appliance", "missing")
    bench.fault("status", endpoint="get_api_info", status=403, times=None)
    (lsid,) = bench.end()
    watermark = None if first else bench.progress.watermark
    bench.own_leapt = bench.now - 999_993_600.0 if first else 0.0
    for _ in range(2):
        bench.pass_time(300)
        bench.run()
        assert bench.progress.watermark == watermark
    assert bench.state(lsid) == "delivered"
    bench.pass_time(300)
    bench.run()
    assert bench.progress.watermark is not None
    assert bench.progress.watermark != watermark


@pytest.mark.parametrize("own", [0, -30 * DAY, 30 * DAY])
def test_T3_an_appliance_that_loses_its_dates_keeps_its_offset_whatever_our_clock_shows(
    bench: Bench, own: int, caplog: pytest.LogCaptureFixture
) -> None:
    bench.forget_ledger()
    bench.own_leapt = own + bench.now - 999_993_600.0
    bench.run()
    date(bench, "appliance", "missing")
    bench.fault("status", endpoint="get_api_info", status=403, times=None)
    for _ in range(6):
        bench.pass_time(DAY)
        lsids = bench.end(1, ended_ago=3 * HOUR)
        bench.run()
        assert bench.state(lsids[0]) == "delivered"
    assert bench.progress.watermark == pytest.approx(bench.now, abs=60)
    assert len(warnings(caplog)) == 1
    date(bench, "appliance", "right")
    for _ in range(2):
        bench.pass_time(300)
        bench.run()
        assert bench.progress.watermark == bench.now


def test_T3_without_any_date_of_autotask_it_takes_three_runs_and_three_times_as_long(bench: Bench) -> None:
    date(bench, "autotask", "missing")
    (lsid,) = bench.end()
    bench.fault("dropped", endpoint=NOTES)
    bench.run()
    assert 5 <= runs_until_delivered(bench, lsid) <= 9


def test_T2_what_waits_is_counted_once_a_day_however_many_runs_look(bench: Bench) -> None:
    lsid = bench.session(MISSING)
    for _ in range(10):
        bench.run()
    assert bench.record(lsid).waited_days == 1
