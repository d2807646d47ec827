"""Whether Autotask's look-ups show what the ledger knows to be there, tried as every run tries it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.check.findings import Area, ok, problem
from bt_autotask_sync.state.artifact_record import Sort
from bt_autotask_sync.state.artifacts import Artifacts
from bt_autotask_sync.state.states import ArtifactKind
from bt_autotask_sync.sync.compare.lookup_state import BLIND, CANARIES, Sight
from bt_autotask_sync.sync.compare.lookups import Comparison, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bt_autotask_sync.autotask.records import Records
    from bt_autotask_sync.check.findings import Finding
    from bt_autotask_sync.config.models import Profile
    from bt_autotask_sync.state.ledger import Ledger

_SORTS = (
    (Sort(ArtifactKind.TICKET), Area.TICKETS, "tickets"),
    (Sort(ArtifactKind.NOTE), Area.NOTES, "notes"),
    (Sort(ArtifactKind.TIME_ENTRY), Area.TIME_ENTRIES, "time entries"),
    (Sort(ArtifactKind.TIME_ENTRY, non_billable=True), Area.TIME_ENTRIES, "non-billable time entries"),
)


def check_sight(profile: Profile, records: Records, ledger: Ledger | None) -> Iterator[Finding]:
    """Yield for each sort of records whether the newest known ones show in a query."""
    if ledger is None:
        return
    artifacts = Artifacts(ledger, profile.name)
    comparison = Comparison(records, artifacts)
    off = {Area.TIME_ENTRIES: not profile.time_entries.enabled, Area.TICKETS: not profile.tickets.enabled}
    for sort, area, words in _SORTS:
        places = {place_of(known) for known in artifacts.known(sort, CANARIES)} - {None}
        if not places or off.get(area):
            continue
        if comparison.sights.of(sort) is Sight.UNTESTED:
            comparison.existing(sort.kind, places)
        yield _judge(comparison.sights.of(sort), area, words)


def _judge(sight: Sight, area: Area, words: str) -> Finding:
    if sight is Sight.SEEING:
        return ok(area, f"Look-ups show {words} that are there.")
    return problem(area, f"{BLIND.error} It hides {words}.", BLIND.advice)
