"""What waits for a cause outside: looked up in every run, at no cost, and parked in the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bt_autotask_sync.state.states import ArtifactState, SessionState, Stage, Trouble

if TYPE_CHECKING:
    from bt_autotask_sync.state.artifact_record import ArtifactRecord
    from bt_autotask_sync.state.session_record import SessionRecord
    from bt_autotask_sync.sync.plan import Withheld
    from bt_autotask_sync.sync.world import World

WAITS_FOR = 14
"""Days after which what waits for a ticket, a resource, a role or a person's look at it is parked.

Only days count on which a run really looked, by a clock that is believed.
"""
_DAY = 24 * 3600

NAMES_NO_TICKET = Trouble(
    Stage.MATCH, "The session names no ticket.", "Name one with `resync LSID --ticket NUMBER`, or skip it."
)


def hold_waiting(world: World, now: int, record: SessionRecord, trouble: Trouble) -> None:
    """Hold a session that waits for a cause outside, and park it after 14 days on which a run looked for it."""
    wait = _wait(world, now, record, trouble)
    artifacts = world.artifacts.of([record.lsid])[record.lsid].values()
    unsettled = any(artifact.state is ArtifactState.UNSETTLED for artifact in artifacts)
    waiting = SessionState.UNSETTLED if unsettled else SessionState.HELD
    world.sessions.hold(
        record.lsid,
        trouble,
        state=SessionState.PARKED if wait.is_over else waiting,
        next_at=None if wait.is_over else 0,
        attempts=record.attempts,
        waiting_since=wait.since,
        waited_days=wait.days,
        waited_on=wait.last_on,
    )


def hold_withheld(world: World, now: int, lsid: str, withheld: Withheld, *, due_at: int = 0) -> None:
    """Hold an artifact that waits for a resource, a role or a person's look at it, and park it as `hold_waiting`.

    It is taken up again at `due_at` (appliance time); 0: in the next run.
    """
    record = world.artifacts.of([lsid])[lsid].get(withheld.marker)
    if record is not None and record.state is not ArtifactState.HELD:
        return
    wait = _wait(world, now, record, withheld.trouble)
    world.artifacts.hold(
        lsid,
        withheld.marker,
        withheld.kind,
        withheld.trouble,
        state=ArtifactState.PARKED if wait.is_over else ArtifactState.HELD,
        due_at=due_at,
        waiting_since=wait.since,
        waited_days=wait.days,
        waited_on=wait.last_on,
        asked_minutes=withheld.minutes,
    )


@dataclass(frozen=True, slots=True)
class _Wait:
    """How long something has waited: `since` when, and on how many days a run looked, `last_on` the last of them."""

    since: int
    days: int
    last_on: int | None

    @property
    def is_over(self) -> bool:
        """Whether fourteen days have passed since the first look."""
        return self.days > WAITS_FOR


def _wait(world: World, now: int, record: SessionRecord | ArtifactRecord | None, trouble: Trouble) -> _Wait:
    """Return how long it has waited for this, today included; another trouble starts a new count."""
    today = now // _DAY if world.clocks.believed else None
    if record is None or record.waiting_since is None or record.error != trouble.error:
        return _Wait(now, 0 if today is None else 1, today)
    if today is None:
        # No day is added while the appliance's clock is not believed, and nothing is parked by it.
        return _Wait(record.waiting_since, min(record.waited_days, WAITS_FOR), record.waited_on)
    another = record.waited_on is None or today > record.waited_on
    set_back = record.waited_on is not None and record.waited_on - today > 1
    return _Wait(
        record.waiting_since,
        record.waited_days + another,
        today if another or set_back else record.waited_on,
    )
