"""The settings of a scene's profile: when tickets are made and from what, and how time is entered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.config.models import OutboundEvent, Profile
from tests.crash.simulator.keys import Stands

if TYPE_CHECKING:
    from random import Random

    from bt_autotask_sync.sandbox.application import Sandbox

ATTENDED, UNATTENDED = "attended", "unattended"
DEFAULT_TITLE = "Remote support:"


@dataclass(frozen=True, slots=True)
class TicketRules:
    """When tickets are made, and from what.

    Attributes:
        at_start: When somebody joins.
        at_session_end: At the end of sessions.
        without_key: Also for sessions without a key, or with one in words.
        types: For which sessions.
        asks_contact: Whether the contact is looked up by the customer's address.
        contact: The contact where none is asked for, or none is found.
        company: The company, where it is not the contact's.
        by_label: Whether the status is given by its label.
        polls: Whether sessions that ended are listed too.
    """

    at_start: bool = True
    at_session_end: bool = True
    without_key: bool = True
    types: tuple[str, ...] = (ATTENDED, UNATTENDED)
    asks_contact: bool = True
    contact: int | None = None
    company: int | None = None
    by_label: bool = False
    polls: bool = True

    @classmethod
    def drawn(cls, random: Random, contact: int, company: int, *, polls: bool) -> TicketRules:
        """Draw rules; `company` is that of `contact`."""
        asks, default, whose = random.choice(
            ((True, contact, None), (True, contact, None), (True, None, None), (False, None, company))
        )
        at_start = random.random() < 0.85
        return cls(
            at_start=at_start,
            at_session_end=not at_start or random.random() < 0.75,
            without_key=random.random() < 0.7,
            types=random.choice(((ATTENDED, UNATTENDED), (ATTENDED, UNATTENDED), (ATTENDED,), (UNATTENDED,))),
            asks_contact=asks,
            contact=default,
            company=whose,
            by_label=random.random() < 0.3,
            polls=polls,
        )

    def make(self, stands_for: Stands) -> bool:
        """Tell whether a ticket is made from a key that stands for this."""
        return stands_for is Stands.NEW_TICKET or (stands_for in (Stands.NOTHING, Stands.WORDS) and self.without_key)

    def tables(self) -> dict[str, Any]:
        """Return them as keys and tables of a profile."""
        data = {
            "title": f"{DEFAULT_TITLE} {{{{Issue}}}}",
            "description": "{{Details}}",
            "queueID": 29682833,
            "status": "New" if self.by_label else 1,
            "priority": 2,
            "dueDateTime": "+1d",
            "companyID": self.company,
            "contactID": "{{emailAddress|customer_email}}" if self.asks_contact else None,
            "defaultContactID": self.contact,
        }
        tickets = {
            "create_on_session_start": self.at_start,
            "create_at_session_end": self.at_session_end,
            "create_without_external_key": self.without_key,
            "session_types": list(self.types),
            "default_data": data,
        }
        polled: dict[str, Any] = {} if self.polls else {"poll_events": []}
        return {"tickets": tickets, "outbound_events": list(OutboundEvent), **polled}


def make_profile(sandbox: Sandbox, **keys: Any) -> Profile:
    """Return the profile that brings both sides of a sandbox together, with these keys and tables beside.

    `impersonate` is a key of its Autotask table.
    """
    impersonate = keys.pop("impersonate", False)
    appliance, autotask = sandbox.appliance.credentials, sandbox.autotask.credentials
    return Profile.model_validate(
        {
            "name": "default",
            "start_at": "2026-11-01T00:00:00Z",
            "appliance": {
                "host": "sandbox",
                "client_id": appliance.client_id,
                "client_secret": appliance.client_secret,
            },
            "autotask": {
                "services_url": "https://sandbox/atservicesrest",
                "username": autotask.username,
                "secret": autotask.secret,
                "integration_code": autotask.integration_code,
                "impersonate": impersonate,
            },
            **keys,
        }
    )
