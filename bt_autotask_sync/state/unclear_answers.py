"""The ledger's record of what was answered to creates of unknown outcome (rule C5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.state.states import ArtifactState

if TYPE_CHECKING:
    from bt_autotask_sync.autotask.entities import Unclear
    from bt_autotask_sync.state.ledger import Ledger


class UnclearAnswers:
    """The answers of one profile to creates of which it is not known whether they made anything."""

    def __init__(self, ledger: Ledger, profile: str) -> None:
        self._ledger = ledger
        self._profile = profile

    def add(self, lsid: str, marker: str, outcome: Unclear, advice: str) -> None:
        """Record the answer to the create of an artifact, with what to do about it."""
        self._ledger.execute(
            """
            UPDATE artifact SET answer_status = ?, answer = ?, unclear_sends = unclear_sends + 1, error = ?, advice = ?
            WHERE profile = ? AND lsid = ? AND marker = ?
            """,
            (
                outcome.status,
                outcome.reason,
                f"Whether it was made is not known yet: {outcome.reason}",
                advice,
                self._profile,
                lsid,
                marker,
            ),
        )

    def count(self, lsid: str, marker: str) -> None:
        """Count the last one of an artifact as an attempt, if it was not the first: others of its kind were accepted.

        Where it was turned away (4xx), it counts when it is sent again.
        """
        self._ledger.execute(
            """
            UPDATE artifact SET attempts = attempts + 1, unclear_counted = 1
            WHERE profile = ? AND lsid = ? AND marker = ? AND state = ? AND unclear_sends > 1
            AND (answer_status IS NULL OR answer_status NOT BETWEEN 400 AND 499)
            """,
            (self._profile, lsid, marker, ArtifactState.UNSETTLED),
        )
