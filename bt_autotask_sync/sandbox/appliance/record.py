"""A support session as the appliance keeps it: frozen, a change is a replacement. Moments are unix seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

APPLIANCE_ID = "50adeb59f0f04163b09b7591af1949ea"
"""BeyondTrust: the GUID of an appliance."""
SESSION_START = "Session Start"
SESSION_END = "Session End"
"""BeyondTrust: the events that open and close the details of a session."""
OWNER_CHANGED = "Conference Owner Changed"
MEMBER_ADDED = "Conference Member Added"
MEMBER_DEPARTED = "Conference Member Departed"
PrimaryShown = Literal["listed", "absent", "unlisted"]
"""How a report names the primary representative."""


@dataclass(frozen=True, slots=True)
class Party:
    """Who did something, or who received it; `gsnumber` names a person within one session."""

    type: str
    gsnumber: int
    name: str


SYSTEM = Party("system", 0, "Remote Support")
EVERYONE = Party("everyone", 0, "Everyone")


@dataclass(frozen=True, slots=True)
class InformationTable:
    """One category of the retrieved system information."""

    category: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `data` is name and value; `file` is name and bytes, written as child elements."""

    timestamp: int
    type: str
    performed_by: Party | None = None
    destination: Party | None = None
    body: str = ""
    data: tuple[tuple[str, str], ...] = ()
    file: tuple[str, int] | None = None
    system_information: tuple[InformationTable, ...] = ()


@dataclass(frozen=True, slots=True)
class IssueForm:
    """What the customer filled in on the public site."""

    name: str
    company: str
    company_code: str
    issue: str
    details: str


@dataclass(frozen=True, slots=True)
class Customer:
    """The person who is helped. `public_ip` carries its port, an IPv6 address in brackets."""

    gsnumber: int
    name: str
    public_ip: str
    private_ip: str
    hostname: str
    os: str
    form: IssueForm | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """One stay of a representative; `left` is None while it lasts."""

    joined: int
    left: int | None


@dataclass(frozen=True, slots=True)
class Representative:
    """A technician in the session. `owner` tells that it was theirs at some time, not only shared with them."""

    gsnumber: int
    user_id: int
    username: str
    public_name: str
    private_name: str
    public_ip: str
    private_ip: str
    os: str
    hostname: str = ""
    owner: bool = True
    invited: bool = False
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """One question of an exit survey with its answer; `value` None: left unanswered."""

    name: str
    label: str
    kind: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Survey:
    """A submitted exit survey."""

    gsnumber: int
    submitted_by: str
    submitted_at: int
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A Jumpoint, Jump group, team or public site: its id and name; `type` only for a Jump group."""

    id: int
    name: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class CustomField:
    """A custom session field as it is set up under /login; `code_name` is what the APIs use."""

    code_name: str
    display_name: str


CUSTOM_FIELDS = (
    CustomField("customer_email", "Customer Email"),
    CustomField("asset_tag", "Asset Tag"),
    CustomField("cost_center", "Kostenstelle / Cost Center"),
)
"""The custom fields of this appliance; BeyondTrust: a field must be set up before it can be set."""

DEFAULT_SITE = Named(1, "Default")
SERVICE_DESK = Named(3, "Service Desk")


@dataclass(frozen=True, slots=True)
class Session:
    """One support session. Its story may be written ahead of time: `as_of` tells how much of it has happened.

    `ended_at` is None while it runs, and for ever when it `closed_abnormally`. `visible_from` hides it from every
    report until then: BeyondTrust: a session is not complete while a representative survey is pending. `primary` is
    the `gsnumber` of the representative who owned it last, 0 while the customer waits for one. BeyondTrust: reports may
    lack the primary representative or name one that they do not list, and may list nobody: `primary_shown` and
    `lists_representatives` make them so.
    """

    lsid: str
    lseq: int
    started_at: int
    ended_at: int | None
    customer: Customer
    representatives: tuple[Representative, ...]
    primary: int
    events: tuple[Event, ...]
    external_key: str = ""
    custom_attributes: dict[str, str] = field(default_factory=dict)
    closed_abnormally: bool = False
    visible_from: float = 0.0
    public_site: Named = DEFAULT_SITE
    team: Named = SERVICE_DESK
    jumpoint: Named | None = None
    jump_group: Named | None = None
    recorded: bool = False
    shell_recordings: int = 0
    show_my_screen_recordings: int = 0
    customer_survey: Survey | None = None
    representative_surveys: tuple[Survey, ...] = ()
    primary_shown: PrimaryShown = "listed"
    lists_representatives: bool = True

    @property
    def active(self) -> bool:
        """Tell whether somebody is still in the session."""
        return self.ended_at is None and not self.closed_abnormally

    @property
    def owner(self) -> Representative | None:
        """Return the representative who owned the session last; None if nobody has taken it up."""
        return next((each for each in self.representatives if each.gsnumber == self.primary), None)

    @property
    def primary_representative(self) -> Representative:
        """Return the owner.

        Raises:
            LookupError: Nobody has taken the session up.
        """
        if self.owner is None:
            raise LookupError(f"Nobody has taken up the session {self.lsid}.")
        return self.owner
