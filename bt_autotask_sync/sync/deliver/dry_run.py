"""The dry run's delivery: the same plan, recorded instead of sent."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bt_autotask_sync.sync.compare.lookup_state import BLIND, LookupState, record_class_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bt_autotask_sync.state.artifacts import Artifacts
    from bt_autotask_sync.state.states import ArtifactKind
    from bt_autotask_sync.sync.compare.lookups import Comparison
    from bt_autotask_sync.sync.plan.artifact import Artifact, Chain


class Rehearsal:
    """Takes everything as created, in a ledger that is a copy."""

    def __init__(self, artifacts: Artifacts, comparison: Comparison) -> None:
        self._artifacts = artifacts
        self._comparison = comparison
        self.served: set[str] = set()
        self.created: Counter[ArtifactKind] = Counter()
        self.planned: list[Artifact] = []
        """What would be sent, in order within a session."""

    def deliver(self, chains: Iterable[Chain], on_done: Callable[[], None]) -> None:
        """Record what would be created; `on_done` is called at the end of each chain."""
        for chain in chains:
            on_done()
            for artifact in chain.artifacts:
                if self._comparison.lookup_states.of(record_class_of(artifact)) is LookupState.BLIND:
                    self._artifacts.withhold(artifact, BLIND)
                    continue
                self._artifacts.created(artifact, None)
                self.created[artifact.kind] += 1
                self.served.add(artifact.lsid)
                self.planned.append(artifact)
