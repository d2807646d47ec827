"""Creates of unknown outcome: looked up before anything else, adopted or, once it is safe, let go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.sync.sight import Sight
from bt_autotask_sync.sync.states import ArtifactKind, ArtifactState

if TYPE_CHECKING:
    from bt_autotask_sync.sync.artifacts import ArtifactRecord, Artifacts
    from bt_autotask_sync.sync.compare import Comparison, Existing
    from bt_autotask_sync.sync.sessions import Sessions


def settle(
    artifacts: Artifacts, sessions: Sessions, comparison: Comparison, settle_seconds: int
) -> list[ArtifactRecord]:
    """Settle what can be settled of the creates of unknown outcome, on the tickets of their intents.

    What is found is adopted. What is not found may be sent again only after a look-up that was itself answered more
    than `settle_seconds` after the create was given up, in Autotask's time: until then it may still come to exist.
    The sessions concerned are taken up again.

    Returns:
        What was adopted.
    """
    open_ones = artifacts.in_state(ArtifactState.UNSETTLED)
    adopted = []
    for kind in ArtifactKind:
        records = [record for record in open_ones if record.kind is kind]
        existing = comparison.existing(kind, {record.ticket_id for record in records if record.ticket_id is not None})
        blind = comparison.sights.of(kind) is Sight.BLIND
        for record in records:
            if _adopt(artifacts, record, existing):
                adopted.append(record)
            elif not blind and _is_over(record, existing, settle_seconds):
                artifacts.withdraw(record.lsid, record.marker)
            else:
                continue
            sessions.take_up(record.lsid)
    return adopted


def _adopt(artifacts: Artifacts, record: ArtifactRecord, existing: Existing) -> bool:
    ticket_id = record.ticket_id
    found = None if ticket_id is None else existing.find(ticket_id, record.marker)
    if found is None or ticket_id is None:
        return False
    artifacts.adopted(record.lsid, record.marker, record.kind, ticket_id, found)
    return True


def _is_over(record: ArtifactRecord, existing: Existing, settle_seconds: int) -> bool:
    if record.given_up_at is None or existing.answered_at is None:
        return False
    return existing.answered_at.timestamp() > record.given_up_at + settle_seconds
