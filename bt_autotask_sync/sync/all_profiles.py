"""Runs one piece of work for every profile: lock, ledger and clients around it."""

from __future__ import annotations

import logging
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bt_autotask_sync.errors import LockedError, SyncError
from bt_autotask_sync.state.ledger import Ledger
from bt_autotask_sync.state.lock import run_lock
from bt_autotask_sync.state.opening import open_inbox, open_ledger
from bt_autotask_sync.state.refused_credentials import RefusedCredentials
from bt_autotask_sync.state.states import ArtifactKind
from bt_autotask_sync.stop import Stop, StoppableClock, StoppedError, stopped_by_signals
from bt_autotask_sync.sync.access import Access
from bt_autotask_sync.sync.clients import open_clients
from bt_autotask_sync.sync.deliver.workers import AT_A_TIME, ThreadWorkers
from bt_autotask_sync.sync.job import perform
from bt_autotask_sync.sync.profile_identity import recognise_tenant, take_over_renamed
from bt_autotask_sync.sync.run_context import RunContext
from bt_autotask_sync.sync.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime
    from pathlib import Path
    from typing import Final

    from bt_autotask_sync.clock import Clock
    from bt_autotask_sync.config.models import Profile
    from bt_autotask_sync.notes.templates import Templates
    from bt_autotask_sync.state.inbox import Inbox
    from bt_autotask_sync.sync.job import Job


_LOG = logging.getLogger(__name__)

TRIES: Final = 5
"""How often, a second apart, a command that only looks tries to record what it learned while a run is at work."""


@dataclass(frozen=True, slots=True)
class SharedContext:
    """What the profiles of one command share; see `RunContext`."""

    ledger: Ledger
    workers: ThreadWorkers
    stop: Stop
    access: Access
    on_progress: Callable[[int, int], None]
    inbox: Inbox | None = None
    dry_run: bool = False

    def open(self, profile: Profile, connections: ExitStack) -> RunContext:
        """Return what a run of a profile works with; its connections close with `connections`.

        Raises:
            SyncError: A file or a template that the profile names cannot be used.
        """
        clock = StoppableClock(self.stop)
        appliance, client = open_clients(profile, clock, connections, self.access)
        context = RunContext(
            profile=profile,
            appliance=appliance,
            client=client,
            ledger=self.ledger,
            load_templates=lambda: _load_templates(profile),
            workers=self.workers,
            stop=self.stop,
            clock=clock,
            inbox=self.inbox,
            dry_run=self.dry_run,
            on_progress=self.on_progress,
        )
        if profile.templates.directory is not None or "{{" in profile.time_entries.default_data.summary_notes:
            context.templates  # noqa: B018 - every run says what is wrong in texts of one's own, not the first to write
        return context


def for_each_profile(
    profiles: Sequence[Profile],
    enabled: Collection[str],
    directory: Path,
    work: Callable[[Job], None],
    *,
    command: str,
    dry_run: bool,
    on_progress: Callable[[int, int], None],
    since: datetime | None = None,
    insists: bool = False,
) -> list[Summary]:
    """Do `work` for every chosen profile, one failing stops no other, and return what came of each.

    Args:
        profiles: Those that are worked on.
        enabled: The names of all enabled profiles.
        directory: The state directory.
        work: What to do with a profile's job.
        command: The command's name, for the log of runs.
        dry_run: Whether nothing may be changed.
        on_progress: Called with how many sessions are done, and how many there are.
        since: A starting point, with which a profile may begin a new past for another tenant.
        insists: Whether a person insists on presenting credentials that were refused before.

    Raises:
        LockedError: Another run works in the state directory.
        UsageError: The configuration or the state directory cannot be used.
    """
    stop = Stop()
    summaries: list[Summary] = []
    with (
        open_ledger(directory, dry_run=dry_run) as ledger,
        open_inbox(directory, dry_run=dry_run) as inbox,
        ThreadWorkers(AT_A_TIME * len(ArtifactKind)) as workers,
        stopped_by_signals(stop),
    ):
        take_over_renamed(ledger, inbox, profiles, enabled)
        refused = RefusedCredentials(ledger)
        access = Access(refused, StoppableClock(stop), insists=insists)
        shared = SharedContext(ledger, workers, stop, access, on_progress, inbox=inbox, dry_run=dry_run)
        for profile in profiles:
            summary = Summary(profile.name)
            try:
                summary = _serve(profile, shared, since, work, command)
            finally:
                _keep(access, refused, summary)
            summaries.append(summary)
            if isinstance(summary.error, StoppedError):
                break
    return summaries


def _serve(
    profile: Profile,
    shared: SharedContext,
    since: datetime | None,
    work: Callable[[Job], None],
    command: str,
) -> Summary:
    """Do `work` for one profile; what keeps it from beginning stands in the summary, as what ends it early."""
    with ExitStack() as connections:
        try:
            context = shared.open(profile, connections)
            recognise_tenant(context, since)
        except (Exception, StoppedError) as error:  # noqa: BLE001 - it ends this profile's work, not the others'
            _LOG.debug("It could not begin", exc_info=True)
            return Summary(profile.name, error=error)
        return perform(context, work, command)


def _keep(access: Access, refused: RefusedCredentials, summary: Summary) -> None:
    """Write what the products made of the credentials; where that fails, it is what ended the profile's work."""
    try:
        access.keep(refused)
    except SyncError as error:
        summary.error = summary.error or error


def record_news(access: Access, directory: Path, clock: Clock) -> None:
    """Write what the products made of the credentials where runs find it: all that a command that only looks writes.

    A run that works meanwhile is waited for a little; one that works longer finds out by itself. A ledger of an earlier
    version stays as it is, and nobody waits for a command that is to stop.
    """
    why: SyncError | None = None
    for attempt in range(TRIES if access.has_news else 0):
        try:
            if attempt:
                clock.sleep(1)
            with run_lock(directory), closing(Ledger.open(directory, migrates=False)) as ledger:
                access.keep(RefusedCredentials(ledger))
                return
        except LockedError as error:
            why = error
        except StoppedError:
            return
        except SyncError as error:
            why = error
            break
    if why is not None:
        _LOG.warning("What was learned of the credentials is not recorded: %s\n  Run `check` again later.", why)


def _load_templates(profile: Profile) -> Templates:
    """Read a profile's templates, and see that the summary of its time entries is one too."""
    from bt_autotask_sync.notes.mustache import Template  # noqa: PLC0415 - a run with nothing to write needs no notes
    from bt_autotask_sync.notes.templates import Templates  # noqa: PLC0415

    Template.parse(profile.time_entries.default_data.summary_notes, "time_entries.default_data.summaryNotes")
    return Templates.load(profile.templates.directory)
