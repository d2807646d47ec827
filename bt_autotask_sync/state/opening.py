"""Opens what is in a state directory: to work with under the run lock, as a copy, or to look at."""

from __future__ import annotations

import logging
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

from bt_autotask_sync.state.directory import prepare
from bt_autotask_sync.state.ledger import Ledger
from bt_autotask_sync.state.lock import run_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bt_autotask_sync.state.inbox import Inbox


_LOG = logging.getLogger(__name__)
INBOX_FILE = "inbox.db"
"""What the listener's inbox is called, known here so that a run without one imports nothing of it."""


@contextmanager
def open_ledger(directory: Path, *, dry_run: bool) -> Iterator[Ledger]:
    """Open a state directory's ledger under the run lock.

    A dry run works on a copy: it takes the lock where the directory exists, and makes nothing.

    Raises:
        LockedError: Another run works there.
        UsageError: The directory or the ledger cannot be used.
    """
    if not dry_run:
        prepare(directory)
    with ExitStack() as stack:
        if not dry_run or directory.is_dir():
            stack.enter_context(run_lock(directory))
        ledger = Ledger.copy_in_memory(directory) if dry_run else Ledger.open(directory)
        stack.callback(ledger.close)
        yield ledger


@contextmanager
def open_inbox(directory: Path, *, dry_run: bool) -> Iterator[Inbox | None]:
    """Open the inbox of a state directory; None where no listener ever worked.

    One that cannot be used is told, and the run goes on without: polling finds all that ended.
    """
    inbox = None
    if (directory / INBOX_FILE).exists():
        from bt_autotask_sync.state.inbox import Inbox, InboxError  # noqa: PLC0415 - only with a listener

        try:
            inbox = Inbox.open_existing(directory, read_only=dry_run)
        except InboxError as error:
            _LOG.warning("%s\n  %s", error.message, error.advice)
    try:
        yield inbox
    finally:
        if inbox is not None:
            inbox.close()


@contextmanager
def look_at_ledger(directory: Path) -> Iterator[Ledger | None]:
    """Open a state directory's ledger to look at, also while a run works there; None before the first run.

    Raises:
        UsageError: The ledger cannot be read.
    """
    ledger = Ledger.read_only(directory)
    if ledger is None:
        yield None
        return
    with closing(ledger):
        yield ledger
