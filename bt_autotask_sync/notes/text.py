"""Plain text that Autotask can hold: cleaned, measured as .NET measures, cut without breaking a character."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NOTE_TITLE_LIMIT = 250
"""Autotask: `TicketNotes.title` holds 250 characters."""

NOTE_TEXT_LIMIT = 32_000
"""Autotask: `TicketNotes.description` holds 32,000 characters."""

_LINE_ENDS = re.compile(r"\r\n?")
_UNHOLDABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_FORGED_MARKER = re.compile(r"\[\s*bt\s*:", re.IGNORECASE)

_ZERO_WIDTH_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_LONGEST_CLUSTER = 16


def utf16_length(text: str) -> int:
    """Return the length of `text` in UTF-16 units, which is what .NET counts as characters."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def clean(text: str) -> str:
    r"""Return `text` with line ends as `\n` and without what JSON or Autotask cannot hold.

    Removed are lone surrogates, NUL and the other C0 controls except line end and tab, and the two non-characters
    that XML forbids.
    """
    paired = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return _UNHOLDABLE.sub("", _LINE_ENDS.sub("\n", paired))


def one_line(text: str) -> str:
    """Return `text` on one line: white space becomes one space, controls and direction overrides are removed."""
    visible = _INVISIBLE.sub("", " ".join(clean(text).split()))
    return " ".join(visible.split())


def clip(text: str, limit: int) -> str:
    """Return `text` in at most `limit` UTF-16 units, ending with an ellipsis where something was cut off."""
    if utf16_length(text) <= limit:
        return text
    if limit < 1:
        return ""
    return text[: _whole_characters(text, _reach(text, limit - 1))].rstrip() + "…"


def titled(title: str, marker: str, limit: int = NOTE_TITLE_LIMIT) -> str:
    """Return a note's title of at most `limit` UTF-16 units that ends with `marker`, which is never cut.

    The marker is how a note is recognised later, so nothing else in a title may look like one: a `[bt:` that a
    customer typed becomes `(bt:`.
    """
    harmless = _FORGED_MARKER.sub("(bt:", one_line(title))
    return f"{clip(harmless, limit - utf16_length(marker) - 1)} {marker}".lstrip()


def split_note(
    text: str, limit: int = NOTE_TEXT_LIMIT, parts: int = 3, *, left_out: Callable[[int], str]
) -> tuple[str, ...]:
    """Return `text` as at most `parts` texts of at most `limit` UTF-16 units, cut at line ends where there are any.

    A line longer than half a part is cut at a space or, without one, between characters. What does not fit into the
    last part is replaced by `left_out(characters)`, the sentence that tells how many characters are missing.
    """
    pieces: list[str] = []
    rest = text.strip("\n")
    while utf16_length(rest) > limit and len(pieces) < parts - 1:
        cut = _line_end(rest, limit)
        pieces.append(rest[:cut].rstrip("\n"))
        rest = rest[cut:].lstrip("\n")
    if utf16_length(rest) > limit:
        cut = _line_end(rest, max(0, limit - utf16_length(left_out(len(rest))) - 2))
        rest = clip(f"{rest[:cut].rstrip()}\n\n{left_out(len(rest) - cut)}".lstrip(), limit)
    return (*pieces, rest)


def _line_end(text: str, room: int) -> int:
    """Return where to cut so that at most `room` units stand before the cut, best at the end of a line."""
    reach = _reach(text, room)
    for separator in ("\n", " "):
        found = text.rfind(separator, (reach + 1) // 2, reach + 1)
        if found > 0:
            return found
    return _whole_characters(text, reach)


def _reach(text: str, units: int) -> int:
    """Return how many characters from the start of `text` fit into `units`."""
    count = min(len(text), max(units, 0))
    while (excess := utf16_length(text[:count]) - units) > 0 and count:
        count -= -(-excess // 2)  # no character has more than two units, so this never goes too far
    return count


def _whole_characters(text: str, index: int) -> int:
    """Return the nearest cut at or before `index` that does not part what is seen as one character."""
    for candidate in range(index, max(index - _LONGEST_CLUSTER, 0), -1):
        if candidate == len(text) or not _joined(text[candidate - 1], text[candidate]):
            return candidate
    return index


def _joined(before: str, after: str) -> bool:
    """Tell whether `after` is drawn as one with `before`: accents, emoji with a skin tone or a joiner."""
    return (
        _ZERO_WIDTH_JOINER in (before, after)
        or unicodedata.category(after) in {"Mn", "Me"}
        or ord(after) in _SKIN_TONES
    )
