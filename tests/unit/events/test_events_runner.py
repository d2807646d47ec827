"""E2: runs are started one at a time, and no event is ever left without one."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_autotask_sync.events.outcome import Outcome, ProfileOutcome, read_outcome
from bt_autotask_sync.events.runner import LONG, LONGEST_STOP, Runner, Wakeup
from bt_autotask_sync.events.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable

BEGIN = datetime(2026, 11, 22, 11, tzinfo=UTC)
DONE = Outcome(0)


class FakeClock:
    """A clock that moves only when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self.seconds - 1000)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class FakeChild:
    """A run that ends when it is told to."""

    number: int
    result: Outcome | None = None
    stopped: int = 0
    on_stop: Callable[[], None] = field(default=lambda: None)

    def outcome(self) -> Outcome | None:
        return self.result

    def stop(self) -> None:
        self.stopped += 1
        self.on_stop()


class World:
    """An inbox, runs that take in what is on disk when they begin, and the runner between them."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.schedule = Schedule()
        self.runner = Runner(self.schedule, self._start, self.clock)
        self.runs: list[FakeChild] = []
        self.refused = 0
        self.on_start: Callable[[], None] = lambda: None
        self.waiting: dict[int, float] = {}
        """The events on disk, by number, with the time from which a run takes them in."""
        self._events = 0

    def _start(self) -> FakeChild:
        if self.refused:
            self.refused -= 1
            raise OSError(12, "Cannot allocate memory")
        assert not [run for run in self.runs if run.result is None], "one at a time"
        self.waiting = {event: ready for event, ready in self.waiting.items() if ready > self.clock.seconds}
        self.runs.append(FakeChild(len(self.runs) + 1))
        self.on_start()
        return self.runs[-1]

    def store(self, delay: float = 0.0) -> None:
        """Have an event on disk, and not marked yet."""
        self._events += 1
        self.waiting[self._events] = self.clock.seconds + delay

    def receive(self, delay: float = 0.0) -> None:
        """Receive an event as the listener does: on disk first, marked then."""
        self.store(delay)
        self.schedule.mark(self.clock.seconds, delay)

    def end(self, outcome: Outcome = DONE) -> None:
        """Let the run at work end."""
        self.runs[-1].result = outcome

    @property
    def working(self) -> bool:
        return bool(self.runs) and self.runs[-1].result is None

    def come_to_rest(self) -> None:
        """Let runs end well and time pass until nothing is due any more."""
        for _ in range(200):
            due = self.runner.look()
            if self.working:
                self.end()
            elif due is None:
                return
            else:
                self.clock.seconds += due
        pytest.fail("it never comes to rest")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(autouse=True)
def all_is_told(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("bt_autotask_sync"), "propagate", True)
    caplog.set_level(logging.DEBUG, "bt_autotask_sync")


def told(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    """What was told since the last time, from a level on."""
    lines = [record.getMessage() for record in caplog.records if record.levelno >= level]
    caplog.clear()
    return lines


def test_E2_an_event_starts_a_run_and_a_quiet_listener_none(world: World) -> None:
    assert world.runner.look() is None
    assert world.runs == []
    world.receive()
    world.runner.look()
    assert len(world.runs) == 1
    world.end()
    world.come_to_rest()
    assert len(world.runs) == 1


def test_E2_a_session_that_ended_starts_one_when_its_report_is_complete(world: World) -> None:
    world.receive(delay=61)
    assert world.runner.look() == 61
    world.clock.seconds += 60
    world.runner.look()
    assert world.runs == []
    world.clock.seconds += 1
    world.runner.look()
    assert len(world.runs) == 1


def test_E2_runs_come_one_at_a_time_and_events_during_one_lead_to_one_more(world: World) -> None:
    world.receive()
    world.runner.look()
    for _ in range(50):
        world.receive()
        world.runner.look()
        world.clock.seconds += 10
    assert len(world.runs) == 1
    world.end()
    world.come_to_rest()
    assert len(world.runs) == 2
    assert world.waiting == {}


def test_E2_the_mark_is_cleared_before_a_run_starts_so_that_no_event_is_missed_while_it_does(world: World) -> None:
    def another_event() -> None:
        world.on_start = lambda: None
        world.receive()

    world.receive()
    world.on_start = another_event
    world.runner.look()
    world.end()
    world.come_to_rest()
    assert len(world.runs) == 2
    assert world.waiting == {}


def test_E2_an_event_between_the_end_of_a_run_and_the_next_look_is_not_missed(world: World) -> None:
    world.receive()
    world.runner.look()
    world.end()
    world.receive()
    world.come_to_rest()
    assert len(world.runs) == 2
    assert world.waiting == {}


@pytest.mark.parametrize("moment", ["before due", "after due", "before take", "after take", "start"])
def test_E2_an_event_at_any_moment_of_a_start_is_taken_in_by_this_run_or_by_another(moment: str) -> None:
    class InterruptedSchedule(Schedule):
        armed = False

        def due(self) -> float | None:
            interrupt("before due")
            found = super().due()
            interrupt("after due")
            return found

        def take(self, now: float) -> None:
            interrupt("before take")
            super().take(now)
            interrupt("after take")

    def interrupt(here: str) -> None:
        if schedule.armed and here == moment:
            schedule.armed = False
            world.receive()

    world = World()
    world.schedule = schedule = InterruptedSchedule()
    world.runner = Runner(schedule, world._start, world.clock)
    world.on_start = lambda: interrupt("start")
    world.receive()
    schedule.armed = True
    world.come_to_rest()
    assert not schedule.armed
    assert world._events == 2
    assert world.waiting == {}


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("store"), st.sampled_from([0.0, 0.0, 3.0, 61.0])),
        st.tuples(st.just("mark"), st.just(0.0)),
        st.tuples(st.just("look"), st.just(0.0)),
        st.tuples(st.just("pass"), st.sampled_from([0.25, 1.0, 30.0, 400.0])),
        st.tuples(st.just("end"), st.sampled_from([0.0, 3.0, 4.0, 75.0, 2.0, 5.0, 1.0, -9.0])),
        st.tuples(st.just("refuse"), st.just(0.0)),
    ),
    max_size=60,
)


@settings(max_examples=400, deadline=None)
@given(STEPS)
def test_E2_in_whatever_order_things_happen_every_event_finds_a_run_that_began_after_it_was_stored(
    steps: list[tuple[str, float]],
) -> None:
    world = World()
    unmarked: list[float] = []
    for what, value in steps:
        if what == "store":
            world.store(value)
            unmarked.append(value)
        elif what == "mark" and unmarked:
            world.schedule.mark(world.clock.seconds, unmarked.pop(0))
        elif what == "look":
            world.runner.look()
        elif what == "pass":
            world.clock.seconds += value
        elif what == "end" and world.working:
            failed = value not in (0.0, 3.0)
            if failed:  # such a run may have taken in nothing
                world.store()
            world.end(Outcome(int(value)))
        elif what == "refuse":
            world.refused += 1
    for delay in unmarked:
        world.schedule.mark(world.clock.seconds, delay)
    world.refused = min(world.refused, 3)
    world.come_to_rest()
    assert world.waiting == {}


def test_E2_another_run_follows_after_75_and_4_with_a_growing_pause_until_one_succeeds(world: World) -> None:
    world.receive()
    began = []
    for code in (75, 4, 4, 75, 0):
        while not world.working:
            world.clock.seconds += world.runner.look() or 0.0
        began.append(world.clock.seconds)
        world.end(Outcome(code))
    world.come_to_rest()
    assert [later - sooner for sooner, later in pairwise(began)] == [5, 10, 20, 40]
    assert len(world.runs) == 5


def test_E2_the_next_due_time_of_the_report_starts_a_run(world: World) -> None:
    none = {"tickets": 0, "notes": 0, "time_entries": 0}
    sessions = {"delivered": 1, "no_ticket": 0, "held": 0, "unsettled": 0, "parked": 0}
    report = {
        "profile": "default",
        "outcome": "done",
        "sessions": sessions,
        "created": none,
        "adopted": none,
        "watermark": "2031-01-01T00:00:00Z",
        "next_due": "2031-01-01T00:07:01Z",
    }
    world.receive()
    world.runner.look()
    world.clock.seconds += 21
    world.end(read_outcome(0, json.dumps({"profiles": [report]}).encode()))
    assert world.runner.look() == 400
    world.clock.seconds += 400
    world.runner.look()
    assert len(world.runs) == 2


def test_a_run_that_cannot_be_started_is_tried_again(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.receive()
    world.refused = 2
    world.come_to_rest()
    assert len(world.runs) == 1
    assert [line for line in told(caplog, logging.ERROR) if "Cannot allocate memory" in line]


def test_a_run_that_works_for_hours_is_left_alone_and_told_of_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.receive()
    for _ in range(5):
        world.runner.look()
        world.clock.seconds += LONG
    assert len(world.runs) == 1
    assert world.runs[0].stopped == 0
    (line,) = told(caplog, logging.WARNING)
    assert "an hour" in line


def test_a_listener_told_to_stop_lets_the_run_finish_what_is_under_way(world: World) -> None:
    world.receive()
    world.runner.look()
    (run,) = world.runs

    class Waiting:
        waits = 0

        def wait(self, seconds: float) -> None:
            self.waits += 1
            world.clock.seconds += seconds
            if self.waits == 30:
                run.result = Outcome(143)

    waiting = Waiting()
    world.runner.stop(waiting)
    assert (run.stopped, waiting.waits) == (1, 30)


def test_a_listener_told_to_stop_does_not_wait_for_ever(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.receive()
    world.runner.look()

    class Waiting:
        def wait(self, seconds: float) -> None:
            world.clock.seconds += seconds

    began = world.clock.seconds
    world.runner.stop(Waiting())
    assert LONGEST_STOP <= world.clock.seconds - began < LONGEST_STOP + 2
    stopping, left = told(caplog, logging.INFO)
    assert stopping == "Stopping; the run at work finishes its requests."
    assert "not waited for any longer" in left


def test_a_listener_without_a_run_stops_at_once(world: World) -> None:
    class Waiting:
        def wait(self, seconds: float) -> None:
            pytest.fail("there is nothing to wait for")

    world.runner.stop(Waiting())


def see_run(world: World, outcome: Outcome) -> None:
    """Let a run begin and end so."""
    world.clock.seconds += 1000
    world.receive()
    world.runner.look()
    world.end(outcome)
    world.runner.look()


def profile_outcome(changes: tuple[str, ...] = (), standing: tuple[str, ...] = ()) -> ProfileOutcome:
    return ProfileOutcome("default", ended_well=True, watermark=None, next_due=None, changes=changes, standing=standing)


def test_a_quiet_run_says_nothing_and_one_that_did_something_says_what(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    see_run(world, Outcome(0, (profile_outcome(),)))
    assert told(caplog, logging.INFO) == []
    delivered = ("1 session delivered", "1 note created")
    see_run(world, Outcome(3, (profile_outcome(delivered, ("2 held",)),)))
    assert told(caplog, logging.INFO) == ["default: 1 session delivered, 1 note created; 2 held."]
    see_run(world, Outcome(3, (profile_outcome((), ("2 held",)),)))
    assert told(caplog, logging.INFO) == []
    see_run(world, Outcome(3, (profile_outcome((), ("1 held",)),)))
    assert told(caplog, logging.INFO) == ["default: nothing new; 1 held."]


@pytest.mark.parametrize(
    ("code", "words"), [(2, "configuration"), (5, "credentials"), (-9, "killed"), (1, "unexpected")]
)
def test_a_run_that_does_not_end_well_is_told_once_as_long_as_that_stays_so(
    world: World, caplog: pytest.LogCaptureFixture, code: int, words: str
) -> None:
    for _ in range(4):
        see_run(world, Outcome(code))
    (line,) = told(caplog, logging.INFO)
    assert words in line
    assert "tried again in 5 s" in line
    see_run(world, DONE)
    see_run(world, Outcome(code))
    assert len(told(caplog, logging.INFO)) == 1


def test_a_bell_wakes_the_one_who_waits_and_the_one_who_will_wait_next() -> None:
    wakeup = Wakeup()
    wakeup.ring()
    wakeup.ring()
    wakeup.wait(30)
    wakeup.wait(0.001)
    woken = threading.Event()

    def wait() -> None:
        wakeup.wait(30)
        woken.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    wakeup.ring()
    assert woken.wait(10)
    waiting.join()
