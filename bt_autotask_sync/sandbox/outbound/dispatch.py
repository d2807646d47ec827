"""All recipients: each is told what it is to know, in its own order, with the mishaps of a network."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bt_autotask_sync.sandbox.outbound.event import Attempt
from bt_autotask_sync.sandbox.outbound.queue import DELIVERED, EventQueue

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

    from bt_autotask_sync.sandbox.outbound.event import Form, OutboundEvent
    from bt_autotask_sync.sandbox.outbound.recipient import Recipient
    from bt_autotask_sync.sandbox.outbound.surroundings import Habits, Send

KEPT: Final = 100_000
"""So many of the newest attempts are kept."""
LONGEST_DETOUR: Final = 3600.0
"""Seconds that a reordered event is late at most."""
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Delivery:
    """The event that a recipient is to be sent now."""

    queue: EventQueue
    form: Form

    def outcome(self, send: Send) -> str:
        """Send it, and return "delivered" or what went wrong. BeyondTrust: only an HTTP 200 means success."""
        try:
            status = send(self.queue.recipient.url, self.form)
        except OSError as error:
            return f"no answer ({type(error).__name__})"
        return DELIVERED if status == _OK else f"HTTP {status}"


class Dispatch:
    """The recipients with their queues, for any thread.

    Args:
        appliance_id: BeyondTrust: the GUID that goes along with every event.
        habits: Read anew for every event.
        random: Decides which events and answers get lost.
        recipients: Who is told from the beginning.
    """

    def __init__(self, appliance_id: str, habits: Habits, random: Random, recipients: Iterable[Recipient] = ()) -> None:
        self.attempts: deque[Attempt] = deque(maxlen=KEPT)
        self._appliance_id = appliance_id
        self._habits = habits
        self._random = random
        self._queues: dict[str, EventQueue] = {}
        self._lock = threading.RLock()
        for recipient in recipients:
            self.set(recipient)

    def set(self, recipient: Recipient) -> None:
        """Add a recipient, or change the one of that name, whose events go on waiting."""
        with self._lock:
            self._queues.setdefault(recipient.name, EventQueue(recipient)).recipient = recipient

    def remove(self, name: str | None = None) -> None:
        """Remove a recipient with all that waits for it; None: every one.

        Raises:
            ValueError: There is none of that name.
        """
        with self._lock:
            if name is None:
                self._queues.clear()
            elif self._queues.pop(name, None) is None:
                raise ValueError(f"name: there is no recipient {name!r}")

    def tell(self, event: OutboundEvent, now: float) -> None:
        """Queue an event for everybody who is to be sent it."""
        with self._lock:
            for queue in self._queues.values():
                if queue.recipient.enabled and event.name in queue.recipient.events:
                    self._queue(queue, self._form(event, queue.recipient), now)

    def due(self, now: float) -> list[Delivery]:
        """Return the first event of each queue that is to be sent now."""
        with self._lock:
            heads = [(queue, queue.due(now)) for queue in self._queues.values() if queue.recipient.enabled]
        return [Delivery(queue, form) for queue, form in heads if form is not None]

    def next_due(self) -> float | None:
        """Return when anything is to be sent next, in unix seconds; None when nothing waits."""
        with self._lock:
            moments = [queue.next_due() for queue in self._queues.values() if queue.recipient.enabled]
        return min((moment for moment in moments if moment is not None), default=None)

    def settle(self, delivery: Delivery, outcome: str, now: float) -> None:
        """Take note of what became of an event that was sent."""
        with self._lock:
            if outcome == DELIVERED and self._happens(self._habits.event_answers_lost):
                outcome = "the answer was lost"
            delivery.queue.settle(delivery.form, outcome, now)
            self.attempts.append(Attempt(delivery.queue.recipient.name, now, outcome, delivery.form))

    def ca_file(self, url: str) -> str | None:
        """Return the authority's file of the recipient at this address."""
        with self._lock:
            files = [each.recipient.ca_file for each in self._queues.values() if each.recipient.url == url]
        return next(iter(files), None)

    def described(self) -> list[dict[str, Any]]:
        """Return every recipient with its status and counts as JSON values."""
        with self._lock:
            return [queue.described() for queue in self._queues.values()]

    def lines(self) -> list[str]:
        """Return a line for each recipient, without what may be secret in its address."""
        with self._lock:
            return [f"{each.recipient.shown_url}: {each.status}" for each in self._queues.values()]

    def _queue(self, queue: EventQueue, form: Form, now: float) -> None:
        if self._happens(self._habits.events_lost):
            queue.counts["lost"] += 1
        elif self._happens(self._habits.events_reordered):
            queue.send_round(form, now + self._random.uniform(1, LONGEST_DETOUR))
        else:
            queue.add(form)

    def _form(self, event: OutboundEvent, recipient: Recipient) -> Form:
        form = event.form(self._appliance_id)
        if self._habits.event_lsid == "upper":
            form["lsid"] = form["lsid"].upper()
        if recipient.send_custom_fields:
            prefix = "" if self._habits.event_custom_fields == "code_name" else "session.custom."
            form |= {f"{prefix}{name}": value for name, value in event.custom_fields}
        return form

    def _happens(self, share: float) -> bool:
        return share > 0 and self._random.random() < share
