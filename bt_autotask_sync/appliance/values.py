"""Texts of a report as values. Garbled ones become None or an empty text, never an error."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from string import hexdigits

_DURATION = re.compile(r"([0-9]{1,6}):([0-9]{1,2}):([0-9]{1,2})")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_MOST_DIGITS = 15
_YEAR_10000 = 253_402_300_800
_LSID_DIGITS = 32


def lsid(value: str | None) -> str | None:
    """Return the session id in lower case, or None when it is not one.

    BeyondTrust: an lsid is 32 hexadecimal digits.
    """
    return value.lower() if value and len(value) == _LSID_DIGITS and not value.strip(hexdigits) else None


def number(value: str | None) -> int | None:
    """Return the whole, unsigned number of at most 15 digits, or None."""
    value = value.strip() if value else ""
    return int(value) if len(value) <= _MOST_DIGITS and value.isdecimal() and value.isascii() else None


def unix_seconds(value: str | None) -> int | None:
    """Return the seconds since 1970 if they name a moment after it and before the year 10000, else None."""
    seconds = number(value)
    return seconds if seconds and seconds < _YEAR_10000 else None


def moment(stamp: str | None, text: str = "") -> datetime | None:
    """Return the moment of a unix `stamp`, else of an ISO 8601 `text` (without offset: UTC), in UTC, or None."""
    seconds = unix_seconds(stamp)
    if seconds:
        return datetime.fromtimestamp(seconds, UTC)
    try:
        parsed = datetime.fromisoformat(text.strip())
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def duration_seconds(value: str) -> int | None:
    """Return the seconds of an `HH:MM:SS`, or None."""
    parts = _DURATION.fullmatch(value.strip())
    if parts is None:
        return None
    hours, minutes, seconds = (int(part) for part in parts.groups())
    return (hours * 60 + minutes) * 60 + seconds


def known(value: str) -> str:
    """Return the text, or "" for the appliance's word `Unknown`."""
    return "" if value.lower() == "unknown" else value


def address(value: str) -> str:
    """Return the IP address of `ip:port` or `[v6]:port`; "" when it is unknown."""
    host, colon, port = value.rpartition(":")
    has_port = colon and port.isdecimal() and (":" not in host or host.endswith("]"))
    return known((host if has_port else value).removeprefix("[").removesuffix("]"))


def decoded(encoded: str) -> str:
    """Return the text of an `encoded_body`, without the control characters that neither JSON nor XML may carry.

    BeyondTrust: base64 by RFC 2045, used where the text holds characters that XML forbids.
    """
    sextets = _NOT_BASE64.sub("", encoded)
    if len(sextets) % 4 == 1:
        sextets = sextets[:-1]
    text = base64.b64decode(sextets + "=" * (-len(sextets) % 4)).decode("utf-8", errors="replace")
    return _CONTROLS.sub("", text)


def with_newlines(value: str) -> str:
    r"""Return the survey value with its newlines. BeyondTrust sends them as the two characters `\n`."""
    return value.replace(r"\r\n", "\n").replace(r"\n", "\n")
