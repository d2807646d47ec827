"""What waits for a cause outside: looked up in every run, at no cost, and parked in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.sync.states import ArtifactState, SessionState, Stage, Trouble

if TYPE_CHECKING:
    from bt_autotask_sync.sync.ledger.artifact_record import ArtifactRecord
    from bt_autotask_sync.sync.ledger.session_record import SessionRecord
    from bt_autotask_sync.sync.plan import Withheld
    from bt_autotask_sync.sync.world import World

WAITS_FOR = 14 * 24 * 3600
"""Seconds after which what waits for a ticket, a resource, a role or a person's look at it is parked."""

NAMES_NO_TICKET = Trouble(
    Stage.MATCH, "The session names no ticket.", "Name one with `resync LSID --ticket NUMBER`, or skip it."
)


def hold_waiting(world: World, now: int, record: SessionRecord, trouble: Trouble) -> None:
    """Hold a session that waits for a cause outside, and park it after 14 days."""
    since = _since(now, record, trouble)
    parked = now - since > WAITS_FOR
    artifacts = world.artifacts.of([record.lsid])[record.lsid].values()
    unsettled = any(artifact.state is ArtifactState.UNSETTLED for artifact in artifacts)
    waiting = SessionState.UNSETTLED if unsettled else SessionState.HELD
    world.sessions.hold(
        record.lsid,
        trouble,
        state=SessionState.PARKED if parked else waiting,
        next_at=None if parked else 0,
        attempts=record.attempts,
        waiting_since=since,
    )


def hold_withheld(world: World, now: int, lsid: str, withheld: Withheld, *, due_at: int = 0) -> None:
    """Hold an artifact that waits for a resource, a role or a person's look at it, and park it after 14 days.

    It is taken up again at `due_at` (appliance time); 0: in the next run.
    """
    record = world.artifacts.of([lsid])[lsid].get(withheld.marker)
    if record is not None and record.state is not ArtifactState.HELD:
        return
    since = now if record is None else _since(now, record, withheld.trouble)
    world.artifacts.hold(
        lsid,
        withheld.marker,
        withheld.kind,
        withheld.trouble,
        state=ArtifactState.PARKED if now - since > WAITS_FOR else ArtifactState.HELD,
        due_at=due_at,
        waiting_since=since,
        asked_minutes=withheld.minutes,
    )


def _since(now: int, record: SessionRecord | ArtifactRecord, trouble: Trouble) -> int:
    """Return since when it has waited for this; another trouble is counted anew."""
    return record.waiting_since if record.waiting_since is not None and record.error == trouble.error else now
