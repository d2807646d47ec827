"""The passage of time between two runs: what is due in it happens when it is due, not at the next request."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.crash.simulator.post import Post
    from tests.crash.simulator.scene import Scene

_BEHIND = 0.001
"""Seconds: times near two billions are not exact."""


class Passage:
    """Lets time pass for one scene and its post."""

    def __init__(self, scene: Scene, post: Post) -> None:
        self._scene = scene
        self._post = post

    def pass_time(self, seconds: float) -> None:
        """Let time pass; what the products still work on is made, and events come, when they are due."""
        clock = self._scene.clock
        until = clock.now() + seconds
        while (due := self._next_due()) is not None and due <= until:
            clock.advance(max(0.0, due - clock.now()) + _BEHIND)
            self._scene.sandbox.state()
            self._post.deliver()
        clock.advance(max(0.0, until - clock.now()))

    def late_commits_land(self) -> None:
        """Let time pass until both products have done, and show, all that they were still working on."""
        now, last = self._scene.clock.now(), self._scene.last_late_commit()
        self.pass_time(max(0.0, (last or now) - now) + self._scene.sandbox.switches.query_lag_seconds + 1)

    def _next_due(self) -> float | None:
        dues = (self._scene.next_late_commit(), self._post.next_due())
        return min((due for due in dues if due is not None), default=None)
