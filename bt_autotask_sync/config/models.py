"""The keys of the configuration, what they mean, and their defaults.

The descriptions are the single source of the commented example and of the reference in the documentation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  # pydantic reads the annotations when the class is made
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from bt_autotask_sync.config import values
from bt_autotask_sync.config.listen import Listen
from bt_autotask_sync.config.problems import Fault, InvalidValueError
from bt_autotask_sync.config.section import DirectoryPath, Section
from bt_autotask_sync.config.systems import Appliance, Autotask
from bt_autotask_sync.config.ticket_data import TicketData
from bt_autotask_sync.config.tickets import SessionType, Tickets
from bt_autotask_sync.config.time_entries import Representatives, SplitAt, TimeEntries
from bt_autotask_sync.config.time_entry_data import TimeEntryDefaults

__all__ = [
    "SECTIONS",
    "TABLES",
    "Appliance",
    "Autotask",
    "Listen",
    "NoTicket",
    "OutboundEvent",
    "PollEvent",
    "Profile",
    "Representatives",
    "Section",
    "SessionType",
    "Settings",
    "SplitAt",
    "Templates",
    "TicketData",
    "Tickets",
    "TimeEntries",
    "TimeEntryDefaults",
    "keys",
]


class PollEvent(StrEnum):
    """What a poll looks for."""

    SESSION_END = "session-end"
    CUSTOMER_SURVEY = "customer-survey"


class OutboundEvent(StrEnum):
    """What the appliance tells by itself, and the program acts upon."""

    SESSION_END = "session-end"
    """BeyondTrust: "Support Session End"."""
    CUSTOMER_SURVEY = "customer-survey"
    """BeyondTrust: "Customer Exit Survey is Completed"."""
    REPRESENTATIVE_SURVEY = "representative-survey"
    """BeyondTrust: "Representative Survey is Completed"."""
    MEMBER_ADDED = "member-added"
    """BeyondTrust: "Someone Joins a Support Session"."""


class NoTicket(StrEnum):
    """What becomes of a session that names no ticket."""

    RECORD = "record"
    HOLD = "hold"


PollEvents = frozenset[Annotated[PollEvent, Field(strict=False)]]
OutboundEvents = frozenset[Annotated[OutboundEvent, Field(strict=False)]]


@dataclass(frozen=True, slots=True)
class Served:
    """An appliance and a tenant, in lower case: the appliance's host, and the tenant's domain and services.

    The domain is that of the API user's name. `zone` is the host of the services; empty where Autotask is asked for it.
    """

    appliance: str
    domain: str
    zone: str = ""

    def is_tenant(self, other: Served) -> bool:
        """Return whether both are the same tenant, as far as that can be said without asking Autotask."""
        return self.domain == other.domain and (self.zone == other.zone or not (self.zone and other.zone))


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
    formerly: str = Field(
        "",
        description="The name that this profile had before, where the checkpoint file cannot say by itself which one "
        "it was: what it knows goes on under the new name.",
        examples=["default"],
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
    outbound_events: OutboundEvents = Field(
        default=frozenset(OutboundEvent) - {OutboundEvent.MEMBER_ADDED},
        strict=False,
        description="Which of the outbound events that `listen` receives are worked on (the plugin's \"Outbound Events "
        'Types"): "session-end", "customer-survey", "representative-survey", and "member-added", which makes tickets '
        "at the start of a session. The appliance must send them too.",
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
        description="How often a refused note, time entry or ticket is tried again before a person must decide (the "
        'plugin\'s "Retry Attempt Limit").',
    )
    retry_outbound_events: OutboundEvents = Field(
        default=frozenset(OutboundEvent),
        strict=False,
        description='What is tried again after a failure (the plugin\'s "Retry Outbound Event Types"); the first '
        "failure of a type not listed parks it for a person to decide. What both an event and a poll tell of is tried "
        "again if either list has it.",
    )
    retry_poll_events: PollEvents = Field(
        default=frozenset(PollEvent),
        strict=False,
        description='The same for what a poll finds (the plugin\'s "Retry Polling Event Types").',
    )
    no_ticket: NoTicket = Field(
        NoTicket.RECORD,
        strict=False,
        description='A session that names no ticket: "record" it for the status, or "hold" it.',
    )
    appliance: Appliance = Field(description="The BeyondTrust appliance.")
    autotask: Autotask = Field(description="The Autotask instance.")
    time_entries: TimeEntries = Field(default_factory=TimeEntries, description="Time entries of the technicians.")
    tickets: Tickets = Field(default_factory=Tickets, description="Tickets for sessions that name none.")
    templates: Templates = Field(default_factory=Templates, description="The templates of notes.")

    @property
    def zone(self) -> ZoneInfo:
        """The profile's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def serves(self) -> Served:
        """What the profile works on."""
        host = self.appliance.host.casefold().removesuffix(":443")
        domain = self.autotask.username.rpartition("@")[2].casefold()
        return Served(host, domain, urlsplit(self.autotask.services_url).netloc.casefold())

    @field_validator("outbound_events")
    @classmethod
    def _hears_of_ends(cls, events: frozenset[OutboundEvent], info: ValidationInfo) -> frozenset[OutboundEvent]:
        polled = info.data.get("poll_events", {PollEvent.SESSION_END})
        if PollEvent.SESSION_END not in polled and OutboundEvent.SESSION_END not in events:
            advice = "Add it to poll_events, or here."
            raise InvalidValueError(Fault('has no "session-end", nor has poll_events: nothing would go out', advice))
        return events

    @field_validator("tickets")
    @classmethod
    def _hears_of_starts(cls, tickets: Tickets, info: ValidationInfo) -> Tickets:
        heard = info.data.get("outbound_events", {OutboundEvent.MEMBER_ADDED})
        if tickets.create_on_session_start and OutboundEvent.MEMBER_ADDED not in heard:
            advice = 'Add it there, and tick "Someone Joins a Support Session" for the recipient in /login.'
            raise InvalidValueError(
                Fault('needs "member-added" in outbound_events', advice, ("create_on_session_start",))
            )
        return tickets

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
    """The whole configuration: profiles by name, in the order of the file, and what they share."""

    profiles: Annotated[dict[str, Profile], BeforeValidator(_name_profiles)] = Field(alias="profile")
    listen: Listen = Field(default_factory=Listen)


SECTIONS: dict[str, type[Section]] = {
    "": Profile,
    "appliance": Appliance,
    "autotask": Autotask,
    "time_entries": TimeEntries,
    "tickets": Tickets,
    "templates": Templates,
}
"""The tables of a profile by their key; the profile's own has none."""

TABLES: dict[str, type[Section]] = {"listen": Listen}
"""The tables beside the profiles, which all of them share, by their key."""


def keys(section: type[Section]) -> list[str]:
    """Return the names of the keys of a table, without its tables."""
    return [name for name, field in section.model_fields.items() if not field.exclude and name not in SECTIONS]
