"""From a wish and what Autotask holds to the ticket: texts, labels, due dates, whose it is; and rules P1 and P4."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bt_autotask_sync.appliance.session import CustomAttribute, Customer, IssueForm, Session
from bt_autotask_sync.autotask.entities import BillingCode, Contact
from bt_autotask_sync.autotask.metadata import Choice, FieldInformation
from bt_autotask_sync.config.models import OutboundEvent
from bt_autotask_sync.config.ticket_data import ticket_data
from bt_autotask_sync.notes.text import utf16_length
from bt_autotask_sync.state.states import Problem, Stage
from bt_autotask_sync.sync.plan.artifact import Artifact
from bt_autotask_sync.sync.tickets.looked_up import LookedUp
from bt_autotask_sync.sync.tickets.request import TicketRequest
from bt_autotask_sync.sync.tickets.ticket_artifact import LONGEST_DESCRIPTION, LONGEST_TITLE, plan_ticket
from tests.unit.sync.plan.test_plan_note_artifacts import assert_published

LSID = "0123456789abcdef0123456789abcdef"
START = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
QUESTION = "{{emailAddress|customer_email}}"
ADDRESS = "jane@acme.example"
COMPANY, OTHER, PARENT = 175, 176, 170


def a_session(issue: str = "", details: str = "", email: str = "", **changes: Any) -> Session:
    person = Customer("1", "Jane", primary=True, form=IssueForm(issue=issue, details=details))
    fields = (CustomAttribute("Customer_Email", "Customer Email", email),) if email else ()
    session = Session(
        lsid=LSID,
        started_at=START,
        ended_at=None,
        has_end_event=False,
        last_event_at=START,
        customers=(person,),
        custom_attributes=fields,
    )
    return replace(session, **changes)


def plan(session: Session | None = None, looked_up: LookedUp | None = None, **data: Any) -> Artifact | Problem:
    """Plan a ticket for the company 175, unless the data say otherwise; None takes a field out."""
    given = {name: value for name, value in {"companyID": COMPANY, **data}.items() if value is not None}
    return plan_ticket(TicketRequest(session or a_session(), ticket_data(given)), looked_up or LookedUp())


def body(*given: Any, **data: Any) -> dict[str, Any]:
    planned = plan(*given, **data)
    assert isinstance(planned, Artifact), planned
    return dict(planned.body)


def trouble(*given: Any, **data: Any) -> str:
    planned = plan(*given, **data)
    assert isinstance(planned, Problem), planned
    assert planned.stage is Stage.MATCH
    return planned.error


def contact(key: int, company: int | None = COMPANY, *, active: bool = True) -> Contact:
    return Contact(key, company, active, value=ADDRESS)


def known_contacts(*contacts: Contact, default: Contact | None = None, **more: Any) -> LookedUp:
    by_id = {} if default is None else {default.id: default}
    return LookedUp(contacts={("emailAddress", ADDRESS): contacts}, contacts_by_id=by_id, **more)


def picklist(name: str, *choices: Choice, parent: str = "") -> dict[str, FieldInformation]:
    return {name.lower(): FieldInformation(name, queryable=True, choices=choices, parent_field=parent)}


class TestBody:
    def test_it_is_sent_to_tickets_under_autotasks_own_names_with_the_lsid_as_external_id(self) -> None:
        planned = plan(title="Help", queueID=5, estimatedHours=0.5)
        assert isinstance(planned, Artifact)
        assert (planned.path, planned.kind, planned.marker) == ("/Tickets", "ticket", f"bt:{LSID}")
        assert planned.body == {
            "title": "Help",
            "queueID": 5,
            "estimatedHours": 0.5,
            "companyID": COMPANY,
            "externalID": f"bt:{LSID}",
        }
        assert_published("Tickets", planned.body)

    def test_P1_the_external_id_is_the_programs_whatever_anybody_gives(self) -> None:
        request = TicketRequest(a_session(), ticket_data({"companyID": 1}))
        request.data.fields["externalID"] = "mine"
        planned = plan_ticket(request, LookedUp())
        assert isinstance(planned, Artifact)
        assert planned.body["externalID"] == f"bt:{LSID}"

    def test_user_defined_fields_are_sent_as_they_are(self) -> None:
        given = [{"name": "Session ID", "value": "9f2c"}]
        assert list(body(userDefinedFields=given)["userDefinedFields"]) == given

    def test_it_came_with_the_event_of_somebody_who_joined_or_with_the_end(self) -> None:
        ended = a_session(ended_at=START + timedelta(minutes=5))
        events = [planned.event for planned in (plan(), plan(ended)) if isinstance(planned, Artifact)]
        assert events == [OutboundEvent.MEMBER_ADDED, OutboundEvent.SESSION_END]

    def test_it_remembers_the_key_that_it_was_made_from(self) -> None:
        planned = plan(a_session(external_key=" {} "))
        assert isinstance(planned, Artifact)
        assert planned.made_from == "{}"


class TestTexts:
    def test_issue_and_details_of_the_form_are_filled_in_anywhere_in_any_case(self) -> None:
        session = a_session("VPN Access", "It does\nnot work")
        made = body(session, title="Chat: {{Issue}}!", description="{{ DETAILS }} ({{issue}})")
        assert made["title"] == "Chat: VPN Access!"
        assert made["description"] == "It does\nnot work (VPN Access)"

    def test_without_a_form_the_placeholders_are_empty_and_a_title_there_is_always(self) -> None:
        made = body(title="{{Issue}}", description="Said: {{Details}}")
        assert made["title"].strip()
        assert made["description"].strip() == "Said:"
        assert body()["title"].strip()
        assert "description" not in body()

    def test_what_the_customer_wrote_is_no_placeholder_again(self) -> None:
        session = a_session("{{Details}}", "{{Issue}}")
        made = body(session, title="{{Issue}}", description="{{Details}}")
        assert (made["title"], made["description"]) == ("{{Details}}", "{{Issue}}")

    def test_a_title_is_one_line_without_control_characters(self) -> None:
        assert body(a_session("VPN\r\nAccess\x00\x1b[31m"), title="A: {{Issue}}")["title"].isprintable()

    def test_the_form_of_the_customer_comes_before_that_of_an_invited_one(self) -> None:
        invited = Customer("2", "Joe", form=IssueForm(issue="Other"))
        first = Customer("1", "Jane", primary=True, form=IssueForm(issue="VPN"))
        assert body(a_session(customers=(invited, first)), title="{{Issue}}")["title"] == "VPN"

    @pytest.mark.parametrize("character", ["x", "ü", "😀"])
    def test_P4_title_and_description_fit_their_fields_whatever_is_filled_in(self, character: str) -> None:
        session = a_session(character * 5_000, character * 20_000)
        made = body(session, title="{{Issue}}" * 20, description="{{Details}}" * 20)
        assert utf16_length(made["title"]) <= LONGEST_TITLE == 255
        assert utf16_length(made["description"]) <= LONGEST_DESCRIPTION == 8_000
        assert made["title"].startswith(character * 100)
        assert made["externalID"] == f"bt:{LSID}"
        made["title"].encode()


class TestDueDates:
    @pytest.mark.parametrize(
        ("given", "due"),
        [
            ("+2d", "2026-11-24T23:30:00Z"),
            ("+8h", "2026-11-23T07:30:00Z"),
            (" + 30 m ", "2026-11-23T00:00:00Z"),
            ("2026-12-01T10:00:00+02:00", "2026-12-01T08:00:00Z"),
            ("2026-12-01T10:00:00", "2026-12-01T10:00:00Z"),
        ],
    )
    def test_an_offset_counts_from_the_start_of_the_session_and_a_moment_is_as_it_is_in_utc(
        self, given: str, due: str
    ) -> None:
        assert body(dueDateTime=given)["dueDateTime"] == due

    def test_without_a_start_in_the_report_an_offset_is_not_sent_as_it_is(self) -> None:
        assert "start" in trouble(a_session(started_at=None), dueDateTime="+2d")


class TestLabels:
    def test_a_label_becomes_its_number_in_any_case(self) -> None:
        looked_up = LookedUp(fields=picklist("queueID", Choice("5", "Client Portal", active=True)))
        assert body(None, looked_up, queueID=" client PORTAL ")["queueID"] == 5

    def test_numbers_below_zero_are_numbers_too(self) -> None:
        looked_up = LookedUp(fields=picklist("source", Choice("-2", "Insourced", active=True)))
        assert body(None, looked_up, source="Insourced")["source"] == -2

    @pytest.mark.parametrize("choices", [(), (Choice("5", "Level I", active=False),), (Choice("x", "Level I", True),)])
    def test_a_label_that_nobody_can_choose_waits_and_is_named(self, choices: tuple[Choice, ...]) -> None:
        told = trouble(None, LookedUp(fields=picklist("queueID", *choices)), queueID="Level I")
        assert "queueID" in told
        assert "'Level I'" in told

    def test_a_label_waits_too_where_autotask_tells_nothing_of_its_fields(self) -> None:
        assert "queueID" in trouble(None, LookedUp(), queueID="Level I")

    def test_of_two_with_one_label_none_is_guessed(self) -> None:
        twice = (Choice("5", "Level I", active=True), Choice("6", "Level I", active=True))
        told = trouble(None, LookedUp(fields=picklist("queueID", *twice)), queueID="Level I")
        assert "5, 6" in told

    @pytest.mark.parametrize("issue", [11, "Network"])
    def test_a_label_below_another_choice_is_looked_for_among_what_belongs_to_that(self, issue: int | str) -> None:
        fields = picklist("issueType", Choice("10", "Computer", active=True), Choice("11", "Network", active=True))
        below = (Choice("137", "Other", True, parent="10"), Choice("142", "Other", True, parent="11"))
        looked_up = LookedUp(fields={**fields, **picklist("subIssueType", *below, parent="issueType")})
        made = body(None, looked_up, subIssueType="Other", issueType=issue)
        assert (made["issueType"], made["subIssueType"]) == (11, 142)
        assert "for this parent" in trouble(None, looked_up, subIssueType="Other", issueType=12)
        assert "for this parent" in trouble(None, looked_up, subIssueType="Other")

    def test_a_work_type_may_be_given_by_its_name(self) -> None:
        code = BillingCode(7, "Remote Support", active=True, use_type=1)
        assert (
            body(None, LookedUp(work_types={"remote support": (code,)}), billingCodeID="remote support")[
                "billingCodeID"
            ]
            == 7
        )
        gone = replace(code, active=False)
        assert "work type" in trouble(None, LookedUp(work_types={"Remote": (gone,)}), billingCodeID="Remote")
        twice = (code, replace(code, id=8))
        assert "Several" in trouble(None, LookedUp(work_types={"Remote": twice}), billingCodeID="Remote")


class TestContacts:
    def ask(self, *contacts: Contact, company: int | None = None, default: Contact | None = None, **more: Any) -> Any:
        data = {"contactID": QUESTION, "companyID": company, "defaultContactID": default.id if default else None}
        return body(a_session(email=ADDRESS), known_contacts(*contacts, default=default, **more), **data)

    def whose(self, *given: Any, **named: Any) -> tuple[int | None, int]:
        made = self.ask(*given, **named)
        return made.get("contactID"), made["companyID"]

    def test_a_field_of_the_session_leads_to_the_contact_and_that_to_the_company(self) -> None:
        assert self.whose(contact(9, OTHER)) == (9, OTHER)

    def test_nobody_found_or_nobody_active_is_the_default_contact(self) -> None:
        default = contact(4, OTHER)
        assert self.whose(default=default) == (4, OTHER)
        assert self.whose(contact(9, active=False), default=default) == (4, OTHER)

    def test_an_empty_field_is_the_default_contact(self) -> None:
        looked_up = known_contacts(contact(9), default=contact(4, OTHER))
        for session in (a_session(), a_session(email=" \t")):
            made = body(session, looked_up, contactID=QUESTION, defaultContactID=4, companyID=None)
            assert (made["contactID"], made["companyID"]) == (4, OTHER)

    def test_of_several_the_active_one_of_the_given_company_is_taken(self, caplog: pytest.LogCaptureFixture) -> None:
        several = (contact(9, OTHER), contact(8, COMPANY), contact(11, COMPANY, active=False), contact(12, OTHER))
        assert self.whose(*several, company=COMPANY) == (8, COMPANY)
        assert caplog.records == []

    def test_else_the_newest_is_taken_and_that_is_said_without_telling_anybodys_address(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert self.whose(contact(12, OTHER), contact(9, COMPANY)) == (12, OTHER)
        (said,) = caplog.messages
        assert LSID in said
        assert "12" in said
        assert "customer_email" in said
        assert ADDRESS not in said

    def test_one_of_another_company_is_not_taken_and_that_is_said(self, caplog: pytest.LogCaptureFixture) -> None:
        assert self.whose(contact(9, OTHER), company=COMPANY, default=contact(4)) == (4, COMPANY)
        assert self.whose(contact(9, OTHER), company=COMPANY) == (None, COMPANY)
        assert all("another company" in message and ADDRESS not in message for message in caplog.messages)
        assert len(caplog.messages) == 2

    def test_one_of_the_parent_company_will_do(self) -> None:
        assert self.whose(contact(9, PARENT), company=COMPANY, parents={COMPANY: PARENT}) == (9, COMPANY)
        both = (contact(8, COMPANY), contact(9, PARENT))
        assert self.whose(*both, company=COMPANY, parents={COMPANY: PARENT}) == (8, COMPANY)

    def test_a_contact_by_its_id_brings_its_company_unless_one_is_given(self) -> None:
        looked_up = LookedUp(contacts_by_id={9: contact(9, OTHER)})
        assert body(None, looked_up, contactID=9, companyID=None)["companyID"] == OTHER
        made = body(None, looked_up, contactID=9)
        assert (made["contactID"], made["companyID"]) == (9, COMPANY)

    @pytest.mark.parametrize("contacts", [(), (contact(9, None),)])
    def test_no_company_at_all_waits_and_is_told(self, contacts: tuple[Contact, ...]) -> None:
        data = {"contactID": QUESTION, "companyID": None}
        assert "company" in trouble(a_session(email=ADDRESS), known_contacts(*contacts), **data)

    def test_the_providers_own_company_is_one(self) -> None:
        assert body(companyID=0)["companyID"] == 0
        assert self.whose(contact(9, 0)) == (9, 0)


def test_what_a_key_may_not_give_is_told_once_when_its_ticket_is_planned(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    request = TicketRequest(a_session(), ticket_data({"companyID": 1}), ('"shoeSize", which is no field',))
    plan_ticket(request, LookedUp())
    (said,) = caplog.messages
    assert "shoeSize" in said
    assert LSID in said
    caplog.clear()
    plan_ticket(replace(request, data=ticket_data({"queueID": "Level I", "companyID": 1})), LookedUp())
    assert caplog.messages == []
