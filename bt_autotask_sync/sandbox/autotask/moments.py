"""Autotask's times: kept as text of one width in UTC, so that they compare as they are.

Autotask: UTC in and out; a time without suffix is UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_ISO: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,7})?)?(?P<suffix>Z|[+-]\d\d:?\d\d)?)?", re.IGNORECASE
)


def wire(moment: datetime) -> str:
    """Return a moment as it is stored: `2026-11-22T09:00:00.000Z`; one without zone is UTC."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def wire_seconds(seconds: float) -> str:
    """Return seconds since 1970 as they are stored."""
    return wire(datetime.fromtimestamp(seconds, UTC))


def parse(text: str, *, convert_offset: bool = True) -> str:
    """Return an ISO date or time as it is stored; without `convert_offset` an offset is cut off.

    Raises:
        ValueError: It is none.
    """
    match = _ISO.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    try:
        moment = datetime.fromisoformat(text.strip())
        return wire(moment if convert_offset else moment.replace(tzinfo=UTC))
    except OverflowError:
        raise ValueError(text) from None


def moment(stored: str) -> datetime:
    """Return a stored time as an aware datetime."""
    return datetime.fromisoformat(stored)


def midnight(stored: str) -> str:
    """Return the start of the stored time's UTC day."""
    return stored[:10] + "T00:00:00.000Z"


def next_day(stored: str) -> str:
    """Return the stored time a day later."""
    return wire(moment(stored) + timedelta(days=1))
