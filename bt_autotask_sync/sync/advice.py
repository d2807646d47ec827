"""What a person can do about Autotask's words: hints beside them, never decisions."""

from __future__ import annotations

import re

from bt_autotask_sync.sync.states import ArtifactKind

# The words are those that live tenants were seen to answer with; Autotask documents none of them.
_FOR_TIME_ENTRIES: tuple[tuple[str, str], ...] = (
    (
        r"timesheet that has been submitted",
        "Have the timesheet of that week rejected or re-opened in Autotask, then it is sent by itself.",
    ),
    (
        r"has been posted",
        "The time was approved and posted: un-post it in Autotask, then it is sent by itself; else skip this one.",
    ),
    (
        r"no row at position 0|Role does not exist or is invalid|must have a roleID",
        (
            "Give the resource the configured role on the service desk, or name another in default_data.roleName. "
            "Where only the ticket's role is taken, let users modify the role of time entries in Autotask."
        ),
    ),
    (
        r"adequate permissions|on behalf of|proxy",
        (
            "Allow proxy time entry in Autotask (Admin > Timesheets), so that the API user may enter others' time, "
            "and let its security level add and view time entries (Web Services API permissions)."
        ),
    ),
    (
        r"over midnight|spans? midnight",
        (
            'Set time_entries.split_at = "midnight" ("midnight-utc" where that is not enough), or allow time entries '
            "to span over midnight in Autotask."
        ),
    ),
    (
        r"that is complete|completed ticket|ticket is complete",
        "The ticket is complete and takes no time: re-open it, or allow time on completed tickets in Autotask.",
    ),
    (r"allocation code", "Name an active work type in time_entries.default_data.billingCodeID."),
)
_FOR_TICKETS: tuple[tuple[str, str], ...] = (
    (
        r"contact",
        "A ticket's contact must be active and belong to its company: mend companyID, contactID or defaultContactID.",
    ),
    (
        r"Missing Required Field|is required|must (?:be|have)",
        "Give it in tickets.default_data, or in the JSON of the external key; `check` tells what this tenant demands.",
    ),
)
_FOR_ALL: tuple[tuple[str, str], ...] = (
    (
        r"adequate permissions",
        "Let the API user's security level add and view this kind of record (Web Services API permissions).",
    ),
    (r"Missing Required Field", "The ticket's category demands this field: make it optional or set a default."),
    (r"does not exist for (\w+)", "This tenant has no such value: see the field's list in Autotask's admin pages."),
)


_FOR_KIND = {ArtifactKind.TIME_ENTRY: _FOR_TIME_ENTRIES, ArtifactKind.TICKET: _FOR_TICKETS}


def advice_for(words: str, kind: ArtifactKind) -> str:
    """Return what usually mends a refusal of a kind with these words; a general hint when they are not known."""
    for pattern, advice in (*_FOR_KIND.get(kind, ()), *_FOR_ALL):
        if re.search(pattern, words, re.IGNORECASE):
            return advice
    return "Mend the cause in Autotask or in the configuration; it is tried again by itself."
