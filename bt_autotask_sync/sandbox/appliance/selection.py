"""Which sessions a report is about: the parameter sets of the reporting API.

BeyondTrust: start_* selects sessions that began on or after a moment, including those in progress; end_* only closed
ones by their end. `duration` counts days with *_date and seconds with *_time; 0 means until now. The lower bound
is inclusive; the sandbox takes the upper one as exclusive, and dates in UTC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bt_autotask_sync.sandbox.appliance.record import Session

_DAY = 86_400
_WINDOWS = ("start_date", "start_time", "end_date", "end_time")
_NAMES = ("lsid", "lsids")
_WHOLE_NUMBER = re.compile("[0-9]{1,11}")
_LSID = re.compile("[0-9a-fA-F]{32}")


class ReportError(Exception):
    """The appliance answers with an `<error>` that says this."""


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time; `by_end` compares the end of a session, otherwise its start."""

    first: float
    before: float
    by_end: bool

    def pick(self, sessions: Sequence[Session]) -> list[Session]:
        """Return the sessions inside the window."""
        return [session for session in sessions if self._holds(session)]

    def _holds(self, session: Session) -> bool:
        moment = session.ended_at if self.by_end else session.started_at
        return moment is not None and self.first <= moment < self.before


@dataclass(frozen=True, slots=True)
class Names:
    """Sessions by their lsids; a single one must exist."""

    lsids: frozenset[str]
    single: bool

    def pick(self, sessions: Sequence[Session]) -> list[Session]:
        """Return the named sessions.

        Raises:
            ReportError: The single one is unknown.
        """
        picked = [session for session in sessions if session.lsid in self.lsids]
        if self.single and not picked:
            raise ReportError("Invalid lsid.")
        return picked


def selection(parameters: Mapping[str, str], now: float, *, by_name: bool) -> Window | Names:
    """Return what the parameters select; `by_name` tells whether the report takes lsids.

    Raises:
        ReportError: The parameters are no legal set.
    """
    given = [name for name in (*_WINDOWS, *_NAMES) if name in parameters]
    if len(given) != 1:
        raise ReportError("Invalid parameters: exactly one of start_date, start_time, end_date, end_time, lsid, lsids.")
    if given[0] in _WINDOWS:
        return _window(given[0], parameters, now)
    if not by_name:
        raise ReportError(f"Invalid parameters: this report does not take {given[0]}.")
    return _names(given[0], parameters[given[0]])


def _window(name: str, parameters: Mapping[str, str], now: float) -> Window:
    by_end, by_date = name.startswith("end"), name.endswith("date")
    first = _date(name, parameters[name]) if by_date else _number(name, parameters[name])
    duration = _number("duration", parameters.get("duration", ""))
    # Until now includes what happened in this very second.
    before = first + duration * (_DAY if by_date else 1) if duration else now + 1
    return Window(first, before, by_end)


def _names(name: str, value: str) -> Names:
    single = name == "lsid"
    lsids = [value] if single else value.split(",")
    if not all(_LSID.fullmatch(lsid) for lsid in lsids):
        raise ReportError("Invalid lsid.")
    return Names(frozenset(lsid.lower() for lsid in lsids), single)


def _number(name: str, value: str) -> int:
    if not _WHOLE_NUMBER.fullmatch(value):
        raise ReportError(f"Invalid parameters: {name} must be a whole number.")
    return int(value)


def _date(name: str, value: str) -> float:
    try:
        return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise ReportError(f"Invalid parameters: {name} must be a date like 2026-11-22.") from None
