"""Does what people do between two runs."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from bt_autotask_sync.state.ledger import FILE_NAME
from tests.crash.simulator.acts import MOVING, ON_CHECKPOINT, Act
from tests.crash.simulator.changes import Changes
from tests.crash.simulator.keys import MISSING_TICKET
from tests.crash.simulator.stories import NEW_CUSTOMER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.crash.simulator.passage import Passage
    from tests.crash.simulator.stage import Stage


_LOOKED_FOR_ELSEWHERE = 3_700.0
"""Seconds after a session's end from which on a ledger that does not know it looks for its records on other tickets."""


class Operator:
    """Does what a schedule says, on one scene and one state directory.

    Args:
        stage: What the trial takes place on.
        passage: Lets time pass.
    """

    def __init__(self, stage: Stage, passage: Passage) -> None:
        self._scene = stage.scene
        self._passage = passage
        self._directory = stage.directory
        self._random = stage.random
        self._copies: list[Path] = []
        self._lost = self._moved = False
        self._ways: dict[Act, Callable[[], bool]] = {
            Act.ADD_SESSION: self._add_session,
            Act.END_SESSION: self._end_session,
            Act.CHANGE_KEY: self._change_key,
            Act.DELETE_RECORD: self._delete_record,
            Act.MEND_TICKET: self._mend_ticket,
            Act.MEND_PEOPLE: self._mend_people,
            Act.START_SESSION: self._start_session,
            Act.JOIN_SESSION: self._join_session,
            Act.TYPE_KEY: lambda: stage.scene.type_key(stage.random),
            Act.MEND_CONTACT: self._mend_contact,
            Act.SET_OWN_CLOCK: lambda: self._scene.clocks.set_own(self._random),
            Act.APPLIANCE_LEAPS: lambda: self._scene.clocks.leap("appliance", self._random),
            Act.AUTOTASK_LEAPS: lambda: self._scene.clocks.leap("autotask", self._random),
            Act.LOSE_CHECKPOINT: self._lose_checkpoint,
            Act.RESTORE_CHECKPOINT: self._restore_checkpoint,
            **Changes(stage).ways(),
        }

    def back_up(self) -> None:
        """Copy the checkpoint, if there is one."""
        checkpoint = self._directory / FILE_NAME
        if checkpoint.exists():
            self._copies.append(self._directory / f"copy-{len(self._copies)}")
            shutil.copyfile(checkpoint, self._copies[-1])

    def do(self, act: Act) -> bool:
        """Do it, and tell whether there was anything to do."""
        done = self._ways[act]()
        if done and act in ON_CHECKPOINT | MOVING:
            self._lost |= act in ON_CHECKPOINT
            self._moved |= act in MOVING
            if self._lost and self._moved:
                self._passage.pass_time(_LOOKED_FOR_ELSEWHERE)
        return done

    def _add_session(self) -> bool:
        self._scene.add_session(self._random.randrange(4))
        return True

    def _start_session(self) -> bool:
        self._scene.start_session(self._random.randrange(4))
        return True

    def _join_session(self) -> bool:
        running = self._scene.running()
        if not running:
            return False
        self._scene.sandbox.appliance.join(self._random.choice(running).lsid)
        return True

    def _end_session(self) -> bool:
        running = self._scene.running()
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
        found = self._scene.records()
        if not found:
            return False
        entity, lsid, row = self._random.choice(found)
        self._scene.plans.deleted(lsid)
        self._scene.deeds.deleted[entity, row["id"]] = dict(row)
        self._scene.sandbox.autotask.store.delete(entity, row["id"])
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

    def _mend_contact(self) -> bool:
        store = self._scene.sandbox.autotask.store
        if any(row["emailAddress"] == NEW_CUSTOMER for row in store.scan("Contacts")):
            return False
        store.insert("Contacts", {**store.scan("Contacts")[0], "id": None, "emailAddress": NEW_CUSTOMER})
        return True

    def _lose_checkpoint(self) -> bool:
        """Take the checkpoint away.

        Only when no create is under way in Autotask any more: nobody could know of one whose intent is lost.
        """
        checkpoint = self._directory / FILE_NAME
        if not checkpoint.exists():
            return False
        self._passage.late_commits_land()
        checkpoint.unlink()
        return True

    def _restore_checkpoint(self) -> bool:
        """Put an older checkpoint in the place of this one."""
        if not self._copies or not self._lose_checkpoint():
            return False
        shutil.copyfile(self._random.choice(self._copies), self._directory / FILE_NAME)
        return True
