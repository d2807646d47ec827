"""Creates what is missing: intent committed, POST, result committed; every unclear answer left to be settled later."""

from __future__ import annotations

import logging
from collections import Counter, deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol

from bt_autotask_sync.autotask.entities import Refused, Unclear, WouldCreate
from bt_autotask_sync.errors import CredentialsError, OutageError
from bt_autotask_sync.state.states import ArtifactKind
from bt_autotask_sync.stop import StoppedError
from bt_autotask_sync.sync.advice import NOT_THERE, SENT
from bt_autotask_sync.sync.compare.lookup_state import BLIND, LookupState, record_class_of
from bt_autotask_sync.sync.deliver.workers import AT_A_TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bt_autotask_sync.autotask.entities import CreateOutcome
    from bt_autotask_sync.state.artifact_record import RecordClass
    from bt_autotask_sync.state.artifacts import Artifacts
    from bt_autotask_sync.sync.compare.lookups import Comparison
    from bt_autotask_sync.sync.deliver.refusals import Refusals
    from bt_autotask_sync.sync.deliver.workers import Call, Workers
    from bt_autotask_sync.sync.plan.artifact import Artifact, Chain

_LOG = logging.getLogger(__name__)

NOT_EXECUTED = (OutageError, CredentialsError, StoppedError)
"""Raised by a create that is known not to have been executed."""


class Creator(Protocol):
    """Sends one create to Autotask, or in a dry run does not."""

    def __call__(self, artifact: Artifact) -> CreateOutcome:
        """Send it; raises one of NOT_EXECUTED when it is known that nothing was executed."""
        ...


@dataclass
class _Flow:
    """The chains by the kind of their next artifact, and what is under way."""

    on_done: Callable[[], None]
    ready: dict[ArtifactKind, deque[Chain]] = field(default_factory=lambda: {kind: deque() for kind in ArtifactKind})
    under_way: dict[Call, tuple[Chain, Artifact]] = field(default_factory=dict)

    def queue(self, chain: Chain) -> None:
        """Queue a chain by its next artifact, if there is one."""
        if chain.artifacts:
            self.ready[chain.artifacts[0].kind].append(chain)
        else:
            self.on_done()

    def take(self, kind: ArtifactKind, *, last: bool) -> tuple[Chain, Artifact]:
        """Take the next artifact of a kind, or the last in the queue, with its chain."""
        chain = self.ready[kind].pop() if last else self.ready[kind].popleft()
        return chain, chain.artifacts.popleft()

    def running(self, kind: ArtifactKind) -> int:
        """Return how many creates of a kind are under way."""
        return sum(artifact.kind is kind for _, artifact in self.under_way.values())

    def is_last(self, kind: ArtifactKind) -> bool:
        """Tell whether nothing of another kind is left that could bring more of this one."""
        others = any(queue for other, queue in self.ready.items() if other is not kind)
        return not others and len(self.under_way) == self.running(kind)

    def is_done(self) -> bool:
        """Tell whether nothing is left."""
        return not self.under_way and not any(self.ready.values())


class CreateQueue:
    """Creates artifacts, several at a time, and records every step in the ledger.

    Args:
        artifacts: The ledger.
        create: Sends one create.
        workers: Runs creates side by side.
        comparison: Verifies the first create of a kind whose look-up is untested.
        refusals: Judges what Autotask refuses.
        permit: Raises when nothing more may begin: told to stop, or the request budget is spent.
        read_time: Reads Autotask's time, which also tells whether it still answers.
    """

    def __init__(
        self,
        *,
        artifacts: Artifacts,
        create: Creator,
        workers: Workers,
        comparison: Comparison,
        refusals: Refusals,
        permit: Callable[[], None],
        read_time: Callable[[], None],
    ) -> None:
        self._artifacts = artifacts
        self._create = create
        self._workers = workers
        self._comparison = comparison
        self._refusals = refusals
        self._permit = permit
        self._read_time = read_time
        self._unverified: dict[RecordClass, tuple[Artifact, int]] = {}
        self.served: set[str] = set()
        self.created: Counter[ArtifactKind] = Counter()
        """How many were created, by kind; in a dry run, would be."""
        self.planned: list[Artifact] = []
        """What a dry run would send, in order within a session."""

    def deliver(self, chains: Iterable[Chain], on_done: Callable[[], None]) -> None:
        """Create everything in these chains as far as Autotask lets us; `on_done` is called at the end of each.

        Raises:
            OutageError: Autotask is out of reach; what was not sent stays to be sent.
            CredentialsError: Autotask refused who we are.
            StoppedError: The run was told to stop; what was under way is finished and recorded.
        """
        flow = _Flow(on_done)
        for chain in chains:
            flow.queue(chain)
        try:
            while not flow.is_done():
                self._verify_look_ups()
                for kind in ArtifactKind:
                    self._fill(flow, kind)
                self._collect(flow)
        finally:
            self._finish(flow)
            self._refusals.end_of_batch()

    def _fill(self, flow: _Flow, kind: ArtifactKind) -> None:
        """Start creates of a kind up to its limit; a witness is chosen when everything that could be one is there."""
        if self._refusals.seeks_witness(kind) and not flow.is_last(kind):
            return
        while flow.ready[kind] and flow.running(kind) < self._limit(flow.ready[kind][0].artifacts[0]):
            self._permit()
            chain, artifact = flow.take(kind, last=self._refusals.seeks_witness(kind))
            if self._withhold(artifact):
                chain.drop_group(artifact.group)
                flow.queue(chain)
            else:
                self._artifacts.intend(artifact, SENT)
                flow.under_way[self._workers.start(partial(self._create, artifact))] = (chain, artifact)

    def _collect(self, flow: _Flow) -> None:
        """Record what has been answered; after an unclear answer nothing begins until Autotask's time is read."""
        if not flow.under_way:
            return
        outcomes = self._take_results(flow)
        if any(isinstance(outcome, Unclear) for outcome in outcomes):
            outcomes += self._finish(flow)
            self._read_time()
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    def _finish(self, flow: _Flow) -> list[CreateOutcome | BaseException]:
        """Wait for everything that is under way, and record it."""
        outcomes: list[CreateOutcome | BaseException] = []
        while flow.under_way:
            outcomes += self._take_results(flow)
        return outcomes

    def _take_results(self, flow: _Flow) -> list[CreateOutcome | BaseException]:
        """Wait for at least one answer, and record those that are there; raise RuntimeError if none can come."""
        calls = self._workers.finished(list(flow.under_way))
        if not calls:
            raise RuntimeError("Creates under way were lost. Start the next run: it looks for them in Autotask.")
        return [self._take_result(flow, call) for call in calls]

    def _take_result(self, flow: _Flow, call: Call) -> CreateOutcome | BaseException:
        """Record one answer and queue what follows it; return an error that says that nothing was executed."""
        chain, artifact = flow.under_way.pop(call)
        try:
            outcome = call.result()
        except NOT_EXECUTED as error:
            self._artifacts.withdraw(artifact.lsid, artifact.marker, NOT_THERE)
            return error
        except Exception as error:  # noqa: BLE001 - whatever it is, the create may have been sent
            _LOG.debug("Unexpected", exc_info=True)
            outcome = Unclear(f"an unexpected {type(error).__name__}")
        self._record(artifact, outcome)
        if isinstance(outcome, Refused | Unclear):
            chain.drop_group(artifact.group)
        flow.queue(chain)
        return outcome

    def _record(self, artifact: Artifact, outcome: CreateOutcome) -> None:
        if isinstance(outcome, Refused):
            self._refusals.refused(artifact, outcome)
        elif isinstance(outcome, Unclear):
            _LOG.warning("Session %s: the %s may or may not be there: %s", artifact.lsid, artifact.kind, outcome.reason)
            self._refusals.unclear(artifact, outcome)
        else:
            self._artifacts.created(artifact, outcome.id)
            self.created[artifact.kind] += 1
            self.served.add(artifact.lsid)
            if isinstance(outcome, WouldCreate):
                self.planned.append(artifact)
                return
            self._refusals.accepted(artifact)
            self._unverified.setdefault(record_class_of(artifact), (artifact, outcome.id))

    def _verify_look_ups(self) -> None:
        """Right after the first create of a sort, see whether the look-up shows it, if nothing else has tested it."""
        for record_class, (artifact, autotask_id) in list(self._unverified.items()):
            if self._comparison.lookup_states.of(record_class) is LookupState.UNVERIFIED:
                self._comparison.verify_created(artifact, autotask_id)
            del self._unverified[record_class]

    def _limit(self, artifact: Artifact) -> int:
        """Return how many creates may be under way: one alone until the look-up of its sort was seen to see.

        One alone too where it is to show whether its kind is to blame for refusals.
        """
        sees = self._comparison.lookup_states.of(record_class_of(artifact)) is LookupState.VERIFIED
        return AT_A_TIME if sees and not self._refusals.seeks_witness(artifact.kind) else 1

    def _withhold(self, artifact: Artifact) -> bool:
        """Hold an artifact that is not to be created in this run, and tell whether it is."""
        if self._comparison.lookup_states.of(record_class_of(artifact)) is LookupState.BLIND:
            self._artifacts.withhold(artifact, BLIND)
            return True
        return self._refusals.withhold(artifact)
