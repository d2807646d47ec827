"""C10: signals stop a run in good order; and the end of a run, whatever ended it."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.errors import OutageError
from bt_autotask_sync.state.ledger import LedgerWriteError
from bt_autotask_sync.stop import Stop, StoppableClock, StoppedError, stopped_by_signals
from bt_autotask_sync.sync.deliver.workers import ThreadWorkers

if TYPE_CHECKING:
    from bt_autotask_sync.sync.job import Job
    from tests.unit.bench import Bench


def test_C10_nothing_happens_until_it_is_told_and_then_every_check_raises() -> None:
    stop = Stop()
    stop.check()
    stop.tell(signal.SIGTERM)
    for _ in range(2):
        with pytest.raises(StoppedError) as stopped:
            stop.check()
        assert stopped.value.signal_number is signal.SIGTERM
    assert not issubclass(StoppedError, Exception)


def test_C10_a_sleep_ends_at_once_when_it_is_told() -> None:
    stop = Stop()
    clock = StoppableClock(stop)
    clock.sleep(0.001)
    timer = threading.Timer(0.05, stop.tell, [signal.SIGINT])
    begun = time.monotonic()
    timer.start()
    with pytest.raises(StoppedError):
        clock.sleep(30)
    assert time.monotonic() - begun < 5
    timer.join()


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_C10_a_signal_tells_and_the_second_one_has_its_usual_meaning(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    stop, usual = Stop(), []
    signal.signal(number, lambda *_: usual.append(number))
    try:
        with stopped_by_signals(stop):
            signal.raise_signal(number)
            with pytest.raises(StoppedError) as stopped:
                stop.check()
            assert stopped.value.signal_number is number
            assert usual == []
            signal.raise_signal(number)
            assert usual == [number]
        signal.raise_signal(number)
        assert usual == [number, number]
    finally:
        signal.signal(number, before)


def test_C10_handlers_are_put_back_also_when_the_run_fails() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def fail() -> None:
        with stopped_by_signals(Stop()):
            assert signal.getsignal(signal.SIGTERM) is not before[signal.SIGTERM]
            raise OutageError("gone")

    with pytest.raises(OutageError):
        fail()
    assert {number: signal.getsignal(number) for number in before} == before


def test_threads_finish_what_is_under_way_when_they_are_left() -> None:
    done = []

    def create() -> None:
        time.sleep(0.05)
        done.append(1)

    with ThreadWorkers(2) as workers:
        for _ in range(3):
            workers.start(create)  # type: ignore[arg-type]  # it makes nothing
    assert len(done) == 3


def test_whatever_ends_a_run_is_told_in_its_summary_and_in_the_log_of_runs(bench: Bench) -> None:
    def outage(job: Job) -> None:
        job.start()
        raise OutageError("gone", "wait")

    def boom(job: Job) -> None:
        job.start()
        raise ZeroDivisionError

    for work, kind in ((outage, OutageError), (boom, ZeroDivisionError)):
        summary = bench.perform(work, fails=kind)
        assert isinstance(summary.error, kind)
    bench.run()
    outcomes = [row["outcome"] for row in bench.ledger.rows("SELECT outcome FROM run ORDER BY id")]
    assert outcomes == ["OutageError", "ZeroDivisionError", "done"]


def test_a_run_that_never_reached_the_appliance_is_not_logged(bench: Bench) -> None:
    bench.fault("outage", side="appliance")
    bench.run(fails=OutageError)
    assert bench.ledger.rows("SELECT * FROM run") == []


def test_a_ledger_that_cannot_be_written_ends_the_run_with_its_own_words(bench: Bench) -> None:
    bench.end()

    def full(statement: str, parameters: object = ()) -> int:
        raise LedgerWriteError("The checkpoint file could not be written.", "Free disk space.")

    bench.ledger.execute = full  # type: ignore[method-assign]  # a disk that is full from the start
    bench.run(fails=LedgerWriteError)
    assert bench.creates() == []


def test_the_requests_of_earlier_runs_within_the_hour_count_against_the_own_ones(bench: Bench) -> None:
    bench.end(2)
    first = bench.run()
    (row,) = bench.ledger.rows("SELECT at, autotask_requests FROM run")
    assert (row["at"], row["autotask_requests"]) == (bench.now, first.autotask_requests)
