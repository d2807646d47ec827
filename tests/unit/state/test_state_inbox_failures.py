"""An inbox that is missing, damaged, locked, full or taken away: an error with a mend, and nothing half done."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.exit_code import ExitCode, code_for
from bt_autotask_sync.state.inbox import FILE_NAME, Inbox, InboxError
from tests.unit.events.receiving import NOW, content, event, lsids, store, waiting

if TYPE_CHECKING:
    from pathlib import Path

POSIX = pytest.mark.skipif(os.name != "posix", reason="an open file can be moved away")


def test_where_there_is_none_none_is_opened_or_made(tmp_path: Path) -> None:
    assert Inbox.open_existing(tmp_path) is None
    assert Inbox.open_existing(tmp_path, read_only=True) is None
    assert list(tmp_path.iterdir()) == []


def test_one_that_is_being_made_holds_nothing_yet(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).touch()
    assert Inbox.open_existing(tmp_path, read_only=True) is None


def test_one_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    Inbox.open(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = content(tmp_path)
    for opened in (Inbox.open, Inbox.open_existing, lambda directory: Inbox.open_existing(directory, read_only=True)):
        with pytest.raises(InboxError, match="newer version") as refused:
            opened(tmp_path)
        assert "Install that version" in refused.value.advice
        assert code_for(refused.value) is ExitCode.USAGE
    assert content(tmp_path) == before


def test_a_damaged_one_is_named_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(b"this is no database" * 500)
    with pytest.raises(InboxError, match="damaged") as refused:
        Inbox.open(tmp_path)
    assert str(path) in refused.value.message
    assert "move the file away" in refused.value.advice


def test_one_that_is_damaged_while_it_is_open_is_named_too(inbox: Inbox, tmp_path: Path) -> None:
    store(inbox, *(event(lsid=lsid) for lsid in lsids(300)))
    inbox._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with (tmp_path / FILE_NAME).open("r+b") as file:
        file.seek(4096)
        file.write(b"\xaa" * 60_000)
    inbox._connection.execute("PRAGMA shrink_memory")
    with pytest.raises(InboxError, match="damaged"), Inbox.open(tmp_path) as again:
        store(again, event())


@pytest.mark.usefixtures("inbox")
def test_one_that_is_locked_for_long_is_an_error_and_not_a_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bt_autotask_sync.state.inbox.BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as other, Inbox.open(tmp_path) as ours:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(InboxError, match="locked") as refused:
            store(ours, event())
        assert "Another process" in refused.value.advice
        other.execute("ROLLBACK")
        assert store(ours, event()) == [True]


def leave_pages(inbox: Inbox, spare: int) -> None:
    """Let the file grow by so many pages and no more."""
    pages = inbox._connection.execute("PRAGMA page_count").fetchone()[0]
    inbox._connection.execute(f"PRAGMA max_page_count = {pages + spare}")


def fill(inbox: Inbox, **more: str) -> list[str]:
    """Store events until one finds no room; return their sessions."""
    stored: list[str] = []
    for lsid in lsids(10_000):
        try:
            store(inbox, event(lsid=lsid, custom="x" * 8000, **more))
        except InboxError:
            return stored
        stored.append(lsid)
    raise AssertionError("it never was full")


def test_an_inbox_full_of_what_waits_is_an_error_that_leaves_nothing_half_done(inbox: Inbox) -> None:
    leave_pages(inbox, 20)
    stored = fill(inbox)
    assert stored
    assert waiting(inbox) == stored
    with pytest.raises(InboxError, match="gigabyte") as refused:
        store(inbox, event(custom="x" * 8000))
    assert "run -v" in refused.value.advice
    assert "disk" not in refused.value.advice
    with pytest.raises(InboxError, match="full"):
        inbox.check_writable(at=NOW)
    inbox._connection.execute("PRAGMA max_page_count = 100000")
    inbox.check_writable(at=NOW)
    assert store(inbox, event(custom="x" * 8000)) == [True]


def test_a_full_inbox_takes_events_again_once_a_run_took_in_what_waited(inbox: Inbox) -> None:
    leave_pages(inbox, 20)
    stored = fill(inbox)
    inbox.done("a", [each.id for each in inbox.waiting("a")])
    assert len(fill(inbox, another="1")) >= len(stored)
    inbox.done("a", [each.id for each in inbox.waiting("a")])
    inbox.check_writable(at=NOW)


def test_a_full_inbox_spares_its_quarantine_for_an_event(inbox: Inbox, caplog: pytest.LogCaptureFixture) -> None:
    leave_pages(inbox, 200)
    for number in range(11):
        inbox.quarantine(bytes([number]) * 65_536, reason="", profiles=("a",), at=NOW)
    store(inbox, *(event(lsid=lsid, custom="x" * 8000) for lsid in lsids(40)))
    assert len(waiting(inbox)) == 40
    assert "pieces of its quarantine were dropped" in caplog.text


def test_the_quarantine_has_an_end_and_the_oldest_leave_first(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bt_autotask_sync.state.inbox_retention.MOST_QUARANTINED", 20)
    monkeypatch.setattr("bt_autotask_sync.state.inbox_retention.QUARANTINED_DROPPED", 5)
    for number in range(21):
        inbox.quarantine(bytes([number]), reason="", profiles=("a",), at=NOW)
    left = inbox._connection.execute("SELECT body FROM quarantine ORDER BY id").fetchall()
    assert left == [(bytes([number]),) for number in range(5, 21)]
    (told,) = caplog.messages
    assert "the 5 oldest were dropped" in told


def test_what_is_no_file_or_is_damaged_has_its_own_mend(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(InboxError, match="cannot be used") as refused:
        Inbox.open(tmp_path)
    assert "must be a file" in refused.value.advice
    (tmp_path / FILE_NAME).rmdir()
    (tmp_path / FILE_NAME).write_bytes(b"this is no database" * 500)
    with pytest.raises(InboxError, match="damaged") as damaged:
        Inbox.open(tmp_path)
    assert code_for(damaged.value) is ExitCode.USAGE


@POSIX
def test_one_that_was_moved_away_takes_nothing_more(inbox: Inbox, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).rename(tmp_path / "elsewhere")
    with pytest.raises(InboxError, match="taken away"):
        store(inbox, event())
    Inbox.open(tmp_path).close()
    with pytest.raises(InboxError, match="taken away"):
        store(inbox, event())


def test_a_directory_that_is_not_there_is_an_error_with_a_mend(tmp_path: Path) -> None:
    with pytest.raises(InboxError, match="No such file") as refused:
        Inbox.open(tmp_path / "missing")
    assert refused.value.advice


def test_whether_it_can_be_written_is_seen_by_writing(inbox: Inbox, tmp_path: Path) -> None:
    inbox.check_writable(at=NOW)
    assert inbox._connection.execute("SELECT at FROM trial").fetchone()[0] == NOW
    (tmp_path / FILE_NAME).unlink()
    with pytest.raises(InboxError):
        inbox.check_writable(at=NOW)
