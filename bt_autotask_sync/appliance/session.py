"""A support session as the appliance reports it: frozen, complete, and free of XML.

Times are aware datetimes in UTC; texts are as the appliance sent them, with `encoded_body` decoded. `gsnumber`
identifies a person within one session and joins events, surveys and primary people to the lists. An event whose own
time is unreadable stands at the time of the one before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class ActorType(StrEnum):
    """Who did or received something; an event may carry another word, which becomes OTHER."""

    SYSTEM = "system"
    CUSTOMER = "customer"
    REPRESENTATIVE = "representative"
    EVERYONE = "everyone"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Actor:
    """The performer or the destination of an event."""

    type: ActorType
    gsnumber: str
    name: str


@dataclass(frozen=True, slots=True)
class IssueForm:
    """What the customer filled in on the public site: `customer/info`."""

    name: str = ""
    company: str = ""
    company_code: str = ""
    issue: str = ""
    details: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """The person who was helped. Addresses are without their port."""

    gsnumber: str
    username: str
    public_ip: str = ""
    private_ip: str = ""
    hostname: str = ""
    os: str = ""
    primary: bool = False
    form: IssueForm = IssueForm()


@dataclass(frozen=True, slots=True)
class Span:
    """One stay of a representative in the session: from joining to leaving, or None where one was not reported."""

    joined_at: datetime | None
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class Representative:
    """BeyondTrust's person. No e-mail address is in the report: `username` is what maps to an Autotask resource."""

    gsnumber: str
    user_id: str
    username: str
    display_name: str = ""
    public_display_name: str = ""
    private_display_name: str = ""
    public_ip: str = ""
    private_ip: str = ""
    hostname: str = ""
    os: str = ""
    session_owner: bool = False
    invited: bool = False
    seconds_involved: int | None = None
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One line of chat. `recipient` tells whether everyone, the customer or one representative could read it."""

    at: datetime
    sender: Actor
    recipient: Actor
    text: str


@dataclass(frozen=True, slots=True)
class SessionNote:
    """A note that a representative typed in the console: `Session Note Added`."""

    at: datetime
    author: Actor
    text: str


class FileAction(StrEnum):
    """What happened to a file."""

    UPLOADED = "uploaded"
    DOWNLOADED = "downloaded"
    MOVED = "moved"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class FileEvent:
    """A file that moved between representative and customer. `name` may hold a whole path; `size` is in bytes."""

    at: datetime
    action: FileAction
    name: str
    size: int | None
    performed_by: Actor


@dataclass(frozen=True, slots=True)
class Transfer:
    """The session went to another representative or team: `Conference Owner Changed`.

    Its first owner, the waiting room before anybody took it up, is none.
    """

    at: datetime
    owner: str


@dataclass(frozen=True, slots=True)
class SystemInformationTable:
    """One category of the retrieved system information; every row has one text a column."""

    category: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class SurveyAnswer:
    """A question of an exit survey by its name (`rating`, `comments`, …), its label where known, and the answer."""

    name: str
    value: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """A submitted exit survey. `gsnumber` names who filled it in, where the report says so."""

    gsnumber: str
    answers: tuple[SurveyAnswer, ...]
    submitted_by: str = ""
    submitted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """Links to a recording; `kind` is `screen_sharing`, `command_shell` or `show_my_screen`."""

    kind: str
    view_url: str
    download_url: str


@dataclass(frozen=True, slots=True)
class CustomAttribute:
    """A custom session field as the administrators of the appliance defined it."""

    code_name: str
    display_name: str
    value: str


@dataclass(frozen=True, slots=True)
class Session:
    """One support session, whole.

    `ended_at` is None while the session runs and for ever when it closed abnormally. `has_end_event` tells whether
    a `Session End` event was reported; `last_event_at` is the latest moment that the report names.
    """

    lsid: str
    started_at: datetime | None
    ended_at: datetime | None
    has_end_event: bool
    last_event_at: datetime | None
    session_type: str = ""
    lseq: str = ""
    duration_seconds: int | None = None
    public_site: str = ""
    external_key: str = ""
    jumpoint: str = ""
    jump_group: str = ""
    team: str = ""
    custom_attributes: tuple[CustomAttribute, ...] = ()
    primary_customer: Actor | None = None
    primary_representative: Actor | None = None
    customers: tuple[Customer, ...] = ()
    representatives: tuple[Representative, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    chat: tuple[ChatMessage, ...] = ()
    notes: tuple[SessionNote, ...] = ()
    files: tuple[FileEvent, ...] = ()
    files_transferred: int | None = None
    files_moved: int | None = None
    files_deleted: int | None = None
    system_information: tuple[SystemInformationTable, ...] = ()
    recordings: tuple[Recording, ...] = ()
    chat_view_url: str = ""
    chat_download_url: str = ""
    customer_surveys: tuple[Survey, ...] = ()
    representative_surveys: tuple[Survey, ...] = ()
