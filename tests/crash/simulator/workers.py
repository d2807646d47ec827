"""Workers whose concurrency replays: creates under way are executed one by one, in an order drawn by a seed."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

from bt_autotask_sync.stop import StoppedError
from tests.crash.simulator.machine import Killed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from random import Random

    from bt_autotask_sync.autotask.entities import CreateOutcome
    from bt_autotask_sync.sync.deliver.workers import Call
    from tests.crash.simulator.machine import Process

_ANOTHER = 0.4
"""The share of waits in which one more call is finished."""


class SeededWorkers:
    """Keeps started creates and executes them when somebody waits.

    Args:
        process: Whose threads these are.
        random: Draws the order.
    """

    def __init__(self, process: Process, random: Random) -> None:
        self._process = process
        self._random = random
        self._under_way: dict[Call, Callable[[], CreateOutcome]] = {}

    def start(self, create: Callable[[], CreateOutcome]) -> Call:
        """Take a create to be executed at some time."""
        self._process.check()
        call: Call = Future()
        self._under_way[call] = create
        return call

    def finished(self, calls: Collection[Call]) -> Collection[Call]:
        """Execute one of `calls`, perhaps more, and return those that are done."""
        self._process.check()
        waiting = [call for call in calls if call in self._under_way]
        self._random.shuffle(waiting)
        while waiting:
            self._execute(waiting.pop())
            if self._random.random() >= _ANOTHER:
                break
        return [call for call in calls if call.done()]

    def left_behind(self) -> list[Callable[[], CreateOutcome]]:
        """Return the creates that were under way when the process was killed."""
        return list(self._under_way.values())

    def _execute(self, call: Call) -> None:
        create = self._under_way.pop(call)
        try:
            call.set_result(create())
        except Killed:
            raise
        except (Exception, StoppedError) as error:  # noqa: BLE001 - whoever asks for the result gets it
            call.set_exception(error)
        except BaseException as error:  # a time-out of the test: whoever waits for the call must see it end as well
            call.set_exception(error)
            raise
