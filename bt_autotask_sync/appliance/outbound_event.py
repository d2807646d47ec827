"""One outbound event: what the appliance says happened in a session, read from the variables that it posted.

An event is a hint. What really happened is read back from the appliance, so that only a few variables matter here; all
the others are kept as they came.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TOKEN_VARIABLE: Final = "outbound_event_token"  # noqa: S105 - the name of the parameter, not its value
"""BeyondTrust's own receivers know their appliance by this parameter, in the address or among the variables."""

APPLIANCE_VARIABLE: Final = "ApplianceID"
"""The parameter of the plugin's address that names an appliance."""

LARGEST_NAME: Final = 100
LARGEST_VALUE: Final = 8000
MOST_VARIABLES: Final = 500
"""What is longer (in characters) or more is cut off: nothing that an appliance sends by itself comes near."""

_LSID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_SECONDS: Final = re.compile(r"[0-9]{1,11}", re.ASCII)
_ADDRESSING: Final = frozenset({TOKEN_VARIABLE.lower(), APPLIANCE_VARIABLE.lower()})


class EventName(StrEnum):
    """The events of BeyondTrust's reference. Others are kept too: an appliance may learn new ones."""

    BEGIN = "support_conference_begin"
    END = "support_conference_end"
    OWNER_CHANGED = "support_conference_owner_changed"
    MEMBER_ADDED = "support_conference_member_added"
    MEMBER_DEPARTED = "support_conference_member_departed"
    CUSTOMER_SURVEY_COMPLETED = "support_conference_customer_exit_survey_completed"
    REPRESENTATIVE_SURVEY_COMPLETED = "support_conference_rep_exit_survey_completed"


class UnreadableEventError(Exception):
    """The variables tell no event. Its text is the reason in plain words, without anything that was sent."""


@dataclass(frozen=True, slots=True)
class Event:
    """What the appliance told.

    Attributes:
        name: The event; one of `EventName`, or one that this program does not know.
        version: BeyondTrust's version of the variables; "" if it is not told.
        timestamp: When the event originated, in unix seconds of the appliance; None if it is not told or no number.
        lsid: The session, 32 hexadecimal digits in lower case.
        variables: Everything that was sent, these four included, by name, without what addresses the receiver. With
            "Send Custom Fields" the appliance adds names of its own.
    """

    name: str
    version: str
    timestamp: int | None
    lsid: str
    variables: Mapping[str, str]

    @property
    def member_type(self) -> str:
        """Who joined or left: "customer", "representative", or "" where the event tells neither."""
        told = self.variables.get("type", "").strip().lower()
        return told if told in ("customer", "representative") else ""


def read_event(pairs: Iterable[tuple[str, str]]) -> Event:
    """Return the event that the posted variables tell; of a repeated name the first counts.

    Args:
        pairs: Names and values in the order of the form.

    Raises:
        UnreadableEventError: It names no event, or no session by 32 hexadecimal digits.
    """
    variables: dict[str, str] = {}
    for name, value in pairs:
        kept = name not in variables and name.lower() not in _ADDRESSING and len(name) <= LARGEST_NAME
        if kept and len(variables) < MOST_VARIABLES:
            variables[name] = value[:LARGEST_VALUE]
    return Event(
        name=_name(variables.get("event", "")),
        version=variables.get("version", ""),
        timestamp=_timestamp(variables.get("timestamp", "")),
        lsid=_lsid(variables.get("lsid", "")),
        variables=variables,
    )


def _name(told: str) -> str:
    name = told.strip()
    if not name:
        raise UnreadableEventError("it has no variable `event`")
    if len(name) > LARGEST_NAME or not name.isprintable():
        raise UnreadableEventError("its variable `event` is no name of an event")
    return name


def _lsid(told: str) -> str:
    lsid = told.strip().lower()
    if not lsid:
        raise UnreadableEventError("it has no variable `lsid`")
    if not _LSID.fullmatch(lsid):
        raise UnreadableEventError("its variable `lsid` is not 32 hexadecimal digits")
    return lsid


def _timestamp(told: str) -> int | None:
    """Return unix seconds; at most eleven digits, which SQLite and a date can hold."""
    seconds = told.strip()
    return int(seconds) if _SECONDS.fullmatch(seconds) else None
