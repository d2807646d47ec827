"""The profiles that the command line asks for."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bt_autotask_sync.config.load import load
from bt_autotask_sync.errors import UsageError
from bt_autotask_sync.sync.all_profiles import for_each_profile

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bt_autotask_sync.cli.options import Options
    from bt_autotask_sync.config.models import Profile, Settings
    from bt_autotask_sync.sync.job import Job
    from bt_autotask_sync.sync.summary import Summary

_LOG = logging.getLogger(__name__)


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


def run_profiles(
    options: Options,
    work: Callable[[Job], None],
    *,
    command: str,
    dry_run: bool,
    on_progress: Callable[[int, int], None],
    since: datetime | None = None,
    insists: bool = False,
) -> list[Summary]:
    """Do `work` for every profile that the command line asks for; see `for_each_profile`.

    Raises:
        LockedError: Another run works in the state directory.
        UsageError: The configuration or the state directory cannot be used.
    """
    settings = _loaded(options)
    return for_each_profile(
        choose(settings, options),
        {profile.name for profile in settings.profiles.values() if profile.enabled},
        options.state(),
        work,
        command=command,
        dry_run=dry_run,
        on_progress=on_progress,
        since=since,
        insists=insists,
    )
