"""Whose ticket it is: the contact that a field of the session leads to, else the default one; and its company."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.ticket_site import TicketSite

if TYPE_CHECKING:
    from tests.conftest import Site

QUESTION = "{{emailAddress|customer_email}}"


class Desk(TicketSite):
    """A site where the contact is asked for, and the ticket's company is the contact's."""

    def __init__(self, site: Site) -> None:
        super().__init__(site, create_at_session_end=True, create_without_external_key=True)
        active = [row for row in site.rows("Contacts") if row["isActive"]]
        self.contacts = {row["companyID"]: row for row in active}
        self.default = next(iter(self.contacts.values()))
        self.ask()

    def ask(self, **data: Any) -> None:
        asked = {"contactID": QUESTION, "defaultContactID": self.default["id"], "companyID": None}
        self.set(data={**asked, **data})

    def contact(self, email: str, company: int | None = None, *, active: bool = True) -> dict[str, Any]:
        """Make a contact in Autotask, of a client of its own unless one is given."""
        like = list(self.contacts.values())[-1]
        changes = {"emailAddress": email, "isActive": int(active), "companyID": company or like["companyID"]}
        store = self.site.sandbox.autotask.store
        key = store.insert("Contacts", {**{name: like[name] for name in like if name != "id"}, **changes})
        return dict(store.get("Contacts", key) or {})

    def deliver(self, email: str, **options: Any) -> dict[str, Any]:
        """Let a session with this in its field end, and return its ticket."""
        (lsid,) = self.site.add(external_key="", custom_attributes={"customer_email": email}, **options)
        self.done = self.site.run()
        return self.see_on_its_own(lsid)


@pytest.fixture
def desk(site: Site) -> Desk:
    return Desk(site)


def test_the_contact_is_found_by_a_field_of_the_session(desk: Desk) -> None:
    jane = desk.contact("jane@acme.example")
    ticket = desk.deliver(" Jane@ACME.example ")
    assert (ticket["contactID"], ticket["companyID"]) == (jane["id"], jane["companyID"])
    assert desk.done.stderr == ""


@pytest.mark.parametrize(
    "email", ["", "  ", "nobody@nowhere.example", "%", "'; DROP TABLE--", "x" * 1000, "ü\u2028@\x7f"]
)
def test_where_none_is_found_it_is_the_default_contact(desk: Desk, email: str) -> None:
    ticket = desk.deliver(email)
    assert (ticket["contactID"], ticket["companyID"]) == (desk.default["id"], desk.default["companyID"])


@pytest.mark.parametrize("email", ["", " "])
def test_an_empty_field_is_never_looked_up(desk: Desk, email: str) -> None:
    for row in desk.site.rows("Contacts")[:3]:
        desk.site.sandbox.autotask.store.update("Contacts", row["id"], {"emailAddress": email})
    desk.deliver(email)
    asked = [entry.body for entry in desk.site.sandbox.log.entries("autotask") if "/Contacts" in entry.path]
    assert len(asked) == 1  # the default one, by its id


def test_of_several_it_is_the_newest_active_one_and_that_is_said_without_anybodys_address(desk: Desk) -> None:
    companies = list(desk.contacts)
    desk.contact("desk@house.example", companies[0])
    newest = desk.contact("desk@house.example", companies[1])
    desk.contact("desk@house.example", companies[2], active=False)
    ticket = desk.deliver("desk@house.example")
    assert ticket["contactID"] == newest["id"]
    assert str(newest["id"]) in desk.done.stderr
    assert "house.example" not in desk.done.stderr


def test_of_several_it_is_the_one_of_the_given_company(desk: Desk) -> None:
    companies = list(desk.contacts)
    ours = desk.contact("desk@house.example", companies[0])
    desk.contact("desk@house.example", companies[1])
    desk.ask(companyID=companies[0])
    ticket = desk.deliver("desk@house.example")
    assert (ticket["contactID"], ticket["companyID"]) == (ours["id"], companies[0])
    assert desk.done.stderr == ""


def test_one_of_another_company_than_the_given_one_is_not_taken(desk: Desk) -> None:
    company, other = list(desk.contacts)[:2]
    desk.contact("jane@acme.example", other)
    desk.ask(companyID=company, defaultContactID=None)
    ticket = desk.deliver("jane@acme.example")
    assert (ticket["contactID"], ticket["companyID"]) == (None, company)
    assert "another company" in desk.done.stderr
    assert "acme.example" not in desk.done.stderr


def test_the_json_of_a_key_may_name_the_contact_itself_and_its_company_follows(desk: Desk) -> None:
    jane = desk.contact("jane@acme.example")
    (lsid,) = desk.site.add(external_key=f'{{"ContactID": "{jane["id"]}"}}')
    desk.site.run()
    ticket = desk.see_on_its_own(lsid)
    assert (ticket["contactID"], ticket["companyID"]) == (jane["id"], jane["companyID"])


def test_without_any_company_the_ticket_waits_and_heals_when_the_contact_appears(desk: Desk) -> None:
    desk.ask(defaultContactID=None)
    (lsid,) = desk.site.add(external_key="", custom_attributes={"customer_email": "new@acme.example"})
    (problem,) = desk.site.run(code=3).profile["problems"]
    assert (problem["kind"], problem["attempts"]) == ("ticket", 0)
    assert "company" in problem["error"]
    jane = desk.contact("new@acme.example")
    desk.site.run()
    assert desk.see_on_its_own(lsid)["contactID"] == jane["id"]


def test_a_contact_that_autotask_refuses_is_told_with_a_mend(desk: Desk) -> None:
    company, other = list(desk.contacts)[:2]
    desk.ask(companyID=company, contactID=desk.contacts[other]["id"], defaultContactID=None)
    desk.site.add(external_key="")
    (problem,) = desk.site.run(code=3).profile["problems"]
    assert "not associated" in problem["error"]
    assert "belong to its company" in problem["advice"]
