"""From a session, its ticket and its people to what is to be created: pure, no questions asked of anyone."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from types import MappingProxyType
from typing import TYPE_CHECKING

from bt_autotask_sync.config.models import OutboundEvent, PollEvent
from bt_autotask_sync.notes.model import NoteContext
from bt_autotask_sync.notes.templates import Kind
from bt_autotask_sync.notes.text import clip, split_note, titled
from bt_autotask_sync.state.states import ArtifactKind
from bt_autotask_sync.sync.markers import CUSTOMER_SURVEY, REPRESENTATIVE_SURVEY, note_marker, numbered
from bt_autotask_sync.sync.plan.artifact import LONGEST_TEXT, Artifact, Plan, address
from bt_autotask_sync.sync.plan.attendance import billed_representative
from bt_autotask_sync.sync.plan.billing import whole_minutes
from bt_autotask_sync.sync.plan.time_entries import EntryPlanner

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bt_autotask_sync.appliance.session import Session, Survey
    from bt_autotask_sync.autotask.entities import Ticket
    from bt_autotask_sync.config.models import Profile
    from bt_autotask_sync.notes.templates import Templates
    from bt_autotask_sync.sync.match.people import People
    from bt_autotask_sync.sync.plan.billing import BilledTime


def representatives_notes(session: Session, told: Mapping[int, tuple[str, ...]]) -> Iterator[tuple[str, Session]]:
    """Yield for each note on representatives' surveys what ends its marker, and the session with its surveys alone.

    Those that no note tells yet go together into the first number that is free.
    """
    left = list(session.representative_surveys)
    for number, named in sorted(told.items()):
        if surveys := _take(left, named):
            yield _suffix(number), replace(session, representative_surveys=surveys)
    if left:
        free = next(number for number in count(1) if number not in told)
        yield _suffix(free), replace(session, representative_surveys=tuple(left))


def respondents(session: Session) -> tuple[str, ...]:
    """Return who filled in the representatives' surveys of a session, by gsnumber: once for each survey."""
    return tuple(map(_respondent, session.representative_surveys))


def author(session: Session) -> str:
    """Return the username of the representative who filled in the first survey; empty where that is not known."""
    first = next(iter(respondents(session)), "")
    return next((person.username for person in session.representatives if person.gsnumber == first), "")


def _take(left: list[Survey], named: tuple[str, ...]) -> tuple[Survey, ...]:
    """Take the surveys of those who are named out of `left`; all where nobody is."""
    taken = []
    for name in named or map(_respondent, tuple(left)):
        found = next((survey for survey in left if _respondent(survey) == name), None)
        if found is not None:
            left.remove(found)
            taken.append(found)
    return tuple(taken)


def _respondent(survey: Survey) -> str:
    return "".join(survey.gsnumber.split()) or "?"


def _suffix(number: int) -> str:
    return REPRESENTATIVE_SURVEY + (f":{number}" if number > 1 else "")


PUBLISH_TO_ALL = 1
"""Autotask: `publish` 1 shows a note to all users, customers in the portal included."""
PUBLISH_INTERNALLY = 2


def plan_session(
    session: Session,
    ticket: Ticket,
    profile: Profile,
    people: People,
    templates: Templates,
    *,
    bills: Sequence[BilledTime],
    told: Mapping[int, tuple[str, ...]],
    approved: Mapping[str, int] = MappingProxyType({}),
    announced: bool = False,
    is_unclear: bool = False,
) -> Plan:
    """Plan the notes and time entries of one session on its ticket.

    Args:
        session: A session that ended.
        ticket: Its ticket.
        profile: The settings.
        people: Under whom and as what time is billed; time of others is left out.
        templates: The texts.
        bills: The time that is billed.
        told: As `told_surveys` returns it.
        approved: The minutes that a person has let through, by marker.
        announced: An outbound event named the session: then what is told of it depends on those that are processed too.
        is_unclear: The report does not say whose time the session is, which has to wait.
    """
    billed = [bill for bill in bills if bill.assignment or bill.username in people]
    context = _context(ticket, profile, billed)
    planner = EntryPlanner(session, ticket, profile, context, approved)
    entries, withheld = planner.plan(billed, people)
    withheld = (*withheld, planner.unclear()) if is_unclear else withheld
    survey = PollEvent.CUSTOMER_SURVEY in profile.poll_events
    survey = survey or (announced and OutboundEvent.CUSTOMER_SURVEY in profile.outbound_events)
    notes = _NotePlanner(session, ticket, profile, templates, context, tells_customers=survey)
    return Plan(
        session.lsid,
        (*notes.session_notes(), *notes.survey_notes(told), *entries),
        withheld,
        started_at=session.started_at,
        ended_at=session.ended_at,
        is_unclear=is_unclear,
    )


def _context(ticket: Ticket, profile: Profile, billed: Sequence[BilledTime]) -> NoteContext:
    return NoteContext(
        timezone=profile.zone,
        ticket_number=ticket.number,
        publish_session_notes=profile.autotask.publish_session_notes,
        actual_minutes=whole_minutes(sum(bill.worked for bill in billed)) if billed else None,
        billed_minutes=whole_minutes(sum(bill.billed for bill in billed)) if billed else None,
    )


class _NotePlanner:
    """Plans the notes of one session."""

    def __init__(
        self,
        session: Session,
        ticket: Ticket,
        profile: Profile,
        templates: Templates,
        context: NoteContext,
        *,
        tells_customers: bool,
    ) -> None:
        self._session = session
        self._ticket = ticket
        self._profile = profile
        self._templates = templates
        self._context = context
        self._tells_customers = tells_customers
        self._public = profile.autotask.publish_notes_as_public

    def session_notes(self) -> Iterator[Artifact]:
        """Yield the session's note, in up to three parts."""
        representative = billed_representative(self._session)
        note = self._templates.note(Kind.SESSION, self._session, self._context, public=self._public)
        parts = split_note(note.text, limit=LONGEST_TEXT, left_out=self._left_out)
        for number, text in enumerate(parts, start=1):
            title = note.title if number == 1 else f"{note.title} ({number} of {len(parts)})"
            note_part = self._note(title, text, numbered(number), group="", public=self._public)
            yield replace(note_part, author=representative.username if representative else "")

    def survey_notes(self, told: Mapping[int, tuple[str, ...]]) -> Iterator[Artifact]:
        """Yield a note for the customer's survey and one for all of the representatives', where there are any."""
        if self._session.customer_surveys and self._tells_customers:
            survey = self._survey(Kind.CUSTOMER_SURVEY, CUSTOMER_SURVEY, self._session, public=self._public)
            yield replace(survey, event=OutboundEvent.CUSTOMER_SURVEY)
        for suffix, session in representatives_notes(self._session, told):
            survey = self._survey(Kind.REPRESENTATIVE_SURVEY, suffix, session, public=False)
            told_by = respondents(session)
            event = OutboundEvent.REPRESENTATIVE_SURVEY
            yield replace(survey, author=author(session), respondents=told_by, event=event)

    def _left_out(self, characters: int) -> str:
        """Say what a note that is too long leaves out; where the whole chat is, is for internal eyes."""
        link = "" if self._public else self._session.chat_view_url
        where = f" The whole chat: {link}" if link else ""
        return f"… {characters:,} more characters did not fit.{where}\n\nSession {self._session.lsid}"

    def _survey(self, kind: Kind, suffix: str, session: Session, *, public: bool) -> Artifact:
        note = self._templates.note(kind, session, self._context, public=public)
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
            path=f"/Tickets/{address(self._ticket.id)}/Notes",
            body={
                "ticketID": address(self._ticket.id),
                "title": titled(title, marker),
                "description": text,
                "noteType": self._profile.autotask.note_type,
                "publish": PUBLISH_TO_ALL if public else PUBLISH_INTERNALLY,
            },
        )
