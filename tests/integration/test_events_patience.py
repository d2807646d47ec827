"""Slow clients, idle ones, and too many of them: none of them keeps an appliance from being answered."""

from __future__ import annotations

import re
import socket
import threading
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.events.rate_limited_log import RateLimitedLog
from tests.integration.listening import Listening, answer, numbered, read_all, request
from tests.unit.events.receiving import lsids

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOON = 0.4
"""Seconds that stand for the listener's patience here."""

LONG = 10.0
"""Seconds: half of the listener's real patience, and much for a machine that has other things to do."""


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Listening]:
    with Listening(tmp_path) as opened:
        yield opened


@pytest.fixture
def impatient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listening]:
    monkeypatch.setattr("bt_autotask_sync.events.connection.REQUEST_SECONDS", SOON)
    with Listening(tmp_path) as opened:
        yield opened


def drip(connection: socket.socket, content: bytes, pause: float) -> float:
    """Send a byte at a time until the other side has had enough; return the seconds that this took."""
    began = time.monotonic()
    with suppress(ConnectionError):
        for byte in content:
            connection.sendall(bytes([byte]))
            time.sleep(pause)
        raise AssertionError("it was let finish")
    return time.monotonic() - began


def answered_within(listening: Listening, count: int) -> float:
    """Send events on connections of their own; return the seconds that the slowest took."""
    slowest = 0.0
    for number in range(1, count + 1):
        began = time.monotonic()
        assert listening.send(request(body=numbered(number))).status == 200
        slowest = max(slowest, time.monotonic() - began)
    assert listening.waiting() == lsids(count)
    return slowest


@pytest.mark.parametrize("part", ["head", "body"])
def test_who_drips_a_request_is_cut_off(impatient: Listening, part: str) -> None:
    content = request(body=numbered(1))
    with impatient.connect() as connection:
        if part == "body":
            connection.sendall(content[:-100])
            content = content[-100:]
        assert SOON / 2 < drip(connection, content, 0.05) < LONG
    assert impatient.waiting() == []
    impatient.see_well()


def test_who_says_nothing_is_cut_off(impatient: Listening) -> None:
    began = time.monotonic()
    with impatient.connect() as silent:
        assert read_all(silent) == b""
    assert SOON / 2 < time.monotonic() - began < LONG


def test_who_drips_another_request_is_cut_off(impatient: Listening) -> None:
    with impatient.connect() as connection:
        connection.sendall(request())
        assert answer(connection).status == 200
        assert drip(connection, request(body=numbered(1)), 0.05) < LONG


def test_who_sends_one_and_a_half_is_answered_once_and_cut_off(impatient: Listening) -> None:
    began = time.monotonic()
    with impatient.connect() as connection:
        connection.sendall(request() + request(body=numbered(1))[:-10])
        assert read_all(connection).count(b"HTTP/1.1 200 OK") == 1
    assert time.monotonic() - began < LONG


def test_who_does_not_take_the_answers_is_cut_off(impatient: Listening) -> None:
    impatient.server._listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    with impatient.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(LONG)
        sent = 0
        with suppress(TimeoutError, ConnectionError):
            while sent < 100_000:
                connection.sendall(request(body=numbered(1)))
                sent += 1
        assert read_all(connection).count(b"HTTP/1.1 200 OK") < sent < 100_000
    impatient.see_well()


def test_who_sends_steadily_is_not_cut_off(impatient: Listening) -> None:
    with impatient.connect() as connection:
        for number in range(1, 13):
            connection.sendall(request(body=numbered(number)))
            assert answer(connection).status == 200
            time.sleep(SOON / 8)
    assert impatient.waiting() == lsids(12)


def test_an_idle_connection_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bt_autotask_sync.events.server.IDLE_SECONDS", SOON)
    with Listening(tmp_path) as listening, listening.connect() as connection:
        connection.sendall(request())
        assert answer(connection).status == 200
        began = time.monotonic()
        assert read_all(connection) == b""
        assert time.monotonic() - began < LONG


def test_slow_clients_and_200_open_connections_stop_nobody(listening: Listening) -> None:
    stop = threading.Event()

    def be_slow(connection: socket.socket) -> None:
        for byte in request(body=b"x" * 10_000):
            if stop.wait(0.02):
                return
            connection.sendall(bytes([byte]))

    with ExitStack() as open_ones:
        for _ in range(180):
            open_ones.enter_context(listening.connect())
        slow = [
            threading.Thread(target=be_slow, args=(open_ones.enter_context(listening.connect()),)) for _ in range(20)
        ]
        for each in slow:
            each.start()
        try:
            assert answered_within(listening, 50) < LONG
        finally:
            stop.set()
            for each in slow:
                each.join()


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listening]:
    """A listener with room for five connections, all of which are taken, until the end of the test."""
    monkeypatch.setattr("bt_autotask_sync.events.connection.MOST_CONNECTIONS", 5)
    monkeypatch.setattr("bt_autotask_sync.events.connection.CROWDED_SECONDS", SOON)
    with Listening(tmp_path) as opened, ExitStack() as open_ones:
        for _ in range(5):
            open_ones.enter_context(opened.connect())
        yield opened


def test_one_connection_too_many_is_told_so(small: Listening, caplog: pytest.LogCaptureFixture) -> None:
    crowded = small.send(request())
    assert (crowded.status, crowded.headers["Connection"]) == (503, "close")
    assert crowded.headers["Retry-After"]
    (told,) = caplog.messages
    assert re.search(r"from 127\.0\.0\.1 was refused \(503\).*more than 5 connections", told)


def test_connections_too_many_that_say_nothing_are_cut_off_soon(small: Listening) -> None:
    began = time.monotonic()
    with small.connect() as silent:
        assert read_all(silent) == b""
    assert SOON / 2 < time.monotonic() - began < LONG


def test_twice_too_many_are_cut_off_at_once_and_told_of_once_a_minute(
    small: Listening, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bt_autotask_sync.events.connection.CROWDED_SECONDS", 30)
    monkeypatch.setattr("bt_autotask_sync.events.connection.Connection._cut", RateLimitedLog())
    with ExitStack() as open_ones:
        for _ in range(5):
            open_ones.enter_context(small.connect())
        for _ in range(3):
            with small.connect() as beyond:
                beyond.settimeout(5)
                assert read_all(beyond) == b""
    (told,) = [message for message in caplog.messages if "was cut" in message]
    assert "from 127.0.0.1 was cut: 10 are open" in told


def test_there_is_room_again_when_others_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bt_autotask_sync.events.connection.MOST_CONNECTIONS", 1)
    with Listening(tmp_path) as listening:
        with listening.connect():
            assert listening.send(request()).status == 503
        end = time.monotonic() + 5
        while listening.send(request()).status == 503:  # until the listener has seen them leave
            assert time.monotonic() < end
