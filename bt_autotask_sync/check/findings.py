"""What a check finds, and how one step that fails leaves the others standing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bt_autotask_sync.appliance.errors import ErrorAnswer, ReportNotPermitted
from bt_autotask_sync.autotask.errors import QueryRefused
from bt_autotask_sync.errors import SyncError
from bt_autotask_sync.notes.text import one_line

if TYPE_CHECKING:
    from bt_autotask_sync.stop import Stop

_ABOUT_ONE_QUESTION = (ErrorAnswer, QueryRefused, ReportNotPermitted)
"""Errors that say nothing about the next question to the same system."""


class Severity(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    REMARK = "remark"
    """Good to know; everything is delivered all the same."""
    PROBLEM = "problem"
    """Something would not be delivered, or not as the settings say."""


class Area(StrEnum):
    """What a finding is about, in the order in which findings are shown."""

    CONFIGURATION = "configuration"
    TEMPLATES = "templates"
    STATE = "state"
    APPLIANCE = "appliance"
    AUTOTASK = "autotask"
    TICKETS = "tickets"
    NOTES = "notes"
    TIME_ENTRIES = "time_entries"
    REPRESENTATIVES = "representatives"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: what is so, on one line, and how to mend it.

    `error` is that with which a run would end, where it would end.
    """

    severity: Severity
    area: Area
    what: str
    mend: str = ""
    error: SyncError | None = None


Step = Callable[[], Iterable[Finding]]


def ok(area: Area, what: str) -> Finding:
    """Return that something is in order."""
    return Finding(Severity.OK, area, one_line(what))


def remark(area: Area, what: str, mend: str = "") -> Finding:
    """Return something that is good to know."""
    return Finding(Severity.REMARK, area, one_line(what), one_line(mend))


def problem(area: Area, what: str, mend: str) -> Finding:
    """Return something that a person must mend."""
    return Finding(Severity.PROBLEM, area, one_line(what), one_line(mend))


def failed(area: Area, error: SyncError) -> Finding:
    """Return the problem with which a run would end."""
    return Finding(Severity.PROBLEM, area, one_line(error.message), one_line(error.advice), error)


def take(area: Area, steps: Iterable[Step], stop: Stop) -> Iterator[Finding]:
    """Yield what the steps of one system find.

    A question that is refused is a problem, and the next step goes on; a system that cannot be reached or refuses
    who we are ends its steps.

    Raises:
        StoppedError: The check was told to stop.
    """
    for step in steps:
        stop.check()
        try:
            yield from step()
        except _ABOUT_ONE_QUESTION as error:
            yield problem(area, error.message, error.advice)
        except SyncError as error:
            yield failed(area, error)
            return
