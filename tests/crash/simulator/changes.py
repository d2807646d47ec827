"""Does what changes under the program over the years: names, settings, tickets, the profile, what reports show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.sandbox.control.records import Merge, Move, Save
from bt_autotask_sync.sandbox.scenarios.people import DEFAULT_DOMAIN, TECHNICIANS
from tests.crash.simulator.acts import Act
from tests.crash.simulator.bookkeeping import known_profiles
from tests.crash.simulator.records import ENTRIES, NOTES, ON_TICKETS, times_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from bt_autotask_sync.sandbox.scenarios.people import Technician
    from tests.crash.simulator.records import Row
    from tests.crash.simulator.stage import Stage

_RETENTIONS = (0.02, 0.1)
"""Days: half an hour, and some hours."""


class Changes:
    """Changes one scene.

    Args:
        stage: What the trial takes place on.
    """

    def __init__(self, stage: Stage) -> None:
        self._scene = stage.scene
        self._sandbox = stage.scene.sandbox
        self._post = stage.post
        self._directory = stage.directory
        self._random = stage.random

    def ways(self) -> dict[Act, Callable[[], bool]]:
        """Return how each act is done; the function tells whether there was anything to do."""
        return {
            Act.SUBMIT_SURVEY: self._submit_survey,
            Act.RENAME: self._rename,
            Act.CHANGE_SETTINGS: self._change_settings,
            Act.MERGE_TICKETS: self._merge,
            Act.MOVE_RECORD: self._move,
            Act.SAVE_ENTRY: self._save,
            Act.RENAME_PROFILE: self._rename_profile,
            Act.PURGE_REPORTS: self._purge,
            Act.CHANGE_PASSWORD: self._change_password,
            Act.ENTER_PASSWORD: self._enter_password,
        }

    def _submit_survey(self) -> bool:
        """Only where a later look finds it: the look-back reaches the session's end."""
        kept = self._sandbox.appliance._sessions
        ended = [
            session.lsid
            for session in self._scene.sessions()
            if session.ended_at is not None and session.owner and kept[session.lsid].customer_survey is None
        ]
        if not ended or not self._scene.looks_far_back:
            return False
        self._sandbox.appliance.survey(self._random.choice(ended))
        return True

    def _rename(self) -> bool:
        """Rename somebody of a session; the settings still lead to the same resource."""
        present = {each.user_id for session in self._scene.sessions() for each in session.representatives}
        known = [each for each in self._sandbox.appliance._usernames.technicians() if each.user_id in present]
        if not known:
            return False
        technician = self._random.choice(known)
        first = next(each for each in TECHNICIANS if each.user_id == technician.user_id)
        name = self._random.choice([name for name in _spellings(first) if name != technician.username])
        self._scene.resource_map[name.casefold()] = first.email
        self._scene.profile = self._scene.configured()
        self._sandbox.appliance.rename(technician.username, name, past=self._random.random() < 0.6)
        return True

    def _change_settings(self) -> bool:
        self._scene.terms = self._scene.terms.changed(self._random)
        self._scene.profile = self._scene.configured()
        return True

    def _merge(self) -> bool:
        """Merge one of the tickets that sessions name into another; its records go along, or do not."""
        source, destination = self._random.sample([ticket["id"] for ticket in self._scene.tickets], 2)
        moves = self._random.random() < 0.75
        before = {entity: {row["id"] for row in self._rows(entity)} for entity in ON_TICKETS}
        if moves:
            for entity in ON_TICKETS:
                for row in self._rows(entity):
                    if row["ticketID"] == source:
                        self._note_move(entity, row, destination)
        self._sandbox.apply(Merge(source, destination, moves))
        new = [row["id"] for row in self._rows(NOTES) if row["id"] not in before[NOTES]]
        self._scene.deeds.made.update((NOTES, key) for key in new)
        return True

    def _move(self) -> bool:
        found = self._scene.records()
        if not found:
            return False
        entity, _, row = self._random.choice(found)
        ticket = self._random.choice([each["id"] for each in self._scene.tickets if each["id"] != row["ticketID"]])
        self._note_move(entity, row, ticket)
        self._sandbox.apply(Move(entity, row["id"], ticket))  # type: ignore[arg-type]
        return True

    def _save(self) -> bool:
        entries = [row for entity, _, row in self._scene.records() if entity == ENTRIES]
        if not entries:
            return False
        entry = self._random.choice(entries)
        self._scene.deeds.times.setdefault(entry["id"], times_of(entry))
        self._sandbox.apply(Save(entry["id"], self._random.choice(("cut", "rounded"))))
        return True

    def _rename_profile(self) -> bool:
        """Give the profile another name; while events wait for the old one, only if the checkpoint knows that."""
        known = not self._scene.loses_checkpoint and self._scene.profile_name in known_profiles(self._directory)
        if self._post.waits() and not known:
            return False
        self._scene.profile_name = f"office-{self._random.randrange(10**6)}"
        self._scene.profile = self._scene.configured()
        return True

    def _purge(self) -> bool:
        switches = self._sandbox.switches
        if switches.report_retention_days:
            return False
        switches.change({"report_retention_days": self._random.choice(_RETENTIONS)})
        return True

    def _change_password(self) -> bool:
        """Give Autotask's API user another password, which our settings do not know yet."""
        side = self._sandbox.autotask
        side.credentials = replace(side.credentials, secret=f"Sandbox-Secret-{self._random.randrange(10**6)}")
        return True

    def _enter_password(self) -> bool:
        """Enter what the password is now; any other change of the settings has brought it along."""
        before = self._scene.profile.autotask.secret
        self._scene.profile = self._scene.configured()
        return before != self._scene.profile.autotask.secret

    def _note_move(self, entity: str, row: Row, ticket: int) -> None:
        deeds, key = self._scene.deeds, (entity, row["id"])
        deeds.moved.setdefault(key, set()).add(row["ticketID"])
        lsid = next((lsid for kind, lsid, each in self._scene.records() if (kind, each["id"]) == key), None)
        if lsid is not None:
            self._scene.moved_to.setdefault(lsid, set()).add(ticket)

    def _rows(self, entity: str) -> list[dict[str, Any]]:
        return self._sandbox.autotask.store.scan(entity)


def _spellings(technician: Technician) -> tuple[str, ...]:
    """Return names under which a directory may know somebody; the last ones lead nowhere by themselves."""
    account = technician.account
    return (
        technician.username,
        account.title(),
        account.upper(),
        rf"CORP\{account}",
        f"{account}@{DEFAULT_DOMAIN}",
        f"{account}@example.test",
        f"{account}.married",
    )
