"""One profile checked from its settings to its look-ups: the table of contents of the check."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.records import Records
from bt_autotask_sync.check.appliance import ApplianceCheck
from bt_autotask_sync.check.autotask import AutotaskCheck
from bt_autotask_sync.check.findings import Area, take
from bt_autotask_sync.check.settings import (
    check_configuration,
    check_listener,
    check_start,
    check_templates,
    check_time_entries,
)
from bt_autotask_sync.check.state import check_state
from bt_autotask_sync.check.ticket_data import check_ticket_data
from bt_autotask_sync.state.sessions import Sessions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bt_autotask_sync.appliance.client import ApplianceClient
    from bt_autotask_sync.autotask.client import AutotaskClient
    from bt_autotask_sync.check.findings import Finding
    from bt_autotask_sync.check.people import Representative
    from bt_autotask_sync.check.state import State
    from bt_autotask_sync.clock import Clock
    from bt_autotask_sync.config.listen import Listen
    from bt_autotask_sync.config.models import Profile
    from bt_autotask_sync.config.problems import Problem
    from bt_autotask_sync.stop import Stop


@dataclass
class ProfileCheck:
    """What was found of one profile, as far as the check has come."""

    profile: Profile
    findings: list[Finding] = field(default_factory=list)
    representatives: tuple[Representative, ...] = ()

    def offline(self, warnings: Iterable[Problem], state: State, listen: Listen | None = None) -> None:
        """Check what needs no network: configuration, starting point, ticket data, templates, state directory."""
        self._add(check_configuration(self.profile, warnings))
        self._add(check_listener(listen, self.profile.tickets))
        if state.error is None:
            progress = None if state.ledger is None else Sessions(state.ledger, self.profile.name).progress()
            self._add(check_start(self.profile, has_run=progress is not None))
        self._add(check_ticket_data(self.profile.tickets))
        self._add(check_time_entries(self.profile.time_entries))
        self._add(check_templates(self.profile))
        self._add(check_state(state))

    def live(
        self, appliance: ApplianceClient, client: AutotaskClient, state: State, *, clock: Clock, stop: Stop
    ) -> None:
        """Ask the two systems, only reading; one that fails does not keep the other from being asked.

        Raises:
            StoppedError: The check was told to stop.
        """
        there = ApplianceCheck(self.profile, appliance, clock)
        self._add(take(Area.APPLIANCE, there.steps(), stop))
        tenant = AutotaskCheck(
            self.profile,
            client,
            Records(client),
            ledger=state.ledger,
            clock=clock,
            appliance_ahead=there.ahead,
            usernames=there.usernames,
        )
        try:
            self._add(take(Area.AUTOTASK, tenant.steps(), stop))
        finally:
            self.representatives = tenant.people.representatives

    def _add(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            if finding not in self.findings:
                self.findings.append(finding)
