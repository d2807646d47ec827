"""C12: one run at a time for each state directory, and the lock dies with whoever holds it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.errors import LockedError
from bt_autotask_sync.state.directory import StateDirectoryError
from bt_autotask_sync.state.lock import run_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOLD = """
import pathlib, sys
from bt_autotask_sync.state.lock import run_lock
with run_lock(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def other_process(directory: Path) -> Iterator[None]:
    """Let another process hold the lock until it is killed."""
    command = [sys.executable, "-c", HOLD, str(directory)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield
        finally:
            process.kill()
            assert process.wait(10) != 0


def test_C12_a_second_process_is_refused_while_one_holds_the_lock_and_not_after_it_was_killed(tmp_path: Path) -> None:
    with other_process(tmp_path):
        with pytest.raises(LockedError) as refused, run_lock(tmp_path):
            pytest.fail("two at a time")
        assert str(tmp_path) in refused.value.message
        assert refused.value.advice
    with run_lock(tmp_path):
        pass


def test_C12_the_lock_is_free_again_when_the_run_ends_and_when_it_fails(tmp_path: Path) -> None:
    with contextlib.suppress(RuntimeError), run_lock(tmp_path):
        raise RuntimeError
    with run_lock(tmp_path):
        pass
    with run_lock(tmp_path):
        pass


def test_C12_a_second_run_in_the_same_process_is_refused_too(tmp_path: Path) -> None:
    with run_lock(tmp_path), pytest.raises(LockedError), run_lock(tmp_path):
        pytest.fail("two at a time")


def test_C12_the_lock_is_refused_at_once_and_not_waited_for(tmp_path: Path) -> None:
    done = threading.Event()

    def second() -> None:
        with contextlib.suppress(LockedError), run_lock(tmp_path):
            return
        done.set()

    with run_lock(tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        assert done.wait(5)
        thread.join()


def test_C12_state_directories_have_locks_of_their_own(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with run_lock(tmp_path / "a"), run_lock(tmp_path / "b"):
        pass


def test_a_lock_file_that_is_no_database_is_told_and_may_be_deleted(tmp_path: Path) -> None:
    (tmp_path / "lock.db").write_bytes(b"rubbish" * 1000)
    with pytest.raises(StateDirectoryError, match="delete it"), run_lock(tmp_path):
        pytest.fail("locked rubbish")


def test_a_directory_that_is_not_there_cannot_be_locked(tmp_path: Path) -> None:
    with pytest.raises(StateDirectoryError), run_lock(tmp_path / "nowhere"):
        pytest.fail("locked nothing")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_cannot_be_written_cannot_be_locked(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StateDirectoryError), run_lock(tmp_path):
            pytest.fail("locked without writing")
    finally:
        tmp_path.chmod(0o700)


def test_the_lock_holds_nothing_of_value(tmp_path: Path) -> None:
    with run_lock(tmp_path):
        pass
    (tmp_path / "lock.db").unlink()
    with run_lock(tmp_path):
        assert sqlite3.sqlite_version
