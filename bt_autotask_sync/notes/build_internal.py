"""From a session to what only internal texts may tell of it."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.notes import internal_model, timeline, transcript
from bt_autotask_sync.notes.people import People, private_name
from bt_autotask_sync.notes.text import clean, one_line

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from bt_autotask_sync.appliance.session import Customer, FileEvent, Representative, Session, SystemInformationTable
    from bt_autotask_sync.notes.context import NoteContext

_RECORDING_NAMES = {
    "screen_sharing": "Screen sharing recording",
    "command_shell": "Command shell recording",
    "show_my_screen": "Show My Screen recording",
}


def build_internal(session: Session, context: NoteContext) -> internal_model.Private:
    """Return what only colleagues may read of `session`, with times in the context's zone."""
    people = People.of(session)
    return internal_model.Private(
        parties=_parties(session, people, context.timezone),
        course=_course(session, people, context.timezone),
        representative_surveys=_surveys(session, people, context.timezone),
    )


def _parties(session: Session, people: People, zone: ZoneInfo) -> internal_model.PrivateParties:
    representative, customer = people.primary_representative, people.primary_customer
    return internal_model.PrivateParties(
        is_internal=True,
        primary_rep_private_display_name=private_name(representative) if representative else "",
        primary_rep_user_name=one_line(representative.username) if representative else "",
        representatives=tuple(_representative(person, zone) for person in session.representatives),
        customer_computer_name=one_line(customer.hostname) if customer else "",
        customer_os=one_line(customer.os) if customer else "",
        customer_public_ip=one_line(customer.public_ip) if customer else "",
        customer_private_ip=one_line(customer.private_ip) if customer else "",
        customers=tuple(_customer(person) for person in session.customers),
        jumpoint=one_line(session.jumpoint),
        jump_group=one_line(session.jump_group),
    )


def _representative(person: Representative, zone: ZoneInfo) -> internal_model.InternalRepresentative:
    return internal_model.InternalRepresentative(
        **_shallow(timeline.representative_facts(person, zone)),
        private_display_name=one_line(person.private_display_name),
        username=one_line(person.username),
        user_id=one_line(person.user_id),
        computer_name=one_line(person.hostname),
        operating_system=one_line(person.os),
        public_ip=one_line(person.public_ip),
        private_ip=one_line(person.private_ip),
    )


def _customer(person: Customer) -> internal_model.InternalCustomer:
    return internal_model.InternalCustomer(
        **_shallow(timeline.customer_facts(person)),
        computer_name=one_line(person.hostname),
        operating_system=one_line(person.os),
        public_ip=one_line(person.public_ip),
        private_ip=one_line(person.private_ip),
    )


def _course(session: Session, people: People, zone: ZoneInfo) -> internal_model.PrivateCourse:
    tables = tuple(_table(table) for table in session.system_information)
    links = {
        kind: "\n".join(
            one_line(recording.view_url or recording.download_url)
            for recording in session.recordings
            if recording.kind == kind
        )
        for kind in _RECORDING_NAMES
    }
    return internal_model.PrivateCourse(
        files=tuple(_file(event, people, zone) for event in session.files),
        has_system_information=bool(tables),
        system_information=transcript.general_information(tables),
        system_information_tables=tables,
        has_links=bool(session.recordings or session.chat_view_url or session.chat_download_url),
        chat_view_url=one_line(session.chat_view_url),
        chat_download_url=one_line(session.chat_download_url),
        screen_sharing_recording=links["screen_sharing"],
        command_shell_recording=links["command_shell"],
        show_my_screen_recording=links["show_my_screen"],
        recordings=tuple(
            internal_model.RecordingLink(
                recording_name=_RECORDING_NAMES.get(recording.kind, "Recording"),
                view_url=one_line(recording.view_url),
                download_url=one_line(recording.download_url),
            )
            for recording in session.recordings
        ),
    )


def _file(event: FileEvent, people: People, zone: ZoneInfo) -> internal_model.InternalFileLine:
    return internal_model.InternalFileLine(
        **_shallow(timeline.file_facts(event, people, zone)), file_path=one_line(event.name)
    )


def _table(table: SystemInformationTable) -> internal_model.Table:
    return internal_model.Table(
        category=one_line(table.category),
        rows=tuple(
            internal_model.Row(
                cells=tuple(
                    internal_model.Cell(column=one_line(column), cell_value=clean(value))
                    for column, value in zip(table.columns, row, strict=False)
                    if value.strip()
                )
            )
            for row in table.rows
        ),
    )


def _surveys(session: Session, people: People, zone: ZoneInfo) -> internal_model.RepresentativeSurveys:
    surveys = tuple(timeline.survey_facts(survey, people, zone) for survey in session.representative_surveys)
    return internal_model.RepresentativeSurveys(
        has_representative_survey=bool(surveys),
        representative_exit_survey=transcript.surveys(surveys),
        representative_surveys=surveys,
    )


def _shallow(part: Any) -> dict[str, Any]:
    """Return the fields of a public dataclass, to be told again by its internal heir."""
    return {field.name: getattr(part, field.name) for field in fields(part)}
