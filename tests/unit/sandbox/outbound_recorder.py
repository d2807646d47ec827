"""A recipient of outbound events without a network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bt_autotask_sync.sandbox.application import Sandbox


@dataclass
class Recorder:
    """Answers with `status`, or breaks the connection when that is None, and keeps what came.

    Attributes:
        taken: The forms that were answered 200.
        urls: Where they were sent.
        times: When anything was sent, in unix seconds.
    """

    sandbox: Sandbox
    status: int | None = 200
    taken: list[dict[str, str]] = field(default_factory=list)
    urls: set[str] = field(default_factory=set)
    times: list[float] = field(default_factory=list)

    def send(self, url: str, form: Mapping[str, str], /) -> int:
        self.urls.add(url)
        self.times.append(self.sandbox.clock.now())
        if self.status is None:
            raise ConnectionResetError
        if self.status == 200:
            self.taken.append(dict(form))
        return self.status

    def deliver(self) -> None:
        """Have everything sent that is due."""
        while self.sandbox.appliance.deliver_due(self.sandbox.clock.now(), self.send):
            continue

    def play(self, seconds: float) -> None:
        """Let time pass from one moment to the next at which something is sent."""
        until = self.sandbox.clock.now() + seconds
        self.deliver()
        while (due := self.sandbox.appliance.next_event_due()) is not None and due <= until:
            self.sandbox.clock.advance(due - self.sandbox.clock.now())
            self.deliver()
        self.sandbox.clock.advance(until - self.sandbox.clock.now())

    def names(self, lsid: str | None = None) -> list[str]:
        """The names of the events that were taken, without what all begin with."""
        told = [form for form in self.taken if lsid in (None, form["lsid"])]
        return [form["event"].removeprefix("support_conference_") for form in told]
