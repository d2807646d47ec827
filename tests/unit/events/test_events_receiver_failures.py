"""E1 when something is wrong: what cannot be read, what cannot be stored, and what a monitor is told."""

from __future__ import annotations

import json
import logging
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import pytest

from bt_autotask_sync.state.inbox import FILE_NAME, Inbox, InboxError
from tests.unit.events.receiving import LSID, STORED, TOKEN, networks, short, variables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.events.receiving import Desk

    OpenDesk = Callable[..., Desk]


def fail(*_: Any, **__: Any) -> None:
    raise InboxError("The inbox cannot be used: database or disk is full.", "Free disk space.")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no variable `event`"),
        (b"\xff\xfe\x00garbage\x80", "no variable `event`"),
        (json.dumps(variables()).encode(), "no variable `event`"),
        (b"event=support_conference_end", "no variable `lsid`"),
        (b"event=support_conference_end&lsid=42", "32 hexadecimal digits"),
        (b"event=end%0Aerror&lsid=42", "no name of an event"),
    ],
)
def test_E1_what_is_authentic_and_unreadable_is_kept_and_answered_with_200(
    desk: Desk, caplog: pytest.LogCaptureFixture, body: bytes, reason: str
) -> None:
    assert [short(desk.post(body=body)) for _ in range(2)] == [STORED] * 2
    ((kept, why),) = desk.quarantined()
    assert kept == body
    assert reason in why
    assert not desk.inbox.waits()
    assert desk.told == []
    assert all(reason in told and "192.0.2.7" in told for told in caplog.messages)


def test_what_is_kept_though_unreadable_holds_no_token(desk: Desk) -> None:
    token = quote_plus(TOKEN).encode()
    body = b"event=x&outbound_event_token=" + token + b"&%4futbound_event_token=" + token + b"&lsid=1"
    assert short(desk.post(query="", body=body)) == STORED
    assert desk.quarantined()[0][0] == b"event=x&lsid=1"


def test_E1_a_failed_write_is_a_503_and_the_next_event_is_stored(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as full:
        full.setattr(Inbox, "store", fail)
        full.setattr(Inbox, "quarantine", fail)
        for body in (None, b"unreadable"):
            answer = desk.post(body=body)
            assert answer.status == 503
            assert int(answer.headers["retry-after"]) > 0
    assert desk.told == []
    assert all("Free disk space" in told and "192.0.2.7" in told for told in caplog.messages)
    assert short(desk.post()) == STORED
    assert desk.waiting() == [LSID]


def test_E1_an_inbox_that_is_locked_for_long_is_a_503(
    tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.receiver._writer._inbox._connection.execute("PRAGMA busy_timeout = 20")  # type: ignore[union-attr]
    with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert desk.post().status == 503
        other.execute("ROLLBACK")
    assert short(desk.post()) == STORED


def test_an_inbox_that_was_moved_away_is_made_anew(tmp_path: Path, desk: Desk) -> None:
    assert short(desk.post()) == STORED
    (tmp_path / FILE_NAME).rename(tmp_path / "damaged.db")
    assert desk.post(body=variables("second")).status == 503
    assert short(desk.post(body=variables("second"))) == STORED
    with Inbox.open(tmp_path) as anew:
        assert [each.name for each in anew.waiting("default")] == ["second"]


def test_an_event_is_answered_though_nobody_could_be_told(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(*_: Any) -> None:
        raise RuntimeError("no")

    desk.receiver._on_stored = refuse
    assert short(desk.post()) == STORED
    assert desk.waiting() == [LSID]
    assert "waits for the next run" in caplog.text


def test_a_mistake_of_our_own_is_a_500_without_a_trace_so_that_the_event_is_sent_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as mistaken:
        mistaken.setattr(Inbox, "store", lambda *_, **__: 1 / 0)
        assert desk.post().status == 500
    (told,) = [record for record in caplog.records if record.levelno > logging.DEBUG]
    assert "ZeroDivisionError" in told.getMessage()
    assert told.exc_info is None
    assert short(desk.post()) == STORED


def test_health_is_told_without_a_token_and_without_anything_of_anybody(desk: Desk) -> None:
    desk.post()
    for method, path in (("GET", "/health"), ("HEAD", "/HEALTH/")):
        answer = desk.send(method, path)
        assert (answer.status, json.loads(answer.text)) == (200, {"status": "ok"})
        assert answer.headers["content-type"] == "application/json"


def test_health_is_bad_when_the_inbox_cannot_be_written(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Inbox, "check_writable", fail)
    answer = desk.send("GET", "/health")
    assert answer.status == 503
    assert json.loads(answer.text) == {"status": "failing", "reason": "the inbox cannot be written"}
    assert "retry-after" in answer.headers


@pytest.mark.parametrize(
    ("peer", "status"), [("192.0.2.7", 200), ("127.0.0.1", 200), ("::1", 200), ("198.51.100.1", 403), ("", 403)]
)
def test_health_is_told_to_accepted_addresses_and_to_this_machine(open_desk: OpenDesk, peer: str, status: int) -> None:
    assert open_desk(accepted=networks("192.0.2.7")).send("GET", "/health", peer=peer).status == status


def test_health_is_not_posted(desk: Desk) -> None:
    answer = desk.send("POST", "/health")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


def test_more_variables_than_an_appliance_sends_are_quarantined_and_not_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def parse(form: str, **_: object) -> list[tuple[str, str]]:
        read.append(form)
        return []

    monkeypatch.setattr("bt_autotask_sync.events.request.parse_qsl", parse)
    monkeypatch.setattr("bt_autotask_sync.events.receiver.tokens", lambda _: [TOKEN])
    body = b"&".join([b"a=1"] * 16_000)
    assert short(desk.post(body=body)) == STORED
    ((kept, why),) = desk.quarantined()
    assert (kept, why) == (body, "it has more than 500 variables")
    assert len(read) == 1, "the address alone"
