"""What a person can do about Autotask's words: hints beside them, never decisions."""

from __future__ import annotations

import re
from http import HTTPStatus

from bt_autotask_sync.state.states import ArtifactKind, Problem, Stage

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


LOOKED_UP = (
    "Later runs look it up before anything is sent again. If it stays so, look at the ticket; `resync LSID` then sends "
    "it if it is not there."
)
SENT_AGAIN = "Autotask was asked and does not have it: the next run sends it again by itself."
SENT = Problem(Stage.DELIVER, "The create was sent and its outcome is not known.", LOOKED_UP)
"""Of an intent, from before the create on."""
NOT_THERE = Problem(Stage.DELIVER, "It is not in Autotask; the next run sends it again.", SENT_AGAIN)
"""Of an intent that is taken back."""

_FOR_STATUSES: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "See with `check` whether Autotask takes the credentials; a firewall or proxy may want "
    "its own.",
    HTTPStatus.NOT_FOUND: "See with `check` whether autotask.services_url is right, and whether a firewall or proxy "
    "lets POST requests to Autotask through.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Let the firewall or proxy before Autotask take larger requests (a note has "
    "up to 32,000 characters), or make the template shorter.",
}
_TURNED_AWAY = (
    "Most likely a firewall or proxy before Autotask turns it away: see its log for POST requests to Autotask, and let "
    "them through."
)


def advice_for_status(status: int | None) -> str:
    """Return what to do about a create that was answered with this HTTP status and no words of Autotask's."""
    cause = _cause(status)
    return f"{cause} It is looked up and sent again by itself, up to retry_limit times." if cause else LOOKED_UP


def advice_for_parked(status: int | None) -> str:
    """Return what to do about a create that was sent in vain too often, the last time with this HTTP status."""
    return f"{_cause(status) or 'See whether the network cuts answers off.'} Then release it with `held retry`."


def _cause(status: int | None) -> str:
    """Return how to find the cause of a 4xx; nothing for another status."""
    if status is None or not HTTPStatus(400) <= status < HTTPStatus(500):
        return ""
    return _FOR_STATUSES.get(status, _TURNED_AWAY)
