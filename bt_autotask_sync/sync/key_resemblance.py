"""What resembles a ticket number and is none: a person has to say what was meant, so that no time goes unbilled."""

from __future__ import annotations

import re

from bt_autotask_sync.sync.key_links import without_links
from bt_autotask_sync.sync.key_repair import LIKE_T, LIKE_ZERO, day_of

_DIGIT = rf"[\d{LIKE_ZERO}]"
_LIKE_DIGIT = rf"[\d{LIKE_ZERO}lI]"
_POINT = r"[.,_:;/\u00b7\u2010-\u2015\uff0c\uff0e\uff0d-]"
_ESCAPED_POINT = r"%2[Ee]|&#46;|&#[xX]2[eE];|&period;"
_SEPARATOR = rf"(?:\s{{0,3}}(?:{_POINT}|{_ESCAPED_POINT}|\+|%20){{1,3}}\s{{0,3}}|\s{{1,3}})"
_SOLID_SEPARATOR = rf"\s?(?:{_POINT}|{_ESCAPED_POINT}){{1,3}}\s?"
_COUNT = rf"{_DIGIT}{{3,5}}(?!\d)"

_BEHIND_T = re.compile(
    rf"(?<![^\W\d_])[Tt{LIKE_T}\uff34\uff54]{_LIKE_DIGIT}{{7,9}}{_SEPARATOR}{_LIKE_DIGIT}{{3,5}}(?!\d)"
)
_BEHIND_LABEL = re.compile(
    rf"\bticket[\s_-]?(?:id|no|nr|number)?[\s.:=#-]{{1,3}}(?:\d{{8}}{_SEPARATOR})?{_COUNT}(?!{_POINT}\d)",
    re.IGNORECASE,
)
# Behind a plain day a blank is no separator: `20261122 0010` is a date and a time. Nor is the day one in a row of
# numbers, as a telephone's is.
_BEHIND_DAY = re.compile(rf"(?<!\d)(?<!\d[-./ ,])({_DIGIT}{{8}}){_SOLID_SEPARATOR}{_COUNT}")
_OTHER_NAMES = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\b[0-9a-f]{32}\b", re.IGNORECASE)


def resembles_number(text: str) -> bool:
    """Tell whether a cleaned key holds something like a ticket number.

    That is a letter like a T with about eight digits, the word "ticket", or a valid day in eight digits, each with a
    separator and three to five digits behind it. Links, UUIDs and lsids are other systems' names and not looked at.
    """
    rest = _OTHER_NAMES.sub("\n", without_links(text))
    if _BEHIND_T.search(rest) or _BEHIND_LABEL.search(rest):
        return True
    return any(day_of(found[1]) is not None for found in _BEHIND_DAY.finditer(rest))
