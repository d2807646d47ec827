"""The states of sessions and artifacts: what waits for a cause outside, and where a session stands by its artifacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bt_autotask_sync.state.states import DONE, ArtifactState, Problem, SessionState, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bt_autotask_sync.state.artifact_record import ArtifactRecord
    from bt_autotask_sync.state.artifacts import Artifacts
    from bt_autotask_sync.state.session_record import SessionRecord
    from bt_autotask_sync.state.sessions import Sessions
    from bt_autotask_sync.sync.plan.artifact import Blocked, Plan
    from bt_autotask_sync.sync.run_context import RunContext

WAITS_FOR = 14
"""Days after which what waits for a ticket, a resource, a role or a person's look at it is parked.

Only days count on which a run really looked, by a clock that is believed.
"""
_DAY = 24 * 3600

NAMES_NO_TICKET = Problem(
    Stage.MATCH, "The session names no ticket.", "Name one with `resync LSID --ticket NUMBER`, or skip it."
)


def hold_session(context: RunContext, now: int, record: SessionRecord, problem: Problem) -> None:
    """Hold a session that waits for a cause outside, and park it after 14 days on which a run looked for it."""
    wait = _wait(context, now, record, problem)
    artifacts = context.artifacts.of([record.lsid])[record.lsid].values()
    unsettled = any(artifact.state is ArtifactState.UNSETTLED for artifact in artifacts)
    waiting = SessionState.UNSETTLED if unsettled else SessionState.HELD
    context.sessions.hold(
        record.lsid,
        problem,
        state=SessionState.PARKED if wait.is_over else waiting,
        next_at=None if wait.is_over else 0,
        attempts=record.attempts,
        waiting_since=wait.since,
        waited_days=wait.days,
        waited_on=wait.last_on,
    )


def hold_artifact(context: RunContext, now: int, lsid: str, blocked: Blocked, *, due_at: int = 0) -> None:
    """Hold an artifact that waits for a resource, a role or a person's look at it, and park it as `hold_session`.

    It is taken up again at `due_at` (appliance time); 0: in the next run.
    """
    record = context.artifacts.of([lsid])[lsid].get(blocked.marker)
    if record is not None and record.state is not ArtifactState.HELD:
        return
    wait = _wait(context, now, record, blocked.problem)
    context.artifacts.hold(
        lsid,
        blocked.marker,
        blocked.kind,
        blocked.problem,
        state=ArtifactState.PARKED if wait.is_over else ArtifactState.HELD,
        due_at=due_at,
        waiting_since=wait.since,
        waited_days=wait.days,
        waited_on=wait.last_on,
        asked_minutes=blocked.minutes,
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


def _wait(context: RunContext, now: int, record: SessionRecord | ArtifactRecord | None, problem: Problem) -> _Wait:
    """Return how long it has waited for this, today included; another trouble starts a new count."""
    today = now // _DAY if context.clocks.believed else None
    if record is None or record.waiting_since is None or record.error != problem.error:
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


_WORST_FIRST = (
    (ArtifactState.PARKED, SessionState.PARKED),
    (ArtifactState.UNSETTLED, SessionState.UNSETTLED),
    (ArtifactState.HELD, SessionState.HELD),
)


def session_state_from_artifacts(
    plan: Plan, sessions: Sessions, artifacts: Artifacts, *, runs: bool = False, whole: bool = True
) -> SessionState:
    """Record where a session stands after its plan was carried out as far as it went, and return it.

    Where nothing is in the way and something was not reached, because the run ends early, it stays discovered. What a
    `whole` plan does not hold any more and was never created is forgotten. A session that `runs` still is never
    delivered: without a trouble it stays open.
    """
    records = _without_outdated(plan, artifacts) if whole else artifacts.of([plan.lsid])[plan.lsid]
    present = {record.state for record in records.values()}
    state = next((session for artifact, session in _WORST_FIRST if artifact in present), SessionState.DELIVERED)
    if runs and state is SessionState.DELIVERED:
        state = SessionState.OPEN
    if _is_unfinished(plan, records):
        state = SessionState.DISCOVERED if state is SessionState.DELIVERED else state
        sessions.set_state(plan.lsid, state, next_at=0)
    else:
        due = [record.due_at for record in records.values() if record.state is ArtifactState.HELD]
        sessions.set_state(plan.lsid, state, next_at=min(due, default=None))
    return state


def _without_outdated(plan: Plan, artifacts: Artifacts) -> dict[str, ArtifactRecord]:
    records = artifacts.of([plan.lsid])[plan.lsid]
    planned = {artifact.marker for artifact in plan.artifacts} | {blocked.marker for blocked in plan.blocked}
    for marker, record in list(records.items()):
        if marker not in planned and record.state in (ArtifactState.HELD, ArtifactState.PARKED):
            artifacts.forget(plan.lsid, marker)
            del records[marker]
    return records


def _is_unfinished(plan: Plan, records: Mapping[str, ArtifactRecord]) -> bool:
    """Tell whether something planned was not reached: no record, and no earlier part that it waits for."""
    waiting_groups = {
        artifact.group
        for artifact in plan.artifacts
        if artifact.marker in records and records[artifact.marker].state not in DONE
    }
    return any(artifact.marker not in records and artifact.group not in waiting_groups for artifact in plan.artifacts)


FIRST_PAUSE = 60
LONGEST_PAUSE = 6 * 3600
"""Seconds between two attempts at a refused artifact, doubling from the first."""


def pause(attempts: int) -> int:
    """Return the seconds to wait after this many failed attempts."""
    return int(min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE))
