"""Whose ticket it is: the contact that the session's own fields lead to, else the default one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bt_autotask_sync.sync.tickets.looked_up import CONTACT, contact_asked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bt_autotask_sync.autotask.entities import Contact
    from bt_autotask_sync.sync.tickets.looked_up import LookedUp
    from bt_autotask_sync.sync.tickets.request import TicketRequest


@dataclass(frozen=True, slots=True)
class Chosen:
    """The contact of a ticket, if any, and the company that it belongs to.

    `remark` is what a person should know of the choice, in words without anybody's name or address.
    """

    contact_id: int | None = None
    company_id: int | None = None
    remark: str = ""


def choose_contact(request: TicketRequest, company: int | None, looked_up: LookedUp) -> Chosen:
    """Return the contact of a ticket.

    An id is taken as it is. A field of the session is looked for among Autotask's contacts: of several active ones that
    of the given company, else the newest. Where none is found, the default contact is taken.

    Args:
        request: What the session is to have.
        company: The ticket's company, where one is given: a ticket cannot have another company's contact.
        looked_up: What Autotask holds.
    """
    named = request.data.fields.get(CONTACT)
    if isinstance(named, int):
        return _by_id(named, looked_up)
    question = contact_asked(request)
    if question is None:
        return _default(request, looked_up)
    contacts = looked_up.contacts.get((question.field, question.value), ())
    active = sorted((contact for contact in contacts if contact.active), key=lambda contact: contact.id)
    usable = _of_company(active, company, looked_up)
    if usable:
        return _newest(usable, question.code_name)
    default = _default(request, looked_up)
    if not active:
        return default
    remark = (
        f"the contact that its field {question.code_name} leads to belongs to another company than the one given, and "
        "was not taken. Leave companyID out of tickets.default_data to have the contact's company."
    )
    return replace(default, remark=remark)


def _of_company(contacts: Sequence[Contact], company: int | None, looked_up: LookedUp) -> Sequence[Contact]:
    """Return the contacts that a company's ticket can have: its own, else its parent's (Autotask takes both)."""
    if company is None:
        return contacts
    own = [contact for contact in contacts if contact.company_id == company]
    parent = looked_up.parents.get(company)
    return own or [contact for contact in contacts if parent is not None and contact.company_id == parent]


def _newest(usable: Sequence[Contact], code_name: str) -> Chosen:
    chosen = usable[-1]
    if len(usable) == 1:
        return Chosen(chosen.id, chosen.company_id)
    remark = (
        f"{len(usable)} active contacts share what its field {code_name} says; the newest was taken (contact id "
        f"{chosen.id}). Give them different addresses in Autotask if it was the wrong one."
    )
    return Chosen(chosen.id, chosen.company_id, remark)


def _default(request: TicketRequest, looked_up: LookedUp) -> Chosen:
    contact_id = request.data.default_contact_id
    return Chosen() if contact_id is None else _by_id(contact_id, looked_up)


def _by_id(contact_id: int, looked_up: LookedUp) -> Chosen:
    contact = looked_up.contacts_by_id.get(contact_id)
    return Chosen(contact_id, contact.company_id if contact else None)
