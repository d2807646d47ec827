"""What stands in Autotask of one plan, and what of its time waits for a person because of that."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.entities import TicketNote, TimeEntry
from bt_autotask_sync.state.states import ArtifactKind, Problem
from bt_autotask_sync.sync.compare.entry_matching import recognise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bt_autotask_sync.sync.compare.lookups import Existing
    from bt_autotask_sync.sync.markers import Found
    from bt_autotask_sync.sync.plan.artifact import Artifact, Plan

FRESH_NOTE = timedelta(hours=24)
"""A note so young may be one whose time entry was on its way when the checkpoint was lost."""


@dataclass
class View:
    """What stands in Autotask of one plan, by marker, and what is in doubt.

    `there` is all that says it is of it. `hides_time` tells that a look-up of time entries showed too little.
    """

    found: dict[str, Found] = field(default_factory=dict)
    doubts: dict[str, Problem] = field(default_factory=dict)
    there: tuple[Found, ...] = ()
    hides_time: bool = False

    def lacks(self, artifact: Artifact) -> bool:
        """Return whether nothing is known of an artifact, so that it would be created."""
        return artifact.marker not in self.found and artifact.marker not in self.doubts


def on_ticket(plan: Plan, wanted: Sequence[Artifact], existing: Mapping[ArtifactKind, Existing]) -> View:
    """Return what stands of a plan on its ticket."""
    view = View()
    for artifact in wanted:
        if artifact.kind is not ArtifactKind.TIME_ENTRY:
            found = existing[artifact.kind].find(artifact)
            view.found |= {artifact.marker: found} if found is not None else {}
    tickets = {each.ticket_id for each in wanted if each.kind is not ArtifactKind.TICKET}
    entries = [entry for ticket in tickets for entry in existing[ArtifactKind.TIME_ENTRY].entries_on(ticket)]
    if any(each.kind is ArtifactKind.TIME_ENTRY for each in wanted):
        seen = recognise(plan.artifacts, entries)
        view.found |= seen.found
        view.doubts |= seen.doubts
    kinds = (ArtifactKind.NOTE, ArtifactKind.TIME_ENTRY)
    view.there = tuple(
        record for kind in kinds for ticket in tickets for record in existing[kind].holds(plan.lsid, ticket)
    )
    return view


def partly(plan: Plan, view: View, existing: Mapping[ArtifactKind, Existing]) -> frozenset[str]:
    """Return the groups of time entries that wait for a person: Autotask holds records that the ledger does not know.

    What is missing of a group that stands in part is created; and of a session without any entry the first one, if
    its note is so young that the entry may have been on its way.
    """
    if not view.there:
        return frozenset()
    groups = list(dict.fromkeys(each.group for each in plan.artifacts if each.kind is ArtifactKind.TIME_ENTRY))
    if any(isinstance(record, TimeEntry) for record in view.there):
        begun = {each.group for each in plan.artifacts if each.marker in view.found}
        return frozenset(group for group in groups if group not in begun)
    made = [record.created_at for record in view.there if isinstance(record, TicketNote) and record.created_at]
    answered = existing[ArtifactKind.NOTE].answered_at
    is_fresh = bool(made) and answered is not None and answered - min(made) < FRESH_NOTE
    return frozenset(groups[1:] if is_fresh else groups)
