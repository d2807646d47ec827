"""`resync`: named sessions, or a window, by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bt_autotask_sync.cli.moment import read_moment
from bt_autotask_sync.cli.profiles import choose, run_profiles
from bt_autotask_sync.cli.progress import progress_bar
from bt_autotask_sync.cli.report import finish
from bt_autotask_sync.cli.terminal import on_terminal
from bt_autotask_sync.clock import SystemClock
from bt_autotask_sync.config.load import load
from bt_autotask_sync.errors import SyncError, UsageError
from bt_autotask_sync.state.opening import look_at_ledger
from bt_autotask_sync.state.sessions import Sessions
from bt_autotask_sync.sync.discover.listing import refuse_start
from bt_autotask_sync.sync.resync import read_beginning, resync_named, resync_window, whole_lsids

if TYPE_CHECKING:
    from datetime import datetime

    from bt_autotask_sync.cli.options import Options
    from bt_autotask_sync.exit_code import ExitCode
    from bt_autotask_sync.sync.job import Job


def resync(
    options: Options,
    lsids: tuple[str, ...],
    since: str | None,
    until: str | None,
    ticket: str,
    partly: bool,
    dry_run: bool,
    as_json: bool,
) -> ExitCode:
    """Deliver the named sessions, or what ended in the window."""
    try:
        now = SystemClock().now()
        start, end = read_moment(since, now), read_moment(until, now)
        _refuse(lsids, start, end, ticket, partly=partly)
        options = _with_one_profile(options, lsids) if lsids else options

        def work(job: Job) -> None:
            if start is None:
                resync_named(job, whole_lsids(job.context, lsids), ticket)
            else:
                refuse_start(job.context.profile, job.context.sessions.progress(), start, end)
                resync_window(job, start, end, partly=partly)

        with progress_bar("Delivering") as on_progress:
            summaries = run_profiles(
                options,
                work,
                command="resync",
                dry_run=dry_run,
                on_progress=on_progress,
                since=start,
                insists=on_terminal(),
            )
    except SyncError as error:
        return finish("resync", [], error, dry_run=dry_run, as_json=as_json)
    return finish("resync", summaries, None, dry_run=dry_run, as_json=as_json)


def _refuse(lsids: tuple[str, ...], start: datetime | None, end: datetime | None, ticket: str, *, partly: bool) -> None:
    if bool(lsids) == (start is not None):
        raise UsageError("Name sessions or a window, not both or neither.", "resync LSID …, or resync --since T.")
    if lsids and end is not None:
        raise UsageError("--until belongs to --since.", "Leave it out when sessions are named.")
    if partly and lsids:
        raise UsageError("--partly belongs to --since.", "For a named session leave it out: all of it is delivered.")
    if ticket and not lsids:
        raise UsageError("--ticket needs the sessions that belong there.", "resync LSID … --ticket NUMBER")


def _with_one_profile(options: Options, lsids: tuple[str, ...]) -> Options:
    """Choose the profile that a session belongs to: delivered for several it would stand on two tickets.

    Raises:
        UsageError: It cannot be told which one is meant.
    """
    profiles = [profile.name for profile in choose(load(options.config_file(), listener=False).settings, options)]
    if len(profiles) == 1:
        return options
    beginnings = [read_beginning(name) for name in lsids]
    with look_at_ledger(options.state()) as ledger:
        knowing = [
            name
            for name in profiles
            if ledger is not None and any(Sessions(ledger, name).starting_with(each) for each in beginnings)
        ]
    if len(knowing) != 1:
        raise UsageError(
            "There are several profiles, and it cannot be told which one is meant.",
            f"Put --profile NAME before the command: {', '.join(knowing or profiles)}.",
        )
    return replace(options, profiles=(knowing[0],))
