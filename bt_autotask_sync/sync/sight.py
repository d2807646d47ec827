"""Whether Autotask's look-ups can be believed.

Missing rights answer a query with an empty list, and non-billable time entries can be hidden from it. Before an
empty answer is taken for "not there", the look-up must have shown a record that is known to be there.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from bt_autotask_sync.errors import OutageError
from bt_autotask_sync.sync.states import ArtifactKind, Stage, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from bt_autotask_sync.sync.artifacts import ArtifactRecord, Artifacts

CANARIES = 3
"""How many known records are tried before the look-up counts as untested: people delete and retitle records."""

BLIND = Trouble(
    Stage.COMPARE,
    "Autotask's look-up does not show a record that is there, so a double could not be seen.",
    "Let the API user's security level view all records of this kind, non-billable time entries included.",
)


class BlindLookUpError(OutageError):
    """A look-up does not show what is there, so that nothing follows from what it does not show."""

    def __init__(self) -> None:
        super().__init__(BLIND.error, BLIND.advice)


class Sight(Enum):
    """What is known of the look-up of one kind in this run."""

    UNTESTED = "untested"
    SEEING = "seeing"
    BLIND = "blind"


class Sights:
    """The look-ups of a run, kind by kind.

    Args:
        artifacts: The ledger, for records known to be there.
        is_there: Asks Autotask for one record by its id and tells whether the look-up should have shown it.
    """

    def __init__(self, artifacts: Artifacts, is_there: Callable[[ArtifactKind, int], bool]) -> None:
        self._artifacts = artifacts
        self._is_there = is_there
        self._sights = dict.fromkeys(ArtifactKind, Sight.UNTESTED)

    def of(self, kind: ArtifactKind) -> Sight:
        """Return what is known of the look-up of a kind."""
        return self._sights[kind]

    def canaries(self, kind: ArtifactKind) -> list[ArtifactRecord]:
        """Return known records to carry along in a query of this kind; none once it was seen to see."""
        return [] if self._sights[kind] is Sight.SEEING else self._artifacts.known(kind, CANARIES)

    def others(self, kind: ArtifactKind, ids: Collection[int]) -> set[int]:
        """Return the ids of a few other records of a kind that are known to be in Autotask."""
        known = (record.autotask_id for record in self._artifacts.known(kind, CANARIES + len(ids)))
        return {autotask_id for autotask_id in known if autotask_id is not None} - set(ids)

    def blind(self, kind: ArtifactKind) -> None:
        """Take note that the look-up of a kind cannot be believed in this run."""
        self._sights[kind] = Sight.BLIND

    def judge(self, kind: ArtifactKind, canaries: Iterable[ArtifactRecord], seen: Iterable[int]) -> None:
        """Judge the look-up by the known records that its answer should have shown."""
        if self._sights[kind] is not Sight.UNTESTED:
            return
        ids = [record.autotask_id for record in canaries if record.autotask_id is not None]
        if set(ids).intersection(seen):
            self._sights[kind] = Sight.SEEING
        elif any(self._is_there(kind, autotask_id) for autotask_id in ids):
            self.blind(kind)

    def judge_created(self, kind: ArtifactKind, *, seen: bool) -> None:
        """Judge the look-up by whether it shows a record that was created a moment ago."""
        self._sights[kind] = Sight.SEEING if seen else Sight.BLIND
