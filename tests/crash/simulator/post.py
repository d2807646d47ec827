"""The post: what outbound events tell, brought to the inbox by a stand-in for the listener, late, twice or never."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.appliance.outbound_event import EventName, read_event
from bt_autotask_sync.state.inbox import Inbox
from bt_autotask_sync.sync.discover.outbound_events import REPRESENTATIVE
from tests.crash.simulator.steps import Telling
from tests.crash.simulator.strikes import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Self

    from tests.crash.simulator.scene import Scene
    from tests.crash.simulator.steps import Steps

_TAKEN, _NOT_NOW = 200, 503


class Post:
    """Carries events from the appliance to the inbox of a state directory; as a context it closes that at the end.

    Args:
        scene: Both products.
        directory: The state directory.
        steps: Numbers the events and tells what goes wrong with each.

    Attributes:
        joined: When the inbox first had it that a representative had joined, by lsid.
    """

    def __init__(self, scene: Scene, directory: Path, steps: Steps) -> None:
        self._scene = scene
        self._directory = directory
        self._steps = steps
        self._inbox: Inbox | None = None
        self._detours: list[tuple[float, dict[str, str]]] = []
        self.joined: dict[str, float] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._inbox is not None:
            self._inbox.close()

    def deliver(self) -> None:
        """Bring what is due."""
        now = self._scene.clock.now()
        for due, form in sorted(self._detours, key=lambda detour: detour[0]):
            if due <= now:
                self._detours.remove((due, form))
                self._store(form)
        while self._scene.sandbox.appliance.deliver_due(now, self._take):
            pass

    def next_due(self) -> float | None:
        """Return when there is something to bring."""
        dues = [self._scene.sandbox.appliance.next_event_due(), *(due for due, _ in self._detours)]
        return min((due for due in dues if due is not None), default=None)

    def waits(self) -> bool:
        """Tell whether something that was sent is not stored, or not taken in."""
        described = self._scene.sandbox.appliance.outbound.described()
        under_way = bool(self._detours) or any(recipient["waiting"] for recipient in described)
        return under_way or (self._inbox is not None and self._inbox.waits())

    def _take(self, _: str, form: Mapping[str, str]) -> int:
        """Answer what the appliance sends, perhaps as a listener does that is not well."""
        strike = self._steps.take(Telling(form["event"]))
        kind = strike.kind if strike else None
        if strike:
            self._steps.struck(strike)
        match kind:
            case Kind.EVENT_LOST:
                return _TAKEN
            case Kind.EVENT_REFUSED:
                return _NOT_NOW
            case Kind.EVENT_OVERTAKEN if strike:
                self._detours.append((self._scene.clock.now() + strike.seconds, dict(form)))
                return _TAKEN
        self._store(form)
        if kind is Kind.EVENT_DOUBLED:
            raise ConnectionResetError
        return _TAKEN

    def _store(self, form: Mapping[str, str]) -> None:
        if self._inbox is None:
            self._inbox = Inbox.open(self._directory)
        event, now = read_event(form.items()), self._scene.clock.now()
        self._inbox.store(event, profiles=[self._scene.profile.name], at=int(now))
        if event.name == EventName.MEMBER_ADDED and event.member_type == REPRESENTATIVE:
            self.joined.setdefault(event.lsid, now)
