"""The keys of the configuration, what they mean, and their defaults.

The descriptions are the single source of the commented example and of the reference in the documentation.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  # pydantic reads the annotations when the class is made
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from bt_autotask_sync.config import values
from bt_autotask_sync.config.default_data import Scalar, time_entry_defaults
from bt_autotask_sync.config.problems import Fault, InvalidValueError
from bt_autotask_sync.config.section import DirectoryPath, EMail, Section
from bt_autotask_sync.config.systems import Appliance, Autotask

__all__ = [
    "SECTIONS",
    "Appliance",
    "Autotask",
    "NoTicket",
    "PollEvent",
    "Profile",
    "Section",
    "Settings",
    "Templates",
    "TimeEntries",
    "TimeEntryDefaults",
    "keys",
]


class PollEvent(StrEnum):
    """What a poll looks for."""

    SESSION_END = "session-end"
    CUSTOMER_SURVEY = "customer-survey"


class NoTicket(StrEnum):
    """What becomes of a session that names no ticket."""

    RECORD = "record"
    HOLD = "hold"


PollEvents = frozenset[Annotated[PollEvent, Field(strict=False)]]


class TimeEntryDefaults(Section):
    """What every time entry starts from."""

    default_domain: str = Field(
        "",
        serialization_alias="defaultDomain",
        description="Needed while enabled. A representative's username at this domain is the e-mail address of the "
        "Autotask resource.",
    )
    role_name: str = Field(
        "",
        serialization_alias="roleName",
        description="Needed while enabled. The role that the time is billed under; the resources must hold it.",
    )
    summary_notes: str = Field(
        "",
        serialization_alias="summaryNotes",
        description="Needed while enabled. The summary notes of the entry, itself a template.",
    )
    fields: dict[str, Scalar] = Field(
        default_factory=dict,
        description="Any other writable field of TimeEntries, by its REST name or by its name in the plugin's JSON.",
    )

    def as_written(self) -> dict[str, Scalar]:
        """Return the defaults as `default_data` has them, without the empty ones."""
        named = self.model_dump(by_alias=True, exclude={"fields"})
        return {key: text for key, text in named.items() if text} | self.fields


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
        "fields of TimeEntries may follow.",
        examples=[
            {
                "defaultDomain": "example.com",
                "roleName": "Technician",
                "summaryNotes": "Remote support session",
                "isNonBillable": False,
            }
        ],
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
        written = value.as_written() if isinstance(value, TimeEntryDefaults) else value
        return TimeEntryDefaults(**time_entry_defaults(written, required=bool(info.data.get("enabled"))))


class Templates(Section):
    """The texts of notes."""

    directory: DirectoryPath = Field(
        None,
        description='A directory with your own templates (the plugin\'s "Templates" folder); one that is missing in it '
        "is the shipped one. Relative paths start at this file.",
        examples=["templates"],
    )


class Profile(Section):
    """One appliance and one Autotask instance: the plugin's "Plugin Configuration"."""

    name: Annotated[str, AfterValidator(values.profile_name)] = Field(exclude=True)
    enabled: bool = Field(
        default=True, description='Whether this profile is worked on (the plugin\'s "Disabled", turned round).'
    )
    timezone: Annotated[str, AfterValidator(values.timezone)] = Field(
        "UTC",
        validate_default=True,
        description='The zone of dates in notes and of the day worked: an IANA name like "Europe/Berlin".',
    )
    start_at: datetime | None = Field(
        None,
        description="Nothing that ended before is delivered, except a session that is named by hand. The first run "
        "needs this or --since, so that nothing is doubled after a change of systems. ISO 8601; without an offset it "
        "is read in the profile's zone.",
        examples=["2026-01-31T08:00:00+01:00"],
    )
    poll_events: PollEvents = Field(
        default=frozenset(PollEvent),
        strict=False,
        description='What a poll looks for (the plugin\'s "Polling Event Types"): "session-end", and beyond the plugin '
        '"customer-survey".',
    )
    lookback_hours: int = Field(
        168,
        ge=1,
        le=8784,
        description="How far behind the last run each poll looks again, for sessions that were reported late.",
    )
    report_delay_seconds: int = Field(
        60, ge=0, le=86400, description="A session's report counts as complete so many seconds after its end."
    )
    retry_limit: int = Field(
        10,
        ge=0,
        le=1000,
        description="How often a refused note or time entry is tried again before a person must decide (the plugin's "
        '"Retry Attempt Limit").',
    )
    retry_poll_events: PollEvents = Field(
        default=frozenset(PollEvent),
        strict=False,
        description='What is tried again after a failure (the plugin\'s "Retry Polling Event Types"); the first '
        "failure of a type not listed parks it for a person to decide.",
    )
    no_ticket: NoTicket = Field(
        NoTicket.RECORD,
        strict=False,
        description='A session that names no ticket: "record" it for the status, or "hold" it.',
    )
    appliance: Appliance = Field(description="The BeyondTrust appliance.")
    autotask: Autotask = Field(description="The Autotask instance.")
    time_entries: TimeEntries = Field(default_factory=TimeEntries, description="Time entries of the technicians.")
    templates: Templates = Field(default_factory=Templates, description="The templates of notes.")

    @property
    def zone(self) -> ZoneInfo:
        """The profile's time zone."""
        return ZoneInfo(self.timezone)

    @field_validator("start_at", mode="before")
    @classmethod
    def _read_moment(cls, value: object, info: ValidationInfo) -> object:
        return None if value is None else values.moment(value, ZoneInfo(info.data.get("timezone", "UTC")))


def _name_profiles(tables: Any) -> Any:
    if not isinstance(tables, dict):
        return tables
    if not tables:
        raise InvalidValueError(Fault("holds no profile", "Begin one with [profile.default]."))
    return {
        name: {**table, "name": name} if isinstance(table, dict) else table  # the table's title is the profile's name
        for name, table in tables.items()
    }


class Settings(Section):
    """The whole configuration: profiles by name, in the order of the file."""

    profiles: Annotated[dict[str, Profile], BeforeValidator(_name_profiles)] = Field(alias="profile")


SECTIONS: dict[str, type[Section]] = {
    "": Profile,
    "appliance": Appliance,
    "autotask": Autotask,
    "time_entries": TimeEntries,
    "templates": Templates,
}
"""The tables of a profile by their key; the profile's own has none."""


def keys(section: type[Section]) -> list[str]:
    """Return the names of the keys of a table, without its tables."""
    return [name for name, field in section.model_fields.items() if not field.exclude and name not in SECTIONS]
