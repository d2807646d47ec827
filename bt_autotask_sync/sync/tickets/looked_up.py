"""What has to be looked up before tickets can be planned: contacts, picklists and work types, all in bulk."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.fields import TICKET_FIELDS
from bt_autotask_sync.config.ticket_data import contact_question

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bt_autotask_sync.appliance.session import Session
    from bt_autotask_sync.autotask.entities import BillingCode, Contact
    from bt_autotask_sync.autotask.metadata import FieldInformation
    from bt_autotask_sync.autotask.records import Records
    from bt_autotask_sync.sync.tickets.request import TicketRequest

COMPANY = "companyID"
CONTACT = "contactID"
WORK_TYPE = "billingCodeID"


@dataclass(frozen=True, slots=True)
class Question:
    """Which contacts a session asks for: those whose `field` is `value`, as the session's field `code_name` has it."""

    field: str
    value: str
    code_name: str


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What Autotask holds of what some wishes name.

    `contacts` are those by field and value, `contacts_by_id` the ones named by their ids; `parents` are the parent
    companies of companies that have one; `fields` are those of tickets by their names in lower case, with their
    picklists; `work_types` are by name.
    """

    contacts: Mapping[tuple[str, str], tuple[Contact, ...]] = field(default_factory=dict)
    contacts_by_id: Mapping[int, Contact] = field(default_factory=dict)
    parents: Mapping[int, int] = field(default_factory=dict)
    fields: Mapping[str, FieldInformation] = field(default_factory=dict)
    work_types: Mapping[str, tuple[BillingCode, ...]] = field(default_factory=dict)


def look_up(wishes: Iterable[TicketRequest], records: Records) -> LookedUp:
    """Look up everything that these wishes name; what none names is not asked for.

    Raises:
        QueryRefused: Autotask refuses one of the queries; and whatever else its reads raise.
    """
    wishes = list(wishes)
    labels = any(is_label(name, value) for request in wishes for name, value in request.data.fields.items())
    companies = {company for request in wishes if contact_asked(request) for company in _companies(request)}
    codes = (request.data.fields.get(WORK_TYPE) for request in wishes)
    return LookedUp(
        contacts=_contacts(filter(None, map(contact_asked, wishes)), records),
        contacts_by_id=records.contacts_by_id({contact for request in wishes for contact in _contact_ids(request)}),
        parents={
            company.id: company.parent_id
            for company in records.companies_by_id(companies).values()
            if company.parent_id is not None
        },
        fields=records.ticket_fields() if labels else {},
        work_types=records.work_types_by_name(sorted({code for code in codes if isinstance(code, str)})),
    )


def contact_asked(request: TicketRequest) -> Question | None:
    """Return which contacts a wish asks for; None where it names one itself, or the session's field is empty."""
    asked = request.data.fields.get(CONTACT)
    question = contact_question(asked) if isinstance(asked, str) else None
    if question is None:
        return None
    contact_field, code_name = question
    value = session_field(request.session, code_name)
    return Question(contact_field, value, code_name) if value else None


def session_field(session: Session, code_name: str) -> str:
    """Return the text of a session's custom field without blanks around it; empty where there is none."""
    wanted = code_name.casefold()
    found = (each.value.strip() for each in session.custom_attributes if each.code_name.casefold() == wanted)
    return next(found, "")


def is_label(name: str, value: object) -> bool:
    """Tell whether a value stands for the number of a picklist's entry by its label."""
    return isinstance(value, str) and name in TICKET_FIELDS and TICKET_FIELDS[name].picklist


def _contacts(questions: Iterable[Question], records: Records) -> dict[tuple[str, str], tuple[Contact, ...]]:
    found: dict[tuple[str, str], tuple[Contact, ...]] = {}
    for contact_field, asked in groupby(sorted(questions, key=_field_of), key=_field_of):
        by_value = records.contacts_by(contact_field, [question.value for question in asked])
        found |= {(contact_field, value): contacts for value, contacts in by_value.items()}
    return found


def _field_of(question: Question) -> str:
    return question.field


def _companies(request: TicketRequest) -> Iterator[int]:
    """Yield the company that a wish names, if it names one."""
    named = request.data.fields.get(COMPANY)
    if isinstance(named, int):
        yield named


def _contact_ids(request: TicketRequest) -> Iterator[int]:
    """Yield the contacts that a wish names by their ids: their companies may be asked for."""
    named = request.data.fields.get(CONTACT)
    if isinstance(named, int):
        yield named
    if request.data.default_contact_id is not None:
        yield request.data.default_contact_id
