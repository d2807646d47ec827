"""Whether Autotask's look-ups can be believed.

Missing rights answer a query with an empty list, and non-billable time entries can be hidden from it. Before an
empty answer is taken for "not there", the look-up must have shown a record of the same sort that is known to be there.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from bt_autotask_sync.errors import OutageError
from bt_autotask_sync.state.artifact_record import RecordClass
from bt_autotask_sync.state.states import ArtifactKind, Problem, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from bt_autotask_sync.state.artifact_record import ArtifactRecord
    from bt_autotask_sync.state.artifacts import Artifacts
    from bt_autotask_sync.sync.plan.artifact import Artifact

KNOWN_RECORDS = 3
"""How many known records of a sort are tried: people delete and retitle records."""

BLIND = Problem(
    Stage.COMPARE,
    "Autotask's look-up does not show a record that is there, so a double could not be seen.",
    "Let the API user's security level view all records of this kind, non-billable time entries included.",
)


class BlindLookUpError(OutageError):
    """A look-up does not show what is there, so that nothing follows from what it does not show."""

    def __init__(self) -> None:
        super().__init__(BLIND.error, BLIND.advice)


class LookupState(Enum):
    """What is known of the look-up of one sort in this run."""

    UNVERIFIED = "untested"
    VERIFIED = "seeing"
    BLIND = "blind"


def record_class_of(artifact: Artifact | ArtifactRecord) -> RecordClass:
    """Return the sort of what is to be created, or of what is known."""
    return RecordClass(artifact.kind, artifact.non_billable)


class LookupStates:
    """The look-ups of a run, sort by sort.

    Args:
        artifacts: The ledger, for records known to be there.
        is_there: Asks Autotask for a known record by its id and tells whether the look-up should have shown it.
    """

    def __init__(self, artifacts: Artifacts, is_there: Callable[[ArtifactRecord], bool]) -> None:
        self._artifacts = artifacts
        self._is_there = is_there
        self._sights: dict[RecordClass, LookupState] = {}

    def of(self, record_class: RecordClass) -> LookupState:
        """Return what is known of the look-up of a sort."""
        return self._sights.get(record_class, LookupState.UNVERIFIED)

    def set(self, record_class: RecordClass, state: LookupState) -> None:
        """Take note of what is known now."""
        self._sights[record_class] = state

    def known_records(self, kind: ArtifactKind) -> list[ArtifactRecord]:
        """Return known records to carry along in a query of this kind; none of a sort that is judged already."""
        untested = [record_class for record_class in _sorts(kind) if self.of(record_class) is LookupState.UNVERIFIED]
        return [record for record_class in untested for record in self._artifacts.known(record_class, KNOWN_RECORDS)]

    def judge(self, canaries: Iterable[ArtifactRecord], seen: Collection[int]) -> None:
        """Judge the look-up by the known records that its answer should have shown.

        One that does not show is asked for by its id: still there means that the look-up is blind.
        """
        for record in canaries:
            record_class = record_class_of(record)
            if record.autotask_id is None or self.of(record_class) is LookupState.BLIND:
                continue
            if record.autotask_id in seen:
                self.set(record_class, LookupState.VERIFIED)
            elif self._is_there(record):
                self.set(record_class, LookupState.BLIND)

    def blind(self, kind: ArtifactKind) -> None:
        """Take note that no look-up of a kind can be believed in this run."""
        for record_class in _sorts(kind):
            self.set(record_class, LookupState.BLIND)


def _sorts(kind: ArtifactKind) -> tuple[RecordClass, ...]:
    return (
        (RecordClass(kind), RecordClass(kind, non_billable=True))
        if kind is ArtifactKind.TIME_ENTRY
        else (RecordClass(kind),)
    )
