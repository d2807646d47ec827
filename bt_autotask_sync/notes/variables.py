"""Every variable of the templates with an example: the table for those who write templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.notes.example import EXAMPLE_CONTEXT, EXAMPLE_SESSION
from bt_autotask_sync.notes.macros import MACROS
from bt_autotask_sync.notes.model import InternalModel, PublicModel
from bt_autotask_sync.notes.variable_names import terms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bt_autotask_sync.notes.kind import Kind


@dataclass(frozen=True, slots=True)
class Variable:
    """A name that a template may print or loop over.

    A name inside of a list stands behind the list's: `chat[].sender`; custom fields are `custom.<code_name>`.
    """

    name: str
    type: str
    example: str
    description: str


def variables(kind: Kind, *, public: bool) -> tuple[Variable, ...]:
    """Return all variables of a note of `kind`, in the order of the model, with the values of a made-up session."""
    internal = kind.is_internal(public=public)
    model = (InternalModel if internal else PublicModel).of(EXAMPLE_SESSION, EXAMPLE_CONTEXT)
    example = model.as_dict()
    macros = {variable: f" (%{macro}%)" for macro, variable in MACROS.items()}
    return tuple(
        Variable(term.name, term.type, _shown(_value(example, term.name)), term.description + macros.get(term.name, ""))
        for term in terms(public=not internal)
    )


def _value(example: Mapping[str, Any], path: str) -> Any:
    """Return what stands at `path`, of a list in the first item that has something there."""
    name, _, rest = path.partition("[].")
    if rest:
        found = [_value(item, rest) for item in example[name]]
        return next((value for value in found if value), found[0])
    name, _, field = path.partition(".")
    return next(iter(example[name].values())) if field else example[name]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | dict):
        return f"{len(value)} of them" if len(value) > 1 else "one of them"
    return str(value)
