"""The one thread that writes the inbox for the receiver, so that no commit holds up the other connections."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from bt_autotask_sync.state.inbox import Inbox, InboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from bt_autotask_sync.appliance.outbound_event import Event

Result = TypeVar("Result")


class InboxWriter:
    """Writes the inbox of a state directory. Each method returns once its step is on disk, or raises InboxError.

    After a failure the inbox is opened anew: a file that was moved away, or a disk that was full, mends itself.

    Raises:
        InboxError: The inbox cannot be opened.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._inbox: Inbox | None = Inbox.open(directory)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="inbox")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def store(self, event: Event, *, profiles: Sequence[str], at: int) -> bool:
        """Store an event as `Inbox.store` does."""
        return await self._do(lambda inbox: inbox.store(event, profiles=profiles, at=at))

    async def quarantine(self, body: bytes, *, reason: str, profiles: Sequence[str], at: int) -> bool:
        """Store what cannot be read as `Inbox.quarantine` does."""
        return await self._do(lambda inbox: inbox.quarantine(body, reason=reason, profiles=profiles, at=at))

    async def check(self, *, at: int) -> None:
        """Return if an event could be stored now."""
        await self._do(lambda inbox: inbox.check_writable(at=at))

    def close(self) -> None:
        """Finish what is under way and close the file."""
        self._thread.shutdown()
        self._forget()

    async def _do(self, step: Callable[[Inbox], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(self._take, step))

    def _take(self, step: Callable[[Inbox], Result]) -> Result:
        try:
            if self._inbox is None:
                self._inbox = Inbox.open(self._directory)
            return step(self._inbox)
        except InboxError:
            self._forget()
            raise

    def _forget(self) -> None:
        if self._inbox is not None:
            self._inbox.close()
        self._inbox = None
