"""Technicians' time: whose it is, and how it is billed."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from bt_autotask_sync.config import values
from bt_autotask_sync.config.section import EMail, Section
from bt_autotask_sync.config.time_entry_data import TimeEntryDefaults, time_entry_defaults

DAY_MINUTES = 1440


class Representatives(StrEnum):
    """Whose time in a session is entered."""

    PRIMARY = "primary"
    """The primary representative's, from the session's start to its end."""
    ALL = "all"
    """Everybody's, each stay for itself."""


class SplitAt(StrEnum):
    """Where an entry is cut, beside the 23 hours that no entry exceeds."""

    NEVER = "never"
    MIDNIGHT = "midnight"
    """Of the profile's zone."""
    MIDNIGHT_UTC = "midnight-utc"


class TimeEntries(Section):
    """Technicians' time."""

    enabled: bool = Field(
        default=False, description='Whether time entries are made (the plugin\'s "Autotask Update Time Entry").'
    )
    default_data: TimeEntryDefaults = Field(
        default_factory=TimeEntryDefaults,
        validate_default=True,
        description="The plugin's \"Time Entry Default Data\": a table, or the plugin's JSON pasted as it is in "
        "'''three quotes'''. With enabled = true it needs defaultDomain (a username at this domain is the resource's "
        "e-mail address), roleName (a role that the resources hold) and summaryNotes (itself a template); other "
        "fields of TimeEntries may follow. billingCodeID is a number or the name of a work type.",
        examples=[
            {
                "defaultDomain": "example.com",
                "roleName": "Technician",
                "summaryNotes": "Remote support session",
                "isNonBillable": False,
            }
        ],
    )
    representatives: Representatives = Field(
        Representatives.PRIMARY,
        strict=False,
        description='Whose time is entered: "primary", the primary representative\'s from the start of the session to '
        'its end (as the plugin), or "all", every representative\'s for each stay; stays less than a minute apart '
        "are one. Invited ones are never billed.",
    )
    round_to_minutes: int = Field(
        0, ge=0, le=DAY_MINUTES, description="Time is rounded up to a multiple of so many minutes; 0: not at all."
    )
    minimum_minutes: int = Field(
        0,
        ge=0,
        le=DAY_MINUTES,
        description="The least that is billed for work at a stretch; it is rounded up too. 0: no minimum.",
    )
    ignore_below_seconds: int = Field(
        0, ge=0, le=86400, description="A shorter stay, before any rounding, is not billed at all."
    )
    hold_above_minutes: int = Field(
        480,
        ge=0,
        le=365 * DAY_MINUTES,
        description="Longer work at a stretch may be a session that somebody forgot to close: it waits for a person; "
        "`held retry` lets it through. 0: nothing waits.",
    )
    split_at: SplitAt = Field(
        SplitAt.NEVER,
        strict=False,
        description='Where an entry is cut: "never", "midnight" (of the profile\'s zone) or "midnight-utc". A tenant '
        "may refuse entries over midnight. After 23 hours it is cut in any case, since some tenants refuse 24.",
    )
    resource_map: Annotated[dict[str, EMail], AfterValidator(values.resource_map)] = Field(
        default_factory=dict,
        description="A representative's username and the e-mail address of the resource, tried before defaultDomain.",
        examples=[{"jdoe": "jane.doe@example.com"}],
    )
    unmatched: Annotated[str, AfterValidator(values.unmatched)] = Field(
        "hold",
        description='The time of a representative without a resource: "hold" it until there is one, "skip" it, or '
        'enter it for one resource: "resource:E-MAIL".',
    )

    @field_validator("default_data", mode="before")
    @classmethod
    def _read_defaults(cls, value: object, info: ValidationInfo) -> object:
        return time_entry_defaults(value, required=bool(info.data.get("enabled")))
