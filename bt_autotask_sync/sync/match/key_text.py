"""External keys as text: what of them is read, and how they are shown to people."""

from __future__ import annotations

import unicodedata

from bt_autotask_sync.notes.text import clip, one_line

LONGEST_KEY = 4096
"""Characters that are looked at. BeyondTrust: an external key has at most 1,024."""
SHOWN = 60
"""UTF-16 units of a key that a message shows."""

_CONTROL, _FORMAT = "Cc", "Cf"
# Drawn without any width although Unicode does not class them as format characters: the grapheme joiner, and the
# selectors of variants.
_WITHOUT_WIDTH = frozenset(map(chr, (0x34F, *range(0x180B, 0x180E), *range(0xFE00, 0xFE10))))


def clean_key(key: str) -> str:
    """Return what is read of a key: without zero-width characters, and with a blank for each control character."""
    text = key[:LONGEST_KEY]
    return text if text.isascii() and text.isprintable() else "".join(map(_cleaned, text))


def trimmed_key(key: str) -> str:
    """Return a key as it was typed, without blanks and what cannot be seen at its two ends."""
    text = key[:LONGEST_KEY]
    seen = [index for index, character in enumerate(text) if _cleaned(character).strip()]
    return text[seen[0] : seen[-1] + 1] if seen else ""


def shown_key(key: str, limit: int = SHOWN) -> str:
    """Return a key on one line of at most `limit` UTF-16 units, without anything that could steer a terminal."""
    visible = "".join(character if character.isprintable() else " " for character in one_line(clean_key(key)))
    return clip(" ".join(visible.split()), limit)


def _cleaned(character: str) -> str:
    category = unicodedata.category(character)
    if category == _CONTROL:
        return " "
    return "" if category == _FORMAT or character in _WITHOUT_WIDTH else character
