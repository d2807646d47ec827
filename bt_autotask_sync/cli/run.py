"""`run`: the main job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.cli.moment import read_moment
from bt_autotask_sync.cli.profiles import run_profiles
from bt_autotask_sync.cli.progress import progress_bar
from bt_autotask_sync.cli.report import finish
from bt_autotask_sync.clock import SystemClock
from bt_autotask_sync.errors import SyncError, UsageError

if TYPE_CHECKING:
    from bt_autotask_sync.cli.options import Options
    from bt_autotask_sync.exit_code import ExitCode


def run(
    options: Options, dry_run: bool, since: str | None, until: str | None, limit: int | None, as_json: bool
) -> ExitCode:
    """Make one pass over every enabled profile."""
    try:
        if limit is not None and limit < 1:
            raise UsageError("--limit is less than 1.", "Leave it out to take up everything.")
        now = SystemClock().now()
        start, end = read_moment(since, now), read_moment(until, now)
        with progress_bar("Delivering") as on_progress:
            summaries = run_profiles(
                options,
                lambda job: job.run(start, end, limit),
                command="run",
                dry_run=dry_run,
                on_progress=on_progress,
                since=start,
            )
    except SyncError as error:
        return finish("run", [], error, dry_run=dry_run, as_json=as_json)
    return finish("run", summaries, None, dry_run=dry_run, as_json=as_json)
