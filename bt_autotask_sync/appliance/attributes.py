"""The attributes of a running session: its external key read, and the answer to setting it.

BeyondTrust: both commands work only while the session is active; afterwards the report tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.appliance.document import read_rows
from bt_autotask_sync.appliance.element import text_of

if TYPE_CHECKING:
    from bt_autotask_sync.appliance.document import Stream

EXTERNAL_KEY = "external_key"
"""The code name under which the external key stands among the custom attributes of a session."""

CHECK_COMMAND_API = (
    "Under /login > Management > API Configuration give the API account “Full Access” to the Command API, and see that "
    "the XML API is enabled."
)


def read_external_key(stream: Stream, source: str = "the attributes of the session") -> str | None:
    """Return the external key that `get_session_attributes` names, "" where it is empty; None where it names none.

    Raises:
        UnusableAnswer: It is another answer.
        ErrorAnswer: It is an `<error>`: the session does not run, or the appliance says no.
        UnreadableReport: It breaks off.
        ReportNotPermitted: The API account may not ask it.
    """
    found: str | None = None
    for element in read_rows(stream, source=source, roots={"custom_attributes"}, rows={"custom_attribute"}):
        if found is None and element.get("code_name") == EXTERNAL_KEY:
            found = text_of(element)
    return found


def read_success(stream: Stream, source: str = "the setting of attributes") -> bool:
    """Return whether the answer of `set_session_attributes` is a `<success>`, whatever its words.

    Raises:
        UnusableAnswer: It is another answer.
        ErrorAnswer: It is an `<error>`: the session does not run, or the appliance says no.
        UnreadableReport: It breaks off.
        ReportNotPermitted: The API account may not do it.
    """
    return sum(1 for _ in read_rows(stream, source=source, roots={"success"}, rows={"success"})) > 0
