"""Reads the reports of listed sessions in chunks; one that cannot be read never stops the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bt_autotask_sync.appliance.errors import UnreadableReport, UnusableAnswer

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bt_autotask_sync.appliance.client import ApplianceClient
    from bt_autotask_sync.appliance.session import Session

CHUNK = 100
"""Sessions in one request."""
PARTS_IN_VAIN = 16
"""When so many parts of a chunk cannot be read, and no other part of it can, smaller ones are not tried."""


@dataclass
class Reading:
    """The sessions whose reports were read, and why others were not; both by lsid."""

    sessions: dict[str, Session] = field(default_factory=dict)
    unreadable: dict[str, UnreadableReport | UnusableAnswer] = field(default_factory=dict)


class Reports:
    """The reports of sessions.

    Args:
        appliance: Whose reports.
    """

    def __init__(self, appliance: ApplianceClient) -> None:
        self._appliance = appliance

    def read(self, lsids: Sequence[str], suspects: Collection[str] = ()) -> Reading:
        """Read the reports of `lsids`; a chunk that cannot be read is halved down to the one session.

        Args:
            lsids: Whose reports.
            suspects: Those that could not be read before, while others could.

        Raises:
            OutageError: The appliance is out of reach; or nothing of a chunk can be read, so that it is the
                appliance's fault and not that of a session.
        """
        reading = Reading()
        for start in range(0, len(lsids), CHUNK):
            self._read_chunk(lsids[start : start + CHUNK], suspects, reading)
        return reading

    def _read_chunk(self, lsids: Sequence[str], suspects: Collection[str], reading: Reading) -> None:
        """Read a chunk, halving what cannot be read, all parts of one size before smaller ones."""
        parts = [lsids]
        unreadable: dict[str, UnreadableReport | UnusableAnswer] = {}
        while parts:
            failures = [(part, error) for part in parts if (error := self._read_part(part, reading)) is not None]
            if len(parts) >= PARTS_IN_VAIN and len(failures) == len(parts):
                raise failures[0][1]
            parts = []
            for part, error in failures:
                if len(part) == 1:
                    unreadable[part[0]] = error
                else:
                    middle = len(part) // 2
                    parts += [part[:middle], part[middle:]]
        self._blame(lsids, unreadable, suspects)
        reading.unreadable |= unreadable

    def _read_part(self, lsids: Sequence[str], reading: Reading) -> UnreadableReport | UnusableAnswer | None:
        """Read one request's worth, or return why it could not be read."""
        try:
            sessions = self._appliance.sessions(lsids)
        except (UnreadableReport, UnusableAnswer) as error:
            return error
        reading.sessions |= {session.lsid: session for session in sessions}
        return None

    def _blame(
        self,
        lsids: Sequence[str],
        unreadable: Mapping[str, UnreadableReport | UnusableAnswer],
        suspects: Collection[str],
    ) -> None:
        """Raise when the appliance is to blame: nothing of a chunk was read that was ever readable."""
        if len(unreadable) < len(lsids) or set(lsids) <= set(suspects):
            return
        error = unreadable[lsids[0]]
        if len(lsids) > 1 or isinstance(error, UnusableAnswer):
            raise error
