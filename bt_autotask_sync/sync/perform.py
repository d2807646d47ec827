"""One piece of work for one profile, from its beginning to its summary, whatever happens in between."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bt_autotask_sync.errors import SyncError
from bt_autotask_sync.stop import StoppedError
from bt_autotask_sync.sync.job import Job
from bt_autotask_sync.sync.profile_identity import keep_zone
from bt_autotask_sync.sync.summary import waiting_problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from bt_autotask_sync.sync.summary import Problem, Summary
    from bt_autotask_sync.sync.world import World

_LOG = logging.getLogger(__name__)


def perform(world: World, work: Callable[[Job], None], command: str) -> Summary:
    """Do `work`, and return what came of it; what ended it early stands in the summary.

    Args:
        world: Everything the run is given.
        work: What to do with the job.
        command: The command's name, for the log of runs.
    """
    started = world.clock.monotonic()
    job = Job(world)
    before: set[Problem] = set()
    error: BaseException | None = None
    try:
        before.update(waiting_problems(world.sessions, world.artifacts))
        work(job)
        keep_zone(world)
    except (SyncError, StoppedError) as reason:
        error = reason
    except Exception as reason:  # noqa: BLE001 - it ends this profile's run, told and recorded, not the others'
        _LOG.debug("Unexpected", exc_info=True)
        error = reason
    summary = _summarise(job, error)
    summary.new_problems = [problem for problem in summary.problems if problem not in before]
    summary.seconds = world.clock.monotonic() - started
    if job.now:
        _record(world, job, command, summary)
    return summary


def _summarise(job: Job, error: BaseException | None) -> Summary:
    try:
        job.summarise()
    except SyncError as reason:
        error = error or reason
    job.summary.error = error
    return job.summary


def _record(world: World, job: Job, command: str, summary: Summary) -> None:
    outcome = type(summary.error).__name__ if summary.error else "done"
    try:
        world.runs.add(command, at=job.now, outcome=outcome, autotask_requests=summary.autotask_requests)
    except SyncError as reason:
        summary.error = summary.error or reason
