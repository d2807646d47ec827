"""Whose ticket it is: the contact that the session's own fields lead to, else the default one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bt_autotask_sync.sync.tickets.looked_up import CONTACT, contact_asked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bt_autotask_sync.autotask.entities import Contact
    from bt_autotask_sync.sync.tickets.looked_up import Known
    from bt_autotask_sync.sync.tickets.request import Wish


@dataclass(frozen=True, slots=True)
class Chosen:
    """The contact of a ticket, if any, and the company that it belongs to.

    `remark` is what a person should know of the choice, in words without anybody's name or address.
    """

    contact_id: int | None = None
    company_id: int | None = None
    remark: str = ""


def choose_contact(wish: Wish, company: int | None, known: Known) -> Chosen:
    """Return the contact of a ticket.

    An id is taken as it is. A field of the session is looked for among Autotask's contacts: of several active ones that
    of the given company, else the newest. Where none is found, the default contact is taken.

    Args:
        wish: What the session is to have.
        company: The ticket's company, where one is given: a ticket cannot have another company's contact.
        known: What Autotask holds.
    """
    named = wish.data.fields.get(CONTACT)
    if isinstance(named, int):
        return _by_id(named, known)
    question = contact_asked(wish)
    if question is None:
        return _default(wish, known)
    contacts = known.contacts.get((question.field, question.value), ())
    active = sorted((contact for contact in contacts if contact.active), key=lambda contact: contact.id)
    usable = _of_company(active, company, known)
    if usable:
        return _newest(usable, question.code_name)
    default = _default(wish, known)
    if not active:
        return default
    remark = (
        f"the contact that its field {question.code_name} leads to belongs to another company than the one given, and "
        "was not taken. Leave companyID out of tickets.default_data to have the contact's company."
    )
    return replace(default, remark=remark)


def _of_company(contacts: Sequence[Contact], company: int | None, known: Known) -> Sequence[Contact]:
    """Return the contacts that a company's ticket can have: its own, else its parent's (Autotask takes both)."""
    if company is None:
        return contacts
    own = [contact for contact in contacts if contact.company_id == company]
    parent = known.parents.get(company)
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


def _default(wish: Wish, known: Known) -> Chosen:
    contact_id = wish.data.default_contact_id
    return Chosen() if contact_id is None else _by_id(contact_id, known)


def _by_id(contact_id: int, known: Known) -> Chosen:
    contact = known.contacts_by_id.get(contact_id)
    return Chosen(contact_id, contact.company_id if contact else None)
