"""What the parts of a trial share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from tests.crash.simulator.post import Post
    from tests.crash.simulator.scene import Scene
    from tests.crash.simulator.steps import Steps
    from tests.crash.simulator.witness import Evidence


@dataclass(frozen=True, slots=True)
class Stage:
    """One trial's stage.

    Attributes:
        scene: Both products.
        directory: The state directory.
        steps: Numbers what the program does, and tells what goes wrong with it.
        post: Brings outbound events.
        evidence: What was seen on the wire.
        random: Draws whatever the schedule leaves open.
    """

    scene: Scene
    directory: Path
    steps: Steps
    post: Post
    evidence: Evidence
    random: Random
