"""The simulator's workers: an interruption from outside ends the call that it struck, so nobody waits for it."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.crash.simulator.machine import Killed, Process
from tests.crash.simulator.workers import SeededWorkers

if TYPE_CHECKING:
    from bt_autotask_sync.autotask.entities import CreateOutcome


def test_a_time_out_of_the_test_inside_a_create_ends_its_call() -> None:
    def create() -> CreateOutcome:
        pytest.fail("Timeout")

    workers = SeededWorkers(Process(), Random(1))
    call = workers.start(create)
    with pytest.raises(pytest.fail.Exception):
        workers.finished([call])
    assert list(workers.finished([call])) == [call]
    with pytest.raises(pytest.fail.Exception):
        call.result()


def test_a_kill_inside_a_create_leaves_no_answer() -> None:
    process = Process()

    def create() -> CreateOutcome:
        process.kill()

    workers = SeededWorkers(process, Random(1))
    call = workers.start(create)
    for _ in range(2):
        with pytest.raises(Killed):
            workers.finished([call])
    assert not call.done()
