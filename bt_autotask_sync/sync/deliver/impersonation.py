"""Creates notes in the representatives' names, for as long as Autotask permits it."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.entities import Created, Refused, Unclear
from bt_autotask_sync.autotask.errors import QueryRefused
from bt_autotask_sync.sync.match.people import find_resources

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bt_autotask_sync.autotask.entities import CreateOutcome
    from bt_autotask_sync.sync.plan.artifact import Artifact
    from bt_autotask_sync.sync.run_context import RunContext

_LOG = logging.getLogger(__name__)


REFUSED_FOR = 2
"""So many resources in whose names nothing is taken: the cause lies with the API user, not with them."""


class Impersonation:
    """Sends the creates of one run; several threads may use it at once.

    Autotask: permission is needed twice, for the API user and for the security level of the resource. In which words
    it is refused is not known for every tenant, so no words decide: a create that is refused in a resource's name and
    taken in the API user's shows that the name is not permitted. One that is turned away without words (4xx) is of
    unknown outcome; once it was looked for, it goes out in the API user's name, and so do others of the resource.

    Args:
        context: Everything the run was given.
    """

    def __init__(self, context: RunContext) -> None:
        self._client = context.client
        self._records = context.records
        self._artifacts = context.artifacts
        self._settings = context.profile.time_entries
        self._off = not context.profile.autotask.impersonate or context.dry_run
        self._resources: dict[str, int] = {}
        self._permitted: set[int] = set()
        self._refused: set[int] = set()
        self._turned_away: dict[int, str] = {}
        """What was answered instead, by the id of the resource in whose name a create was turned away."""
        self._lock = threading.RLock()

    def find_authors(self, artifacts: Iterable[Artifact]) -> None:
        """Find the resources in whose names these are to be created; who has none is not impersonated."""
        if self._off:
            return
        artifacts = list(artifacts)
        authors = {artifact.author for artifact in artifacts} - {""}
        try:
            found = find_resources(sorted(authors), self._settings, self._records)
        except QueryRefused as error:
            self._off = True
            _warn(error.words)
            return
        self._resources |= {username: resource.id for username, resource in found.items()}
        self._remember_turned_away([artifact for artifact in artifacts if artifact.author in found])

    def create(self, artifact: Artifact) -> CreateOutcome:
        """Send one create, as the artifact's author where that is known and permitted; see `AutotaskClient.create`."""
        resource_id = self._resources.get(artifact.author)
        if resource_id is None or self._is_off(resource_id):
            return self._client.create(artifact.path, artifact.body)
        if resource_id in self._permitted:
            return self._create_as(resource_id, artifact)
        with self._lock:  # one alone finds out whether it is permitted
            return self._create_as(resource_id, artifact)

    def _remember_turned_away(self, artifacts: Sequence[Artifact]) -> None:
        """Remember in whose names earlier runs sent creates that were turned away, and have been looked for since."""
        known = self._artifacts.of([artifact.lsid for artifact in artifacts])
        for artifact in artifacts:
            record = known[artifact.lsid].get(artifact.marker)
            if record is not None and record.unclear_sends and record.attempts:
                self._turned_away.setdefault(self._resources[artifact.author], record.answer)

    def _create_as(self, resource_id: int, artifact: Artifact) -> CreateOutcome:
        if self._is_off(resource_id):
            return self._client.create(artifact.path, artifact.body)
        if resource_id in self._turned_away:
            return self._create_plainly(resource_id, artifact, self._turned_away[resource_id])
        outcome = self._client.create(artifact.path, artifact.body, impersonate=resource_id)
        if isinstance(outcome, Created):
            self._permitted.add(resource_id)
        elif isinstance(outcome, Refused):
            # Refused with words nothing was made, so the same create may be sent again; its intent stays recorded.
            return self._create_plainly(resource_id, artifact, outcome.words)
        elif isinstance(outcome, Unclear) and outcome.turned_away and resource_id not in self._permitted:
            self._turned_away[resource_id] = outcome.reason
        return outcome

    def _create_plainly(self, resource_id: int, artifact: Artifact, words: str) -> CreateOutcome:
        """Create in the API user's name what was not taken in a resource's; its success shows that the name was why."""
        outcome = self._client.create(artifact.path, artifact.body)
        if isinstance(outcome, Created):
            self._give_up(resource_id, words)
        return outcome

    def _is_off(self, resource_id: int) -> bool:
        return self._off or resource_id in self._refused

    def _give_up(self, resource_id: int, words: str) -> None:
        """Impersonate a resource no more in this run, after a second one nobody; say so once."""
        with self._lock:
            if not self._refused:
                _warn(words)
            self._refused.add(resource_id)
            self._off = self._off or len(self._refused) >= REFUSED_FOR


def _warn(words: str) -> None:
    _LOG.warning(
        "Autotask permits no notes in a representative's name, they are made in the API user's: %s\n"
        "  Permit it for the API user's security level (Web Services API > Resource Impersonation) and "
        "for that of the representatives' resources, or set autotask.impersonate = false.",
        words,
    )
