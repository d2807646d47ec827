"""The names that templates may use, read from the models themselves, so that no list of them can drift."""

from __future__ import annotations

from dataclasses import dataclass, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from bt_autotask_sync.notes.internal_model import Private
from bt_autotask_sync.notes.public_model import Facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CUSTOM_FIELDS = "custom"
"""The variable whose children are the custom session fields by their code name."""

_TYPE_WORDS: Mapping[Any, str] = {str: "text", bool: "yes/no", int: "number", tuple: "list", dict: "texts by name"}


@dataclass(frozen=True, slots=True)
class Term:
    """A name of a model: `chat[].sender` stands inside of the list `chat`, `custom.<code_name>` for any name there."""

    name: str
    type: str
    description: str


@cache
def terms(*, public: bool) -> tuple[Term, ...]:
    """Return every name of the public or of the internal model, in the model's order."""
    hints: dict[str, Any] = {}
    for model in (Facts,) if public else (Facts, Private):
        for part in get_type_hints(model).values():
            hints |= get_type_hints(part, include_extras=True)
    return tuple(term for name, hint in hints.items() for term in _terms(name, hint))


@cache
def words() -> frozenset[str]:
    """Return what may stand in a tag, at any level and in any text."""
    return frozenset(term.name.rpartition(".")[2] for term in terms(public=False))


def is_word(name: str) -> bool:
    """Tell whether `name` may stand in a tag: a variable of some level, a custom field, or `.` for the item itself."""
    head, dot, field = name.partition(".")
    if dot and head == CUSTOM_FIELDS:
        return bool(field) and "." not in field
    return name == "." or name in words()


def _terms(name: str, hint: Any) -> Iterator[Term]:
    value_type, description = get_args(hint)
    kind = get_origin(value_type) or value_type
    yield Term(name, _TYPE_WORDS[kind], description)
    if kind is dict:
        yield Term(f"{name}.<code_name>", "text", "the custom session field of that code name")
    for item in get_args(value_type):
        if is_dataclass(item):
            for child, child_hint in get_type_hints(item, include_extras=True).items():
                yield from _terms(f"{name}[].{child}", child_hint)
