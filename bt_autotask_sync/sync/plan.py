"""From a session, its ticket and its people to what is to be created: pure, no questions asked of anyone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.config.models import PollEvent
from bt_autotask_sync.notes.model import NoteContext
from bt_autotask_sync.notes.templates import Kind
from bt_autotask_sync.notes.text import clip, split_note, titled
from bt_autotask_sync.sync.spans import Part, primary_parts
from bt_autotask_sync.sync.states import ArtifactKind, Stage, Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from bt_autotask_sync.appliance.session import Representative, Session
    from bt_autotask_sync.autotask.entities import Ticket
    from bt_autotask_sync.config.models import Profile
    from bt_autotask_sync.notes.templates import Templates
    from bt_autotask_sync.sync.match import People, Technician

PUBLISH_TO_ALL = 1
"""Autotask: `publish` 1 shows a note to all users, customers in the portal included."""
PUBLISH_INTERNALLY = 2
KEY_DIGITS = 12
LONGEST_TEXT = 32_000
"""UTF-16 units. Autotask: the length of a note's description and of a time entry's two texts."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A note or time entry to create.

    `marker` ends the title or the internal notes and makes the record recognisable. Artifacts of one `group`, which
    is the first one's marker, are parts of one thing: a later one is created only when the earlier ones are there.
    `path` starts behind the version.
    """

    lsid: str
    kind: ArtifactKind
    marker: str
    group: str
    ticket_id: int
    ticket_number: str
    path: str
    body: Mapping[str, Any]
    event: PollEvent = PollEvent.SESSION_END
    technician: str = ""
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Withheld:
    """Something that belongs on the ticket and cannot be planned."""

    marker: str
    kind: ArtifactKind
    trouble: Trouble


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that one session puts on its ticket, in the order of creation."""

    lsid: str
    artifacts: tuple[Artifact, ...]
    withheld: tuple[Withheld, ...] = ()


def note_marker(lsid: str, suffix: str = "") -> str:
    """Return the marker that ends a note's title: `[bt:KEY]`, KEY being the first 12 hex digits of the lsid."""
    return f"[bt:{lsid[:KEY_DIGITS]}{suffix}]"


def time_entry_marker(lsid: str, username: str, part: int = 1) -> str:
    """Return the marker that ends a time entry's internal notes: `[bt:LSID:USERNAME]`, later parts numbered."""
    return f"[bt:{lsid}:{username}{_number(part)}]"


def plan_session(session: Session, ticket: Ticket, profile: Profile, people: People, templates: Templates) -> Plan:
    """Plan the notes and time entries of one session on its ticket."""
    planner = _Planner(session, ticket, profile, templates)
    entries, withheld = planner.time_entries(people)
    return Plan(session.lsid, (*planner.session_notes(), *planner.survey_notes(), *entries), withheld)


class _Planner:
    """The pieces that all artifacts of one session share."""

    def __init__(self, session: Session, ticket: Ticket, profile: Profile, templates: Templates) -> None:
        self._session = session
        self._ticket = ticket
        self._profile = profile
        self._templates = templates
        self._public = profile.autotask.publish_notes_as_public
        self._context = NoteContext(
            timezone=profile.zone,
            ticket_number=ticket.number,
            publish_session_notes=profile.autotask.publish_session_notes,
        )

    def session_notes(self) -> Iterator[Artifact]:
        """Yield the session's note, in up to three parts."""
        note = self._templates.note(Kind.SESSION, self._session, self._context, public=self._public)
        parts = split_note(note.text, limit=LONGEST_TEXT, left_out=self._left_out)
        for number, text in enumerate(parts, start=1):
            title = note.title if number == 1 else f"{note.title} ({number} of {len(parts)})"
            yield self._note(title, text, _number(number), group="", public=self._public)

    def survey_notes(self) -> Iterator[Artifact]:
        """Yield a note for the customer's survey and one for all of the representatives', where there are any."""
        if self._session.customer_surveys and PollEvent.CUSTOMER_SURVEY in self._profile.poll_events:
            survey = self._survey(Kind.CUSTOMER_SURVEY, ":customer-survey", public=self._public)
            yield replace(survey, event=PollEvent.CUSTOMER_SURVEY)
        if self._session.representative_surveys:
            yield self._survey(Kind.REPRESENTATIVE_SURVEY, ":representative-survey", public=False)

    def time_entries(self, people: People) -> tuple[tuple[Artifact, ...], tuple[Withheld, ...]]:
        """Return the time entries of the technicians, and those that wait for a resource or a role."""
        representative = billed_representative(self._session)
        if not self._profile.time_entries.enabled or representative is None:
            return (), ()
        parts = primary_parts(self._session)
        technician = people.get(representative.username)
        if technician is None or not parts:
            return (), ()
        if isinstance(technician, Trouble):
            marker = time_entry_marker(self._session.lsid, representative.username)
            return (), (Withheld(marker, ArtifactKind.TIME_ENTRY, technician),)
        return tuple(self._time_entry(representative, technician, part) for part in parts), ()

    def _left_out(self, characters: int) -> str:
        """Say what a note that is too long leaves out; where the whole chat is, is for internal eyes."""
        link = "" if self._public else self._session.chat_view_url
        where = f" The whole chat: {link}" if link else ""
        return f"… {characters:,} more characters did not fit.{where}\n\nSession {self._session.lsid}"

    def _survey(self, kind: Kind, suffix: str, *, public: bool) -> Artifact:
        note = self._templates.note(kind, self._session, self._context, public=public)
        return self._note(note.title, clip(note.text, LONGEST_TEXT), suffix, group=suffix, public=public)

    def _note(self, title: str, text: str, suffix: str, *, group: str, public: bool) -> Artifact:
        marker = note_marker(self._session.lsid, suffix)
        return Artifact(
            lsid=self._session.lsid,
            kind=ArtifactKind.NOTE,
            marker=marker,
            group=note_marker(self._session.lsid, group),
            ticket_id=self._ticket.id,
            ticket_number=self._ticket.number,
            path=f"/Tickets/{self._ticket.id}/Notes",
            body={
                "ticketID": self._ticket.id,
                "title": titled(title, marker),
                "description": text,
                "noteType": self._profile.autotask.note_type,
                "publish": PUBLISH_TO_ALL if public else PUBLISH_INTERNALLY,
            },
        )

    def _time_entry(self, representative: Representative, technician: Technician, part: Part) -> Artifact:
        defaults = self._profile.time_entries.default_data
        marker = time_entry_marker(self._session.lsid, representative.username, part.number)
        summary = self._templates.summary(defaults.summary_notes, self._session, self._context)
        internal = str(defaults.fields.get("internalNotes", ""))
        own = {
            "ticketID": self._ticket.id,
            "resourceID": technician.resource_id,
            "roleID": technician.role_id,
            "dateWorked": f"{part.start.astimezone(self._profile.zone):%Y-%m-%d}T00:00:00Z",
            "startDateTime": f"{part.start:%Y-%m-%dT%H:%M:%SZ}",
            "endDateTime": f"{part.end:%Y-%m-%dT%H:%M:%SZ}",
            "hoursWorked": round((part.end - part.start).total_seconds() / 3600, 4),
            "summaryNotes": clip(summary, LONGEST_TEXT),
            "internalNotes": _with_marker(internal, marker),
        }
        return Artifact(
            lsid=self._session.lsid,
            kind=ArtifactKind.TIME_ENTRY,
            marker=marker,
            group=time_entry_marker(self._session.lsid, representative.username),
            ticket_id=self._ticket.id,
            ticket_number=self._ticket.number,
            path="/TimeEntries",
            body={**defaults.fields, **own},
            technician=representative.private_display_name or representative.display_name or representative.username,
            start=part.start,
            end=part.end,
        )


def billed_representative(session: Session) -> Representative | None:
    """Return the primary representative, whose time the session is; None when the report names none."""
    primary = session.primary_representative
    by_number = {person.gsnumber: person for person in session.representatives}
    if primary is not None and primary.gsnumber in by_number:
        return by_number[primary.gsnumber]
    return next((person for person in session.representatives if person.session_owner), None)


def session_trouble(session: Session) -> Trouble | None:
    """Return why nothing can be planned for a session at all, if so."""
    if session.started_at is None or session.ended_at is None or session.ended_at < session.started_at:
        return Trouble(
            Stage.PLAN,
            "The report's start and end make no sense.",
            "Look at the session in the appliance's reports; skip it here if it is not to be delivered.",
        )
    return None


def _number(part: int) -> str:
    return f":{part}" if part > 1 else ""


def _with_marker(text: str, marker: str) -> str:
    kept = clip(text, LONGEST_TEXT - len(marker.encode("utf-16-le")) // 2 - 1).rstrip()
    return f"{kept}\n{marker}" if kept else marker
