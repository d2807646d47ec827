"""The single persons, messages, files and answers of a session, each as its facts in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.appliance.session import ActorType
from bt_autotask_sync.notes import public_model, wording
from bt_autotask_sync.notes.people import private_name, public_name
from bt_autotask_sync.notes.privacy import base_name
from bt_autotask_sync.notes.text import clean, one_line

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from bt_autotask_sync.appliance.session import (
        ChatMessage,
        CustomAttribute,
        Customer,
        FileEvent,
        Representative,
        SessionNote,
        Survey,
        Transfer,
    )
    from bt_autotask_sync.notes.people import People


def representative_facts(person: Representative, zone: ZoneInfo) -> public_model.Representative:
    """Return one representative; the time involved is the report's, else the sum of the stays."""
    stays = [span.left_at - span.joined_at for span in person.spans if span.left_at and span.joined_at]
    seconds = person.seconds_involved
    if seconds is None and stays:
        seconds = int(sum(stay.total_seconds() for stay in stays))
    return public_model.Representative(
        name=private_name(person),
        public_display_name=public_name(person),
        time_involved=wording.duration(seconds),
        invited=person.invited,
        session_owner=person.session_owner,
        stays=tuple(
            public_model.Stay(
                joined_time=wording.clock_of(span.joined_at, zone), left_time=wording.clock_of(span.left_at, zone)
            )
            for span in person.spans
        ),
    )


def customer_facts(person: Customer) -> public_model.Customer:
    """Return one customer with the issue form."""
    return public_model.Customer(
        name=one_line(person.username) or one_line(person.form.name),
        company=one_line(person.form.company),
        company_code=one_line(person.form.company_code),
        issue_type=one_line(person.form.issue),
        description=clean(person.form.details).strip(),
    )


def chat_facts(message: ChatMessage, people: People, zone: ZoneInfo) -> public_model.ChatLine:
    """Return one chat message."""
    to_everyone = message.recipient.type is ActorType.EVERYONE
    from_representative = people.is_representative(message.sender)
    return public_model.ChatLine(
        date=wording.date_of(message.at, zone),
        time=wording.clock_of(message.at, zone),
        sender=people.name(message.sender),
        recipient="" if to_everyone else people.name(message.recipient),
        text=clean(message.text),
        from_customer=message.sender.type is ActorType.CUSTOMER and not from_representative,
        from_representative=from_representative,
    )


def note_facts(note: SessionNote, people: People, zone: ZoneInfo) -> public_model.NoteLine:
    """Return one session note."""
    return public_model.NoteLine(
        date=wording.date_of(note.at, zone),
        time=wording.clock_of(note.at, zone),
        author=people.name(note.author),
        text=clean(note.text),
    )


def transfer_facts(transfer: Transfer, zone: ZoneInfo) -> public_model.TransferLine:
    """Return one change of the owner."""
    return public_model.TransferLine(
        date=wording.date_of(transfer.at, zone),
        time=wording.clock_of(transfer.at, zone),
        owner=one_line(transfer.owner),
    )


def attribute_facts(attribute: CustomAttribute) -> public_model.Attribute:
    """Return one custom session field."""
    return public_model.Attribute(
        code_name=one_line(attribute.code_name),
        label=one_line(attribute.display_name or attribute.code_name),
        value=clean(attribute.value),
    )


def file_facts(event: FileEvent, people: People, zone: ZoneInfo) -> public_model.FileLine:
    """Return one thing that happened to a file."""
    return public_model.FileLine(
        date=wording.date_of(event.at, zone),
        time=wording.clock_of(event.at, zone),
        action=event.action.value,
        file_name=one_line(base_name(event.name)),
        size=wording.size(event.size),
        performed_by=people.name(event.performed_by),
    )


def survey_facts(survey: Survey, people: People, zone: ZoneInfo) -> public_model.Survey:
    """Return one survey, with the name of who filled it in where the report tells."""
    representative, customer = people.representatives.get(survey.gsnumber), people.customers.get(survey.gsnumber)
    if representative is not None:
        name = private_name(representative)
    else:
        name = one_line(survey.submitted_by) or (one_line(customer.username) if customer else "")
    return public_model.Survey(
        submitted_by=name,
        submitted_time=wording.moment(survey.submitted_at, zone),
        answers=tuple(
            public_model.Answer(
                question=one_line(answer.label) or one_line(answer.name.replace("_", " ")).capitalize(),
                question_name=one_line(answer.name),
                answer=clean(answer.value),
            )
            for answer in survey.answers
        ),
    )
