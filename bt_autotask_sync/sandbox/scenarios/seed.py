"""Fills both products with a provider's week, the same for the same seed and time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bt_autotask_sync.sandbox.scenarios.people import DEFAULT_DOMAIN, ROLE_NAME
from bt_autotask_sync.sandbox.scenarios.tenant import seed_tenant
from bt_autotask_sync.sandbox.scenarios.ticketing import Desk, seed_tickets
from bt_autotask_sync.sandbox.scenarios.week import DAY, DAYS, Week

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from bt_autotask_sync.sandbox.appliance import ApplianceServer
    from bt_autotask_sync.sandbox.scenarios.author import TicketReference
    from bt_autotask_sync.sandbox.scenarios.tenant import Store

__all__ = ["DEFAULT_DOMAIN", "ROLE_NAME", "SUMMARY_NOTES", "announce_week", "seed_world"]

SUMMARY_NOTES = "Remote support session"
"""What a time entry of the sandbox's configuration says."""


class Autotask(Protocol):
    """The Autotask side, as far as seeding needs it."""

    @property
    def store(self) -> Store:
        """Return where its records are kept."""
        ...


def seed_world(
    autotask: Autotask, appliance: ApplianceServer, *, sessions: int, random: Random
) -> list[TicketReference]:
    """Fill both sides: tenant, tickets, `sessions` ended sessions of the last seven days and one in progress.

    Returns the tickets, as technicians know them.
    """
    now = appliance.clock.now()
    tenant = seed_tenant(autotask.store, now)
    tickets = seed_tickets(Desk(autotask.store, tenant, appliance.author, now, random), sessions)
    appliance.author.take_up(tickets)
    for session in Week(appliance.author, tickets, int(now), random).sessions(sessions):
        appliance.add_session(session)
    return tickets


def announce_week(
    appliance: ApplianceServer, tickets: Sequence[TicketReference], *, sessions: int, random: Random
) -> list[str]:
    """Let `sessions` sessions take place within the seven days to come, and return their lsids.

    They begin and end at their times, and outbound events tell of it then. One still runs after these days.
    """
    week = Week(appliance.author, tickets, int(appliance.clock.now()) + DAYS * DAY, random)
    coming = list(week.sessions(sessions))
    for session in coming:
        appliance.add_session(session, announce=True)
    return [session.lsid for session in coming]
