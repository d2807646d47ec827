"""What people do between two runs: to the checkpoint, on the appliance, in Autotask."""

from __future__ import annotations

import shutil
from enum import StrEnum
from typing import TYPE_CHECKING

from bt_autotask_sync.sync.ledger import FILE_NAME
from tests.crash.simulator.scene import MISSING_TICKET

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random

    from tests.crash.simulator.scene import Scene


class Act(StrEnum):
    """What somebody does."""

    ADD_SESSION = "add a session"
    END_SESSION = "end the running session"
    CHANGE_KEY = "name another ticket in a session"
    DELETE_RECORD = "delete a note or time entry in Autotask"
    MEND_TICKET = "make the missing ticket"
    MEND_PEOPLE = "activate a resource and give it the role"
    LOSE_CHECKPOINT = "move the checkpoint away"
    RESTORE_CHECKPOINT = "put an older checkpoint back"


ON_CHECKPOINT = frozenset({Act.LOSE_CHECKPOINT, Act.RESTORE_CHECKPOINT})


class Operator:
    """Does what a schedule says, on one scene and one state directory.

    Args:
        scene: Both products.
        directory: The state directory.
        random: Draws which session, which copy.
    """

    def __init__(self, scene: Scene, directory: Path, random: Random) -> None:
        self._scene = scene
        self._directory = directory
        self._random = random
        self._copies: list[Path] = []
        self._ways: dict[Act, Callable[[], bool]] = {
            Act.ADD_SESSION: self._add_session,
            Act.END_SESSION: self._end_session,
            Act.CHANGE_KEY: self._change_key,
            Act.DELETE_RECORD: self._delete_record,
            Act.MEND_TICKET: self._mend_ticket,
            Act.MEND_PEOPLE: self._mend_people,
            Act.LOSE_CHECKPOINT: self._lose_checkpoint,
            Act.RESTORE_CHECKPOINT: self._restore_checkpoint,
        }

    def back_up(self) -> None:
        """Copy the checkpoint, if there is one."""
        checkpoint = self._directory / FILE_NAME
        if checkpoint.exists():
            self._copies.append(self._directory / f"copy-{len(self._copies)}")
            shutil.copyfile(checkpoint, self._copies[-1])

    def do(self, act: Act) -> bool:
        """Do it, and tell whether there was anything to do."""
        return self._ways[act]()

    def _add_session(self) -> bool:
        self._scene.add_session(self._random.randrange(4))
        return True

    def _end_session(self) -> bool:
        running = [session for session in self._scene.sessions() if session.active]
        for session in running:
            self._scene.sandbox.appliance.end_session(session.lsid)
        return bool(running)

    def _change_key(self) -> bool:
        numbers = [ticket["ticketNumber"] for ticket in self._scene.tickets]
        sessions = [session for session in self._scene.sessions() if session.external_key in numbers]
        if not sessions:
            return False
        session = self._random.choice(sessions)
        others = [number for number in numbers if number != session.external_key]
        self._scene.change_key(session, self._random.choice(others))
        return True

    def _delete_record(self) -> bool:
        found = self._scene.marked_records()
        if not found:
            return False
        entity, marker, row = self._random.choice(found)
        self._scene.sandbox.autotask.store.delete(entity, row["id"])
        self._scene.deleted_markers.add(marker)
        return True

    def _mend_ticket(self) -> bool:
        store = self._scene.sandbox.autotask.store
        if any(row["ticketNumber"] == MISSING_TICKET for row in store.scan("Tickets")):
            return False
        store.insert("Tickets", {**self._scene.tickets[0], "id": None, "ticketNumber": MISSING_TICKET})
        return True

    def _mend_people(self) -> bool:
        store = self._scene.sandbox.autotask.store
        inactive = [row["id"] for row in store.scan("Resources") if not row["isActive"]]
        for key in inactive:
            store.update("Resources", key, {"isActive": True})
        return bool(inactive)

    def _lose_checkpoint(self) -> bool:
        """Take the checkpoint away.

        Only when no create is under way in Autotask any more: nobody could know of one whose intent is lost.
        """
        checkpoint = self._directory / FILE_NAME
        if not checkpoint.exists():
            return False
        self._scene.late_commits_land()
        checkpoint.unlink()
        return True

    def _restore_checkpoint(self) -> bool:
        """Put an older checkpoint in the place of this one."""
        if not self._copies or not self._lose_checkpoint():
            return False
        shutil.copyfile(self._random.choice(self._copies), self._directory / FILE_NAME)
        return True
