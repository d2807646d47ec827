"""What people do between two runs: to the checkpoint, the settings, on the appliance, in Autotask."""

from __future__ import annotations

from enum import StrEnum


class Act(StrEnum):
    """What somebody does."""

    ADD_SESSION = "add a session"
    END_SESSION = "end the running session"
    CHANGE_KEY = "name another ticket in a session"
    DELETE_RECORD = "delete a note or time entry in Autotask"
    MEND_TICKET = "make the missing ticket"
    MEND_PEOPLE = "activate a resource and give it the role"
    START_SESSION = "start a session"
    JOIN_SESSION = "join a running session"
    TYPE_KEY = "type something into a running session"
    MEND_CONTACT = "make the new customer a contact"
    SET_OWN_CLOCK = "set this machine's clock"
    APPLIANCE_LEAPS = "let the appliance's dates leap for a run"
    AUTOTASK_LEAPS = "let Autotask's dates leap for a run"
    LOSE_CHECKPOINT = "move the checkpoint away"
    RESTORE_CHECKPOINT = "put an older checkpoint back"
    SUBMIT_SURVEY = "submit a survey long after"
    RENAME = "rename a representative"
    CHANGE_SETTINGS = "change how time is billed"
    MERGE_TICKETS = "merge a ticket into another"
    MOVE_RECORD = "move a note or time entry to another ticket"
    SAVE_ENTRY = "open and save a time entry"
    RENAME_PROFILE = "rename the profile"
    PURGE_REPORTS = "purge old reports"
    CHANGE_PASSWORD = "change the API user's password"
    ENTER_PASSWORD = "enter the new password"


ON_CHECKPOINT = frozenset({Act.LOSE_CHECKPOINT, Act.RESTORE_CHECKPOINT})
WITH_TICKETS = frozenset({Act.START_SESSION, Act.JOIN_SESSION, Act.TYPE_KEY, Act.MEND_CONTACT})
"""Acts that need a scene in which tickets are made."""
MOVING = frozenset({Act.MERGE_TICKETS, Act.MOVE_RECORD})
"""Acts after which records stand on other tickets."""
LATER = frozenset(
    {
        Act.SUBMIT_SURVEY,
        Act.RENAME,
        Act.CHANGE_SETTINGS,
        Act.MERGE_TICKETS,
        Act.MOVE_RECORD,
        Act.SAVE_ENTRY,
        Act.RENAME_PROFILE,
        Act.PURGE_REPORTS,
        Act.CHANGE_PASSWORD,
        Act.ENTER_PASSWORD,
    }
)
"""Acts that are drawn by their theme, apart from the rest of a schedule."""
