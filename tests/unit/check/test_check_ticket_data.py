"""What ticket default data lack by Autotask's rules, told before the first session, without asking anybody."""

from __future__ import annotations

from typing import Any

import pytest

from bt_autotask_sync.autotask.metadata import FieldInformation
from bt_autotask_sync.check.findings import Severity
from bt_autotask_sync.check.ticket_data import asked_contact, check_required_here, check_ticket_data
from bt_autotask_sync.config.tickets import Tickets

COMPLETE = {"companyID": 175, "status": 1, "priority": 2, "queueID": 5, "dueDateTime": "+1d"}


def settings(*without: str, no_key: bool = False, **more: Any) -> Tickets:
    data = {name: value for name, value in {**COMPLETE, **more}.items() if name not in without}
    return tickets(data, create_without_external_key=no_key)


def tickets(data: dict[str, Any], **keys: bool) -> Tickets:
    return Tickets.model_validate({"create_at_session_end": True, **keys, "default_data": data})


def found(tried: Tickets) -> list[tuple[Severity, str]]:
    return [(finding.severity, finding.what) for finding in check_ticket_data(tried)]


def test_complete_data_are_in_order_and_where_no_tickets_are_made_nothing_is_said() -> None:
    ((severity, _),) = found(settings())
    assert severity is Severity.OK
    assert found(Tickets()) == []


@pytest.mark.parametrize(("no_key", "severity"), [(False, Severity.REMARK), (True, Severity.PROBLEM)])
@pytest.mark.parametrize("field", ["companyID", "status", "priority", "queueID"])
def test_a_field_that_autotask_requires_is_a_problem_only_where_no_key_can_bring_it(
    field: str, no_key: bool, severity: Severity
) -> None:
    ((told, what),) = found(settings(field, no_key=no_key))
    assert told is severity
    assert what == f"tickets.default_data lacks {field}; Autotask takes no ticket without."


def test_all_that_is_lacking_stands_in_one_finding() -> None:
    ((_, what),) = found(tickets({"dueDateTime": "+1d"}))
    assert "companyID, status, priority, queueID" in what


@pytest.mark.parametrize("contact", [{"contactID": 29683589}, {"defaultContactID": 29683589}])
def test_the_company_may_come_from_the_contact(contact: dict[str, int]) -> None:
    ((severity, _),) = found(settings("companyID", **contact, no_key=True))
    assert severity is Severity.OK


def test_a_contact_that_is_looked_for_needs_something_to_fall_back_on() -> None:
    asked = "{{emailAddress|customer_email}}"
    ((severity, what),) = found(settings("companyID", contactID=asked, no_key=True))
    assert (severity, "has no company" in what) == (Severity.REMARK, True)
    assert [told for told, _ in found(settings("companyID", contactID=asked, defaultContactID=1))] == [Severity.OK]
    assert [told for told, _ in found(settings(contactID=asked))] == [Severity.OK]


def test_somebody_in_charge_stands_for_a_queue_and_half_of_the_pair_is_always_a_problem() -> None:
    pair: dict[str, Any] = {"assignedResourceID": 4, "assignedResourceRoleID": 8}
    assert [told for told, _ in found(settings("queueID", **pair, no_key=True))] == [Severity.OK]
    for name, number in pair.items():
        ((severity, what),) = found(settings("queueID", **{name: number}))
        assert (severity, f"has {name} alone" in what) == (Severity.PROBLEM, True)


def test_a_due_date_may_come_from_the_category_which_nobody_tells() -> None:
    ((severity, what),) = found(settings("dueDateTime", no_key=True))
    assert (severity, "unless its category gives one" in what) == (Severity.REMARK, True)


def test_what_a_tenant_requires_beside_the_usual_is_lacking_too() -> None:
    names = {"companyID": True, "title": True, "dueDateTime": True, "issueType": True, "billingCodeID": False}
    known = {name.lower(): FieldInformation(name, True, required=required) for name, required in names.items()}
    (finding,) = check_required_here(settings(no_key=True), known)
    assert (finding.severity, "lacks issueType;" in finding.what) == (Severity.PROBLEM, True)
    assert list(check_required_here(settings(issueType=10), known)) == []


def test_how_contacts_are_looked_for_is_read_from_the_data_where_tickets_are_made() -> None:
    data = {"contactID": "{{ EmailAddress | customer_email }}"}
    assert asked_contact(tickets(data)) == ("emailAddress", "customer_email")
    assert asked_contact(tickets(data, create_at_session_end=False)) is None
    assert asked_contact(settings(contactID=7)) is None
