"""The usernames that representatives have by now: directories re-spell them, and people are renamed.

BeyondTrust: `gsnumber` within a session and `id` of a user stay. Whether reports of earlier sessions show the new name
is unconfirmed, so both can be.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bt_autotask_sync.sandbox.scenarios.people import TECHNICIANS

if TYPE_CHECKING:
    from bt_autotask_sync.sandbox.appliance.record import Event, Representative, Session
    from bt_autotask_sync.sandbox.scenarios.people import Technician


class Usernames:
    """Who was renamed, by user id."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}

    def technicians(self) -> list[Technician]:
        """Return all technicians under the names that they have now."""
        return [replace(each, username=self._names.get(each.user_id, each.username)) for each in TECHNICIANS]

    def rename(self, username: str, new: str) -> int:
        """Give a technician another username, and return the user id.

        Raises:
            ValueError: There is no such technician, the new name is blank, or somebody else has it.
        """
        present = {each.username: each.user_id for each in self.technicians()}
        if username not in present:
            raise ValueError("username: there is no such representative")
        if not new.strip() or present.get(new, present[username]) != present[username]:
            raise ValueError("new: must be a name that nobody else has")
        self._names[present[username]] = new
        return present[username]

    def applied(self, session: Session) -> Session:
        """Return a session under the names that people have now."""
        for user_id, name in self._names.items():
            session = renamed(session, user_id, name)
        return session


def renamed(session: Session, user_id: int, name: str) -> Session:
    """Return a session in which a user has always had this username."""
    if all(each.user_id != user_id or each.username == name for each in session.representatives):
        return session
    return replace(
        session,
        representatives=tuple(_renamed(each, user_id, name) for each in session.representatives),
        events=tuple(_told(event, user_id, name) for event in session.events),
    )


def _renamed(representative: Representative, user_id: int, name: str) -> Representative:
    return replace(representative, username=name) if representative.user_id == user_id else representative


def _told(event: Event, user_id: int, name: str) -> Event:
    if ("user_id", str(user_id)) not in event.data:
        return event
    return replace(event, data=tuple((key, name if key == "username" else value) for key, value in event.data))
