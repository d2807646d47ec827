"""Times as they are typed: ISO 8601, or so long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from bt_autotask_sync.errors import UsageError

_AGO = re.compile(r"\s*(\d{1,6})\s*([dhm])\s*(?:ago)?\s*", re.IGNORECASE)
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def read_moment(text: str | None, now: datetime) -> datetime | None:
    """Return the moment that `text` names, in UTC; None for None.

    Args:
        text: ISO 8601 (without an offset: this machine's zone), or `2d`, `36h`, `15m` for so long ago.
        now: This machine's present.

    Raises:
        UsageError: It is neither.
    """
    if text is None:
        return None
    try:
        if match := _AGO.fullmatch(text):
            return now - timedelta(**{_UNITS[match[2].lower()]: int(match[1])})
        return datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"{text!r} is not a time.", "Write ISO 8601, like 2026-11-22T08:00:00Z, or 2d, 36h, 15m for so long ago."
        ) from error
