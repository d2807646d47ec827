"""The two models that templates are filled from: what customers may read, and what colleagues may read.

They are two types, so that a public text cannot be given private facts; and what a model does not have, no template
can print.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from bt_autotask_sync.notes.build_internal import build_internal
from bt_autotask_sync.notes.build_public import build_public
from bt_autotask_sync.notes.context import NoteContext
from bt_autotask_sync.notes.privacy import published

if TYPE_CHECKING:
    from bt_autotask_sync.appliance.session import Session
    from bt_autotask_sync.notes.internal_model import Private
    from bt_autotask_sync.notes.public_model import Facts

__all__ = ["InternalModel", "NoteContext", "PublicModel"]


@dataclass(frozen=True, slots=True)
class PublicModel:
    """What customers may read: public notes, summary notes, ticket texts."""

    facts: Facts

    @classmethod
    def of(cls, session: Session, context: NoteContext) -> Self:
        """Tell what customers may know of `session`."""
        return cls(build_public(published(session, with_notes=context.publish_session_notes), context))

    def as_dict(self) -> dict[str, Any]:
        """Return the variables as plain dicts, tuples, texts, numbers and booleans, each key present at its level."""
        return _merged(self.facts)


@dataclass(frozen=True, slots=True)
class InternalModel:
    """What colleagues may read: internal notes."""

    facts: Facts
    private: Private

    @classmethod
    def of(cls, session: Session, context: NoteContext) -> Self:
        """Tell all that is known of `session`."""
        return cls(build_public(session, context), build_internal(session, context))

    def as_dict(self) -> dict[str, Any]:
        """Return the variables as plain dicts, tuples, texts, numbers and booleans, each key present at its level.

        Where both parts have a list, the private one, which holds more of each item, takes its place.
        """
        return _merged(self.facts) | _merged(self.private)


def _merged(parts: Facts | Private) -> dict[str, Any]:
    """Return the variables of all parts in one dict."""
    return {name: value for part in asdict(parts).values() for name, value in part.items()}
