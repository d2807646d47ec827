"""What waits for a cause outside: looked up in every run, at no cost, and parked in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.sync.states import ArtifactState, SessionState, Stage, Trouble

if TYPE_CHECKING:
    from bt_autotask_sync.sync.plan import Withheld
    from bt_autotask_sync.sync.sessions import SessionRecord
    from bt_autotask_sync.sync.world import World

WAITS_FOR = 14 * 24 * 3600
"""Seconds after which what waits for a ticket, a resource or a role is parked."""

NAMES_NO_TICKET = Trouble(
    Stage.MATCH, "The session names no ticket.", "Name one with `resync LSID --ticket NUMBER`, or skip it."
)


def hold_waiting(world: World, now: int, record: SessionRecord, trouble: Trouble) -> None:
    """Hold a session that waits for a cause outside, and park it after 14 days."""
    since = now if record.waiting_since is None else record.waiting_since
    parked = now - since > WAITS_FOR
    world.sessions.hold(
        record.lsid,
        trouble,
        state=SessionState.PARKED if parked else SessionState.HELD,
        next_at=None if parked else 0,
        attempts=record.attempts,
        waiting_since=since,
    )


def hold_withheld(world: World, now: int, lsid: str, withheld: Withheld) -> None:
    """Hold an artifact that waits for a resource or a role, and park it after 14 days."""
    record = world.artifacts.of([lsid])[lsid].get(withheld.marker)
    if record is not None and record.state is not ArtifactState.HELD:
        return
    since = now if record is None or record.waiting_since is None else record.waiting_since
    world.artifacts.hold(
        lsid,
        withheld.marker,
        withheld.kind,
        withheld.trouble,
        state=ArtifactState.PARKED if now - since > WAITS_FOR else ArtifactState.HELD,
        waiting_since=since,
    )
