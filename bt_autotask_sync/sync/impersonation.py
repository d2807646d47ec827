"""Creates notes in the representatives' names, for as long as Autotask permits it."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.entities import Created, Refused
from bt_autotask_sync.autotask.errors import QueryRefused
from bt_autotask_sync.sync.match import find_resources

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bt_autotask_sync.autotask.entities import CreateOutcome
    from bt_autotask_sync.sync.plan import Artifact
    from bt_autotask_sync.sync.world import World

_LOG = logging.getLogger(__name__)


class Impersonation:
    """Sends the creates of one run; several threads may use it at once.

    Autotask: permission is needed twice, for the API user and for the security level of the resource.

    Args:
        world: Everything the run was given.
    """

    def __init__(self, world: World) -> None:
        self._client = world.client
        self._records = world.records
        self._settings = world.profile.time_entries
        self._wanted = world.profile.autotask.impersonate and not world.dry_run
        self._resources: dict[str, int] = {}
        self._permitted: bool | None = None
        self._lock = threading.RLock()

    def learn(self, artifacts: Iterable[Artifact]) -> None:
        """Find the resources in whose names these are to be created; who has none is not impersonated."""
        if not self._wanted or self._permitted is False:
            return
        authors = {artifact.author for artifact in artifacts} - {""}
        try:
            found = find_resources(sorted(authors), self._settings, self._records)
        except QueryRefused as error:
            self._give_up(error.words)
            return
        self._resources |= {username: resource.id for username, resource in found.items()}

    def create(self, artifact: Artifact) -> CreateOutcome:
        """Send one create, as the artifact's author where that is known and permitted; see `AutotaskClient.create`."""
        resource_id = self._resources.get(artifact.author)
        if resource_id is None or self._permitted is False:
            return self._client.create(artifact.path, artifact.body)
        if self._permitted:
            return self._create_as(resource_id, artifact)
        with self._lock:  # one alone finds out whether it is permitted
            return self._create_as(resource_id, artifact)

    def _create_as(self, resource_id: int, artifact: Artifact) -> CreateOutcome:
        if self._permitted is False:
            return self._client.create(artifact.path, artifact.body)
        outcome = self._client.create(artifact.path, artifact.body, impersonate=resource_id)
        if isinstance(outcome, Created):
            self._permitted = True
        if not _lacks_permission(outcome):
            return outcome
        # Refused with words nothing was made, so the same create may be sent again; its intent stays recorded.
        plain = self._client.create(artifact.path, artifact.body)
        if isinstance(outcome, Refused) and not _lacks_permission(plain):
            self._give_up(outcome.words)
        return plain

    def _give_up(self, words: str) -> None:
        """Impersonate nobody for the rest of the run, and say so once."""
        with self._lock:
            if self._permitted is not False:
                _LOG.warning(
                    "Autotask permits no notes in a representative's name, they are made in the API user's: %s\n"
                    "  Permit it for the API user's security level (Web Services API > Resource Impersonation) and "
                    "for that of the representatives' resources, or set autotask.impersonate = false.",
                    words,
                )
            self._permitted = False


def _lacks_permission(outcome: CreateOutcome) -> bool:
    return isinstance(outcome, Refused) and outcome.of_the_kind
