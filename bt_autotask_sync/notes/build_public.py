"""From a session to its facts in words.

The same code tells a session to everyone: for customers it is given what `privacy` leaves of the session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.notes import public_model, timeline, transcript, wording
from bt_autotask_sync.notes.people import People, private_name, public_name
from bt_autotask_sync.notes.text import clean, one_line

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from bt_autotask_sync.appliance.session import Session
    from bt_autotask_sync.notes.context import NoteContext

_MINUTE = 60


def build_public(session: Session, context: NoteContext) -> public_model.Facts:
    """Return what `session` tells, with times in the context's zone."""
    people = People.of(session)
    times = _times(session, context)
    return public_model.Facts(
        identity=_identity(session, context),
        times=times,
        parties=_parties(session, people, context.timezone),
        course=_course(session, people, times, context.timezone),
        customer_surveys=_customer_surveys(session, people, context.timezone),
    )


def _identity(session: Session, context: NoteContext) -> public_model.Identity:
    filled_in = [attribute for attribute in session.custom_attributes if attribute.value]
    return public_model.Identity(
        lsid=one_line(session.lsid),
        lseq=one_line(session.lseq),
        external_key=one_line(session.external_key),
        ticket_number=one_line(context.ticket_number),
        session_type=one_line(session.session_type),
        public_site=one_line(session.public_site),
        team=one_line(session.team),
        has_custom_attributes=bool(filled_in),
        custom={one_line(attribute.code_name): clean(attribute.value) for attribute in session.custom_attributes},
        custom_attributes=tuple(timeline.attribute_facts(attribute) for attribute in filled_in),
    )


def _times(session: Session, context: NoteContext) -> public_model.Times:
    zone, start, end = context.timezone, session.started_at, session.ended_at
    seconds: float | None = session.duration_seconds
    if seconds is None and start and end:
        seconds = (end - start).total_seconds()
    return public_model.Times(
        timezone=str(zone),
        start_time=wording.moment(start, zone),
        start_date=wording.date_of(start, zone),
        start_clock=wording.clock_of(start, zone),
        end_time=wording.moment(end, zone),
        end_date=wording.date_of(end, zone),
        end_clock=wording.clock_of(end, zone),
        session_period=wording.period(start, end, zone),
        duration=wording.duration(seconds),
        actual_time=_minutes_in_words(context.actual_minutes),
        actual_minutes=_minutes(context.actual_minutes),
        billed_time=_minutes_in_words(context.billed_minutes),
        billed_minutes=_minutes(context.billed_minutes),
    )


def _parties(session: Session, people: People, zone: ZoneInfo) -> public_model.Participants:
    representative = people.primary_representative
    helped = timeline.customer_facts(people.primary_customer) if people.primary_customer else None
    name = helped.name if helped else ""
    if not name and session.primary_customer:
        name = one_line(session.primary_customer.name)
    everyone = tuple(timeline.representative_facts(person, zone) for person in session.representatives)
    return public_model.Participants(
        customer_name=name,
        customer_company=helped.company if helped else "",
        issue=helped.issue_type if helped else "",
        issue_details=helped.description if helped else "",
        customers=tuple(timeline.customer_facts(person) for person in session.customers),
        representative_name=private_name(representative) if representative else _primary_name(session, people),
        primary_rep_public_display_name=public_name(representative) if representative else "",
        representative_list=", ".join(
            f"{person.name} ({person.time_involved})" if person.time_involved else person.name for person in everyone
        ),
        has_several_representatives=len(everyone) > 1,
        representatives=everyone,
    )


def _primary_name(session: Session, people: People) -> str:
    return people.name(session.primary_representative) if session.primary_representative else ""


def _course(session: Session, people: People, times: public_model.Times, zone: ZoneInfo) -> public_model.Transcript:
    first_date = times.start_date
    notes = tuple(timeline.note_facts(note, people, zone) for note in session.notes)
    chat = tuple(timeline.chat_facts(message, people, zone) for message in session.chat)
    files = tuple(timeline.file_facts(event, people, zone) for event in session.files)
    transfers = tuple(timeline.transfer_facts(transfer, zone) for transfer in session.transfers)
    return public_model.Transcript(
        session_summary=_summary(session, people, times),
        has_notes=bool(notes),
        session_notes=transcript.notes(notes, first_date),
        notes=notes,
        has_chat=bool(chat),
        session_chat=transcript.chat(chat, first_date),
        chat=chat,
        has_files=bool(files),
        session_files=transcript.files(files, first_date),
        files=files,
        files_transferred=session.files_transferred or 0,
        files_moved=session.files_moved or 0,
        files_deleted=session.files_deleted or 0,
        has_transfers=bool(transfers),
        session_transfers=transcript.transfers(transfers, first_date),
        transfers=transfers,
    )


def _summary(session: Session, people: People, times: public_model.Times) -> str:
    """Return what BeyondTrust's summary macro tells; ids and addresses that were taken out leave no empty lines."""
    representative, customer = people.primary_representative, people.primary_customer
    files = (session.files_transferred or 0, session.files_moved or 0, session.files_deleted or 0)
    lines = (
        ("Representative", private_name(representative) if representative else ""),
        ("Representative ID", representative.user_id if representative else ""),
        ("Customer", customer.username if customer else ""),
        ("Public IP", customer.public_ip if customer else ""),
        ("Private IP", customer.private_ip if customer else ""),
        ("Start", times.start_time),
        ("End", times.end_time),
        ("Duration", times.duration),
        ("Files", "{} transferred, {} renamed, {} deleted".format(*files)),
    )
    return "\n".join(f"{label}: {one_line(value)}" for label, value in lines if value)


def _customer_surveys(session: Session, people: People, zone: ZoneInfo) -> public_model.CustomerSurveys:
    surveys = tuple(timeline.survey_facts(survey, people, zone) for survey in session.customer_surveys)
    ratings = (answer.answer for survey in surveys for answer in survey.answers if answer.question_name == "rating")
    return public_model.CustomerSurveys(
        has_customer_survey=bool(surveys),
        customer_rating=one_line(next(ratings, "")),
        customer_exit_survey=transcript.surveys(surveys),
        customer_surveys=surveys,
    )


def _minutes(minutes: int | None) -> str:
    return "" if minutes is None else str(minutes)


def _minutes_in_words(minutes: int | None) -> str:
    return "" if minutes is None else wording.duration(minutes * _MINUTE)
