"""What follows from Autotask's refusals: a pause for the one artifact, or a stop of what several have in common."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bt_autotask_sync.config.models import OutboundEvent, PollEvent, Profile
from bt_autotask_sync.state.states import ArtifactKind, ArtifactState, Problem, Stage
from bt_autotask_sync.sync.advice import advice_for, advice_for_status
from bt_autotask_sync.sync.deliver.streaks import Refusal, Scope, Streaks, gist, scopes_of
from bt_autotask_sync.sync.plan.artifact import Blocked
from bt_autotask_sync.sync.transitions import pause

if TYPE_CHECKING:
    from collections.abc import Callable

    from bt_autotask_sync.autotask.entities import Refused, Unclear
    from bt_autotask_sync.state.artifact_record import ArtifactRecord
    from bt_autotask_sync.state.artifacts import Artifacts
    from bt_autotask_sync.state.session_record import SessionRecord
    from bt_autotask_sync.sync.plan.artifact import Artifact
PAUSE_OF_A_STOP = 3600
"""Seconds for which waits what is stopped because of equal words, and what showed that."""
UNCLEAR_IN_A_ROW = 3
"""So many creates of unknown outcome in a row: the endpoint is out of order."""


def is_retried(event: OutboundEvent, record: SessionRecord, profile: Profile) -> bool:
    """Tell whether refusals are tried again of what an event brought; found by poll and event, either list suffices.

    A poll knows neither the representatives' surveys nor who joined: it finds them with the session's end.
    """
    polled_as = PollEvent.CUSTOMER_SURVEY if event is OutboundEvent.CUSTOMER_SURVEY else PollEvent.SESSION_END
    polled = record.polled or not record.announced
    by_poll = polled and polled_as in profile.retry_poll_events
    return by_poll or (record.announced and event in profile.retry_outbound_events)


NOT_TRIED = "Not tried in this run: "
_NAMES = {ArtifactKind.TICKET: "tickets", ArtifactKind.NOTE: "notes", ArtifactKind.TIME_ENTRY: "time entries"}


class Waiting(Protocol):
    """Holds an artifact that waits for a cause outside, and parks it in the end; see `hold_withheld`."""

    def __call__(self, lsid: str, blocked: Blocked, *, due_at: int) -> None:
        """Hold it until `due_at` (appliance time, unix seconds)."""
        ...


@dataclass(frozen=True, slots=True)
class _Stop:
    """Why something is not tried any more in this run, in words of its own.

    `words` is the gist of the refusals; `pause` is in seconds, None where it waits for the next run only; `parks`
    tells whether what is stopped is parked in the end.
    """

    problem: Problem
    words: str = ""
    pause: int | None = None
    parks: bool = True


class Refusals:
    """Judges refusals as they come, and records them.

    Args:
        artifacts: The ledger.
        now: The appliance's time at the beginning of the run (unix seconds), which pauses are counted from.
        retry_limit: After so many refusals beyond the first an artifact is parked.
        retried: Tells whether refusals of an artifact are tried again; else its first one parks it.
        wait: Holds what is stopped.
    """

    def __init__(
        self, artifacts: Artifacts, now: int, retry_limit: int, retried: Callable[[Artifact], bool], wait: Waiting
    ) -> None:
        self._artifacts = artifacts
        self._now = now
        self._limit = retry_limit
        self._is_retried = retried
        self._wait = wait
        self._streaks = Streaks()
        self._stops: dict[Scope, _Stop] = {}
        self._suspected: dict[ArtifactKind, str] = {}
        """Kinds that seem to be to blame, with the gist of the refusals, until another one is seen to be refused."""
        self._witnesses: set[tuple[str, str]] = set()
        self._waited: dict[tuple[str, str], ArtifactRecord] = {}
        """What the ledger knew of artifacts that are tried now and were stopped before, by lsid and marker."""
        self._accepted: set[ArtifactKind] = set()
        self._unclear: dict[ArtifactKind, list[Artifact]] = {kind: [] for kind in ArtifactKind}
        self._unclear_in_a_row: Counter[ArtifactKind] = Counter()

    def withhold(self, artifact: Artifact) -> bool:
        """Hold an artifact that is not to be tried in this run, and tell whether it is."""
        record = self._record(artifact)
        if record is not None and record.stage == Stage.DELIVER and record.waiting_since is not None:
            self._waited[artifact.lsid, artifact.marker] = record
        stop = self._stop_of(artifact)
        if stop is None:
            if artifact.kind in self._suspected:
                self._witnesses.add((artifact.lsid, artifact.marker))
            return False
        due_at = record.due_at if record else 0
        if stop.parks:
            self._stopped(artifact, stop.problem, due_at if stop.pause is None else self._now + stop.pause)
        else:
            self._artifacts.hold(artifact.lsid, artifact.marker, artifact.kind, stop.problem, due_at=due_at)
        return True

    def seeks_witness(self, kind: ArtifactKind) -> bool:
        """Tell whether a kind seems to be to blame, so that one create alone, of the last in the queue, shows it.

        Those that were refused may stand together, such as the oldest sessions, whose tickets are complete.
        """
        return kind in self._suspected

    def accepted(self, artifact: Artifact) -> None:
        """Take note that an artifact was created."""
        kind = artifact.kind
        self._streaks.accepted(artifact)
        self._suspected.pop(kind, None)
        self._unclear_in_a_row[kind] = 0
        self._accepted.add(kind)
        for other in self._unclear[kind]:
            self._artifacts.unclear_answers.count(other.lsid, other.marker)
        self._unclear[kind].clear()

    def refused(self, artifact: Artifact, refusal: Refused) -> None:
        """Hold, or park, what Autotask refused; stop what is to blame when it is not this one alone."""
        problem = Problem(Stage.DELIVER, refusal.words, advice_for(refusal.words, artifact.kind))
        self._unclear_in_a_row[artifact.kind] = 0
        stop = self._stop_of(artifact)
        if refusal.of_the_kind:
            self._stops.setdefault(Scope(artifact.kind), _Stop(_not_permitted(artifact.kind, problem.advice)))
            record = self._record(artifact)
            self._stopped(artifact, problem, record.due_at if record else 0)
        elif stop is not None and stop.words == gist(refusal.words):
            self._stopped(artifact, problem, self._now + PAUSE_OF_A_STOP)
        else:
            self._count(artifact, problem)
            self._judge(Refusal(artifact, problem))

    def unclear(self, artifact: Artifact, outcome: Unclear) -> None:
        """Record a create of unknown outcome; several in a row stop the kind, but those that were turned away (4xx)."""
        kind = artifact.kind
        self._artifacts.unclear_answers.add(artifact.lsid, artifact.marker, outcome, advice_for_status(outcome.status))
        if kind in self._accepted:
            self._artifacts.unclear_answers.count(artifact.lsid, artifact.marker)
        else:
            self._unclear[kind].append(artifact)
        if outcome.turned_away:
            return
        self._unclear_in_a_row[kind] += 1
        if self._unclear_in_a_row[kind] >= UNCLEAR_IN_A_ROW:
            self._stops[Scope(kind)] = _Stop(_UNCLEAR, parks=False)

    def end_of_batch(self) -> None:
        """Have what is suspected, and could not be shown to be only their own, cost its artifacts no attempt."""
        for kind, words in self._suspected.items():
            self._take_back(Scope(kind), words)
        self._suspected.clear()

    def _judge(self, refusal: Refusal) -> None:
        """Stop what is to blame for a refusal and those before it, if it is more than the artifacts themselves."""
        artifact, words = refusal.artifact, gist(refusal.problem.error)
        scope = self._streaks.refused(refusal)
        if scope is None:
            return
        kind_wide = scope == Scope(artifact.kind)
        if kind_wide and artifact.kind is ArtifactKind.TIME_ENTRY and not self._is_witness(artifact, words):
            self._suspected[artifact.kind] = words
            return
        self._stops[scope] = _Stop(_refused_alike(scope, refusal.problem.advice), words, PAUSE_OF_A_STOP)
        self._take_back(scope, words)
        suspicion = self._suspected.get(artifact.kind)
        if suspicion is not None and not self._streaks.is_to_blame(Scope(artifact.kind), suspicion):
            del self._suspected[artifact.kind]

    def _is_witness(self, artifact: Artifact, words: str) -> bool:
        called = (artifact.lsid, artifact.marker) in self._witnesses
        return called and self._suspected.get(artifact.kind) == words

    def _stop_of(self, artifact: Artifact) -> _Stop | None:
        return next((self._stops[scope] for scope in scopes_of(artifact) if scope in self._stops), None)

    def _count(self, artifact: Artifact, problem: Problem) -> None:
        record = self._record(artifact)
        attempts = (record.attempts if record else 0) + 1
        parked = attempts > self._limit or not self._is_retried(artifact)
        self._artifacts.hold(
            artifact.lsid,
            artifact.marker,
            artifact.kind,
            problem,
            state=ArtifactState.PARKED if parked else ArtifactState.HELD,
            due_at=self._now + pause(attempts),
            attempts=attempts,
        )

    def _take_back(self, scope: Scope, words: str) -> None:
        """Count none of the refusals that a scope is to blame for as attempts."""
        for refusal in self._streaks.take(scope, words):
            record = self._record(refusal.artifact)
            attempts = max(record.attempts - 1, 0) if record else 0
            self._stopped(refusal.artifact, refusal.problem, self._now + PAUSE_OF_A_STOP, attempts)

    def _stopped(self, artifact: Artifact, problem: Problem, due_at: int, attempts: int | None = None) -> None:
        """Hold what is stopped at no cost. Its waiting goes on, whether it was tried in between or not."""
        lsid, marker, kind = artifact.lsid, artifact.marker, artifact.kind
        if self._record(artifact) is not None:
            before = self._waited.get((lsid, marker))
            self._artifacts.hold(
                lsid,
                marker,
                kind,
                problem,
                due_at=due_at,
                attempts=attempts,
                waiting_since=before.waiting_since if before else None,
                waited_days=before.waited_days if before else 0,
                waited_on=before.waited_on if before else None,
            )
        self._wait(lsid, Blocked(marker, kind, problem), due_at=due_at)

    def _record(self, artifact: Artifact) -> ArtifactRecord | None:
        return self._artifacts.of([artifact.lsid])[artifact.lsid].get(artifact.marker)


_UNCLEAR = Problem(
    Stage.DELIVER,
    f"{NOT_TRIED}Autotask gave no clear answer to several creates in a row.",
    "The next run goes on by itself. If it stays so, look at Autotask's status page.",
)


def _not_permitted(kind: ArtifactKind, advice: str) -> Problem:
    words = f"{NOT_TRIED}Autotask does not permit the API user to create {_NAMES[kind]}."
    return Problem(Stage.DELIVER, words, advice)


def _refused_alike(scope: Scope, advice: str) -> Problem:
    """Return the trouble of what is stopped with others that were refused; theirs is not told as its own."""
    common = ""
    if scope.ticket_id is not None:
        common = " on this ticket"
    elif scope.resource_id is not None:
        common = " of this resource"
    return Problem(
        Stage.DELIVER,
        f"{NOT_TRIED}Autotask refused several {_NAMES[scope.kind]}{common} with the same words.",
        f"`held list` shows those words. {advice} The rest is tried again after an hour.",
    )
