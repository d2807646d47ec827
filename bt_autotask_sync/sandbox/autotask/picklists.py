"""The tenant's picklists: Autotask's own values, and such as every tenant makes for itself.

Autotask: `entityInformation/fields` names them with the value as text.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

STATUS_COMPLETE: Final = 5
API_USER_LICENSE: Final = 7
WORK_TYPE: Final = 1
INTERNAL_TIME: Final = 3
NOTE_WORKFLOW_RULE: Final = 13
NOTE_MERGED: Final = 93
NOTE_ABSORBED: Final = 94
OWN_NOTE_TYPES: Final = frozenset({13, 15, 16, 17, 91, 92, 93, 94, 95})
"""Note types that Autotask's own processes write."""
CATEGORIES_WITH_DUE_DATE: Final = frozenset({4})
"""Ticket categories that supply a due date of their own."""

PICKLISTS: Final[Mapping[tuple[str, str], Mapping[int | str, str]]] = MappingProxyType(
    {
        ("Tickets", "status"): {
            1: "New",
            5: "Complete",
            7: "Waiting Customer",
            8: "In Progress",
            10: "Dispatched",
            11: "Escalate",
            12: "Waiting Vendor",
            19: "Customer Note Added",
        },
        ("Tickets", "priority"): {1: "High", 2: "Medium", 3: "Low", 4: "Critical"},
        ("Tickets", "queueID"): {
            5: "Client Portal",
            6: "Post Sale",
            8: "Monitoring Alert",
            29682833: "Level I Support",
            29682969: "Level II Support",
            29683354: "Recurring Tickets",
            29683378: "Administration",
            29682970: "Level III Support (closed)",
        },
        ("Tickets", "source"): {
            -2: "Insourced",
            -1: "Client Portal",
            1: "Other",
            2: "Phone",
            4: "Email",
            6: "In Person",
            8: "Monitoring Alert",
            11: "Website",
        },
        ("Tickets", "ticketType"): {1: "Service Request", 2: "Incident", 3: "Problem", 4: "Change Request", 5: "Alert"},
        ("Tickets", "ticketCategory"): {1: "Standard", 2: "RMM Alert", 3: "Standard (non-editable)", 4: "Help Desk"},
        ("Tickets", "issueType"): {10: "Computer", 11: "Network", 12: "Application"},
        ("Tickets", "subIssueType"): {
            135: "Hardware failure",
            136: "Slow",
            137: "Other",
            140: "VPN",
            141: "Wireless",
            142: "Other",
            150: "Email",
        },
        ("Tickets", "serviceLevelAgreementID"): {1: "Standard SLA"},
        ("TicketNotes", "noteType"): {
            1: "Task Summary",
            2: "Task Detail",
            3: "Task Notes",
            13: "Workflow Rule Note",
            15: "Duplicate Ticket Note",
            16: "Outsource Workflow Note",
            17: "Surveys",
            18: "Client Portal Note",
            19: "Taskfire Note",
            91: "Workflow Rule Action Note",
            92: "Forward/Modify Note",
            93: "Merged Into Ticket",
            94: "Absorbed Another Ticket",
            95: "Copied to Project",
            99: "RMM Note",
            100: "BDR Note",
            101: "Email Note",
        },
        ("TicketNotes", "publish"): {1: "All Autotask Users", 2: "Internal Project Team", 4: "Internal & Co-Managed"},
        ("TimeEntries", "timeEntryType"): {2: "Ticket", 6: "Project Task"},
        ("Companies", "companyType"): {
            1: "Customer",
            2: "Lead",
            3: "Prospect",
            4: "Dead",
            6: "Cancellation",
            7: "Vendor",
            8: "Partner",
        },
        ("Resources", "licenseType"): {1: "Professional", 3: "Standard", 7: "API User"},
        ("Resources", "resourceType"): {"Employee": "Employee", "Contractor": "Contractor"},
        ("BillingCodes", "useType"): {1: "Work Type", 2: "Expense Category", 3: "Internal Time", 4: "Material"},
        ("BillingCodes", "billingCodeType"): {0: "Normal", 1: "System", 2: "Non-billable"},
    }
)

ISSUE_OF_SUB_ISSUE: Final[Mapping[int, int]] = MappingProxyType(
    {135: 10, 136: 10, 137: 10, 140: 11, 141: 11, 142: 11, 150: 12}
)
"""The parent value of every sub-issue."""
_INACTIVE: Final = frozenset({("Tickets", "queueID", 29682970)})


def is_active(entity: str, field: str, value: int | str) -> bool:
    """Tell whether a value of a picklist can still be chosen; `entity` is a path."""
    return (entity, field, value) not in _INACTIVE
