"""Names in a template that print nothing, each with what its author meant."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from bt_autotask_sync.notes.macros import MACROS
from bt_autotask_sync.notes.template_syntax import Finding, Tag, mistakes, tags_of
from bt_autotask_sync.notes.variable_names import CUSTOM_FIELDS, terms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bt_autotask_sync.notes.kind import Kind

_LIST = "[]."
_ITEM = "."
_MACRO = re.compile(r"%([A-Z_.-]+)%")


def check(text: str, kind: Kind, *, public: bool) -> tuple[Finding, ...]:
    """Return what should be looked at in the template `text` of a note of `kind`, in the order of the text.

    Mistakes in the writing are fatal; a name that prints nothing is not. A private name is fine in a public template
    where it opens a section, which then vanishes with all that it holds.
    """
    normal = text.replace("\r\n", "\n")
    fatal = tuple(mistakes(normal))
    found = fatal or tuple(_names(normal, public=not kind.is_internal(public=public)))
    return tuple(sorted((*found, *_macros(normal)), key=lambda finding: (finding.line, finding.column)))


def _names(text: str, *, public: bool) -> Iterator[Finding]:
    """Yield a finding for every name that is not there at its place of a well-formed template."""
    there = {term.name for term in terms(public=public)} | {_ITEM}
    internal = {term.name for term in terms(public=False)}
    sections: list[str] = []
    for tag in tags_of(text):
        if tag.closes:
            sections.pop()
            continue
        if tag.is_comment:
            continue
        path = _resolved(tag.name, sections, internal)
        hidden = any(section and section not in there for section in sections)
        if path is None:
            yield _unknown(tag, internal, in_custom=CUSTOM_FIELDS in sections)
        elif path not in there and not tag.opens and not hidden:
            yield _private(tag)
        if tag.opens:
            sections.append(path or "")


def _resolved(name: str, sections: list[str], names: set[str]) -> str | None:
    """Return the full name of what `name` prints inside of `sections`, or None for nothing."""
    if name == _ITEM:
        return next((section for section in reversed(sections) if section), _ITEM)
    head, _, field = name.partition(".")
    if head == CUSTOM_FIELDS and field and "." not in field:
        return f"{CUSTOM_FIELDS}.<code_name>"
    scopes = [f"{section}{_LIST}" for section in reversed(sections) if section]
    return next((scope + name for scope in (*scopes, "") if scope + name in names), None)


def _unknown(tag: Tag, names: set[str], *, in_custom: bool) -> Finding:
    """Return the finding for a name that no text has at this place."""
    if in_custom:
        advice = f"Write {{{{{tag.sigil}{CUSTOM_FIELDS}.{tag.name}}}}}."
        return Finding(tag.line, tag.column, f"{tag} alone is not a custom field", advice)
    inside = next((name for name in sorted(names) if name.endswith(f"{_LIST}{tag.name}")), None)
    if inside:
        outer = inside.removesuffix(f"{_LIST}{tag.name}").rpartition(_LIST)[2]
        message = f"{tag} is known only for each of `{outer}`"
        return Finding(tag.line, tag.column, message, f"Write it between {{{{#{outer}}}}} and {{{{/{outer}}}}}.")
    meant = _meant(tag.name, names)
    advice = f"Did you mean `{meant}`?" if meant else "`templates variables` lists what there is."
    return Finding(tag.line, tag.column, f"{tag} is not a variable and prints nothing", advice)


def _meant(name: str, names: set[str]) -> str | None:
    """Return the variable that `name` may be a slip of: a macro, another spelling of words, or a few wrong letters."""
    if name.upper() in MACROS:
        return MACROS[name.upper()]
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").replace(".", "_").lower()
    close = get_close_matches(snake, sorted({full.rpartition(_LIST)[2] for full in names}), n=1, cutoff=0.7)
    return close[0] if close else None


def _private(tag: Tag) -> Finding:
    message = f"{tag} is private and prints nothing in a text that customers see"
    advice = f"Put it with its heading between {{{{#{tag.name}}}}} and {{{{/{tag.name}}}}}, so that both vanish."
    return Finding(tag.line, tag.column, message, advice)


def _macros(text: str) -> Iterator[Finding]:
    for macro in _MACRO.finditer(text):
        if macro[1] in MACROS:
            line = text.count("\n", 0, macro.start()) + 1
            column = macro.start() - text.rfind("\n", 0, macro.start())
            advice = f"Write {{{{{MACROS[macro[1]]}}}}}."
            yield Finding(line, column, f"{macro[0]} is a macro of BeyondTrust's e-mails", advice)
