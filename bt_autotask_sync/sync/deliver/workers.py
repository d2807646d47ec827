"""Runs creates side by side, behind an interface that a test can replay in any order."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from types import TracebackType

    from bt_autotask_sync.autotask.entities import CreateOutcome

AT_A_TIME = 3
"""Autotask: at most three requests at a time for each endpoint and integration."""

Call = Future["CreateOutcome"]


class Workers(Protocol):
    """What delivery needs to have several requests under way."""

    def start(self, create: Callable[[], CreateOutcome]) -> Call:
        """Start a create; the caller sees to it that not too many run at a time."""
        ...

    def finished(self, calls: Collection[Call]) -> Collection[Call]:
        """Wait until at least one of `calls` is done, and return those that are."""
        ...


class ThreadWorkers:
    """Workers that are threads. As a context manager it waits for what is under way when left."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="create")

    def start(self, create: Callable[[], CreateOutcome]) -> Call:
        """Start a create in a thread."""
        return self._pool.submit(create)

    def finished(self, calls: Collection[Call]) -> Collection[Call]:
        """Wait until at least one of `calls` is done, and return those that are."""
        return wait(calls, return_when=FIRST_COMPLETED).done

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for what is under way."""
        self._pool.shutdown()
