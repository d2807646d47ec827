"""What a run did, and where everything stands after it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bt_autotask_sync.state.states import ArtifactKind, ArtifactState, SessionState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bt_autotask_sync.state.artifacts import Artifacts
    from bt_autotask_sync.state.session_record import SessionRecord
    from bt_autotask_sync.state.sessions import Sessions
    from bt_autotask_sync.sync.plan.artifact import Artifact

WAITING_STATES = (SessionState.HELD, SessionState.UNSETTLED, SessionState.PARKED)


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """One thing that is held, unsettled or parked, anywhere in the ledger."""

    lsid: str
    external_key: str
    kind: str
    stage: str
    error: str
    advice: str
    attempts: int
    state: str


@dataclass
class Summary:
    """A run of one profile. Counts are of this run, but for `standing` and `problems`, which cover the ledger."""

    profile: str
    found: int = 0
    delivered: int = 0
    already: int = 0
    no_ticket: int = 0
    standing: dict[SessionState, int] = field(default_factory=dict)
    created: Counter[ArtifactKind] = field(default_factory=Counter)
    adopted: Counter[ArtifactKind] = field(default_factory=Counter)
    planned: Sequence[Artifact] = ()
    """What a dry run would send."""
    appliance_requests: int = 0
    autotask_requests: int = 0
    watermark: int | None = None
    next_due: int | None = None
    seconds: float = 0.0
    problems: list[ProblemRow] = field(default_factory=list)
    missing: list[ProblemRow] = field(default_factory=list)
    """What was delivered and was deleted in Autotask, as far as this run looked."""
    new_problems: list[ProblemRow] = field(default_factory=list)
    """Those that this run brought or changed."""
    error: BaseException | None = None
    """What ended the run early."""

    def waits(self) -> bool:
        """Tell whether the ledger holds something held, unsettled or parked."""
        return any(self.standing.get(state) for state in WAITING_STATES) or bool(self.problems or self.missing)


def problems(records: Iterable[SessionRecord], artifacts: Artifacts) -> list[ProblemRow]:
    """Return every trouble of these sessions: their own, else those of their artifacts, and all that is unsettled."""
    found: list[ProblemRow] = []
    for record in records:
        if record.error:
            found.append(
                ProblemRow(
                    record.lsid,
                    record.external_key,
                    ArtifactKind.NOTE,
                    record.stage,
                    record.error,
                    record.advice,
                    record.attempts,
                    record.state,
                )
            )
        found.extend(
            ProblemRow(
                record.lsid,
                record.external_key,
                artifact.kind,
                artifact.stage,
                artifact.error,
                artifact.advice,
                artifact.attempts,
                artifact.state,
            )
            for artifact in artifacts.of([record.lsid])[record.lsid].values()
            if artifact.state is ArtifactState.UNSETTLED
            or (artifact.state in (ArtifactState.HELD, ArtifactState.PARKED) and not record.error)
        )
    return found


def waiting_problems(sessions: Sessions, artifacts: Artifacts) -> list[ProblemRow]:
    """Return every trouble in the ledger, in the order of the listing."""
    waiting = {record.lsid: record for record in sessions.in_state(*WAITING_STATES)}
    unsettled = [record.lsid for record in artifacts.in_state(ArtifactState.UNSETTLED)]
    waiting |= sessions.get([lsid for lsid in unsettled if lsid not in waiting])
    return problems(sorted(waiting.values(), key=lambda record: record.id), artifacts)
