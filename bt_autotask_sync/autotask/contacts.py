"""The reads of companies and of their contacts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask import items
from bt_autotask_sync.autotask.bulk import Kind, Reads, among, folded, read_bulk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bt_autotask_sync.autotask.entities import Company, Contact

CONTACTS = Kind("Contacts", ("id", "companyID", "isActive", "firstName", "lastName"), items.parse_contact)
COMPANIES = Kind("Companies", ("id", "companyName", "isActive", "parentCompanyID"), items.parse_company)


class ContactReads(Reads):
    """What the job reads of companies and their contacts."""

    def contacts_by(self, field: str, values: Iterable[str]) -> dict[str, tuple[Contact, ...]]:
        """Return for every value the contacts whose `field` (a REST name) is that text, by ascending id.

        In any case and without blanks around; inactive contacts are among them, so that the caller can say why one
        will not do. A blank value has none.
        """
        asked = list(dict.fromkeys(values))
        wanted = {folded(value): value.strip() for value in asked if value.strip()}
        kind = Kind(CONTACTS.entity, (*CONTACTS.fields, field), partial(items.parse_contact, field=field))
        questions = among({field: wanted.values()})
        found = read_bulk(self._client, kind, questions, lambda contact: folded(contact.value) in wanted).items
        contacts = sorted(found, key=lambda contact: contact.id)
        return {one: tuple(contact for contact in contacts if folded(contact.value) == folded(one)) for one in asked}

    def contacts_by_id(self, ids: Iterable[int]) -> dict[int, Contact]:
        """Return the contacts that exist, by id; inactive ones too."""
        wanted = set(ids)
        questions = among({"id": sorted(wanted)})
        found = read_bulk(self._client, CONTACTS, questions, lambda contact: contact.id in wanted).items
        return {contact.id: contact for contact in found}

    def companies_by_id(self, ids: Iterable[int]) -> dict[int, Company]:
        """Return the companies that exist, by id; inactive ones too."""
        wanted = set(ids)
        questions = among({"id": sorted(wanted)})
        found = read_bulk(self._client, COMPANIES, questions, lambda company: company.id in wanted).items
        return {company.id: company for company in found}
