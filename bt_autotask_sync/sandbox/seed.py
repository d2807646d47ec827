"""Fills both products with a provider's week, the same for the same seed and time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bt_autotask_sync.sandbox.people import DEFAULT_DOMAIN, ROLE_NAME
from bt_autotask_sync.sandbox.tenant import seed_tenant
from bt_autotask_sync.sandbox.ticketing import Desk, seed_tickets
from bt_autotask_sync.sandbox.week import Week

if TYPE_CHECKING:
    from random import Random

    from bt_autotask_sync.sandbox.appliance import ApplianceSide
    from bt_autotask_sync.sandbox.tenant import Store

__all__ = ["DEFAULT_DOMAIN", "ROLE_NAME", "SUMMARY_NOTES", "seed_world"]

SUMMARY_NOTES = "Remote support session"
"""What a time entry of the sandbox's configuration says."""


class Autotask(Protocol):
    """The Autotask side, as far as seeding needs it."""

    @property
    def store(self) -> Store:
        """Return where its records are kept."""
        ...


def seed_world(autotask: Autotask, appliance: ApplianceSide, *, sessions: int, random: Random) -> None:
    """Fill both sides: tenant, tickets, `sessions` ended sessions of the last seven days and one in progress."""
    now = appliance.clock.now()
    tenant = seed_tenant(autotask.store, now)
    tickets = seed_tickets(Desk(autotask.store, tenant, appliance.author, now, random), sessions)
    appliance.author.take_up(tickets)
    for session in Week(appliance.author, tickets, int(now), random).sessions(sessions):
        appliance.add_session(session)
