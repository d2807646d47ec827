"""The queue of what could not be delivered, and a person's decisions about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.errors import UsageError
from bt_autotask_sync.state.artifacts import Artifacts
from bt_autotask_sync.state.sessions import Sessions
from bt_autotask_sync.state.states import ArtifactState
from bt_autotask_sync.sync.summary import WAITING_STATES, ProblemRow, waiting_problems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bt_autotask_sync.state.ledger import Ledger
    from bt_autotask_sync.state.session_record import SessionRecord, Skip


class HeldQueue:
    """What is held, unsettled or parked in one profile.

    Args:
        ledger: The ledger, opened for writing where anything is to be decided.
        profile: The profile's name.
    """

    def __init__(self, ledger: Ledger, profile: str) -> None:
        self._ledger = ledger
        self._sessions = Sessions(ledger, profile)
        self._artifacts = Artifacts(ledger, profile)

    def problems(self) -> list[ProblemRow]:
        """Return everything that waits, in the order of the listing."""
        return waiting_problems(self._sessions, self._artifacts)

    def sessions(self) -> dict[str, SessionRecord]:
        """Return the sessions that wait, by lsid."""
        return {record.lsid: record for record in self._sessions.in_state(*WAITING_STATES)}

    def skipped(self) -> list[Skip]:
        """Return what a person decided not to deliver, the latest first."""
        return self._sessions.skipped()

    def retry(self, lsids: Sequence[str]) -> None:
        """Release sessions: the next run tries everything of them again, counting from the beginning.

        Time that waits for a person because it is long is entered as it is.
        """
        with self._ledger.transaction():
            for lsid in lsids:
                self._artifacts.approve(lsid)
                self._artifacts.release(lsid)
                self._sessions.release(lsid)

    def skip(self, lsids: Sequence[str], *, by: str, at: int, reason: str) -> None:
        """Give up sessions, all or none; who, when and why is kept.

        Raises:
            UsageError: A create of one may still come to exist: that has to be settled first.
        """
        with self._ledger.transaction():
            for lsid, records in self._artifacts.of(lsids).items():
                if any(record.state is ArtifactState.UNSETTLED for record in records.values()):
                    raise UsageError(
                        f"Session {lsid} has a create whose outcome is not known yet; nothing is skipped.",
                        "Let the next runs settle it; skip the rest then.",
                    )
                self._artifacts.skip(lsid)
                self._sessions.skip(lsid, by=by, at=at, reason=reason)
