"""Runs one piece of work for every enabled profile: configuration, lock, ledger and clients around it."""

from __future__ import annotations

import logging
import ssl
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import urllib3

from bt_autotask_sync.appliance.client import ApplianceClient, ApplianceSettings
from bt_autotask_sync.autotask.client import AutotaskClient, AutotaskSettings, open_session
from bt_autotask_sync.config.load import load
from bt_autotask_sync.config.values import is_loopback
from bt_autotask_sync.errors import LockedError, SyncError, UsageError
from bt_autotask_sync.state.directory import prepare
from bt_autotask_sync.state.ledger import Ledger
from bt_autotask_sync.state.lock import run_lock
from bt_autotask_sync.state.refused_credentials import RefusedCredentials
from bt_autotask_sync.state.states import ArtifactKind
from bt_autotask_sync.stop import Stop, StoppableClock, StoppedError, stopped_by_signals
from bt_autotask_sync.sync.access import Access
from bt_autotask_sync.sync.deliver.workers import AT_A_TIME, ThreadWorkers
from bt_autotask_sync.sync.job import perform
from bt_autotask_sync.sync.profile_identity import recognise_tenant, take_over_renamed
from bt_autotask_sync.sync.run_context import World
from bt_autotask_sync.sync.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    import requests

    from bt_autotask_sync.cli.options import Options
    from bt_autotask_sync.clock import Clock
    from bt_autotask_sync.config.models import Appliance, Profile, Settings
    from bt_autotask_sync.notes.templates import Templates
    from bt_autotask_sync.state.inbox import Inbox
    from bt_autotask_sync.sync.job import Job

_LOG = logging.getLogger(__name__)

TRIES: Final = 5
"""How often, a second apart, a command that only looks tries to record what it learned while a run is at work."""
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


def chosen_profiles(options: Options) -> list[Profile]:
    """Return the enabled profiles that the command line asks for, and log the configuration's warnings.

    Raises:
        UsageError: The configuration is wrong, or there is no such profile.
    """
    return choose(_loaded(options), options)


def _loaded(options: Options) -> Settings:
    loaded = load(options.config_file(), listener=False)
    for warning in loaded.warnings:
        _LOG.warning("%s", warning)
    return loaded.settings


def choose(settings: Settings, options: Options) -> list[Profile]:
    """Return the enabled profiles of a configuration that the command line asks for.

    Raises:
        UsageError: There is no such profile, or it is disabled.
    """
    profiles = settings.profiles
    unknown = [name for name in options.profiles if name not in profiles]
    if unknown:
        raise UsageError(f"There is no profile {unknown[0]!r}.", f"There are: {', '.join(profiles)}.")
    wanted = [profiles[name] for name in dict.fromkeys(options.profiles)]
    disabled = [profile.name for profile in wanted if not profile.enabled]
    if disabled:
        raise UsageError(f"The profile {disabled[0]!r} is disabled.", "Set enabled = true in it, or leave it out.")
    chosen = wanted or [profile for profile in profiles.values() if profile.enabled]
    if not chosen:
        _LOG.warning("No profile is enabled: there is nothing to do.")
    return chosen


def for_each_profile(
    options: Options,
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
        options: The options before the command.
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
    settings = _loaded(options)
    profiles = choose(settings, options)
    stop = Stop()
    summaries: list[Summary] = []
    with (
        open_ledger(options.state(), dry_run=dry_run) as ledger,
        open_inbox(options.state(), dry_run=dry_run) as inbox,
        ThreadWorkers(AT_A_TIME * len(ArtifactKind)) as workers,
        stopped_by_signals(stop),
    ):
        enabled = {profile.name for profile in settings.profiles.values() if profile.enabled}
        take_over_renamed(ledger, inbox, profiles, enabled)
        refused = RefusedCredentials(ledger)
        access = Access(refused, StoppableClock(stop), insists=insists)

        def open_profile(profile: Profile, connections: ExitStack) -> World:
            world = open_world(profile, ledger, workers, stop, connections, access)
            world.dry_run, world.inbox, world.on_progress = dry_run, inbox, on_progress
            recognise_tenant(world, since)
            return world

        for profile in profiles:
            summary = Summary(profile.name)
            try:
                summary = _serve(profile, open_profile, work, command)
            finally:
                _keep(access, refused, summary)
            summaries.append(summary)
            if isinstance(summary.error, StoppedError):
                break
    return summaries


def _serve(
    profile: Profile, open_profile: Callable[[Profile, ExitStack], World], work: Callable[[Job], None], command: str
) -> Summary:
    """Do `work` for one profile; what keeps it from beginning stands in the summary, as what ends it early."""
    with ExitStack() as connections:
        try:
            world = open_profile(profile, connections)
        except (Exception, StoppedError) as error:  # noqa: BLE001 - it ends this profile's work, not the others'
            _LOG.debug("It could not begin", exc_info=True)
            return Summary(profile.name, error=error)
        return perform(world, work, command)


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


def open_world(
    profile: Profile, ledger: Ledger, workers: ThreadWorkers, stop: Stop, connections: ExitStack, access: Access
) -> World:
    """Return what a run of a profile works with; its connections close with `connections`.

    Raises:
        SyncError: A file or a template that the profile names cannot be used.
    """
    clock = StoppableClock(stop)
    appliance, client = open_clients(profile, clock, connections, access)
    world = World(
        profile=profile,
        appliance=appliance,
        client=client,
        ledger=ledger,
        load_templates=lambda: _load_templates(profile),
        workers=workers,
        stop=stop,
        clock=clock,
    )
    if profile.templates.directory is not None or "{{" in profile.time_entries.default_data.summary_notes:
        world.templates  # noqa: B018 - a mistake in texts of one's own is told by every run, not by the first that writes
    return world


def _load_templates(profile: Profile) -> Templates:
    """Read a profile's templates, and see that the summary of its time entries is one too."""
    from bt_autotask_sync.notes.mustache import Template  # noqa: PLC0415 - a run with nothing to write needs no notes
    from bt_autotask_sync.notes.templates import Templates  # noqa: PLC0415

    Template.parse(profile.time_entries.default_data.summary_notes, "time_entries.default_data.summaryNotes")
    return Templates.load(profile.templates.directory)


def open_clients(
    profile: Profile, clock: Clock, connections: ExitStack, access: Access
) -> tuple[ApplianceClient, AutotaskClient]:
    """Return the clients of both products, which have asked nothing yet; `connections` closes what they use."""
    appliance_http = connections.enter_context(open_session(1))
    autotask_http = connections.enter_context(open_session(AT_A_TIME * len(ArtifactKind)))
    _trust(appliance_http, profile.appliance)
    appliance_gate, autotask_gate = access.gates(profile)
    for http, url in ((appliance_http, f"//{profile.appliance.host}"), (autotask_http, profile.autotask.services_url)):
        # No proxy out of the environment stands between this machine and itself.
        http.trust_env = not is_loopback(urlsplit(url).hostname or "")
    appliance = ApplianceClient(
        ApplianceSettings(
            host=profile.appliance.host,
            client_id=profile.appliance.client_id,
            client_secret=profile.appliance.client_secret.get_secret_value(),
            locale=profile.appliance.locale,
            use_tls=profile.appliance.use_tls,
            timeout_seconds=profile.appliance.timeout_seconds,
        ),
        appliance_http,
        clock,
        appliance_gate,
    )
    client = AutotaskClient(
        AutotaskSettings(
            username=profile.autotask.username,
            secret=profile.autotask.secret.get_secret_value(),
            integration_code=profile.autotask.integration_code.get_secret_value(),
            services_url=profile.autotask.services_url,
            timeout_seconds=profile.autotask.timeout_seconds,
        ),
        autotask_http,
        clock,
        autotask_gate,
    )
    return appliance, client


def _trust(http: requests.Session, appliance: Appliance) -> None:
    """Trust what the profile says; an appliance that is not verified has been warned about.

    Raises:
        UsageError: `ca_file` holds no certificate.
    """
    if not appliance.verify_certificates:
        http.verify = False
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    elif appliance.ca_file is not None:
        try:
            ssl.create_default_context(cafile=appliance.ca_file)
        except OSError:  # which ssl.SSLError is, too
            raise UsageError(
                f"appliance.ca_file {appliance.ca_file} holds no certificate that can be read.",
                "It must be a PEM file, with lines that say -----BEGIN CERTIFICATE-----.",
            ) from None
        http.verify = str(appliance.ca_file)
