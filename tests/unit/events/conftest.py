"""A receiver with its inbox, without sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.events.receiver import Receiver
from bt_autotask_sync.events.writer import InboxWriter
from tests.unit.events.receiving import Desk, FrozenClock, access

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bt_autotask_sync.appliance.outbound_event import Event
    from bt_autotask_sync.state.inbox import Inbox


@pytest.fixture
def open_desk(tmp_path: Path, inbox: Inbox) -> Iterator[Callable[..., Desk]]:
    """Opens a receiver; what is given changes who may send."""
    with InboxWriter(tmp_path) as writer:

        def open_one(**changes: Any) -> Desk:
            told: list[tuple[Event, tuple[str, ...]]] = []
            receiver = Receiver(access(**changes), writer, FrozenClock(), lambda *stored: told.append(stored))
            return Desk(receiver, inbox, told)

        yield open_one


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    return open_desk()
