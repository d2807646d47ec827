"""The one place where other people's words are made fit to be shown and stored."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_CHARACTERS = 1000
HIDDEN = "***"

# Control characters could steer a terminal, bidirectional ones reorder a line, lone surrogates cannot be encoded.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class Mask:
    """Hides secrets in the words that Autotask sends back.

    Args:
        secrets: What must never be shown; each is hidden in any case, also URL-encoded or HTML-escaped.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        spellings = {
            spelling
            for secret in secrets
            if secret
            for spelling in (secret, quote(secret, safe="", errors="surrogateescape"), html.escape(secret))
        }
        longest_first = sorted(spellings, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)) or "(?!)", re.IGNORECASE)

    def __call__(self, words: str) -> str:
        """Return `words` in one printable line of at most 1,000 characters, without the secrets."""
        safe = self._pattern.sub(HIDDEN, words)
        line = " ".join(_UNPRINTABLE.sub(" ", safe).split())
        return line if len(line) <= MOST_CHARACTERS else line[: MOST_CHARACTERS - 1] + "…"
