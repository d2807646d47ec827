"""Templates, filled in by chevron as it must be used for plain text.

Left to itself chevron escapes for HTML, reads partials from the working directory, finds Python's own attributes
(`{{title}}` in a section of a text is that text's method), and gives up on a stray tag without its column. So each
template is checked first, split into tokens once, and its tokens are made harmless; then chevron fills them in from
plain dicts, where nothing is called and no value is ever read as a template.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

import chevron.renderer
import chevron.tokenizer

from bt_autotask_sync.errors import UsageError
from bt_autotask_sync.notes.template_syntax import mistakes
from bt_autotask_sync.notes.variable_names import is_word

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NOTHING = "-"  # no model has this name, and neither has any Python object


class TemplateError(UsageError):
    """A template cannot be read or filled in; the message names file, line and column."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template that is known to be well formed; `source` is what messages call it."""

    source: str
    text: str
    tokens: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, text: str, source: str) -> Self:
        """Read a template.

        Raises:
            TemplateError: It is not well formed; names the first mistake with `source`, line and column.
        """
        normal = text.replace("\r\n", "\n")
        for mistake in mistakes(normal):
            place = f"{source}, line {mistake.line}, column {mistake.column}"
            raise TemplateError(f"{place}: {mistake.message}", mistake.advice)
        return cls(source, normal, _tokens(normal))

    def render(self, model: Mapping[str, Any]) -> str:
        """Return the text with the variables of `model` filled in exactly as they are."""
        return str(chevron.renderer.render(self.tokens, model, partials_path=None))


@lru_cache(maxsize=256)
def _tokens(text: str) -> tuple[tuple[str, str], ...]:
    return tuple(_harmless(chevron.tokenizer.tokenize(text)))


def _harmless(tokens: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the tokens with every variable printed unescaped and every unknown name made one that finds nothing."""
    for kind, value in tokens:
        if kind == "literal":
            yield kind, value
        else:
            yield ("no escape" if kind == "variable" else kind), (value if is_word(value) else _NOTHING)
