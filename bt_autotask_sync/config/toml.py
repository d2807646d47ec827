"""Plain values as TOML text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
NOT_IN_STRINGS = re.compile(r"[\x00-\x1f\x7f]")


def toml_key(name: str) -> str:
    """Return `name` as a TOML key, in quotes where it needs them."""
    return name if BARE_KEY.fullmatch(name) else _text(name)


def toml_value(value: object) -> str:
    """Return `value` as TOML on one line.

    Args:
        value: Text, a truth value, a finite number, a datetime in UTC, or lists and tables of those.
    """
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{toml_key(key)} = {toml_value(item)}" for key, item in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(toml_value, value))}]"
    return json.dumps(value, allow_nan=False)


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + NOT_IN_STRINGS.sub(lambda found: rf"\u{ord(found[0]):04x}", escaped) + '"'
