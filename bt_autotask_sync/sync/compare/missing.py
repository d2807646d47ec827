"""What of some plans is not in Autotask yet: the rest is adopted, or held where it is in doubt."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import replace
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.entities import Ticket, TicketNote, TimeEntry
from bt_autotask_sync.state.session_record import FARTHEST
from bt_autotask_sync.state.states import DONE, ArtifactKind, ArtifactState, Problem, Stage
from bt_autotask_sync.sync.compare.entry_matching import is_same_time, recognise
from bt_autotask_sync.sync.compare.lookup_state import LookupState, record_class_of
from bt_autotask_sync.sync.compare.lookups import place_of
from bt_autotask_sync.sync.compare.tenant_search import Elsewhere, span_of, uncertain
from bt_autotask_sync.sync.compare.view import View, on_ticket, partly
from bt_autotask_sync.sync.markers import entry_key, kind_of
from bt_autotask_sync.sync.plan.artifact import Blocked, Chain
from bt_autotask_sync.sync.plan.billing_record import UNCLEAR, write_bills
from bt_autotask_sync.sync.plan.time_entries import PARTLY
from bt_autotask_sync.sync.transitions import hold_artifact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bt_autotask_sync.state.artifact_record import ArtifactRecord
    from bt_autotask_sync.sync.compare.lookups import Comparison, Existing
    from bt_autotask_sync.sync.compare.tenant_search import TenantSearch
    from bt_autotask_sync.sync.markers import Found
    from bt_autotask_sync.sync.plan.artifact import Artifact, Plan
    from bt_autotask_sync.sync.run_context import RunContext

SAME_MARK_ADVICE = "Both lsids begin alike, which is rare: write this note by hand and skip it here."
SOON = 3600
"""Seconds after its end in which nothing of a session can stand elsewhere, if this checkpoint file was there then."""


class Missing:
    """Compares plans with what is there.

    Args:
        context: Everything the run was given.
        now: The appliance's time at the beginning of the run (unix seconds).
        comparison: The run's look-ups.
        search: Looks on the whole tenant.
    """

    def __init__(self, context: RunContext, now: int, comparison: Comparison, search: TenantSearch) -> None:
        self._context = context
        self._now = now
        self._artifacts = context.artifacts
        self._comparison = comparison
        self._search = search
        self._first_run = context.runs.first_at()
        self._pinned: set[str] = set()
        """The sessions that a person sent to a ticket: there they get a note, wherever another one stands."""
        self._named: set[str] = set()
        """The sessions that a person named."""
        self.adopted: Counter[ArtifactKind] = Counter()

    def chains(self, plans: Sequence[Plan]) -> list[Chain]:
        """Return what is to be created of each plan, in order; adopt what is there, and hold what is in doubt.

        Before anything else the ledger keeps who is billed.

        Raises:
            OutageError: Autotask is out of reach, or the budget is spent.
        """
        known = self._context.sessions.get([plan.lsid for plan in plans])
        self._pinned = {lsid for lsid, record in known.items() if record.pinned_ticket}
        self._named = {lsid for lsid, record in known.items() if record.named}
        wanted = {plan.lsid: self._wanted(plan) for plan in plans}
        existing = {
            kind: self._comparison.existing(
                kind, (place_of(artifact) for queue in wanted.values() for artifact in queue if artifact.kind is kind)
            )
            for kind in ArtifactKind
        }
        views = {plan.lsid: on_ticket(plan, wanted[plan.lsid], existing) for plan in plans}
        self._look_elsewhere(plans, wanted, views, existing)
        with self._context.ledger.transaction():
            return [self._chain(plan, wanted[plan.lsid], views[plan.lsid], existing) for plan in plans]

    def adopt(self, artifact: Artifact, found: Found) -> None:
        """Take what is there for what was to be created, unless it is known to be another session's."""
        owner = self._artifacts.owner(artifact.kind, found.id)
        if owner not in (None, artifact.lsid):
            problem = Problem(Stage.COMPARE, f"The session {owner} has the same mark on this ticket.", SAME_MARK_ADVICE)
            self._artifacts.hold(artifact.lsid, artifact.marker, artifact.kind, problem)
            return
        self._forget_other_keys(artifact, found)
        stands_on = artifact.ticket_id if isinstance(found, Ticket) else found.ticket_id
        self._artifacts.adopted(
            artifact.lsid,
            artifact.marker,
            artifact.kind,
            found,
            ticket_id=stands_on,
            respondents=artifact.respondents,
            made_from=artifact.made_from,
        )
        self.adopted[artifact.kind] += 1

    def _forget_other_keys(self, artifact: Artifact, found: Found) -> None:
        """Forget a key by which a record was known before, such as another number of the representative."""
        for marker, record in self._artifacts.of([artifact.lsid])[artifact.lsid].items():
            same = record.kind is artifact.kind and record.autotask_id == found.id
            if same and marker != artifact.marker:
                self._artifacts.forget(artifact.lsid, marker)

    def _wanted(self, plan: Plan) -> list[Artifact]:
        """Return the artifacts of a plan that may be created now, as far as the ledger knows."""
        records = self._artifacts.of([plan.lsid])[plan.lsid]
        open_ones = [record for record in records.values() if record.state is ArtifactState.UNSETTLED]
        wanted: list[Artifact] = []
        blocked: set[str] = set()
        for artifact in plan.artifacts:
            record = records.get(artifact.marker)
            if artifact.group in blocked or (record is not None and self._is_done(artifact, record)):
                continue
            if record is None and any(is_same_time(artifact, other) for other in open_ones):
                blocked.add(artifact.group)
            elif record is None or record.state in DONE or self._is_due(record):
                wanted.append(artifact)
            else:
                blocked.add(artifact.group)
        return wanted

    def _is_done(self, artifact: Artifact, record: ArtifactRecord) -> bool:
        """Return whether nothing more is to be done for an artifact, on whatever ticket it stands by now.

        A note that came to stand on a session's former ticket does not count for the one that a person named.
        """
        moved = artifact.kind is ArtifactKind.NOTE and record.ticket_id != artifact.ticket_id
        if moved and artifact.lsid in self._pinned:
            return record.state is ArtifactState.SKIPPED
        return record.is_done()

    def _is_due(self, record: ArtifactRecord) -> bool:
        """Tell whether a held artifact may be tried again; a due time that is absurdly far ahead is not believed."""
        return record.state is ArtifactState.HELD and not self._now < record.due_at <= self._now + FARTHEST

    def _look_elsewhere(
        self,
        plans: Sequence[Plan],
        wanted: Mapping[str, Sequence[Artifact]],
        views: Mapping[str, View],
        existing: Mapping[ArtifactKind, Existing],
    ) -> None:
        """Look on the whole tenant for what would be created, where it may stand there."""
        for kind in (ArtifactKind.NOTE, ArtifactKind.TIME_ENTRY):
            unseen = {
                plan.lsid: plan
                for plan in plans
                if self._may_stand_elsewhere(plan, wanted[plan.lsid], views[plan.lsid])
                and not (kind is ArtifactKind.NOTE and plan.lsid in self._pinned)
                and any(each.kind is kind and views[plan.lsid].lacks(each) for each in wanted[plan.lsid])
            }
            spans = {lsid: span_of(plan.started_at, plan.ended_at, None) for lsid, plan in unseen.items()}
            elsewhere = self._search.search(kind, spans)
            for lsid, plan in unseen.items():
                self._add(views[lsid], plan, [each for each in wanted[lsid] if each.kind is kind], elsewhere, existing)

    def _may_stand_elsewhere(self, plan: Plan, wanted: Sequence[Artifact], view: View) -> bool:
        """Return whether something of a session may stand on another ticket.

        That is so of one that did not end just now, or that a person names since something of it is gone; of what was
        in doubt before; and of the parts before one that is missing.
        """
        if self._is_old(plan) or plan.lsid in self._named or self._was_in_doubt(wanted):
            return True
        further = {each.group for each in wanted if each.kind is ArtifactKind.TIME_ENTRY and each.marker != each.group}
        earlier = (each for each in plan.artifacts if each.group in further and each not in wanted)
        return any(each.marker not in view.found for each in earlier)

    def _is_old(self, plan: Plan) -> bool:
        """Return whether records of a session may stand elsewhere: it did not end just now, or before our first run.

        What ended before the first run of this checkpoint file may have been delivered with one that is lost.
        """
        if plan.ended_at is None:
            return False
        ended = plan.ended_at.timestamp()
        return abs(self._now - ended) > SOON or self._first_run is None or ended <= self._first_run

    def _was_in_doubt(self, wanted: Sequence[Artifact]) -> bool:
        """Return whether a look-up kept anything of this from being created before: what it found may be elsewhere."""
        records = self._artifacts.of([artifact.lsid for artifact in wanted[:1]])
        stages = {marker: record.stage for known in records.values() for marker, record in known.items()}
        return any(stages.get(artifact.marker) == Stage.COMPARE for artifact in wanted)

    def _add(
        self,
        view: View,
        plan: Plan,
        wanted: Sequence[Artifact],
        elsewhere: Elsewhere,
        existing: Mapping[ArtifactKind, Existing],
    ) -> None:
        """Add to a view what was found on the whole tenant, or why nothing follows from what was not."""
        missing = [each for each in wanted if view.lacks(each)]
        if elsewhere.problem is not None:
            view.doubts |= {each.marker: elsewhere.problem for each in missing}
            view.hides_time |= any(each.kind is ArtifactKind.TIME_ENTRY for each in missing)
            return
        view.there += elsewhere.of(plan.lsid)
        if missing and missing[0].kind is ArtifactKind.TIME_ENTRY:
            entries = (record for record in elsewhere.of(plan.lsid) if isinstance(record, TimeEntry))
            here = existing[ArtifactKind.TIME_ENTRY].entries_on(missing[0].ticket_id)
            seen = recognise(plan.artifacts, {entry.id: entry for entry in (*here, *entries)}.values())
            view.found |= {each.marker: seen.found[each.marker] for each in missing if each.marker in seen.found}
            view.doubts |= {each.marker: seen.doubts[each.marker] for each in missing if each.marker in seen.doubts}
            return
        for artifact in missing:
            found = elsewhere.find(artifact)
            if found is not None and elsewhere.is_certain(found):
                view.found[artifact.marker] = found
            elif isinstance(found, TicketNote):
                view.doubts[artifact.marker] = uncertain(found, self._context.client.web_url())

    def _chain(
        self,
        plan: Plan,
        wanted: Sequence[Artifact],
        view: View,
        existing: Mapping[ArtifactKind, Existing],
    ) -> Chain:
        """Adopt what is there of one session; return the rest, without what waits for a person."""
        withheld = partly(plan, self._unknown(plan, view), existing) if plan.is_first else frozenset()
        self._keep_billing(plan, withheld, judged=not (plan.is_first and self._hides_time(plan, view)))
        chain = Chain(deque())
        waiting: set[str] = set()
        moved = False
        for artifact in wanted:
            found, review = view.found.get(artifact.marker), artifact.review
            doubt = PARTLY if artifact.group in withheld else view.doubts.get(artifact.marker)
            if found is not None:
                self.adopt(artifact, found)
                moved = moved or (not isinstance(found, Ticket) and found.ticket_id != artifact.ticket_id)
            elif artifact.group in waiting:
                continue  # further parts wait with the part that a person has to look at
            elif doubt is not None or review is not None:
                waiting.add(artifact.group)
                held = review or Blocked(artifact.marker, artifact.kind, doubt or PARTLY)
                hold_artifact(self._context, self._now, plan.lsid, replace(held, problem=doubt) if doubt else held)
            else:
                chain.artifacts.append(artifact)
        # What is found on another ticket says where the session belongs: the rest is planned there.
        return Chain(deque()) if moved else chain

    def _unknown(self, plan: Plan, view: View) -> View:
        """Return a view whose records are only those that the ledger does not know."""
        records = self._artifacts.of([plan.lsid])[plan.lsid].values()
        known = {(record.kind, record.autotask_id) for record in records}
        return replace(view, there=tuple(each for each in view.there if (kind_of(each), each.id) not in known))

    def _hides_time(self, plan: Plan, view: View) -> bool:
        """Return whether it was not seen which of a session's time entries Autotask holds."""
        sorts = {record_class_of(each) for each in plan.artifacts if each.kind is ArtifactKind.TIME_ENTRY}
        return view.hides_time or any(
            self._comparison.lookup_states.of(record_class) is LookupState.BLIND for record_class in sorts
        )

    def _keep_billing(self, plan: Plan, withheld: frozenset[str], *, judged: bool) -> None:
        if plan.bills is None:
            return
        settings = self._context.profile.time_entries
        bills = (
            replace(bill, withheld=bill.withheld or entry_key(plan.lsid, bill.gsnumbers[0]) in withheld, judged=judged)
            for bill in plan.bills
        )
        kept = UNCLEAR if plan.is_unclear else write_bills(bills, settings.split_at, self._context.profile.zone)
        self._context.sessions.keep_billing(plan.lsid, kept)
