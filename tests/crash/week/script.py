"""The script of a week: which sessions take place, with which external keys, and what people type into them when."""

from __future__ import annotations

import json
from bisect import bisect_left
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING

from bt_autotask_sync.sandbox.application import Sandbox
from bt_autotask_sync.sandbox.clock import SandboxClock
from bt_autotask_sync.sandbox.scenarios.ticketing import COMPLETE
from bt_autotask_sync.sandbox.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from bt_autotask_sync.sandbox.appliance.record import Session
    from bt_autotask_sync.sandbox.outbound.recipient import Recipient

MONDAY = 1_795_392_000.0
"""2026-11-23T00:00:00Z."""
DAY = 86_400
_KEYS = (
    json.dumps({"title": "VPN Zugang", "priority": "High"}),
    json.dumps({"title": "Rückruf: {{Issue}}", "description": "{{Details}}", "queueID": 5}),
    json.dumps({"Status": "In Progress"}),
)
_BEFORE, _BEHIND = 900, 1_800
"""Seconds around what happens in which runs find something to do."""


@dataclass(frozen=True, slots=True)
class Typing:
    """What somebody types into a session, and when."""

    at: float
    lsid: str
    key: str


class Script:
    """Both products at the beginning of a week, with all that is going to happen.

    Args:
        seed: Of everything: the same seed, the same week.
        sessions: How many there are.
        recipients: Who is told by outbound events.
        habits: The products' switches that are not as usual.

    Attributes:
        typings: In the order of time; what is typed names another ticket.
    """

    def __init__(
        self, seed: int, sessions: int, recipients: Iterable[Recipient] = (), habits: Mapping[str, Any] | None = None
    ) -> None:
        switches = Switches()
        switches.change(habits or {})
        self.clock = SandboxClock.virtual(MONDAY)
        self.sandbox = Sandbox(0, seed, clock=self.clock, switches=switches, recipients=recipients)
        random = Random(f"week-{seed}")
        kept = self.sandbox.appliance._sessions
        self.lsids = self.sandbox.announce_week(sessions)
        self.typings: list[Typing] = []
        for lsid in self.lsids:
            kept.put(_with_key(kept[lsid], random))
            self.typings += self._typings(kept[lsid], random)
        self.typings.sort(key=lambda typing: typing.at)
        self._busy = list(_joined(self._spans()))

    def when_busy(self, moment: float) -> float:
        """Return the first time from a moment on at which something has happened lately, or soon does."""
        place = bisect_left(self._busy, moment, key=lambda span: span[1])
        return max(moment, self._busy[place][0]) if place < len(self._busy) else float("inf")

    def end_all(self) -> None:
        """End what still runs."""
        for session in tuple(self.sandbox.appliance._sessions.begun(self.clock.now())):
            if session.active:
                self.sandbox.appliance.end_session(session.lsid)

    def _typings(self, session: Session, random: Random) -> Iterator[Typing]:
        share, typed = random.random(), random.random() < 0.25
        if typed and session.ended_at is not None and session.ended_at - session.started_at > 60:
            at = session.started_at + max(1, int((session.ended_at - session.started_at) * share))
            others = [number for number in self._open_tickets() if number != session.external_key]
            yield Typing(at, session.lsid, random.choice(others))

    def _open_tickets(self) -> Sequence[str]:
        tickets = self.sandbox.autotask.store.scan("Tickets")
        return [row["ticketNumber"] for row in tickets if row["status"] != COMPLETE]

    def _spans(self) -> Iterator[tuple[float, float]]:
        yield MONDAY + 7 * DAY, MONDAY + 7 * DAY + _BEHIND  # when all that still runs is ended
        for lsid in self.lsids:
            session = self.sandbox.appliance._sessions[lsid]
            surveys = [session.customer_survey, *session.representative_surveys]
            moments = [survey.submitted_at for survey in surveys if survey is not None]
            moments += [session.started_at, session.ended_at or session.started_at]
            yield from ((moment - _BEFORE, moment + _BEHIND) for moment in moments)


def _with_key(session: Session, random: Random) -> Session:
    """Return a session as the week has it, or, for the most part, one that names no ticket."""
    pick = random.random()
    if pick < 0.4:
        return replace(session, external_key=random.choice(_KEYS))
    return replace(session, external_key="") if pick < 0.65 else session


def _joined(spans: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Yield spans in order, those that overlap as one."""
    current: tuple[float, float] | None = None
    for begin, end in sorted(spans):
        if current is not None and begin <= current[1]:
            current = current[0], max(current[1], end)
            continue
        if current is not None:
            yield current
        current = begin, end
    if current is not None:
        yield current
