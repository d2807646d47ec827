"""The attributes of a running session: its external key and custom fields, read and written.

BeyondTrust: both commands work only while the session is active; afterwards the report tells.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bt_autotask_sync.sandbox.appliance.call import CommandError
from bt_autotask_sync.sandbox.appliance.markup import DECLARATION, document
from bt_autotask_sync.sandbox.appliance.record import CUSTOM_FIELDS
from bt_autotask_sync.sandbox.appliance.session_report import custom_attribute_parts

if TYPE_CHECKING:
    from bt_autotask_sync.sandbox.appliance.call import Call
    from bt_autotask_sync.sandbox.appliance.record import Session
    from bt_autotask_sync.sandbox.appliance.sessions import SessionStore

LONGEST_ATTRIBUTE = 1024
"""Characters. BeyondTrust: of the external key and of each custom field."""
MOST_ATTRIBUTES = 10 * 1024
"""Bytes. BeyondTrust: of all attributes of a session together."""
PREFIX = "session.custom."
_EXTERNAL_KEY = "external_key"
_KNOWN = {_EXTERNAL_KEY, *(field.code_name for field in CUSTOM_FIELDS)}


class SessionAttributes:
    """The two commands on the attributes of the sessions in a store."""

    def __init__(self, sessions: SessionStore) -> None:
        self._sessions = sessions

    def get(self, call: Call) -> str:
        """Return the custom attributes of an active session as XML.

        Raises:
            CommandError: No such session is active.
        """
        session = self._active(call)
        return "".join(document("custom_attributes", call.xmlns, custom_attribute_parts(1, session)))

    def set(self, call: Call) -> str:
        """Change the attributes named in the call; BeyondTrust: others keep their value, an empty string clears.

        Raises:
            CommandError: No such session is active, a field is not set up, or a value is too long.
        """
        session = self._active(call)
        changes = {
            name.removeprefix(PREFIX): value for name, value in call.parameters.items() if name.startswith(PREFIX)
        }
        for name, value in changes.items():
            if name not in _KNOWN:
                raise CommandError(f"Invalid attribute: {name}")
            if len(value) > LONGEST_ATTRIBUTE:
                raise CommandError(f"The value of {name} is longer than {LONGEST_ATTRIBUTE} characters.")
        merged = {**session.custom_attributes, _EXTERNAL_KEY: session.external_key, **changes}
        if sum(len(value.encode()) for value in merged.values()) > MOST_ATTRIBUTES:
            raise CommandError("The attributes of the session are larger than 10 KB.")
        self._sessions.put(replace(session, external_key=merged.pop(_EXTERNAL_KEY), custom_attributes=merged))
        return f'{DECLARATION}<success xmlns="{call.xmlns}">Session attributes were set</success>\n\n'

    def _active(self, call: Call) -> Session:
        session = self._sessions.active(call.parameters.get("lsid", ""))
        if session is None:
            raise CommandError("Invalid lsid.")
        return session
