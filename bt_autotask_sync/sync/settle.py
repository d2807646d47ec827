"""Creates of unknown outcome: looked up before anything else, adopted or, once it is safe, let go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.sync.compare import place_of
from bt_autotask_sync.sync.sight import Sight, sort_of
from bt_autotask_sync.sync.states import ArtifactKind, ArtifactState

if TYPE_CHECKING:
    from collections.abc import Collection

    from bt_autotask_sync.sync.compare import Comparison
    from bt_autotask_sync.sync.ledger.artifact_record import ArtifactRecord
    from bt_autotask_sync.sync.world import World


def settle(world: World, comparison: Comparison, insisted: Collection[str]) -> list[ArtifactRecord]:
    """Settle what can be settled of the creates of unknown outcome, on the tickets of their intents.

    What is found is adopted. What is not found may be sent again only after a look-up that was itself answered more
    than `settle_seconds` after the create was given up, by Autotask's time and by our own: until then it may still come
    to exist. Where no two clocks agree nothing is sent again. A
    look-up that was not seen to see anything proves nothing, unless a person insists on the session.
    The sessions concerned are taken up again.

    Args:
        world: Everything the run was given.
        comparison: The run's look-ups.
        insisted: The lsids of the sessions that a person named.

    Returns:
        What was adopted.
    """
    artifacts, sessions = world.artifacts, world.sessions
    settle_seconds = world.profile.autotask.settle_seconds
    open_ones = artifacts.in_state(ArtifactState.UNSETTLED)
    adopted = []
    for kind in ArtifactKind:
        records = [record for record in open_ones if record.kind is kind]
        existing = comparison.existing(kind, map(place_of, records))
        if records:
            world.clocks.read_autotask(existing.answered_at)
        for sort in {sort_of(record) for record in records}:
            comparison.probe(sort)
        for record in records:
            found = existing.find(place_of(record), record.marker)
            sight = comparison.sights.of(sort_of(record))
            believed = sight is Sight.SEEING or (sight is Sight.UNTESTED and record.lsid in insisted)
            over = believed and _is_over(world, record, settle_seconds)
            if found is None and not over:
                continue
            # Taken up first: a kill in between must not leave a session that nobody looks at again.
            sessions.take_up(record.lsid)
            if found is None:
                artifacts.withdraw(record.lsid, record.marker)
            else:
                artifacts.adopted(record.lsid, record.marker, record.kind, found, ticket_id=record.ticket_id)
                adopted.append(record)
    return adopted


def _is_over(world: World, record: ArtifactRecord, settle_seconds: int) -> bool:
    """Tell whether enough had been waited when the latest look-up was answered."""
    if record.given_up_at is None or place_of(record) is None or not world.clocks.settles:
        return False
    return world.clocks.waited > record.given_up_at + settle_seconds
