"""Autotask as one run deals with it: opened at the first need, within the hourly budget, settled before used."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.errors import QueryRefused
from bt_autotask_sync.state.states import ArtifactKind
from bt_autotask_sync.sync.budget import Budget
from bt_autotask_sync.sync.compare.lookup_state import BlindLookUpError, LookupState, record_class_of
from bt_autotask_sync.sync.compare.lookups import Comparison, place_of
from bt_autotask_sync.sync.compare.missing import Missing
from bt_autotask_sync.sync.compare.tenant_search import TenantSearch
from bt_autotask_sync.sync.compare.unsettled import resolve_unsettled
from bt_autotask_sync.sync.deliver.create_queue import CreateQueue
from bt_autotask_sync.sync.deliver.dry_run import would_create
from bt_autotask_sync.sync.deliver.impersonation import Impersonation
from bt_autotask_sync.sync.deliver.refusals import Refusals, is_retried
from bt_autotask_sync.sync.match.people import match_people
from bt_autotask_sync.sync.match.tickets import find_tickets
from bt_autotask_sync.sync.transitions import hold_artifact

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Collection, Iterable, Sequence

    from bt_autotask_sync.autotask.entities import Ticket
    from bt_autotask_sync.autotask.records import Records
    from bt_autotask_sync.state.artifact_record import ArtifactRecord, RecordClass
    from bt_autotask_sync.sync.compare.lookups import Existing, Place
    from bt_autotask_sync.sync.match.external_key import NamedTickets
    from bt_autotask_sync.sync.match.people import People
    from bt_autotask_sync.sync.plan.artifact import Artifact, Plan
    from bt_autotask_sync.sync.run_context import RunContext

_LOG = logging.getLogger(__name__)


class Delivery:
    """Looks up, compares and creates for one run.

    Args:
        context: Everything the run was given.
        now: The appliance's time at the beginning of the run (unix seconds), which pauses are counted from.
        named_by_person: The lsids of the sessions that a person named.
    """

    def __init__(self, context: RunContext, now: int, named_by_person: Collection[str] = ()) -> None:
        self._context = context
        self._now = now
        self._named_by_person = named_by_person
        self._artifacts = context.artifacts
        self._records: Records = context.records
        self._comparison = Comparison(context.records, context.artifacts)
        self._search = TenantSearch(context.records, context.artifacts)
        self._missing = Missing(context, now, self._comparison, self._search)
        self._budget = Budget(context.profile.autotask.request_share, context.runs.requests_since(now - 3600))
        self._impersonation = Impersonation(context)
        self._opened = False
        self._planned: list[Artifact] = []
        self._queue = CreateQueue(
            artifacts=context.artifacts,
            create=would_create if context.dry_run else self._impersonation.create,
            workers=context.workers,
            comparison=self._comparison,
            refusals=Refusals(
                context.artifacts,
                now,
                context.profile.retry_limit,
                self._is_retried,
                partial(hold_artifact, context, now),
            ),
            permit=self.permit,
            read_time=self._read_time,
        )

    @property
    def created(self) -> Counter[ArtifactKind]:
        """How many were created, by kind; in a dry run, would be."""
        return self._queue.created

    @property
    def adopted(self) -> Counter[ArtifactKind]:
        """How many were found to be there, by kind."""
        return self._missing.adopted

    @property
    def served(self) -> set[str]:
        """The lsids of the sessions for which the latest `put` created something."""
        return self._queue.served

    @property
    def planned(self) -> Sequence[Artifact]:
        """What a dry run would send, session by session."""
        return self._planned

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
        for record in resolve_unsettled(self._context, self._comparison, self._search, self._named_by_person):
            self.adopted[record.kind] += 1
        self._opened = True

    def stands_on(self, kind: ArtifactKind, ids: Collection[int]) -> dict[int, int]:
        """Return the ids of the tickets on which these notes or time entries stand now, by their ids.

        A query that Autotask refuses shows none.
        """
        self.permit()
        try:
            found = self._records.notes(ids) if kind is ArtifactKind.NOTE else self._records.time_entries(ids)
        except QueryRefused as error:
            _LOG.warning("%s: %s", error.message, error.words)
            return {}
        return {record.id: record.ticket_id for record in found.items if record.ticket_id is not None}

    def tickets(self, named: Iterable[NamedTickets]) -> tuple[Ticket, ...]:
        """Look up the tickets that sessions name, all together."""
        self.permit()
        return find_tickets(named, self._records)

    def people(self, usernames: Iterable[str]) -> People:
        """Find the resources and roles of representatives; see `match_people`."""
        return match_people(usernames, self._context.profile.time_entries, self._records)

    def existing(self, kind: ArtifactKind, places: Iterable[Place]) -> Existing:
        """Look up the records of a kind at these places."""
        return self._comparison.existing(kind, places)

    def lookup_state(self, record_class: RecordClass) -> LookupState:
        """Tell whether the look-up of a sort can be believed."""
        return self._comparison.lookup_states.of(record_class)

    def gone(self, kind: ArtifactKind, known: Sequence[ArtifactRecord]) -> list[ArtifactRecord]:
        """Return those of these records, known by their ids, that Autotask does not have any more.

        Raises:
            BlindLookUpError: Some do not show, and the look-up was not seen to show anybody's.
        """
        missing = self._not_there(kind, known)
        for record_class in {record_class_of(record) for record in missing}:
            self._comparison.probe(record_class)
            if self.lookup_state(record_class) is not LookupState.VERIFIED:
                raise BlindLookUpError
        # Looked for once more after the proof: the right to see may have come back only then.
        return self._not_there(kind, missing)

    def _not_there(self, kind: ArtifactKind, known: Sequence[ArtifactRecord]) -> list[ArtifactRecord]:
        present = self._comparison.present(kind, known)
        return [record for record in known if record.autotask_id not in present]

    def permit(self) -> None:
        """Raise StoppedError or OutageError when nothing more may be asked: told to stop, or the budget is spent."""
        self._context.stop.check()
        self._budget.check(self._context.client.requests_sent)

    def adopt(self, artifacts: Sequence[Artifact]) -> None:
        """Take what is there already of these, one or more, all of one kind; nothing is created."""
        self.permit()
        existing = self._comparison.existing(artifacts[0].kind, map(place_of, artifacts))
        with self._context.ledger.transaction():
            for artifact in artifacts:
                found = existing.find(artifact)
                if found is not None:
                    self._missing.adopt(artifact, found)

    def deliver(self, plans: Iterable[Plan], on_done: Callable[[], None]) -> None:
        """Adopt what is there already and create the rest; `on_done` is called when a session is through.

        Raises:
            OutageError: Autotask is out of reach, or the budget is spent; the rest stays to be sent.
            CredentialsError: Autotask refused who we are.
            StoppedError: The run was told to stop.
        """
        self.served.clear()
        chains = self._missing.chains(list(plans))
        self._impersonation.find_authors(artifact for chain in chains for artifact in chain.artifacts)
        places = {chain.artifacts[0].lsid: place for place, chain in enumerate(chains) if chain.artifacts}
        try:
            self._queue.deliver(chains, on_done)
        finally:
            self._planned += sorted(self._queue.planned, key=lambda artifact: places[artifact.lsid])
            self._queue.planned.clear()

    def _is_retried(self, artifact: Artifact) -> bool:
        record = self._context.sessions.get([artifact.lsid])[artifact.lsid]
        return is_retried(artifact.event, record, self._context.profile)

    def _read_time(self) -> None:
        """Read the budget and the time; what was given up before is known to be given up by then."""
        waited = self._context.clocks.read_autotask(self._budget.read(self._context.client))
        if waited is not None:
            self._artifacts.give_up(waited + 1)
