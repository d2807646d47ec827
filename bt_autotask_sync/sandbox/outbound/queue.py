"""The events that wait for one recipient: only the first is sent, until it is taken or given up."""

from __future__ import annotations

import dataclasses
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from bt_autotask_sync.sandbox.outbound.event import Form
    from bt_autotask_sync.sandbox.outbound.recipient import Recipient

DELIVERED: Final = "delivered"
_OK: Final = "OK"


@dataclass(frozen=True, slots=True)
class Detour:
    """An event that joins the queue only at `until`, in unix seconds."""

    until: float
    form: Form


class EventQueue:
    """What one recipient is still to be told, in order.

    BeyondTrust: anything but a 200 re-queues the event for later, and no other is sent until it is taken; after the
    retry duration it is dropped.

    Attributes:
        recipient: Whose queue it is; may be replaced when its settings change.
        status: As the page of outbound events shows it: "OK", or what went wrong the last time.
        counts: How many were delivered, failed (attempts), dropped and lost.
    """

    def __init__(self, recipient: Recipient) -> None:
        self.recipient = recipient
        self.status = _OK
        self.counts: Counter[str] = Counter(delivered=0, failed=0, dropped=0, lost=0)
        self._waiting: deque[Form] = deque()
        self._detours: list[Detour] = []
        self._next_attempt = 0.0
        self._failing_since: float | None = None

    def add(self, form: Form) -> None:
        """Put an event behind all others."""
        self._waiting.append(form)

    def send_round(self, form: Form, until: float) -> None:
        """Let events that come before `until` overtake this one."""
        self._detours.append(Detour(until, form))

    def due(self, now: float) -> Form | None:
        """Return the first event if it is to be sent now."""
        self._end_detours(now)
        return self._waiting[0] if self._waiting and self._next_attempt <= now else None

    def next_due(self) -> float | None:
        """Return when the next event is to be sent, in unix seconds (0: at once); None when none waits."""
        moments = [detour.until for detour in self._detours]
        return min([*moments, self._next_attempt] if self._waiting else moments, default=None)

    def settle(self, form: Form, outcome: str, now: float) -> None:
        """Take note of what became of the first event."""
        if not self._waiting or self._waiting[0] is not form:
            return
        if outcome == DELIVERED:
            self._go_on(DELIVERED)
            return
        self.status = outcome
        self.counts["failed"] += 1
        self._failing_since = now if self._failing_since is None else self._failing_since
        self._next_attempt = now + self.recipient.retry_interval_seconds
        if now - self._failing_since >= self.recipient.retry_duration_seconds:
            self._go_on("dropped")

    def described(self) -> dict[str, Any]:
        """Return the recipient with its status and counts as JSON values."""
        waiting = len(self._waiting) + len(self._detours)
        return {**dataclasses.asdict(self.recipient), "status": self.status, "waiting": waiting, **self.counts}

    def _go_on(self, fate: str) -> None:
        self._waiting.popleft()
        self.counts[fate] += 1
        self._next_attempt, self._failing_since = 0.0, None
        if fate == DELIVERED:
            self.status = _OK

    def _end_detours(self, now: float) -> None:
        for detour in sorted((each for each in self._detours if each.until <= now), key=lambda each: each.until):
            self._detours.remove(detour)
            self._waiting.append(detour.form)
