"""`check`: the test button. Every setting tried against the live systems.

Nothing is written but, where there is a checkpoint file, that credentials were refused or are accepted again.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from bt_autotask_sync.check.findings import Area, failed
from bt_autotask_sync.check.profile import ProfileCheck
from bt_autotask_sync.check.state import look_at_state
from bt_autotask_sync.cli.check_report import finish
from bt_autotask_sync.cli.profiles import choose
from bt_autotask_sync.cli.terminal import on_terminal
from bt_autotask_sync.config.load import load
from bt_autotask_sync.errors import SyncError
from bt_autotask_sync.state.refused_credentials import RefusedCredentials
from bt_autotask_sync.stop import Stop, StoppableClock, StoppedError, stopped_by_signals
from bt_autotask_sync.sync.access import Access
from bt_autotask_sync.sync.all_profiles import record_news
from bt_autotask_sync.sync.clients import open_clients

if TYPE_CHECKING:
    from bt_autotask_sync.cli.options import Options
    from bt_autotask_sync.exit_code import ExitCode


def check(options: Options, offline: bool, as_json: bool) -> ExitCode:
    """Check every chosen profile and print what was found."""
    checks: list[ProfileCheck] = []
    error: BaseException | None = None
    try:
        _check_profiles(options, offline, checks)
    except (SyncError, StoppedError) as reason:
        error = reason
    except Exception as reason:  # noqa: BLE001 - told without a traceback, after what was found before it
        error = reason
    return finish(checks, error, as_json=as_json)


def _check_profiles(options: Options, offline: bool, checks: list[ProfileCheck]) -> None:
    loaded = load(options.config_file())
    stop = Stop()
    clock = StoppableClock(stop)
    with stopped_by_signals(stop), look_at_state(options.state()) as state:
        known = None if state.ledger is None else RefusedCredentials(state.ledger)
        access = Access(known, clock, insists=on_terminal())
        for profile in choose(loaded.settings, options):
            found = ProfileCheck(profile)
            checks.append(found)
            found.offline(loaded.warnings, state, loaded.settings.listen)
            if offline:
                continue
            with ExitStack() as connections:
                try:
                    appliance, client = open_clients(profile, clock, connections, access)
                except (
                    SyncError
                ) as error:  # a file that this profile names; the other profiles are checked all the same
                    found.findings.append(failed(Area.CONFIGURATION, error))
                    continue
                try:
                    found.live(appliance, client, state, clock=clock, stop=stop)
                finally:
                    if state.ledger is not None:
                        record_news(access, options.state(), clock)
