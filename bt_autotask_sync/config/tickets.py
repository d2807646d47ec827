"""Tickets for sessions that name none: when they are made, and for which sessions."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from bt_autotask_sync.config.problems import Fault, InvalidValueError
from bt_autotask_sync.config.section import Section
from bt_autotask_sync.config.ticket_data import TicketData, ticket_data


class SessionType(StrEnum):
    """How a session came about."""

    ATTENDED = "attended"
    """With a customer, who asked for it."""
    UNATTENDED = "unattended"
    """BeyondTrust: a jump, by a jump group or a Jumpoint."""


class Tickets(Section):
    """Tickets that are made for sessions that name none."""

    create_on_session_start: bool = Field(
        default=False,
        description="Whether a ticket is made when a representative joins a session whose external key is JSON (the "
        'plugin\'s "Enable Automatic Ticket Creation on Session Start (Rep joins session)"). It needs the outbound '
        'event "member-added".',
    )
    create_without_external_key: bool = Field(
        default=False,
        description="Whether one is made, too, for a session without an external key, or with one in words that names "
        "no ticket, from the portal's issue form (the plugin's \"Automatic Ticket Creation on Session Start (Rep joins "
        'session) when external key is not provided").',
    )
    create_at_session_end: bool | None = Field(
        None,
        description="Whether the same is done at the end of a session that has no ticket by then, as for those that "
        "only a poll finds. Left out, it is as create_on_session_start.",
        examples=[True],
    )
    session_types: frozenset[Annotated[SessionType, Field(strict=False)]] = Field(
        default=frozenset(SessionType),
        strict=False,
        description='Which sessions get a ticket (the plugin\'s "Automatic Ticket Creation for these Session Types"): '
        '"attended", "unattended" (by a jump group or a Jumpoint).',
    )
    default_data: TicketData = Field(
        default_factory=TicketData,
        description="The plugin's \"Ticket Default Data\": a table, or the plugin's JSON pasted as it is in '''three "
        "quotes'''. What an external key gives in its JSON goes before it.",
        examples=[
            {
                "title": "Remote support: {{Issue}}",
                "description": "{{Details}}",
                "contactID": "{{emailAddress|customer_email}}",
                "defaultContactID": 29683589,
                "queueID": "Service Desk",
                "status": "New",
                "priority": "Medium",
                "dueDateTime": "+1d",
            }
        ],
    )

    @property
    def at_session_end(self) -> bool:
        """Whether tickets are made at the end of sessions."""
        return self.create_on_session_start if self.create_at_session_end is None else self.create_at_session_end

    @property
    def enabled(self) -> bool:
        """Whether tickets are made at all."""
        return self.create_on_session_start or self.at_session_end

    @field_validator("default_data", mode="before")
    @classmethod
    def _read_defaults(cls, value: object) -> object:
        return ticket_data(value)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.create_without_external_key and not self.enabled:
            advice = "Set create_on_session_start or create_at_session_end to true as well, or remove it."
            raise InvalidValueError(
                Fault("is useless while no tickets are made", advice, ("create_without_external_key",))
            )
        if self.enabled and not self.session_types:
            advice = 'Name "attended", "unattended" or both, or make no tickets.'
            raise InvalidValueError(Fault("must not be empty while tickets are made", advice, ("session_types",)))
        return self
