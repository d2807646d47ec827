"""The checkpoint file on a real disk: made, grown, refused, full, copied, and looked at."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.errors import UsageError
from bt_autotask_sync.state import ledger_migrations
from bt_autotask_sync.state.directory import StateDirectoryError, prepare
from bt_autotask_sync.state.ledger import FILE_NAME, Ledger, LedgerError, LedgerReadError, LedgerWriteError
from bt_autotask_sync.state.queue import Queue
from bt_autotask_sync.state.runs import KEPT, Runs
from bt_autotask_sync.state.session_record import QueueClass
from bt_autotask_sync.state.sessions import Sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

POSIX = pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
NOT_ROOT = pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="root may write everywhere")


@pytest.fixture
def on_disk(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger.open(tmp_path)
    yield ledger
    ledger.close()


def columns(ledger: Ledger, table: str) -> set[str]:
    return {row["name"] for row in ledger.rows(f"PRAGMA table_info({table})")}


@POSIX
def test_the_file_and_what_lies_beside_it_is_for_its_owner_alone(on_disk: Ledger, tmp_path: Path) -> None:
    on_disk.execute("INSERT INTO profile (name, origin) VALUES ('a', 1)")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes[FILE_NAME] == 0o600
    assert set(modes.values()) == {0o600}


@POSIX
def test_the_state_directory_is_for_its_owner_alone(tmp_path: Path) -> None:
    prepare(tmp_path / "a" / "b")
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700


def test_a_commit_survives_a_power_loss(on_disk: Ledger) -> None:
    assert on_disk.rows("PRAGMA journal_mode")[0][0] == "wal"
    assert on_disk.rows("PRAGMA synchronous")[0][0] == 2


def test_what_was_written_is_there_when_it_is_opened_again(
    on_disk: Ledger, tmp_path: Path, lsids: Callable[..., Sequence[str]]
) -> None:
    Sessions(on_disk, "default").store_ended(lsids(range(3)), now=1, origin=0, watermark=1)
    on_disk.close()
    again = Ledger.open(tmp_path)
    assert [record.lsid for record in Queue(again, "default").due(1, QueueClass.FRESH)] == list(lsids(range(3)))
    again.close()


def test_migrations_are_applied_step_by_step_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Ledger.open(tmp_path).close()
    more = ("a later step", ("ALTER TABLE session ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'",))
    steps = (*ledger_migrations.MIGRATIONS, more)
    for module in ("ledger_migrations", "ledger"):
        monkeypatch.setattr(f"bt_autotask_sync.state.{module}.MIGRATIONS", steps)
    for _ in range(2):
        ledger = Ledger.open(tmp_path)
        assert "colour" in columns(ledger, "session")
        assert ledger.rows("PRAGMA user_version")[0][0] == len(steps)
        ledger.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Ledger.open(tmp_path).close()
    before = len(ledger_migrations.MIGRATIONS)
    broken = ("half a step", ("ALTER TABLE session ADD COLUMN colour TEXT", "NONSENSE"))
    monkeypatch.setattr("bt_autotask_sync.state.ledger_migrations.MIGRATIONS", (*ledger_migrations.MIGRATIONS, broken))
    with pytest.raises(UsageError):
        Ledger.open(tmp_path).close()
    monkeypatch.undo()
    ledger = Ledger.open(tmp_path)
    assert "colour" not in columns(ledger, "session")
    assert ledger.rows("PRAGMA user_version")[0][0] == before
    ledger.close()


def test_a_file_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path)
    ledger.execute("PRAGMA user_version = 99")
    ledger.close()
    for open_it in (Ledger.open, Ledger.copy_in_memory, Ledger.read_only):
        with pytest.raises(LedgerError, match="newer version") as refused:
            open_it(tmp_path)
        assert str(tmp_path / FILE_NAME) in refused.value.message
        assert refused.value.advice
    plain = sqlite3.connect(tmp_path / FILE_NAME)
    assert plain.execute("PRAGMA user_version").fetchone()[0] == 99
    plain.close()


@pytest.mark.parametrize(
    "damage", [b"this is no database at all, but long enough to be one", b"SQLite format 3\x00" + b"\xff" * 4000]
)
def test_a_corrupt_file_is_named_with_the_way_out(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(damage)
    for open_it in (Ledger.open, Ledger.copy_in_memory, Ledger.read_only):
        with pytest.raises(UsageError) as refused:
            open_it(tmp_path)
        assert str(tmp_path / FILE_NAME) in refused.value.message
    with pytest.raises(LedgerError) as refused:
        Ledger.copy_in_memory(tmp_path)
    assert "Move it away" in refused.value.advice
    assert "--since" in refused.value.advice
    assert (tmp_path / FILE_NAME).read_bytes() == damage


def test_a_page_that_is_damaged_in_the_middle_is_told_when_it_is_read(
    tmp_path: Path, lsids: Callable[..., Sequence[str]]
) -> None:
    ledger = Ledger.open(tmp_path)
    Sessions(ledger, "default").store_ended(lsids(range(500)), now=1, origin=0, watermark=1)
    ledger.close()
    path = tmp_path / FILE_NAME
    body = bytearray(path.read_bytes())
    for offset in range(4096, len(body), 4096):
        body[offset : offset + 64] = b"\xff" * 64
    path.write_bytes(bytes(body))
    with pytest.raises(UsageError) as refused, closing(Ledger.open(tmp_path)) as damaged:
        Queue(damaged, "default").due(1, QueueClass.FRESH)
    assert str(path) in refused.value.message


def test_an_empty_file_is_a_new_ledger(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).touch()
    assert Ledger.read_only(tmp_path) is None
    ledger = Ledger.open(tmp_path)
    assert Sessions(ledger, "default").progress() is None
    ledger.close()


def test_a_transaction_is_all_or_nothing_however_it_is_left(on_disk: Ledger) -> None:
    class Boom(BaseException):
        pass

    def broken() -> None:
        with on_disk.transaction():
            on_disk.execute("INSERT INTO profile (name, origin) VALUES ('a', 1)")
            with on_disk.transaction():
                on_disk.execute("INSERT INTO profile (name, origin) VALUES ('b', 1)")
            raise Boom

    with pytest.raises(Boom):
        broken()
    assert on_disk.rows("SELECT * FROM profile") == []
    on_disk.execute("INSERT INTO profile (name, origin) VALUES ('c', 1)")
    assert len(on_disk.rows("SELECT * FROM profile")) == 1


def test_D2_lsids_and_watermark_are_one_transaction(on_disk: Ledger, lsids: Callable[..., Sequence[str]]) -> None:
    sessions = Sessions(on_disk, "default")
    sessions.store_ended(lsids(range(2)), now=1, origin=0, watermark=10)

    def breaking() -> Iterator[str]:
        yield lsids(5)[0]
        raise ValueError("the list broke off")

    with pytest.raises(ValueError, match="broke off"):
        sessions.store_ended(breaking(), now=2, origin=0, watermark=20)
    progress = sessions.progress()
    assert progress is not None
    assert progress.watermark == 10
    assert sessions.get(lsids(5)) == {}


@pytest.mark.parametrize(
    ("marks", "watermark"),
    [([10, 5], 10), ([10, None, 20], 20), ([None, 7], 7), ([None], None), ([5, 5], 5), ([-5, -9], -5)],
)
def test_D3_the_ledger_never_moves_a_watermark_back(
    ledger: Ledger, marks: list[int | None], watermark: int | None
) -> None:
    sessions = Sessions(ledger, "default")
    for number, mark in enumerate(marks):
        sessions.store_ended([], now=1, origin=number, watermark=mark)
    progress = sessions.progress()
    assert progress is not None
    assert (progress.watermark, progress.origin) == (watermark, 0)


def test_a_full_disk_is_told_with_a_way_out_and_nothing_of_the_transaction_stands(
    on_disk: Ledger, lsids: Callable[..., Sequence[str]]
) -> None:
    sessions = Sessions(on_disk, "default")
    sessions.store_ended(lsids(range(10)), now=1, origin=0, watermark=10)
    pages = on_disk.rows("PRAGMA page_count")[0][0]
    on_disk.rows(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(LedgerWriteError) as full:
        sessions.store_ended(lsids(range(5000)), now=2, origin=0, watermark=20)
    assert "disk" in full.value.advice
    assert FILE_NAME in full.value.message
    assert sum(sessions.counts().values()) == 10
    on_disk.rows("PRAGMA max_page_count = 100000")
    assert sessions.store_ended(lsids(range(5000)), now=2, origin=0, watermark=20) == 4990


def test_a_read_that_fails_says_so_and_not_that_the_disk_is_full(on_disk: Ledger) -> None:
    with pytest.raises(LedgerReadError) as failed:
        on_disk.rows("SELECT 1 FROM no_such_table")
    assert "could not be read" in failed.value.message
    assert "space" not in failed.value.advice


def test_a_ledger_that_somebody_else_writes_is_an_error_and_not_a_traceback(on_disk: Ledger, tmp_path: Path) -> None:
    on_disk.rows("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerWriteError, match="locked"):
        on_disk.execute("INSERT INTO profile (name, origin) VALUES ('a', 1)")
    other.execute("ROLLBACK")
    other.close()
    on_disk.execute("INSERT INTO profile (name, origin) VALUES ('a', 1)")


def test_a_ledger_is_looked_at_while_a_run_works_with_it(on_disk: Ledger, tmp_path: Path) -> None:
    assert Ledger.read_only(tmp_path / "nowhere") is None
    Sessions(on_disk, "default").store_ended(["a" * 32], now=1, origin=0, watermark=1)
    with on_disk.transaction():
        on_disk.execute("INSERT INTO profile (name, origin) VALUES ('other', 1)")
        look = Ledger.read_only(tmp_path)
        assert look is not None
        assert len(Queue(look, "default").due(1, QueueClass.FRESH)) == 1
        assert Sessions(look, "other").progress() is None
        with pytest.raises(LedgerWriteError):
            look.execute("DELETE FROM session")
        look.close()


@POSIX
@NOT_ROOT
def test_a_directory_that_cannot_be_written_is_told_with_another_way(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        for refused in (lambda: prepare(tmp_path), lambda: prepare(tmp_path / "x"), lambda: Ledger.open(tmp_path)):
            with pytest.raises(StateDirectoryError) as error:
                refused()
            assert "--state-dir" in error.value.advice
    finally:
        tmp_path.chmod(0o700)


def test_a_file_where_the_directory_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(StateDirectoryError, match="state"):
        prepare(tmp_path / "state")


@POSIX
def test_the_advice_names_the_user_who_owns_the_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pwd  # noqa: PLC0415 - exists on POSIX systems alone

    name = pwd.getpwuid(tmp_path.stat().st_uid).pw_name
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    advice = StateDirectoryError(tmp_path / "missing", "no permission").advice
    assert f"run this as {name}" in advice
    monkeypatch.undo()
    assert "belongs to" not in StateDirectoryError(tmp_path, "no permission").advice


def test_runs_of_the_last_hour_are_counted_and_those_of_long_ago_forgotten(ledger: Ledger) -> None:
    runs, others = Runs(ledger, "default"), Runs(ledger, "other")
    runs.add("run", at=1000, outcome="done", autotask_requests=5)
    runs.add("run", at=4600, outcome="OutageError", autotask_requests=7)
    others.add("run", at=4600, outcome="done", autotask_requests=100)
    assert (runs.requests_since(1000), runs.requests_since(1001), runs.requests_since(4601)) == (12, 7, 0)
    runs.add("run", at=1000 + KEPT + 1, outcome="done", autotask_requests=1)
    assert (runs.requests_since(0), runs.requests_since(KEPT)) == (7, 1)
    assert others.requests_since(0) == 100
