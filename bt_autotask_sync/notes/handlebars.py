"""What Handlebars writes otherwise than Mustache, with the Mustache that does the same.

The plugin's templates were Handlebars; people bring them along.
"""

from __future__ import annotations

import re

BLOCK_HELPERS = frozenset({"each", "if", "unless", "with"})
"""Handlebars' blocks: `{{#each chat}}` … `{{/each}}`."""

SECTION = "SECTION"
"""Stands in advice for the name of the section around the tag."""

_NAME = r"(?:this[./]|\.\./|\./)*(?P<name>[\w.-]+)"
_SIGIL = r"(?P<sigil>[#^&]?)"

_RULES = tuple(
    (re.compile(pattern, re.DOTALL), advice)
    for pattern, advice in (
        (rf"#each\s+{_NAME}(?:\s.*)?", r"Write {{#\g<name>}}…{{/\g<name>}}: it repeats for each of them."),
        (rf"#(?:if|with)\s+{_NAME}", r"Write {{#\g<name>}}…{{/\g<name>}}."),
        (rf"#unless\s+{_NAME}", r"Write {{^\g<name>}}…{{/\g<name>}}."),
        (r"#(?:each|if|unless|with)\b.*", r"Write {{#NAME}}…{{/NAME}} with the name of a variable."),
        (
            r"else\b.*|\^",
            rf"Write {{{{/{SECTION}}}}}{{{{^{SECTION}}}}}: then comes what stands there otherwise.",
        ),
        (rf"{_SIGIL}@.*", r"Mustache does not count: remove it. For headings there are the has_… variables."),
        (rf"{_SIGIL}this", r"Write {{\g<sigil>.}}."),
        (rf"{_SIGIL}(?:\.\./)+{_NAME}", r"Write {{\g<sigil>\g<name>}}: names of outer levels are found by themselves."),
        (rf"{_SIGIL}(?:this[./]|\./){_NAME}", r"Write {{\g<sigil>\g<name>}}."),
        (r"~.*|.*~", r"Remove the ~: a section alone on its line leaves no empty line anyway."),
        (rf"{_SIGIL}(?P<name>\w+)\.length", r"Write {{#\g<name>}}…{{/\g<name>}} for when there are any."),
        (
            rf"{_SIGIL}[\w-]+\s+{_NAME}.*",
            r"Helpers do not exist: write {{\g<sigil>\g<name>}}. Times and sizes are already in words.",
        ),
    )
)


def translated(sigil: str, name: str) -> str | None:
    """Return the Mustache for a tag that is Handlebars, as advice; None for any other tag."""
    for pattern, advice in _RULES:
        if match := pattern.fullmatch(sigil + name):
            return match.expand(advice)
    return None
