"""What refusals with equal words have in common: a ticket, a resource, or their whole kind (rule C7)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bt_autotask_sync.state.states import ArtifactKind

if TYPE_CHECKING:
    from collections.abc import Collection

    from bt_autotask_sync.state.states import Problem
    from bt_autotask_sync.sync.plan.artifact import Artifact

SAME_WORDS = 5
"""So many refusals with equal words: the cause lies in what they have in common."""
RESOURCES_OF_A_KIND = 2
"""So many resources at least have entries refused before the kind is to blame: one alone may be to blame itself."""

_QUOTED = re.compile(r"""(?<!\w)(?:'[^']*'|"[^"]*"|“[^”]*”|„[^“]*“|«[^»]*»)(?!\w)""")
_DIGITS = re.compile(r"\d+")


def gist(words: str) -> str:
    """Return a refusal's words without what differs from record to record: digits and quoted values."""
    return " ".join(_DIGITS.sub("", _QUOTED.sub("", words)).casefold().split())


@dataclass(frozen=True, slots=True)
class Scope:
    """What can be stopped: the kind, or only what of it stands on a ticket or is of a resource (Autotask's ids)."""

    kind: ArtifactKind
    ticket_id: int | None = None
    resource_id: int | None = None


def scopes_of(artifact: Artifact) -> tuple[Scope, ...]:
    """Return the scopes that hold an artifact, the narrowest first."""
    kind = artifact.kind
    scopes = [] if kind is ArtifactKind.TICKET else [Scope(kind, ticket_id=artifact.ticket_id)]
    if kind is ArtifactKind.TIME_ENTRY:
        scopes.append(Scope(kind, resource_id=artifact.body.get("resourceID")))
    return (*scopes, Scope(kind))


@dataclass(frozen=True, slots=True)
class Refusal:
    """An artifact that Autotask refused, with its own trouble."""

    artifact: Artifact
    problem: Problem

    @property
    def place(self) -> int | str:
        """The ticket that it is for; a ticket to create stands for itself."""
        return self.artifact.marker if self.artifact.kind is ArtifactKind.TICKET else self.artifact.ticket_id


class Streaks:
    """The refusals of a run, by what they have in common and what they say, since something of that was accepted."""

    def __init__(self) -> None:
        self._rows: dict[Scope, dict[str, list[Refusal]]] = {}

    def accepted(self, artifact: Artifact) -> None:
        """Take note that an artifact was created: nothing that holds it is to blame for what was refused before."""
        for scope in scopes_of(artifact):
            self._rows.pop(scope, None)

    def refused(self, refusal: Refusal) -> Scope | None:
        """Take note of a refusal, and return the narrowest scope that is to blame by now, if any."""
        scopes, words = scopes_of(refusal.artifact), gist(refusal.problem.error)
        for scope in scopes:
            self._rows.setdefault(scope, {}).setdefault(words, []).append(refusal)
        return next((scope for scope in scopes if self.is_to_blame(scope, words)), None)

    def is_to_blame(self, scope: Scope, words: str) -> bool:
        """Tell whether refusals with these words (their gist) have so much in common that the scope is to blame."""
        row = self._rows.get(scope, {}).get(words, ())
        if scope != Scope(scope.kind):
            return len(row) >= SAME_WORDS
        resources = {refusal.artifact.body.get("resourceID") for refusal in row}
        of_several = scope.kind is not ArtifactKind.TIME_ENTRY or len(resources) >= RESOURCES_OF_A_KIND
        return of_several and len({refusal.place for refusal in row}) >= SAME_WORDS

    def take(self, scope: Scope, words: str) -> Collection[Refusal]:
        """Take the refusals out that a scope is to blame for: nothing else is to blame for them too."""
        taken = self._rows.get(scope, {}).pop(words, [])
        for refusal in taken:
            for other in scopes_of(refusal.artifact):
                row = self._rows.get(other, {}).get(words, [])
                if refusal in row:
                    row.remove(refusal)
        return taken
