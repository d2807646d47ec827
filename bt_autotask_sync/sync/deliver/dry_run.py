"""The dry run: the same way as a run's up to the create, which is not sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.entities import WouldCreate

if TYPE_CHECKING:
    from bt_autotask_sync.sync.plan.artifact import Artifact


def would_create(artifact: Artifact) -> WouldCreate:  # noqa: ARG001 - as a create is called
    """Send nothing."""
    return WouldCreate()
