"""Everything that a run is given: both products, the ledger, the settings, time and threads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.records import Records
from bt_autotask_sync.state.artifacts import Artifacts
from bt_autotask_sync.state.clock_tracks import ClockTracks
from bt_autotask_sync.state.queue import Queue
from bt_autotask_sync.state.runs import Runs
from bt_autotask_sync.state.sessions import Sessions
from bt_autotask_sync.sync.run_clocks import RunClocks

if TYPE_CHECKING:
    from collections.abc import Callable

    from bt_autotask_sync.appliance.client import ApplianceClient
    from bt_autotask_sync.autotask.client import AutotaskClient
    from bt_autotask_sync.clock import Clock
    from bt_autotask_sync.config.models import Profile
    from bt_autotask_sync.notes.templates import Templates
    from bt_autotask_sync.state.inbox import Inbox
    from bt_autotask_sync.state.ledger import Ledger
    from bt_autotask_sync.stop import Stop
    from bt_autotask_sync.sync.deliver.workers import Workers
    from bt_autotask_sync.sync.match.external_key import KeyReader


def _ignore(done: int, total: int) -> None:
    """Show no progress."""


@dataclass(frozen=True)
class RunContext:
    """What one run of one profile works with; complete when it is made, and nothing of it is set later.

    In a dry run the ledger is a copy and nothing is created.
    """

    profile: Profile
    appliance: ApplianceClient
    client: AutotaskClient
    ledger: Ledger
    load_templates: Callable[[], Templates]
    """Reads the profile's templates; raises TemplateError for a broken one."""
    workers: Workers
    stop: Stop
    clock: Clock
    inbox: Inbox | None = None
    """Where the listener puts outbound events; None where there never was one."""
    dry_run: bool = False
    on_progress: Callable[[int, int], None] = _ignore
    """Called with how many sessions are done, and how many there are."""

    @cached_property
    def records(self) -> Records:
        """The tenant's records; resources and roles are asked for once."""
        return Records(self.client)

    @cached_property
    def sessions(self) -> Sessions:
        """The profile's sessions in the ledger."""
        return Sessions(self.ledger, self.profile.name)

    @cached_property
    def queue(self) -> Queue:
        """Those of them that a run takes up."""
        return Queue(self.ledger, self.profile.name)

    @cached_property
    def artifacts(self) -> Artifacts:
        """What was sent for them, or is to be."""
        return Artifacts(self.ledger, self.profile.name)

    @cached_property
    def runs(self) -> Runs:
        """The log of the profile's runs."""
        return Runs(self.ledger, self.profile.name)

    @cached_property
    def clocks(self) -> RunClocks:
        """The run's clocks: which are believed."""
        return RunClocks(ClockTracks(self.ledger, self.profile.name), self.clock)

    @cached_property
    def templates(self) -> Templates:
        """The profile's templates, read when they are first needed: mostly a run has nothing to write."""
        return self.load_templates()

    @cached_property
    def keys(self) -> KeyReader:
        """Reads what external keys name; most runs read none, and import nothing for it."""
        from bt_autotask_sync.sync.match.external_key import KeyReader  # noqa: PLC0415 - as said

        return KeyReader(numeric_keys=self.profile.autotask.numeric_keys, web_url=self.client.web_url)
