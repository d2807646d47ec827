"""Judges what the runs left behind, in Autotask and in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.crash.simulator.bookkeeping import Books, read_books
from tests.crash.simulator.oracle import Oracle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.crash.simulator.scene import Scene


class Violation(AssertionError):  # noqa: N818 - it says what happened
    """A promise was broken."""


class Judge:
    """Judges one trial.

    Args:
        scene: Both products, before the first run.
        directory: The state directory.
    """

    def __init__(self, scene: Scene, directory: Path) -> None:
        self._scene = scene
        self._directory = directory
        self._oracle = Oracle(scene)
        self._books = Books()

    def checkpoint_exchanged(self) -> None:
        """Expect nothing of the next checkpoint that the last one knew."""
        self._books = Books()

    def judge_run(self, *, listings_lied: bool) -> None:
        """Judge what stands there after a run, however it ended.

        Args:
            listings_lied: The appliance has left sessions out of a listing, so that the watermark may be past them.

        Raises:
            Violation: Something is doubled or wrong, or the ledger has lost what it knew.
        """
        books, before = read_books(self._directory), self._books
        self._books = books
        broken = [*self._oracle.judge().wrong, *books.lost_since(before, self._scene.deleted_markers)]
        if not listings_lied:
            broken += self._passed_over()
        if broken:
            raise Violation("\n".join(broken))

    def is_quiet(self) -> bool:
        """Tell whether all is there that must be, and nothing is open in the ledger."""
        return not self._books.unsettled and self._scene.all_visible() and not self._oracle.judge().missing

    def judge_end(self) -> None:
        """Judge where everything stands when nothing is left to do.

        Raises:
            Violation: A session is stuck, or the ledger says what is not so.
        """
        for session in self._scene.sessions():
            state, wanted = self._books.sessions.get(session.lsid, "unknown"), self._oracle.state(session)
            if wanted and state != wanted:
                raise Violation(f"session {session.lsid} is {state} in the ledger, not {wanted}\n{self.situation()}")
        there = {(marker, row["id"]) for _, marker, row in self._scene.marked_records()}
        for (kind, marker), key in self._books.final.items():
            if (marker, key) not in there and marker not in self._scene.deleted_markers:
                raise Violation(f"the ledger holds {kind} {marker} with the id {key}, which Autotask does not have")

    def situation(self) -> str:
        """Return what is missing and what the ledger says, for a person."""
        missing = [f"missing: {what}" for what in self._oracle.judge().missing]
        sessions = [f"session {lsid}: {state}" for lsid, state in self._books.sessions.items()]
        artifacts = [f"artifact {marker}: {state}" for (_, marker), state in self._books.artifacts.items()]
        return "\n".join([*missing, *sessions, *artifacts])

    def _passed_over(self) -> Iterator[str]:
        """Yield the sessions that ended before the watermark, could be listed then, and are not known."""
        watermark = self._books.watermark
        if watermark is None:
            return
        for session in self._scene.sessions():
            listed_from = self._scene.listed_from(session)
            if listed_from is not None and listed_from < watermark and session.lsid not in self._books.sessions:
                yield f"the watermark {watermark} passed over {session.lsid}, which ended at {session.ended_at}"
