"""The program as it is started again and again: each time a new process on the same state directory."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from bt_autotask_sync.appliance.client import ApplianceClient, ApplianceSettings
from bt_autotask_sync.autotask.client import AutotaskClient, AutotaskSettings, open_session
from bt_autotask_sync.errors import SyncError
from bt_autotask_sync.state.refused_credentials import RefusedCredentials
from bt_autotask_sync.sync.access import Access
from bt_autotask_sync.sync.job import perform
from bt_autotask_sync.sync.profile_identity import recognise_tenant, take_over_renamed
from bt_autotask_sync.sync.run_context import RunContext
from bt_autotask_sync.sync.summary import Summary
from bt_autotask_sync.transport import OPEN_GATE
from tests.crash.simulator.machine import Killed, MachineClock, Process, open_inbox, open_ledger
from tests.crash.simulator.strikes import Kind, Strike
from tests.crash.simulator.wire import Wire
from tests.crash.simulator.workers import SeededWorkers

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from bt_autotask_sync.clock import Clock
    from bt_autotask_sync.config.models import Profile
    from bt_autotask_sync.state.ledger import Ledger
    from bt_autotask_sync.sync.job import Job
    from tests.crash.simulator.stage import Stage

_LAST_WORDS = (Kind.DROPPED, Kind.LOST_ANSWER, Kind.LATE_COMMIT)
"""What becomes of a request that was under way when the process was killed."""


class Program:
    """Runs on one machine against one scene.

    Args:
        stage: What the trial takes place on.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._scene = stage.scene

    def live(self, work: Callable[[Job], None]) -> Summary | None:
        """Start a process, do `work` in it, and return what came of it; None when it was killed."""
        process = Process()
        stage = self._stage
        workers = SeededWorkers(process, stage.random)
        wire = Wire(stage, process)
        try:
            with ExitStack() as stack:
                ledger = stack.enter_context(open_ledger(stage.directory, process, stage.steps))
                inbox = stack.enter_context(open_inbox(stage.directory, process, stage.steps))
                http = stack.enter_context(open_session())
                http.trust_env = False
                http.mount("https://", wire)
                take_over_renamed(ledger, inbox, [self._scene.profile], {self._scene.profile.name})
                refused = RefusedCredentials(ledger)
                access = Access(refused, MachineClock(self._scene.clock, process, self._scene.clocks))
                context = replace(self._world(process, http, workers, ledger, access), inbox=inbox)
                try:
                    recognise_tenant(context, None)
                    return perform(context, work, "run")
                finally:
                    if process.alive:
                        access.keep(refused)
        except Killed:
            self._outlive(wire, workers)
            return None
        except SyncError as error:
            return Summary(self._scene.profile.name, error=error)
        finally:
            self._scene.clocks.leaps.clear()

    def _world(
        self, process: Process, http: requests.Session, workers: SeededWorkers, ledger: Ledger, access: Access
    ) -> RunContext:
        """Wire a run together as the command line does."""
        clock = MachineClock(self._scene.clock, process, self._scene.clocks)
        appliance, client = open_clients(self._scene.profile, http, clock, access)
        return RunContext(
            profile=self._scene.profile,
            appliance=appliance,
            client=client,
            ledger=ledger,
            load_templates=lambda: self._scene.templates,
            workers=workers,
            stop=process.stop,
            clock=clock,
        )

    def _outlive(self, wire: Wire, workers: SeededWorkers) -> None:
        """Decide what becomes of the requests that a killed process had on the wire."""
        for create in workers.left_behind():
            wire.last_words = Strike(0, self._stage.random.choice(_LAST_WORDS))
            create()


def open_clients(
    profile: Profile, http: requests.Session, clock: Clock, access: Access | None = None
) -> tuple[ApplianceClient, AutotaskClient]:
    """Return the clients of both products, which have asked nothing yet; without `access` they may always."""
    gates = (OPEN_GATE, OPEN_GATE) if access is None else access.gates(profile)
    appliance = ApplianceSettings(
        host=profile.appliance.host,
        client_id=profile.appliance.client_id,
        client_secret=profile.appliance.client_secret.get_secret_value(),
        timeout_seconds=profile.appliance.timeout_seconds,
    )
    autotask = AutotaskSettings(
        username=profile.autotask.username,
        secret=profile.autotask.secret.get_secret_value(),
        integration_code=profile.autotask.integration_code.get_secret_value(),
        services_url=profile.autotask.services_url,
        timeout_seconds=profile.autotask.timeout_seconds,
    )
    return ApplianceClient(appliance, http, clock, gates[0]), AutotaskClient(autotask, http, clock, gates[1])
