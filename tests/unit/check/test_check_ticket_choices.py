"""Picklist values by number or label: each exists, is active, is one, and belongs to what it depends on."""

from __future__ import annotations

from typing import Any

import pytest

from bt_autotask_sync.autotask.metadata import Choice, FieldInformation
from bt_autotask_sync.check.findings import Severity
from bt_autotask_sync.check.ticket_choices import check_choices
from bt_autotask_sync.config.tickets import Tickets


def field(name: str, *choices: Choice, parent_field: str = "") -> FieldInformation:
    return FieldInformation(name, True, choices, parent_field=parent_field)


def choice(value: str, label: str, parent: str = "", *, active: bool = True) -> Choice:
    return Choice(value, label, active, parent)


KNOWN = {
    "queueid": field("queueID", choice("5", "Portal"), choice("6", "Portal"), choice("8", "Old", active=False)),
    "source": field("source", choice("-1", "Portal"), choice("2", "Phone"), choice("3", "Phone", active=False)),
    "issuetype": field("issueType", choice("10", "Computer"), choice("11", "Network")),
    "subissuetype": field(
        "subIssueType",
        choice("137", "Other", "10"),
        choice("142", "Other", "11"),
        choice("140", "VPN", "11"),
        parent_field="issueType",
    ),
    "title": field("title"),
}


def tickets(data: dict[str, Any], **keys: bool) -> Tickets:
    return Tickets.model_validate({"create_at_session_end": True, **keys, "default_data": data})


def found(known: dict[str, FieldInformation] | None = None, **data: Any) -> list[tuple[Severity, str, str]]:
    findings = check_choices(tickets(data), KNOWN if known is None else known)
    return [(finding.severity, finding.what, finding.mend) for finding in findings]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"queueID": 5}, ["The queueID 5 is “Portal”."]),
        ({"source": -1}, ["The source -1 is “Portal”."]),
        ({"source": " phone "}, ["The source 2 is “Phone”."]),
        (
            {"subIssueType": "Other", "issueType": "Network"},
            ["The issueType 11 is “Network”.", "The subIssueType 142 is “Other”."],
        ),
        (
            {"subIssueType": 137, "issueType": 10},
            ["The issueType 10 is “Computer”.", "The subIssueType 137 is “Other”."],
        ),
        ({"title": "Help", "companyID": 7}, []),
    ],
    ids=str,
)
def test_values_that_a_ticket_can_have_are_in_order(data: dict[str, Any], told: list[str]) -> None:
    findings = found(**data)
    assert {severity for severity, _, _ in findings} <= {Severity.OK}
    assert [what for _, what, _ in findings] == told


@pytest.mark.parametrize(
    ("data", "what", "mend"),
    [
        ({"queueID": 7}, "The queueID 7 does not exist", "5 (Portal), 6 (Portal)."),
        ({"queueID": "None"}, "The queueID with the label 'None' does not exist", "5 (Portal), 6 (Portal)."),
        ({"queueID": "Portal"}, "Several values of queueID have the label 'Portal'.", "5 (Portal), 6 (Portal)."),
        ({"queueID": 8}, "The queueID 8 (Old) is not active.", "5 (Portal), 6 (Portal)."),
        ({"queueID": "Old"}, "The queueID 8 (Old) is not active.", "5 (Portal), 6 (Portal)."),
    ],
    ids=str,
)
def test_a_value_that_no_ticket_can_have_is_a_problem_that_names_those_it_can(
    data: dict[str, Any], what: str, mend: str
) -> None:
    ((severity, told, advice),) = found(**data)
    assert severity is Severity.PROBLEM
    assert told.startswith(what)
    assert advice.endswith(f"queueID to one of: {mend}")


@pytest.mark.parametrize("sub_issue", [140, "VPN"])
def test_a_sub_issue_must_belong_to_the_issue(sub_issue: int | str) -> None:
    _, (severity, what, mend) = found(subIssueType=sub_issue, issueType=10)
    assert severity is Severity.PROBLEM
    assert "belongs to another issueType" in what
    assert mend.endswith("one of: 137 (Other).")


def test_of_a_wrong_issue_nothing_is_said_of_the_sub_issue() -> None:
    ((severity, what, _),) = found(subIssueType="VPN", issueType="Weather")
    assert (severity, "issueType" in what) == (Severity.PROBLEM, True)


@pytest.mark.parametrize(("no_key", "severity"), [(False, Severity.REMARK), (True, Severity.PROBLEM)])
def test_a_sub_issue_without_issue_is_a_problem_only_where_no_key_can_bring_it(
    no_key: bool, severity: Severity
) -> None:
    settings = tickets({"subIssueType": "VPN"}, create_without_external_key=no_key)
    (finding,) = check_choices(settings, KNOWN)
    assert (finding.severity, "without the issueType" in finding.what) == (severity, True)


def test_where_autotask_does_not_tell_its_values_a_label_is_a_problem_and_a_number_may_be_right() -> None:
    ((severity, what, mend),) = found({}, queueID="Portal", priority=2)
    assert severity is Severity.PROBLEM
    assert "does not tell the values of queueID" in what
    assert "number" in mend
