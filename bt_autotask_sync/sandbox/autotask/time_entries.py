"""The rules of time entries.

Autotask: a start and an end on tickets, at most 24 hours, a role that the resource holds; hours follow from the times.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from bt_autotask_sync.sandbox.autotask import moments
from bt_autotask_sync.sandbox.autotask.picklists import INTERNAL_TIME, STATUS_COMPLETE
from bt_autotask_sync.sandbox.autotask.refusal import Refusal, bad_reference, not_permitted
from bt_autotask_sync.sandbox.autotask.schema import TIME_ENTRIES
from bt_autotask_sync.sandbox.autotask.tickets import check_work_type
from bt_autotask_sync.sandbox.autotask.write_context import check_references, draft, holds_role, is_person

if TYPE_CHECKING:
    from bt_autotask_sync.sandbox.autotask.store import Record
    from bt_autotask_sync.sandbox.autotask.write_context import WriteContext

LONGEST_HOURS: Final = 24
BILLED_STEP_HOURS: Final = 0.25
_ON_TICKET: Final = 2
_NO_SUCH_ROLE: Final = (
    "Reference value on field: roleID of timeEntryType: Role does not exist or is invalid. ; on record number [1]."
)
_POSTED: Final = "This time entry has been posted and cannot be modified."
_OWN_RULES: Final = ("resourceID", "roleID", "billingCodeID", "internalBillingCodeID")
_IGNORED_ON_CHANGE: Final = ("ticketID", "taskID", "internalBillingCodeID", "hoursWorked")


def create_time_entry(values: Record, context: WriteContext) -> int:
    """Store a new time entry and return its id.

    Raises:
        Refusal: A rule is broken.
    """
    entry = draft(TIME_ENTRIES, values)
    _check_subject(entry, context)
    _check(entry, context)
    _fill_defaults(entry, context)
    return context.store.insert(TIME_ENTRIES.path, entry)


def change_time_entry(before: Record, values: Record, context: WriteContext) -> None:
    """Change the fields in `values` of a stored time entry; its ticket and its hours are silently left as they are.

    Raises:
        Refusal: A rule is broken.
    """
    if before["billingApprovalDateTime"] is not None:
        raise Refusal(_POSTED)
    changes = {name: value for name, value in values.items() if name not in _IGNORED_ON_CHANGE}
    after = {**before, **changes}
    _check(after, context)
    stamps = {
        "lastModifiedDateTime": context.now,
        "lastModifiedUserID": context.author.resource,
        "impersonatorUpdaterResourceID": context.author.impersonator,
    }
    context.store.update(TIME_ENTRIES.path, before["id"], {**changes, **hours(after), **stamps})


def delete_time_entry(entry: Record, context: WriteContext) -> None:
    """Delete a stored time entry.

    Raises:
        Refusal: It is submitted, or another user made it.
    """
    if entry["resourceID"] in context.switches.submitted_timesheets:
        raise Refusal("You do not have permission to delete time entries that have been submitted.")
    if entry["creatorUserID"] != context.author.resource:
        raise Refusal("You do not have permission to delete time entries that you did not create.")
    context.store.delete(TIME_ENTRIES.path, entry["id"])


def _check_subject(entry: Record, context: WriteContext) -> None:
    subjects = [name for name in ("ticketID", "taskID", "internalBillingCodeID") if entry[name] is not None]
    if len(subjects) > 1:
        raise Refusal("Only one of ticketID,taskID and InternallAllocationCodeID can be used at once")
    if not subjects:
        raise Refusal("Must have one of ticketID, taskID or internalBillingCodeID")
    if subjects == ["taskID"]:
        raise bad_reference("taskID", "Task")
    code = context.store.get("BillingCodes", entry["internalBillingCodeID"])
    if subjects == ["internalBillingCodeID"] and (code is None or code["useType"] != INTERNAL_TIME):
        raise bad_reference("internalBillingCodeID", "BillingCode")


def _check(entry: Record, context: WriteContext) -> None:
    check_references(TIME_ENTRIES, entry, context.store, skip=_OWN_RULES)
    _check_resource(entry, context)
    _check_times(entry, full_day=context.switches.full_day_entry == "accepted")
    if entry["ticketID"] is not None:
        _check_role(entry, context)
        if not (entry["summaryNotes"] or "").strip():
            raise Refusal("TimeEntry.summaryNotes can not be blank.")
    if entry["billingCodeID"] is not None and context.store.get("BillingCodes", entry["billingCodeID"]) is None:
        raise Refusal("The given allocation code is not an active general allocation code.")
    check_work_type(entry["billingCodeID"], context)
    _check_settings(entry, context)


def _check_resource(entry: Record, context: WriteContext) -> None:
    if entry["resourceID"] is None:
        raise Refusal("Value does not exist for the required field resourceID")
    if not is_person(context.store.get("Resources", entry["resourceID"])):
        raise bad_reference("resourceID", "Resource")
    if context.switches.proxy_time_entry == "refused" and entry["resourceID"] != context.author.resource:
        raise not_permitted("create")


def _check_times(entry: Record, *, full_day: bool) -> None:
    start, end = entry["startDateTime"], entry["endDateTime"]
    if start is None and entry["dateWorked"] is None:
        raise Refusal("dateWorked is required when no value is supplied for startDateTime")
    if (start is None or end is None) and entry["hoursWorked"] is None:
        raise Refusal("Must have at least one of hoursWorked or startDateTime/endDateTime")
    if entry["ticketID"] is not None and (start is None or end is None):
        raise Refusal("TimeEntries for Service tickets require a start and stop time.")
    worked = _worked(entry)
    if not 0 < worked <= LONGEST_HOURS or (worked == LONGEST_HOURS and not full_day):
        raise Refusal("hoursWorked greater than 24 hours or less than zero hours")


def _check_role(entry: Record, context: WriteContext) -> None:
    role = entry["roleID"]
    if role is None:
        raise Refusal("TimeEntries for Tickets must have a roleID.")
    if context.store.get("Roles", role) is None:
        raise Refusal(_NO_SUCH_ROLE)
    if not holds_role(context.store, entry["resourceID"], role):
        raise Refusal("There is no row at position 0.")
    ticket = context.store.get("Tickets", entry["ticketID"]) or {}
    given = ticket.get("assignedResourceRoleID")
    if context.switches.role_of_ticket and given not in (None, role):
        raise Refusal("There is no row at position 0.")


def _check_settings(entry: Record, context: WriteContext) -> None:
    if entry["resourceID"] in context.switches.submitted_timesheets:
        raise Refusal("Cannot add time entries to a timesheet that has been submitted.")
    if entry["resourceID"] in context.switches.posted_timesheets:
        raise Refusal(_POSTED)
    if context.switches.over_midnight == "refused" and _spans_midnight(entry, context.switches.timezone):
        raise Refusal("Time entries may not span over midnight.")
    ticket = context.store.get("Tickets", entry["ticketID"])
    complete = ticket is not None and ticket["status"] == STATUS_COMPLETE
    if complete and context.switches.completed_ticket_time == "refused":
        raise Refusal("Time cannot be entered against a ticket that is complete.")


def _spans_midnight(entry: Record, timezone: str) -> bool:
    if entry["startDateTime"] is None or entry["endDateTime"] is None:
        return False
    zone = ZoneInfo(timezone)
    start = moments.moment(entry["startDateTime"]).astimezone(zone)
    last = (moments.moment(entry["endDateTime"]) - timedelta(milliseconds=1)).astimezone(zone)
    return start.date() != last.date()


def _worked(entry: Record) -> float:
    if entry["startDateTime"] is None or entry["endDateTime"] is None:
        return float(entry["hoursWorked"])
    span = moments.moment(entry["endDateTime"]) - moments.moment(entry["startDateTime"])
    return span.total_seconds() / 3600


def hours(entry: Record) -> Record:
    """Return what follows from the times of an entry: the hours worked and billed, and the date."""
    worked = round(_worked(entry), 4)
    billed = math.ceil(round(worked / BILLED_STEP_HOURS, 6)) * BILLED_STEP_HOURS
    return {
        "hoursWorked": worked,
        "hoursToBill": billed + (entry["offsetHours"] or 0.0),
        "dateWorked": moments.midnight(entry["dateWorked"] or entry["startDateTime"]),
    }


def _fill_defaults(entry: Record, context: WriteContext) -> None:
    ticket = context.store.get("Tickets", entry["ticketID"]) or {}
    defaults = {
        "offsetHours": 0.0,
        "billingCodeID": ticket.get("billingCodeID"),
        "contractID": ticket.get("contractID"),
        "isNonBillable": False,
        "showOnInvoice": True,
    }
    entry.update({name: value for name, value in defaults.items() if entry[name] is None})
    entry.update(
        **hours(entry),
        timeEntryType=_ON_TICKET if entry["ticketID"] is not None else None,
        createDateTime=context.now,
        lastModifiedDateTime=context.now,
        creatorUserID=context.author.resource,
        lastModifiedUserID=context.author.resource,
        impersonatorCreatorResourceID=context.author.impersonator,
        billingApprovalLevelMostRecent=0,
    )
