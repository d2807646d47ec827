"""Where a session stands, from where its artifacts stand: it shows the worst of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.state.states import DONE, ArtifactState, SessionState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bt_autotask_sync.state.artifact_record import ArtifactRecord
    from bt_autotask_sync.state.artifacts import Artifacts
    from bt_autotask_sync.state.sessions import Sessions
    from bt_autotask_sync.sync.plan import Plan

_WORST_FIRST = (
    (ArtifactState.PARKED, SessionState.PARKED),
    (ArtifactState.UNSETTLED, SessionState.UNSETTLED),
    (ArtifactState.HELD, SessionState.HELD),
)


def conclude(
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
        sessions.settle(plan.lsid, state, next_at=0)
    else:
        due = [record.due_at for record in records.values() if record.state is ArtifactState.HELD]
        sessions.settle(plan.lsid, state, next_at=min(due, default=None))
    return state


def _without_outdated(plan: Plan, artifacts: Artifacts) -> dict[str, ArtifactRecord]:
    records = artifacts.of([plan.lsid])[plan.lsid]
    planned = {artifact.marker for artifact in plan.artifacts} | {withheld.marker for withheld in plan.withheld}
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
