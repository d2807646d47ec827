"""The door of the listener: strangers are turned away, and a system without room is asked again."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from bt_autotask_sync.events.server import serve
from tests.integration.listening import Listening, read_all

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_stranger_is_turned_away_before_a_word_and_told_of_once_a_minute(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        Listening(tmp_path) as listening,
        serve(listening.receiver, "127.0.0.1", 0, admits=lambda peer: peer != "127.0.0.1") as server,
    ):
        port = int(server.url.rpartition(":")[2])
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as stranger:
                assert read_all(stranger) == b""
    (told,) = caplog.messages
    assert "from 127.0.0.1 was closed" in told
    assert "accepted_addresses" in told


def test_a_system_that_has_no_room_for_a_connection_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bt_autotask_sync.events.acceptor.PAUSE_SECONDS", 0.01)
    accept, failures = asyncio.SelectorEventLoop.sock_accept, [ConnectionAbortedError(), *[OSError(24, "No room")] * 3]

    async def fail_first(loop: asyncio.SelectorEventLoop, listening: socket.socket) -> object:
        if failures:
            raise failures.pop(0)
        return await accept(loop, listening)

    monkeypatch.setattr("asyncio.selector_events.BaseSelectorEventLoop.sock_accept", fail_first)
    with Listening(tmp_path) as listening:
        listening.see_well()
    assert not failures
    assert caplog.messages == ["No connection can be taken now: No room."]
