"""What follows from Autotask's refusals: a pause for the one artifact, or a halt for its whole kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bt_autotask_sync.config.models import OutboundEvent, PollEvent, Profile
from bt_autotask_sync.sync.advice import advice_for
from bt_autotask_sync.sync.states import ArtifactKind, ArtifactState, Stage, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from bt_autotask_sync.autotask.entities import Refused
    from bt_autotask_sync.sync.ledger.artifacts import Artifacts
    from bt_autotask_sync.sync.ledger.session_record import SessionRecord
    from bt_autotask_sync.sync.plan import Artifact

FIRST_PAUSE = 60
LONGEST_PAUSE = 6 * 3600
"""Seconds between two attempts at a refused artifact, doubling from the first."""
SAME_WORDS = 5
"""So many sessions refused in a row with the same words: the cause is not in the sessions."""
PAUSE_OF_A_STREAK = 3600
"""Seconds for which those sessions wait, so that others have their turn before them."""
UNCLEAR_IN_A_ROW = 3
"""So many creates of unknown outcome in a row: the endpoint is out of order."""


def pause(attempts: int) -> int:
    """Return the seconds to wait after this many failed attempts."""
    return int(min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE))


def is_retried(event: OutboundEvent, record: SessionRecord, profile: Profile) -> bool:
    """Tell whether refusals are tried again of what an event brought; found by poll and event, either list suffices.

    A poll knows neither the representatives' surveys nor who joined: it finds them with the session's end.
    """
    polled_as = PollEvent.CUSTOMER_SURVEY if event is OutboundEvent.CUSTOMER_SURVEY else PollEvent.SESSION_END
    polled = record.polled or not record.announced
    by_poll = polled and polled_as in profile.retry_poll_events
    return by_poll or (record.announced and event in profile.retry_outbound_events)


@dataclass
class _Streak:
    """The refusals of one kind since something of it was last accepted."""

    words: str = ""
    refused: list[Artifact] = field(default_factory=list)
    unclear: int = 0

    def same_sessions(self) -> int:
        """Return how many sessions were refused with the same words in a row."""
        return len({artifact.lsid for artifact in self.refused})


class Refusals:
    """Judges refusals as they come, and records them.

    Args:
        artifacts: The ledger.
        now: The appliance's time at the beginning of the run (unix seconds), which pauses are counted from.
        retry_limit: After so many refusals beyond the first an artifact is parked.
        retried: Tells whether refusals of an artifact are tried again; else its first one parks it.
    """

    def __init__(self, artifacts: Artifacts, now: int, retry_limit: int, retried: Callable[[Artifact], bool]) -> None:
        self._artifacts = artifacts
        self._now = now
        self._limit = retry_limit
        self._is_retried = retried
        self._streaks = {kind: _Streak() for kind in ArtifactKind}
        self._stopped: dict[ArtifactKind, Trouble] = {}

    def accepted(self, kind: ArtifactKind) -> None:
        """Take note that something of a kind was created."""
        self._streaks[kind] = _Streak()

    def stopped(self, kind: ArtifactKind) -> Trouble | None:
        """Return why a kind is not created any more in this run, if so."""
        return self._stopped.get(kind)

    def refused(self, artifact: Artifact, refusal: Refused) -> None:
        """Hold, or park, what Autotask refused; halt its kind when the refusal is about the kind."""
        trouble = Trouble(Stage.DELIVER, refusal.words, advice_for(refusal.words, artifact.kind))
        if refusal.of_the_kind or artifact.kind in self._stopped:
            self._artifacts.withhold(artifact, trouble)
            self._stopped[artifact.kind] = trouble
            return
        self._count(artifact, trouble)
        streak = self._streaks[artifact.kind]
        if refusal.words != streak.words:
            streak = self._streaks[artifact.kind] = _Streak(words=refusal.words)
        streak.refused.append(artifact)
        if streak.same_sessions() >= SAME_WORDS:
            self._take_back(streak, trouble)
            self._stopped[artifact.kind] = trouble

    def unclear(self, kind: ArtifactKind) -> None:
        """Take note of a create of unknown outcome; several in a row halt the kind."""
        streak = self._streaks[kind]
        streak.unclear += 1
        if streak.unclear >= UNCLEAR_IN_A_ROW:
            self._stopped[kind] = Trouble(
                Stage.DELIVER,
                "Autotask gave no clear answer to several creates in a row.",
                "Nothing to do: the next run goes on. If it stays so, look at Autotask's status page.",
            )

    def _count(self, artifact: Artifact, trouble: Trouble) -> None:
        attempts = self._attempts(artifact) + 1
        parked = attempts > self._limit or not self._is_retried(artifact)
        self._artifacts.hold(
            artifact.lsid,
            artifact.marker,
            artifact.kind,
            trouble,
            state=ArtifactState.PARKED if parked else ArtifactState.HELD,
            due_at=self._now + pause(attempts),
            attempts=attempts,
        )

    def _take_back(self, streak: _Streak, trouble: Trouble) -> None:
        """Count none of a streak as attempts: the cause is not in the sessions."""
        for artifact in streak.refused:
            self._artifacts.hold(
                artifact.lsid,
                artifact.marker,
                artifact.kind,
                trouble,
                due_at=self._now + PAUSE_OF_A_STREAK,
                attempts=self._attempts(artifact) - 1,
            )

    def _attempts(self, artifact: Artifact) -> int:
        record = self._artifacts.of([artifact.lsid])[artifact.lsid].get(artifact.marker)
        return record.attempts if record else 0
