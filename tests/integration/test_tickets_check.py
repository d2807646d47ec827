"""`check` of automatic ticket creation: every setting tried before the first session, each finding with its mend."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.sandbox.autotask.metadata import fields
from bt_autotask_sync.sandbox.autotask.schema import ENTITIES

if TYPE_CHECKING:
    from tests.conftest import Done, Site

QUESTION = "{{emailAddress|customer_email}}"


class Office:
    """A site that makes tickets at the end of sessions, and whose default data are complete."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.company, self.other_company = (row["id"] for row in site.rows("Companies")[:2])
        self.contact = self._contact(self.company)
        self.other_contact = self._contact(self.other_company)
        held = next(row for row in site.rows("ResourceServiceDeskRoles") if self._person(row["resourceID"]))
        self.pair = {"assignedResourceID": held["resourceID"], "assignedResourceRoleID": held["roleID"]}
        site.set("time_entries.enabled", "false")
        site.set("tickets.create_at_session_end", "true")

    def check(self, code: int, **data: Any) -> Done:
        """Check with default data of which some are changed; None takes one out."""
        complete = {"companyID": self.company, "status": "New", "priority": "Medium", "queueID": "Level I Support"}
        wanted = {**complete, "dueDateTime": "+1d", **data}
        told = ", ".join(f"{name} = {json.dumps(value)}" for name, value in wanted.items() if value is not None)
        self.site.set("tickets.default_data", f"{{ {told} }}")
        done = self.site.command("check", "--json")
        assert (done.code, done.report["exit_code"]) == (code, code), done
        return done

    def update(self, entity: str, key: int, **changes: Any) -> None:
        self.site.sandbox.autotask.store.update(entity, key, changes)

    def tell_fields(self, entity: str, name: str, **changes: Any) -> None:
        """Let Autotask describe a field of an entity otherwise."""
        told = fields(ENTITIES[entity.lower()], self.site.sandbox.switches)
        next(each for each in told["fields"] if each["name"] == name).update(changes)
        answer = {"status": 200, "body": "text", "text": json.dumps(told), "times": None}
        self.site.sandbox.faults.add("status", endpoint=f"/{entity}/entityInformation/fields", **answer)

    def _contact(self, company: int) -> int:
        rows = self.site.rows("Contacts")
        return next(int(row["id"]) for row in rows if row["companyID"] == company and row["isActive"])

    def _person(self, resource: int) -> bool:
        row = self.site.sandbox.autotask.store.get("Resources", resource) or {}
        return bool(row["isActive"]) and row["licenseType"] != 7


@pytest.fixture
def office(site: Site) -> Office:
    return Office(site)


def of(done: Done, severity: str) -> list[dict[str, str]]:
    findings: list[dict[str, str]] = done.profile["findings"]
    # That no time is billed, which is so in these profiles, is a remark of its own.
    return [each for each in findings if each["severity"] == severity and each["area"] != "time_entries"]


def only(done: Done, severity: str) -> str:
    (finding,) = of(done, severity)
    assert finding["mend"]
    return finding["what"]


def test_complete_data_are_in_order_with_every_number_told_by_its_label(office: Office) -> None:
    done = office.check(
        0,
        issueType="Network",
        subIssueType="Other",
        contactID=office.contact,
        defaultContactID=office.contact,
        billingCodeID="Remote Support",
        **office.pair,
    )
    assert of(done, "problem") == of(done, "remark") == []
    told = [finding["what"] for finding in of(done, "ok") if finding["area"] == "tickets"]
    for what in ("status 1 is “New”", "queueID 29682833", "subIssueType 142", "is “Remote Support”", "holds the role"):
        assert any(what in each for each in told), what


def test_it_only_reads(office: Office) -> None:
    office.check(0, contactID=office.contact, **office.pair)
    posted = {entry.path for entry in office.site.sandbox.log.entries("autotask") if entry.method == "POST"}
    assert posted
    assert all(path.endswith("/query") for path in posted)


def test_where_no_tickets_are_made_nothing_of_them_is_asked(office: Office) -> None:
    office.site.set("tickets.create_at_session_end", "false")
    done = office.check(0, companyID=1, queueID="Nowhere")
    assert "tickets" not in {finding["area"] for finding in done.profile["findings"]}
    assert not [path for path in office.site.asked("autotask") if "Contacts" in path or "Companies" in path]


@pytest.mark.parametrize(
    ("switches", "what"),
    [
        ({"creates_refused": ("Tickets",)}, "The API user may not create Tickets."),
        ({"missing_rights": ("Contacts",)}, "The API user may not query Contacts."),
    ],
    ids=str,
)
def test_rights_that_only_tickets_need_are_asked_for_with_them(
    office: Office, switches: dict[str, Any], what: str
) -> None:
    office.site.sandbox.switches.change(switches)
    assert only(office.check(3), "problem") == what
    office.site.set("tickets.create_at_session_end", "false")
    office.check(0)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ({"queueID": "Level IX"}, "The queueID with the label 'Level IX' does not exist"),
        ({"queueID": 29682970}, "The queueID 29682970 (Level III Support (closed)) is not active."),
        ({"priority": 9}, "The priority 9 does not exist in this tenant."),
        ({"issueType": "Computer", "subIssueType": "VPN"}, "The subIssueType with the label 'VPN' belongs to another"),
        ({"companyID": 1}, "Autotask shows no company with the id 1."),
        ({"contactID": 1}, "Autotask shows no contact with the id 1, which contactID names."),
        ({"billingCodeID": "Nothing"}, "Autotask has no active work type with the name 'Nothing'."),
    ],
    ids=str,
)
def test_what_is_not_there_or_cannot_be_chosen_is_a_problem(office: Office, data: dict[str, Any], what: str) -> None:
    assert only(office.check(3, **data), "problem").startswith(what)


@pytest.mark.parametrize(("no_key", "severity", "code"), [("false", "remark", 0), ("true", "problem", 3)])
def test_a_lacking_field_is_a_problem_where_a_session_without_a_key_gets_a_ticket(
    office: Office, no_key: str, severity: str, code: int
) -> None:
    office.site.set("tickets.create_without_external_key", no_key)
    assert "lacks queueID;" in only(office.check(code, queueID=None), severity)


def test_a_field_that_this_tenant_requires_is_named(office: Office) -> None:
    office.tell_fields("Tickets", "ticketType", isRequired=True)
    assert "lacks ticketType;" in only(office.check(0), "remark")
    office.check(0, ticketType=2)


def test_a_client_who_is_gone_is_a_problem(office: Office) -> None:
    office.update("Companies", office.company, isActive=False)
    assert "is not active" in only(office.check(3), "problem")
    assert "is not active" in only(office.check(3, companyID=None, defaultContactID=office.contact), "problem")
    office.update("Companies", office.company, isActive=True)
    office.update("Contacts", office.contact, isActive=0)
    assert "which defaultContactID names, is not active" in only(
        office.check(3, defaultContactID=office.contact), "problem"
    )


def test_the_contact_belongs_to_the_company_or_its_parent(office: Office) -> None:
    assert "belongs to another company" in only(office.check(3, defaultContactID=office.other_contact), "problem")
    office.check(0, companyID=None, defaultContactID=office.other_contact)
    office.update("Companies", office.company, parentCompanyID=office.other_company)
    office.check(0, defaultContactID=office.other_contact)


def test_tickets_for_ones_own_company_are_in_order(office: Office) -> None:
    office.check(0, companyID=0)


def test_somebody_in_charge_must_be_there_and_hold_the_role(office: Office) -> None:
    resource, role = office.pair.values()
    free = next(row["id"] for row in office.site.rows("Roles") if row["name"] == "Project Manager")
    finding = only(office.check(3, assignedResourceID=resource, assignedResourceRoleID=free), "problem")
    assert finding == f"The resource {resource} does not hold the role {free} on the service desk."
    (held,) = (
        row["id"]
        for row in office.site.rows("ResourceServiceDeskRoles")
        if (row["resourceID"], row["roleID"]) == (resource, role)
    )
    office.update("ResourceServiceDeskRoles", held, isActive=False)
    assert "does not hold the role" in only(office.check(3, **office.pair), "problem")
    office.update("ResourceServiceDeskRoles", held, isActive=True)
    for changes, words in (({"isActive": False}, "is not active"), ({"licenseType": 7}, "is an API user")):
        before = dict(office.site.sandbox.autotask.store.get("Resources", resource) or {})
        office.update("Resources", resource, **changes)
        assert words in only(office.check(3, **office.pair), "problem")
        office.update("Resources", resource, **{name: before[name] for name in changes})
    assert "is not there" in only(office.check(3, assignedResourceID=1, assignedResourceRoleID=role), "problem")


def test_the_contacts_field_that_is_asked_by_must_be_one_that_queries_may_name(office: Office) -> None:
    office.site.add()
    office.check(0, contactID=QUESTION)
    office.tell_fields("Contacts", "emailAddress", isQueryable=False)
    assert "may not name emailAddress" in only(office.check(3, contactID=QUESTION), "problem")


def test_a_custom_field_that_no_session_of_the_last_week_has_is_a_remark(office: Office) -> None:
    assert "'customer_email'" in only(office.check(0, contactID=QUESTION), "remark")
    office.site.add(custom_attributes={})
    assert "'customer_email'" in only(office.check(0, contactID=QUESTION), "remark")
    office.site.add(custom_attributes={"customer_email": "g.okafor@northgate-dental.example"})
    office.site.add(custom_attributes={})
    assert of(office.check(0, contactID="{{emailAddress|Customer_Email}}"), "remark") == []
    assert "'customer_mail'" in only(office.check(0, contactID="{{emailAddress|customer_mail}}"), "remark")


@pytest.mark.parametrize(
    ("key", "severity", "code"), [("create_at_session_end", "remark", 0), ("create_on_session_start", "problem", 3)]
)
@pytest.mark.parametrize("status", [200, 403])
def test_an_account_that_may_not_write_to_sessions_is_a_problem_where_numbers_are_written_back(
    office: Office, key: str, severity: str, code: int, status: int
) -> None:
    office.site.set("outbound_events", '["session-end", "member-added"]')
    office.site.set(f"tickets.{key}", "true")
    permission = '<permissions><permission name="perm_command">read_only</permission></permissions>'
    answer = {"status": status, "body": "text", "text": f"<api_information>{permission}</api_information>"}
    office.site.sandbox.faults.add("status", side="appliance", endpoint="get_api_info", **answer)
    (finding,) = [each for each in of(office.check(code), severity) if each["area"] == "appliance"]
    assert "full access to the command API" in finding["mend"]


def test_a_look_up_that_hides_tickets_that_were_made_is_a_problem(office: Office) -> None:
    office.check(0)
    office.site.set("tickets.create_without_external_key", "true")
    office.site.add(external_key="")
    office.site.run()
    shown = [finding["what"] for finding in of(office.check(0), "ok")]
    assert "Look-ups show tickets that are there." in shown
    office.site.sandbox.switches.change({"missing_rights": ("Tickets",)})
    told = [finding["what"] for finding in of(office.check(3), "problem")]
    assert any("hides tickets" in what for what in told)


@pytest.mark.parametrize(("wrong", "told"), [("queueID", "lacks queueID;"), ("dueDateTime", "has no dueDateTime")])
def test_what_needs_no_system_is_told_offline(office: Office, wrong: str, told: str) -> None:
    office.check(0, **{wrong: None})
    before = office.site.counts()
    done = office.site.command("check", "--offline", "--json")
    assert told in only(done, "remark")
    assert office.site.counts() == before
