"""The rules of tickets.

Autotask: see the entity page of Tickets; the texts are those that its users report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bt_autotask_sync.sandbox.autotask import moments
from bt_autotask_sync.sandbox.autotask.picklists import (
    CATEGORIES_WITH_DUE_DATE,
    ISSUE_OF_SUB_ISSUE,
    NOTE_WORKFLOW_RULE,
    STATUS_COMPLETE,
    WORK_TYPE,
)
from bt_autotask_sync.sandbox.autotask.refusal import Refusal
from bt_autotask_sync.sandbox.autotask.schema import TICKETS
from bt_autotask_sync.sandbox.autotask.write_context import (
    check_picklists,
    check_references,
    draft,
    holds_role,
    is_person,
    require,
)

if TYPE_CHECKING:
    from bt_autotask_sync.sandbox.autotask.store import Record
    from bt_autotask_sync.sandbox.autotask.write_context import WriteContext

_BY_API: Final = 1
_REQUIRED: Final = ("companyID", "title", "status", "priority", "dueDateTime")
_NO_QUEUE: Final = (
    "assignedResourceID, assignedResourceRoleID, and queueID cannot all be empty. "
    "Supply a queueID or both an assignedResourceID and assignedResourceRoleID."
)


def create_ticket(values: Record, context: WriteContext) -> int:
    """Store a new ticket and return its id.

    Raises:
        Refusal: A rule is broken.
    """
    ticket = draft(TICKETS, values)
    ticket["ticketCategory"] = ticket["ticketCategory"] or 1
    if ticket["dueDateTime"] is None and ticket["ticketCategory"] in CATEGORIES_WITH_DUE_DATE:
        ticket["dueDateTime"] = moments.next_day(context.now)
    _check(ticket, ticket, context)
    ticket.update(
        createDate=context.now,
        lastActivityDate=context.now,
        creatorResourceID=context.author.resource,
        impersonatorCreatorResourceID=context.author.impersonator,
        creatorType=_BY_API,
        **_completion(ticket, context),
    )
    key = context.store.insert(TICKETS.path, ticket)
    if context.switches.workflow_notes:
        _add_workflow_note(key, context)
    return key


def change_ticket(before: Record, values: Record, context: WriteContext) -> None:
    """Change the fields in `values` of a stored ticket.

    Raises:
        Refusal: A rule is broken.
    """
    after = {**before, **values}
    _check(after, values, context)
    if context.switches.workflow_reverts_status:
        after["status"] = before["status"]
    changes = {name: after[name] for name in values}
    changes |= {"lastActivityDate": context.now, "lastTrackedModificationDateTime": context.now}
    if after["status"] != before["status"]:
        changes |= _completion(after, context)
    context.store.update(TICKETS.path, before["id"], changes)


def _check(ticket: Record, given: Record, context: WriteContext) -> None:
    require(given, [name for name in _REQUIRED if name in given])
    check_picklists(TICKETS, given)
    _check_child_picklist(ticket)
    check_references(TICKETS, given, context.store)
    _check_assignment(ticket, context)
    _check_contact(ticket, context)
    check_work_type(ticket["billingCodeID"], context)


def check_work_type(billing_code: int | None, context: WriteContext) -> None:
    """Refuse a billing code that is not an active work type."""
    code = context.store.get("BillingCodes", billing_code)
    if code is not None and not (code["isActive"] and code["useType"] == WORK_TYPE):
        raise Refusal("The given allocation code is not an active general allocation code.")


def _check_child_picklist(ticket: Record) -> None:
    child = ticket["subIssueType"]
    if child is not None and ISSUE_OF_SUB_ISSUE.get(child) != ticket["issueType"]:
        raise Refusal("Value does not exist for child picklist: subIssueType")


def _check_assignment(ticket: Record, context: WriteContext) -> None:
    resource, role = ticket["assignedResourceID"], ticket["assignedResourceRoleID"]
    if (resource is None) != (role is None):
        raise Refusal(
            "When assigning a Resource, you must assign both a assignedResourceID and assignedResourceRoleID."
        )
    if resource is None and ticket["queueID"] is None:
        raise Refusal(_NO_QUEUE)
    person = is_person(context.store.get("Resources", resource))
    if resource is not None and not (person and holds_role(context.store, resource, role)):
        raise Refusal("The specified AssignedResourceID and AssignedRoleID combination is not currently defined.")


def _check_contact(ticket: Record, context: WriteContext) -> None:
    contact = context.store.get("Contacts", ticket["contactID"])
    company = context.store.get("Companies", ticket["companyID"])
    parent = None if company is None else company["parentCompanyID"]
    if contact is not None and contact["companyID"] not in (ticket["companyID"], parent):
        raise Refusal("contactID is not associated to the companyID or its Parent Company")


def _completion(ticket: Record, context: WriteContext) -> Record:
    complete = ticket["status"] == STATUS_COMPLETE
    return {
        "completedDate": context.now if complete else None,
        "completedByResourceID": context.author.resource if complete else None,
    }


def _add_workflow_note(ticket: int, context: WriteContext) -> None:
    note = {
        "ticketID": ticket,
        "title": "Workflow Rule: new ticket",
        "description": "A rule of the tenant ran on this ticket.",
        "noteType": NOTE_WORKFLOW_RULE,
        "publish": 1,
        "createDateTime": context.now,
        "lastActivityDate": context.now,
    }
    context.store.insert("TicketNotes", note)
