"""The tags of a template with their places, and what is wrong with how they are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bt_autotask_sync.notes.handlebars import BLOCK_HELPERS, SECTION, translated

if TYPE_CHECKING:
    from collections.abc import Iterator

_TAG = re.compile(r"\{\{(?:\{(?P<raw>.*?)\}\}\}|(?P<plain>.*?)\}\}|)", re.DOTALL)
_NAME = re.compile(r"\.|[\w-]+(\.[\w-]+)*")
_SIGILS = "#^/!>=&{"

_SECTION, _INVERTED, _END, _COMMENT, _UNCLOSED = "#", "^", "/", "!", "unclosed"

_REFUSED = {
    _UNCLOSED: ("a tag has no end", "Write }} at its end; a template cannot print {{ itself."),
    "{": ("a tag begins with three braces and ends with two", "Write two on both sides: nothing is escaped anyway."),
    ">": ("a template cannot include another", "Put that text here."),
    "=": ("a template cannot change the braces", "Remove this tag."),
}


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag: its sigil (empty for a variable, `#`, `^`, `/` …) and what follows. Line and column count from 1."""

    sigil: str
    name: str
    line: int
    column: int

    @property
    def opens(self) -> bool:
        """Tell whether this tag begins a section."""
        return self.sigil in {_SECTION, _INVERTED}

    @property
    def closes(self) -> bool:
        """Tell whether this tag ends a section."""
        return self.sigil == _END

    @property
    def is_comment(self) -> bool:
        """Tell whether this tag says nothing to the program."""
        return self.sigil == _COMMENT

    def __str__(self) -> str:
        return f"{{{{{self.sigil}{self.name}}}}}"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a template that a person should look at; `fatal` when it cannot be filled in at all."""

    line: int
    column: int
    message: str
    advice: str
    fatal: bool = False


def tags_of(text: str) -> Iterator[Tag]:
    """Yield the tags of `text` in order; one without an end has the sigil `unclosed`."""
    line, counted = 1, 0
    for match in _TAG.finditer(text):
        line += text.count("\n", counted, match.start())
        counted = match.start()
        sigil, name = _parsed(match)
        yield Tag(sigil, name, line, counted - text.rfind("\n", 0, counted))
        if sigil == _UNCLOSED:
            return


def mistakes(text: str) -> Iterator[Finding]:
    """Yield what keeps `text` from being a template, in the order of the text: all of it is fatal."""
    open_tags: list[Tag] = []
    for tag in tags_of(text):
        if tag.is_comment:
            continue
        if tag.closes:
            wrong = _closed(tag, open_tags)
        else:
            wrong = _wrong(tag, open_tags) or _never_shown(tag, open_tags)
            if tag.opens:
                open_tags.append(tag)
        if wrong:
            yield Finding(tag.line, tag.column, *wrong, fatal=True)
    for tag in open_tags:
        end = f"{{{{/{tag.name}}}}}"
        yield Finding(tag.line, tag.column, f"the section {tag} is never closed", f"Write {end} behind it.", fatal=True)


def _parsed(match: re.Match[str]) -> tuple[str, str]:
    if match["raw"] is not None:
        return "", match["raw"].strip()
    content = match["plain"]
    if content is None:
        return _UNCLOSED, ""
    if content.startswith(tuple(_SIGILS)):
        return content[0], content[1:].strip()
    return "", content.strip()


def _wrong(tag: Tag, open_tags: list[Tag]) -> tuple[str, str] | None:
    """Return what is wrong with how one tag is written, as message and advice."""
    if tag.sigil in _REFUSED:
        return _REFUSED[tag.sigil]
    if mustache := translated(tag.sigil, tag.name):
        section = open_tags[-1].name.rpartition(" ")[2] if open_tags else SECTION
        return f"{tag} is Handlebars", mustache.replace(SECTION, section)
    if not tag.name:
        return f"{tag} names nothing", "Name a variable in it, or remove it."
    if tag.name.startswith(tuple(_SIGILS)):
        return f"the {tag.name[0]} does not stand right behind the braces", f"Write {tag}."
    if not _NAME.fullmatch(tag.name):
        return f"{tag} is not a variable", "A name has letters, digits and underscores; Mustache has no expressions."
    return None


def _never_shown(tag: Tag, open_tags: list[Tag]) -> tuple[str, str] | None:
    """Return the mistake of a section that is for something and, around it, for nothing."""
    if tag.sigil == _INVERTED and any(outer.sigil == _SECTION and outer.name == tag.name for outer in open_tags):
        return f"{tag} inside of {{{{#{tag.name}}}}} is never shown", "Close the outer section first."
    return None


def _closed(tag: Tag, open_tags: list[Tag]) -> tuple[str, str] | None:
    """Take the section that `tag` closes from the open ones; return the mistake, if it closes another one or none."""
    if not open_tags:
        return f"{tag} closes nothing", "Remove it, or open the section before."
    opened = open_tags.pop()
    if opened.name == tag.name:
        return None
    if tag.name in BLOCK_HELPERS:
        return f"{tag} is Handlebars", f"Write {{{{/{opened.name.rpartition(' ')[2]}}}}}."
    advice = f"Write {{{{/{opened.name}}}}} first: sections are closed in reverse order."
    return f"{tag} closes {opened} of line {opened.line}", advice
