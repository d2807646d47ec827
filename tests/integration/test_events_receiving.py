"""The listener on a real socket: HTTP as appliances, proxies and strangers speak it."""

from __future__ import annotations

import json
import logging
import re
import socket
import threading
import time
from contextlib import closing
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.events.server import ListenError, serve
from bt_autotask_sync.state.inbox import Inbox, InboxError
from tests.integration.listening import PATH, Listening, answer, numbered, read_all, request
from tests.unit.events.receiving import LSID, TOKEN, lsids, networks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHUNKED = f"POST {PATH} HTTP/1.1\r\nHost: listener\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) * 2
"""How a TLS client begins."""


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Listening]:
    with Listening(tmp_path) as opened:
        yield opened


def chunks(content: bytes, size: int) -> bytes:
    pieces = [content[i : i + size] for i in range(0, len(content), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def statuses(received: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"^HTTP/1\.1 (\d{3}) ", received, re.MULTILINE)]


def test_an_event_is_answered_when_it_is_stored(listening: Listening) -> None:
    response = listening.send(request())
    assert (response.status, listening.waiting()) == (200, [LSID])
    assert [(event.lsid, profiles) for event, profiles in listening.told] == [(LSID, ("default",))]
    assert response.headers["Server"] is None
    assert response.headers["Date"]


def test_port_0_takes_a_free_one_and_tells_it(listening: Listening, tmp_path: Path) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:[1-9]\d*", listening.server.url)
    with Listening(tmp_path) as other:
        assert other.port != listening.port


@pytest.mark.parametrize(
    ("address", "reached"),
    [("127.0.0.1", ["127.0.0.1"]), ("localhost", ["localhost"]), ("::1", ["::1"]), ("::", ["::1", "127.0.0.1"])],
)
def test_it_listens_where_it_is_told_to(listening: Listening, address: str, reached: list[str]) -> None:
    if ":" in address and not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 here")
    with serve(listening.receiver, address, 0) as server:
        for host in reached:
            with socket.create_connection((host, int(server.url.rpartition(":")[2])), timeout=10) as connection:
                connection.sendall(request())
                assert answer(connection).status == 200


def test_a_port_that_is_taken_is_an_error_with_a_mend(listening: Listening) -> None:
    with pytest.raises(ListenError, match=f"port {listening.port}") as refused:
        serve(listening.receiver, "127.0.0.1", listening.port)
    assert "[listen]" in refused.value.advice


def test_an_address_of_another_machine_is_an_error_with_a_mend(listening: Listening) -> None:
    with pytest.raises(ListenError, match=r"192\.0\.2\.1") as refused:
        serve(listening.receiver, "192.0.2.1", 0)
    assert "this machine's" in refused.value.advice


def test_one_connection_serves_many_events_without_a_pause_for_each(listening: Listening) -> None:
    began = time.monotonic()
    with listening.connect() as connection:
        for number in range(1, 101):
            connection.sendall(request(body=numbered(number)))
            assert answer(connection).status == 200
    assert listening.waiting() == lsids(100)
    assert time.monotonic() - began < 100 * 0.04


def test_events_that_are_sent_without_waiting_are_all_answered_in_order(listening: Listening) -> None:
    with listening.connect() as connection:
        connection.sendall(b"".join(request(body=numbered(number)) for number in range(1, 51)))
        received = b""
        while len(statuses(received)) < 50:
            received += connection.recv(65_536)
    assert statuses(received) == [200] * 50
    assert listening.waiting() == lsids(50)


def test_a_body_in_chunks_is_a_body(listening: Listening) -> None:
    assert listening.send(CHUNKED + chunks(numbered(1), 10)).status == 200
    assert listening.waiting() == lsids(1)


def test_http_1_0_is_spoken_too(listening: Listening) -> None:
    body = numbered(1)
    content = f"POST {PATH} HTTP/1.0\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    assert statuses(listening.talk(content)) == [200]
    assert listening.waiting() == lsids(1)


def test_who_asks_before_sending_the_body_is_told_to_go_on(listening: Listening) -> None:
    content = request(PATH, numbered(1), "Expect: 100-continue")
    head, _, body = content.partition(b"\r\n\r\n")
    with listening.connect() as connection:
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert answer(connection).status == 200


def test_who_closes_its_half_after_the_event_has_its_answer(listening: Listening) -> None:
    assert statuses(listening.talk(request())) == [200]


def test_who_leaves_in_the_middle_of_an_event_stores_nothing(
    listening: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    assert listening.talk(request()[:-10]) == b""
    assert listening.talk(CHUNKED + chunks(numbered(1), 10)[:-5]) == b""
    listening.see_well()
    assert listening.waiting() == [f"{0xFEED:032x}"]
    assert caplog.messages == []


@pytest.mark.parametrize("size", [65_537, 1_000_000])
def test_a_body_that_is_too_large_is_refused_also_when_it_does_not_say_so(listening: Listening, size: int) -> None:
    for content in (request(body=b"x" * size), CHUNKED + chunks(b"x" * size, 8_000)):
        with listening.connect() as connection:
            connection.sendall(content)
            assert answer(connection).status == 413
            assert connection.recv(1) == b"", "the connection was left open"
    listening.see_well()


def test_who_announces_more_than_is_ever_read_is_refused_at_once(listening: Listening) -> None:
    head = request(body=b"").replace(b"Content-Length: 0", b"Content-Length: 5000000000")
    assert listening.send(head).status == 413


def test_a_head_that_grows_too_large_is_refused(listening: Listening) -> None:
    assert statuses(listening.talk(request(PATH, b"", "X: " + "x" * 20_000)[:-4])) == [400]


@pytest.mark.parametrize(
    "garbage",
    [
        HELLO,
        b"\x00" * 100_000,
        b"\r\n\r\n\r\n",
        b"HELO mail.example\r\n\r\n",
        b"POST /ERSPost\r\n\r\n",
        b"POST /ERSPost HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST /ERSPost HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /ERSPost HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /ERSPost HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
        CHUNKED + b"QQ\r\n",
        CHUNKED + b"-1\r\n\r\n",
    ],
)
def test_what_is_no_http_is_answered_and_told_with_its_address(
    listening: Listening, garbage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with listening.connect() as connection:
        connection.sendall(garbage)
        assert statuses(read_all(connection)) == [400]
    (told,) = caplog.messages
    assert "What came from 127.0.0.1 is no HTTP/1.1 request" in told
    listening.see_well()


def test_a_wish_for_another_protocol_is_no_news(listening: Listening, caplog: pytest.LogCaptureFixture) -> None:
    for protocol in ("websocket", "h2c"):
        assert listening.send(request(PATH, None, f"Upgrade: {protocol}", "Connection: Upgrade")).status == 200
    assert caplog.messages == []


def test_neither_token_nor_names_are_logged(listening: Listening, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        body = b"event=e&lsid=1&name=Mustermann&outbound_event_token=" + TOKEN.encode()
        for content in (request(body=body), request(PATH, body, method="GET"), request("/ERS", body), request()):
            listening.send(content)
        listening.talk(request()[:30] + b"\x00")
    told = "\n".join(record.getMessage() for record in caplog.records)
    assert told
    assert not any(secret in told for secret in (TOKEN, "s3cret", "Mustermann"))


def test_E1_a_full_disk_is_a_503_and_the_event_that_is_sent_again_is_stored(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise InboxError("The inbox cannot be used: database or disk is full.", "Free disk space.")

    with monkeypatch.context() as full:
        full.setattr(Inbox, "store", fail)
        full.setattr(Inbox, "check_writable", fail)
        response = listening.send(request())
        assert (response.status, listening.waiting()) == (503, [])
        assert response.headers["Retry-After"]
        assert listening.send(request("/health", b"", method="GET")).status == 503
    assert listening.send(request()).status == 200
    assert listening.waiting() == [LSID]


def test_health_is_seen_by_a_monitor(listening: Listening) -> None:
    with closing(HTTPConnection("127.0.0.1", listening.port, timeout=10)) as monitor:
        monitor.request("GET", "/health")
        response = monitor.getresponse()
        assert (response.status, json.load(response)) == (200, {"status": "ok"})


def test_an_address_that_is_not_accepted_is_refused_without_reading_more(tmp_path: Path) -> None:
    with Listening(tmp_path, accepted=networks("192.0.2.0/24")) as listening:
        with listening.connect() as connection:
            connection.sendall(request(body=b"")[:-4] + b"\r\nContent-Length: 0\r\n\r\n")
            assert answer(connection).status == 403
            assert read_all(connection) == b""
        assert listening.send(request("/health", b"", method="GET")).status == 200


def test_at_a_stop_what_is_under_way_is_answered_and_stored(tmp_path: Path) -> None:
    with Listening(tmp_path) as listening, listening.connect() as under_way, listening.connect() as idle:
        under_way.sendall(CHUNKED)
        listening.see_well()
        stop = threading.Thread(target=listening.server.stop)
        stop.start()
        assert read_all(idle) == b"", "an idle connection was not closed"
        under_way.sendall(chunks(numbered(1), 10))
        assert answer(under_way).status == 200
        assert read_all(under_way) == b""
        stop.join(5)
        assert not listening.server.is_serving
        with pytest.raises(ConnectionRefusedError):
            listening.connect()
    with Inbox.open(tmp_path) as inbox:
        assert [event.lsid for event in inbox.waiting("default")][-1:] == lsids(1)


def test_at_a_stop_who_does_not_finish_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bt_autotask_sync.events.server.STOP_SECONDS", 0.3)
    with Listening(tmp_path) as listening, listening.connect() as slow:
        slow.sendall(CHUNKED + b"5\r\nhe")
        listening.see_well()
        listening.server.stop()
        assert read_all(slow) == b""
        listening.server.stop()
    assert caplog.messages == []


def test_a_listener_that_ends_by_itself_is_noticed(
    listening: Listening, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bt_autotask_sync.events.server._config", None)
    with serve(listening.receiver, "127.0.0.1", 0) as server:
        server._thread.join(5)
        assert not server.is_serving
    assert caplog.messages == ["The listener ended by itself (TypeError)."]
