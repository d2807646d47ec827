"""Stopping a run in good order: what is under way is finished and recorded, nothing new begins."""

from __future__ import annotations

import queue
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bt_autotask_sync.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


class StoppedError(BaseException):
    """The run was told to stop; like KeyboardInterrupt it is no Exception, so that nothing mistakes it for a failure.

    Args:
        signal_number: The signal that told it to.
    """

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal_number)
        self.signal_number = signal_number


class Stop:
    """Whether the run was told to stop."""

    def __init__(self) -> None:
        # An Event has a lock, which the very thread that a signal interrupts may hold; this queue takes a put always.
        self._woken: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._signal: signal.Signals | None = None

    def tell(self, signal_number: int) -> None:
        """Tell the run to stop because of a signal."""
        self._signal = signal.Signals(signal_number)
        self._woken.put(None)

    def check(self) -> None:
        """Raise StoppedError if the run was told to stop."""
        if self._signal is not None:
            raise StoppedError(self._signal)

    def wait(self, seconds: float) -> None:
        """Let `seconds` pass; raise StoppedError as soon as the run is told to stop."""
        try:
            self._woken.get(timeout=max(seconds, 0.0))
        except queue.Empty:
            return
        self._woken.put(None)  # for the next one who waits
        self.check()


class StoppableClock(SystemClock):
    """This machine's clock, whose sleep ends when the run is told to stop."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop

    def sleep(self, seconds: float) -> None:
        """Sleep for `seconds`, or raise StoppedError when told to stop."""
        self._stop.wait(seconds)


@contextmanager
def stopped_by_signals(stop: Stop) -> Iterator[None]:
    """Have SIGINT, SIGTERM and, on Windows, Ctrl-Break stop the run in good order; a second one ends it at once."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGBREAK"):
        numbers.append(signal.SIGBREAK)
    before = {number: signal.getsignal(number) for number in numbers}

    def on_signal(number: int, _frame: FrameType | None) -> None:
        stop.tell(number)
        for other, handler in before.items():
            signal.signal(other, handler)

    for number in numbers:
        signal.signal(number, on_signal)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
