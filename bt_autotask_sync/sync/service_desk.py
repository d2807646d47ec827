"""Autotask as one run deals with it: opened at the first need, within the hourly budget, settled before used."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING

from bt_autotask_sync.sync.budget import Budget
from bt_autotask_sync.sync.compare import Comparison, place_of
from bt_autotask_sync.sync.deliver import Chain, Delivery
from bt_autotask_sync.sync.impersonation import Impersonation
from bt_autotask_sync.sync.ledger.session_record import FARTHEST
from bt_autotask_sync.sync.match import find_tickets, match_people
from bt_autotask_sync.sync.refusals import Refusals, is_retried
from bt_autotask_sync.sync.rehearse import Rehearsal
from bt_autotask_sync.sync.settle import settle
from bt_autotask_sync.sync.sight import BlindLookUpError, Sight, sort_of
from bt_autotask_sync.sync.states import DONE, ArtifactKind, ArtifactState, Stage, Trouble
from bt_autotask_sync.sync.waiting import hold_withheld

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from bt_autotask_sync.autotask.entities import Ticket
    from bt_autotask_sync.autotask.records import Records
    from bt_autotask_sync.sync.compare import Existing, Found, Place
    from bt_autotask_sync.sync.external_key import NamedTickets
    from bt_autotask_sync.sync.ledger.artifact_record import ArtifactRecord
    from bt_autotask_sync.sync.match import People
    from bt_autotask_sync.sync.plan import Artifact, Plan
    from bt_autotask_sync.sync.sight import Sort
    from bt_autotask_sync.sync.world import World

PLAN_CHANGED = Trouble(
    Stage.PLAN,
    "An earlier part of this time entry stands in Autotask with other times than planned now.",
    "Look at the entries on the ticket: mend them by hand and skip the rest here, or restore the settings.",
)

SAME_MARK_ADVICE = "Both lsids begin alike, which is rare: write this note by hand and skip it here."


class ServiceDesk:
    """Looks up, compares and creates for one run.

    Args:
        world: Everything the run was given.
        now: The appliance's time at the beginning of the run (unix seconds), which pauses are counted from.
        insisted: The lsids of the sessions that a person named.
    """

    def __init__(self, world: World, now: int, insisted: Collection[str] = ()) -> None:
        self._world = world
        self._now = now
        self._insisted = insisted
        self._artifacts = world.artifacts
        self._records: Records = world.records
        self._comparison = Comparison(world.records, world.artifacts)
        self._budget = Budget(world.profile.autotask.request_share, world.runs.requests_since(now - 3600))
        self._impersonation = Impersonation(world)
        self._opened = False
        self.adopted: Counter[ArtifactKind] = Counter()
        self._delivery: Delivery | Rehearsal
        if world.dry_run:
            self._delivery = Rehearsal(world.artifacts, self._comparison)
        else:
            self._delivery = Delivery(
                artifacts=world.artifacts,
                create=self._impersonation.create,
                workers=world.workers,
                comparison=self._comparison,
                refusals=Refusals(world.artifacts, now, world.profile.retry_limit, self._is_retried),
                permit=self.permit,
                read_time=self._read_time,
            )

    @property
    def created(self) -> Counter[ArtifactKind]:
        """How many were created, by kind; in a dry run, would be."""
        return self._delivery.created

    @property
    def served(self) -> set[str]:
        """The lsids of the sessions for which the latest `put` created something."""
        return self._delivery.served

    @property
    def planned(self) -> Sequence[Artifact]:
        """What a dry run would send, in order within a session."""
        return self._delivery.planned if isinstance(self._delivery, Rehearsal) else ()

    def open(self) -> None:
        """Read the budget and Autotask's time, and settle what is of unknown outcome; once a run.

        Raises:
            BudgetSpentError: The tenant's hourly requests are used up.
            OutageError: Autotask gives no usable answer.
        """
        if self._opened:
            return
        self._read_time()
        self.permit()
        for record in settle(self._world, self._comparison, self._insisted):
            self.adopted[record.kind] += 1
        self._opened = True

    def tickets(self, named: Iterable[NamedTickets]) -> tuple[Ticket, ...]:
        """Look up the tickets that sessions name, all together."""
        self.permit()
        return find_tickets(named, self._records)

    def people(self, usernames: Iterable[str]) -> People:
        """Find the resources and roles of representatives; see `match_people`."""
        return match_people(usernames, self._world.profile.time_entries, self._records)

    def existing(self, kind: ArtifactKind, places: Iterable[Place]) -> Existing:
        """Look up the records of a kind at these places."""
        return self._comparison.existing(kind, places)

    def sight(self, sort: Sort) -> Sight:
        """Tell whether the look-up of a sort can be believed."""
        return self._comparison.sights.of(sort)

    def gone(self, kind: ArtifactKind, known: Sequence[ArtifactRecord]) -> list[ArtifactRecord]:
        """Return those of these records, known by their ids, that Autotask does not have any more.

        Raises:
            BlindLookUpError: Some do not show, and the look-up was not seen to show anybody's.
        """
        missing = self._not_there(kind, known)
        for sort in {sort_of(record) for record in missing}:
            self._comparison.probe(sort)
            if self.sight(sort) is not Sight.SEEING:
                raise BlindLookUpError
        # Looked for once more after the proof: the right to see may have come back only then.
        return self._not_there(kind, missing)

    def _not_there(self, kind: ArtifactKind, known: Sequence[ArtifactRecord]) -> list[ArtifactRecord]:
        present = self._comparison.present(kind, known)
        return [record for record in known if record.autotask_id not in present]

    def permit(self) -> None:
        """Raise StoppedError or OutageError when nothing more may be asked: told to stop, or the budget is spent."""
        self._world.stop.check()
        self._budget.check(self._world.client.requests_sent)

    def adopt(self, artifacts: Sequence[Artifact]) -> None:
        """Take what is there already of these, one or more, all of one kind; nothing is created."""
        self.permit()
        existing = self._comparison.existing(artifacts[0].kind, map(place_of, artifacts))
        with self._world.ledger.transaction():
            for artifact in artifacts:
                found = existing.find(place_of(artifact), artifact.marker)
                if found is not None:
                    self._adopt(artifact, found)

    def put(self, plans: Iterable[Plan], on_done: Callable[[], None]) -> None:
        """Adopt what is there already and create the rest; `on_done` is called when a session is through.

        Raises:
            OutageError: Autotask is out of reach, or the budget is spent; the rest stays to be sent.
            CredentialsError: Autotask refused who we are.
            StoppedError: The run was told to stop.
        """
        plans = list(plans)
        self.served.clear()
        wanted = {plan.lsid: self._wanted(plan) for plan in plans}
        existing = {
            kind: self._comparison.existing(
                kind, (place_of(artifact) for queue in wanted.values() for artifact in queue if artifact.kind is kind)
            )
            for kind in ArtifactKind
        }
        with self._world.ledger.transaction():
            chains = [self._missing(plan, wanted[plan.lsid], existing) for plan in plans]
        self._impersonation.learn(artifact for chain in chains for artifact in chain.artifacts)
        self._delivery.deliver(chains, on_done)

    def _wanted(self, plan: Plan) -> list[Artifact]:
        """Return the artifacts of a plan that may be created now, as far as the ledger knows."""
        records = self._artifacts.of([plan.lsid])[plan.lsid]
        wanted: list[Artifact] = []
        blocked: set[str] = set()
        for artifact in plan.artifacts:
            record = records.get(artifact.marker)
            if artifact.group in blocked or (record is not None and record.is_done_on(artifact.ticket_id)):
                continue
            if record is None or record.state in DONE or self._is_due(record):
                wanted.append(artifact)
            else:
                blocked.add(artifact.group)
        return wanted

    def _is_due(self, record: ArtifactRecord) -> bool:
        """Tell whether a held artifact may be tried again; a due time that is absurdly far ahead is not believed."""
        return record.state is ArtifactState.HELD and not self._now < record.due_at <= self._now + FARTHEST

    def _missing(self, plan: Plan, wanted: Sequence[Artifact], existing: Mapping[ArtifactKind, Existing]) -> Chain:
        """Adopt what is there of one session; return the rest, without parts whose earlier parts have changed."""
        chain = Chain(deque())
        waiting: set[str] = set()
        for artifact in wanted:
            found = existing[artifact.kind].find(place_of(artifact), artifact.marker)
            if found is not None:
                self._adopt(artifact, found)
            elif artifact.review is not None:
                waiting.add(artifact.group)
                hold_withheld(self._world, self._now, artifact.lsid, artifact.review)
            elif artifact.group in waiting:
                continue  # further parts wait with the part that a person has to let through
            elif artifact.kind is ArtifactKind.TIME_ENTRY and not self._fits(artifact, plan, existing):
                self._artifacts.hold(artifact.lsid, artifact.marker, artifact.kind, PLAN_CHANGED)
            else:
                chain.artifacts.append(artifact)
        return chain

    def _adopt(self, artifact: Artifact, found: Found) -> None:
        """Take what is there for what was to be created, unless it is known to be another session's."""
        owner = self._artifacts.owner(artifact.kind, found.id)
        if owner not in (None, artifact.lsid):
            trouble = Trouble(Stage.COMPARE, f"The session {owner} has the same mark on this ticket.", SAME_MARK_ADVICE)
            self._artifacts.hold(artifact.lsid, artifact.marker, artifact.kind, trouble)
            return
        self._artifacts.adopted(
            artifact.lsid,
            artifact.marker,
            artifact.kind,
            found,
            ticket_id=artifact.ticket_id,
            respondents=artifact.respondents,
            made_from=artifact.made_from,
        )
        self.adopted[artifact.kind] += 1

    def _fits(self, artifact: Artifact, plan: Plan, existing: Mapping[ArtifactKind, Existing]) -> bool:
        """Tell whether every existing entry of this session and representative equals its planned part."""
        planned = {part.marker: (part.start, part.end) for part in plan.artifacts if part.group == artifact.group}
        entries = existing[artifact.kind].parts(artifact.ticket_id, artifact.group)
        return all(planned.get(marker) == (entry.start, entry.end) for marker, entry in entries)

    def _is_retried(self, artifact: Artifact) -> bool:
        record = self._world.sessions.get([artifact.lsid])[artifact.lsid]
        return is_retried(artifact.event, record, self._world.profile)

    def _read_time(self) -> None:
        """Read the budget and the time; what was given up before is known to be given up by then."""
        threshold, answered_at = self._world.client.threshold()
        self._budget.learn(threshold, self._world.client.requests_sent)
        waited = self._world.clocks.read_autotask(answered_at)
        if waited is not None:
            self._artifacts.give_up(waited + 1)
