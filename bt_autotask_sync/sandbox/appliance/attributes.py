"""The attributes of a running session: its external key and custom fields, read and written.

BeyondTrust: both commands work only while the session is active; afterwards the report tells.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug.exceptions import Forbidden

from bt_autotask_sync.sandbox.appliance.call import CommandError
from bt_autotask_sync.sandbox.appliance.markup import DECLARATION, document, leaf
from bt_autotask_sync.sandbox.appliance.record import CUSTOM_FIELDS
from bt_autotask_sync.sandbox.appliance.session_report import custom_attribute_parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bt_autotask_sync.sandbox.appliance.call import Call
    from bt_autotask_sync.sandbox.appliance.record import Session
    from bt_autotask_sync.sandbox.appliance.sessions import SessionStore
    from bt_autotask_sync.sandbox.appliance.surroundings import Clock, Switches

LONGEST_ATTRIBUTE = 1024
"""Characters. BeyondTrust: of the external key and of each custom field."""
MOST_ATTRIBUTES = 10 * 1024
"""Bytes. BeyondTrust: of all attributes of a session together."""
PREFIX = "session.custom."
_EXTERNAL_KEY = "external_key"
_KNOWN = {_EXTERNAL_KEY, *(field.code_name for field in CUSTOM_FIELDS)}


class SessionAttributes:
    """The two commands on the attributes of the sessions in a store."""

    def __init__(self, sessions: SessionStore, clock: Clock, switches: Switches) -> None:
        self._sessions = sessions
        self._clock = clock
        self._switches = switches

    def get(self, call: Call) -> str:
        """Return the custom attributes of an active session as XML.

        Raises:
            CommandError: No such session is active.
        """
        return "".join(document("custom_attributes", call.xmlns, self._parts(self._active(call))))

    def set(self, call: Call) -> str:
        """Change the attributes named in the call; BeyondTrust: others keep their value, an empty string clears.

        Raises:
            CommandError: No such session is active, a field is not set up, a value is too long, or the account may
                only read, as a switch has it.
            Forbidden: The account may only read, as a switch has it.
        """
        self._refuse_setting()
        changes = {
            name.removeprefix(PREFIX): value for name, value in call.parameters.items() if name.startswith(PREFIX)
        }
        self._sessions.put(changed(self._active(call), changes))
        return f'{DECLARATION}<success xmlns="{call.xmlns}">Session attributes were set</success>\n\n'

    def _parts(self, session: Session) -> Iterator[str]:
        """BeyondTrust leaves open whether the external key stands among the attributes."""
        shown = self._switches.external_key_attribute
        if shown == "always" or (shown == "when-set" and session.external_key):
            names = {"display_name": "External Key", "code_name": _EXTERNAL_KEY}
            yield leaf(1, "custom_attribute", session.external_key, **names)
        yield from custom_attribute_parts(1, session)

    def _refuse_setting(self) -> None:
        """Behave as an account that may only read; BeyondTrust leaves open how that looks."""
        match self._switches.set_attributes:
            case "forbidden":
                raise Forbidden
            case "error":
                raise CommandError("You do not have permission to perform this action.")

    def _active(self, call: Call) -> Session:
        """Return the session with all that is yet to happen in it, if it runs."""
        lsid = call.parameters.get("lsid", "")
        seen = self._sessions.seen(lsid, self._clock.now())
        if seen is None or not seen.active:
            raise CommandError("Invalid lsid.")
        return self._sessions[seen.lsid]


def changed(session: Session, changes: Mapping[str, str]) -> Session:
    """Return the session with some attributes changed, the external key among them.

    Raises:
        CommandError: A field is not set up, a value is too long, or all together are.
    """
    attributes = {**session.custom_attributes, _EXTERNAL_KEY: session.external_key, **changes}
    check_attributes(attributes)
    return replace(session, external_key=attributes.pop(_EXTERNAL_KEY), custom_attributes=attributes)


def check_attributes(attributes: Mapping[str, str]) -> None:
    """Refuse attributes that a session cannot have, the external key among them.

    Raises:
        CommandError: A field is not set up, a value is too long, or all together are.
    """
    for name, value in attributes.items():
        if name not in _KNOWN:
            raise CommandError(f"Invalid attribute: {name}")
        if len(value) > LONGEST_ATTRIBUTE:
            raise CommandError(f"The value of {name} is longer than {LONGEST_ATTRIBUTE} characters.")
    if sum(len(value.encode(errors="replace")) for value in attributes.values()) > MOST_ATTRIBUTES:
        raise CommandError("The attributes of the session are larger than 10 KB.")
