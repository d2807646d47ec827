"""Judges what the runs left behind, in Autotask and in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.crash.simulator.bookkeeping import ENTITIES, Books, read_books
from tests.crash.simulator.oracle import Oracle
from tests.crash.simulator.own_tickets import OwnTickets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.crash.simulator.stage import Stage


class Violation(AssertionError):  # noqa: N818 - it says what happened
    """A promise was broken."""


class Judge:
    """Judges one trial.

    Args:
        stage: What the trial takes place on, before the first run.
    """

    def __init__(self, stage: Stage) -> None:
        self._scene = stage.scene
        self._post = stage.post
        self._evidence = stage.evidence
        self._directory = stage.directory
        self._own_tickets = OwnTickets(stage.scene, stage.post, stage.evidence)
        self._oracle = Oracle(stage.scene, self._own_tickets)
        self._books = Books()

    def checkpoint_exchanged(self) -> None:
        """Expect nothing of the next checkpoint that the last one knew."""
        noted, billed = self._oracle.standing()
        self._scene.plans.forgotten(noted, billed, entirely=not read_books(self._directory).sessions)
        self._books = Books()
        self._evidence.forgotten_at = self._scene.clock.now()

    def judge_run(self, *, reports_lied: bool) -> None:
        """Judge what stands there after a run, however it ended.

        Args:
            reports_lied: The appliance has left sessions out of a report, so that the watermark may be past them, and
                one that only an event has named may be forgotten until a listing names it.

        Raises:
            Violation: Something is doubled or wrong, or the ledger has lost what it knew.
        """
        books, before = read_books(self._directory), self._books
        self._books = books
        lost = books.lost_since(before, self._deleted(), self._scene.unseen(denied=reports_lied))
        broken = [*self._oracle.judge().wrong, *lost]
        if not reports_lied:
            broken += self._passed_over()
        if broken:
            raise Violation("\n".join(broken))

    def is_quiet(self) -> bool:
        """Tell whether all is there that must be, nothing is open, and every session stands where it must."""
        settled = not self._books.unsettled and not self._post.waits()
        there = settled and self._scene.all_visible() and not self._oracle.judge().missing
        return there and not any(self._stuck())

    def judge_end(self) -> None:
        """Judge where everything stands when nothing is left to do.

        Raises:
            Violation: A session is stuck, or the ledger says what is not so.
        """
        for stuck in self._stuck():
            raise Violation(f"{stuck}\n{self.situation()}")
        for kind, key in self._books.final - self._deleted():
            if self._scene.sandbox.autotask.store.get(ENTITIES[kind], key) is None:
                raise Violation(f"the ledger holds the {kind} with the id {key}, which Autotask does not have")

    def situation(self) -> str:
        """Return what is missing and what the ledger says, for a person."""
        missing = [f"missing: {what}" for what in self._oracle.judge().missing]
        sessions = [f"session {lsid}: {state}" for lsid, state in self._books.sessions.items()]
        artifacts = [f"artifact {marker}: {state}" for (_, marker), state in self._books.artifacts.items()]
        return "\n".join([*missing, *self._stuck(), *sessions, *artifacts])

    def _stuck(self) -> Iterator[str]:
        """Yield the sessions that stand elsewhere in the ledger than they must."""
        for session in self._scene.sessions():
            state, wanted = self._books.sessions.get(session.lsid, "unknown"), self._oracle.states(session)
            if wanted and state not in wanted:
                yield f"session {session.lsid} is {state} in the ledger, not {' or '.join(sorted(wanted))}"

    def _deleted(self) -> set[tuple[str, int]]:
        """Return the kind and the id of what people have deleted in Autotask."""
        kinds = {entity: kind for kind, entity in ENTITIES.items()}
        return {(kinds[entity], key) for entity, key in self._scene.deeds.deleted}

    def _passed_over(self) -> Iterator[str]:
        """Yield the sessions that ended before the watermark, could be listed then, and are not known."""
        watermark = self._books.watermark
        if watermark is None:
            return
        for session in self._scene.sessions():
            listed_from = self._scene.listed_from(session)
            if listed_from is not None and listed_from < watermark and session.lsid not in self._books.sessions:
                yield f"the watermark {watermark} passed over {session.lsid}, which ended at {session.ended_at}"
