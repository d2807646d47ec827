"""One outbound event, and the form that carries it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

EventName = Literal[
    "support_conference_begin",
    "support_conference_end",
    "support_conference_owner_changed",
    "support_conference_member_added",
    "support_conference_member_departed",
    "support_conference_customer_exit_survey_completed",
    "support_conference_rep_exit_survey_completed",
]
EVENT_NAMES: Final[tuple[EventName, ...]] = get_args(EventName)
"""BeyondTrust: all that an HTTP recipient can be sent."""

VERSION: Final = "1.3.0"
"""BeyondTrust: a version of the schema goes along; which one is not public."""

Form = dict[str, str]
"""The variables of one POST by their names."""


@dataclass(frozen=True, slots=True)
class OutboundEvent:
    """Something worth telling.

    `timestamp` is in unix seconds. `variables` are those of this event alone; `custom_fields` are values by code name.
    """

    name: EventName
    timestamp: int
    lsid: str
    external_key: str
    variables: tuple[tuple[str, str], ...]
    custom_fields: tuple[tuple[str, str], ...]

    def form(self, appliance_id: str) -> Form:
        """Return the variables that every recipient is sent. BeyondTrust: `external_key` only if there is one."""
        key = {"external_key": self.external_key} if self.external_key else {}
        return {
            "event": self.name,
            "version": VERSION,
            "timestamp": str(self.timestamp),
            "appliance_id": appliance_id,
            "lsid": self.lsid,
            **key,
            **dict(self.variables),
        }


@dataclass(frozen=True, slots=True)
class Attempt:
    """An event that was sent to a recipient.

    `at` is in unix seconds; `outcome` is "delivered", or what the recipient's status showed afterwards.
    """

    recipient: str
    at: float
    outcome: str
    form: Form

    def described(self) -> dict[str, Any]:
        """Return the attempt as JSON values."""
        return {"recipient": self.recipient, "at": self.at, "outcome": self.outcome, "form": self.form}
