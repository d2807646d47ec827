"""Reads the reports of listed sessions in chunks; one that cannot be read never stops the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bt_autotask_sync.appliance.errors import UnreadableReport, UnusableAnswer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bt_autotask_sync.appliance.client import ApplianceClient
    from bt_autotask_sync.appliance.session import Session

CHUNK = 100
"""Sessions in one request."""
FAILURES_IN_A_ROW = 3
"""So many sessions whose reports alone cannot be read, none read in between: it is the appliance, not the sessions."""


@dataclass
class Reading:
    """The sessions whose reports were read, and why others were not; both by lsid."""

    sessions: dict[str, Session] = field(default_factory=dict)
    unreadable: dict[str, UnreadableReport | UnusableAnswer] = field(default_factory=dict)


class Reports:
    """The reports of a run's sessions."""

    def __init__(self, appliance: ApplianceClient) -> None:
        self._appliance = appliance
        self._read_any = False
        self._failures = 0

    def read(self, lsids: Sequence[str]) -> Reading:
        """Read the reports of `lsids`; a chunk that cannot be read is halved down to the one session.

        Raises:
            OutageError: The appliance is out of reach, or nothing at all of what it answers can be used.
        """
        reading = Reading()
        for start in range(0, len(lsids), CHUNK):
            self._read(lsids[start : start + CHUNK], reading)
        return reading

    def _read(self, lsids: Sequence[str], reading: Reading) -> None:
        try:
            sessions = self._appliance.sessions(lsids)
        except (UnreadableReport, UnusableAnswer) as error:
            if len(lsids) == 1:
                self._give_up(lsids[0], error, reading)
                return
            middle = len(lsids) // 2
            self._read(lsids[:middle], reading)
            self._read(lsids[middle:], reading)
            return
        self._read_any = True
        self._failures = 0
        reading.sessions |= {session.lsid: session for session in sessions}

    def _give_up(self, lsid: str, error: UnreadableReport | UnusableAnswer, reading: Reading) -> None:
        """Leave one session unread, or raise when it looks like the appliance is at fault."""
        self._failures += 1
        if self._failures >= FAILURES_IN_A_ROW and not self._read_any:
            raise UnusableAnswer(error.message, error.advice) from error
        reading.unreadable[lsid] = error
