"""Moments, durations and sizes in the words that a note shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

_MINUTE = 60
_HOUR = 60


def date_of(at: datetime | None, zone: ZoneInfo) -> str:
    """Return the calendar date in `zone`, such as `2026-11-22`; empty for None."""
    return _local(at, zone).date().isoformat() if at else ""


def clock_of(at: datetime | None, zone: ZoneInfo) -> str:
    """Return the time of day in `zone`, such as `10:05`; empty for None.

    In the hour that a zone repeats when its summer ends it says which of the two it is: `02:50 (+02:00)`.
    """
    if at is None:
        return ""
    local = _local(at, zone)
    clock = local.strftime("%H:%M")
    return f"{clock} ({_offset(local)})" if _is_repeated(local) else clock


def moment(at: datetime | None, zone: ZoneInfo) -> str:
    """Return date and time of day in `zone`, such as `2026-11-22 10:05`; empty for None."""
    return f"{date_of(at, zone)} {clock_of(at, zone)}" if at else ""


def period(start: datetime | None, end: datetime | None, zone: ZoneInfo) -> str:
    """Return from when to when, with the zone: `2026-11-22 10:05 to 10:47 (Europe/Berlin)`; empty without a start."""
    if start is None:
        return ""
    same_day = date_of(start, zone) == date_of(end, zone)
    until = clock_of(end, zone) if same_day else moment(end, zone)
    return f"{moment(start, zone)}{' to ' if until else ''}{until} ({zone})"


def duration(seconds: float | None) -> str:
    """Return `45 s`, `42 min` or `1 h 05 min`, to the nearest minute; empty for None and for less than nothing."""
    if seconds is None or seconds < 0:
        return ""
    if seconds < _MINUTE:
        return f"{int(seconds)} s"
    hours, minutes = divmod(int(seconds + _MINUTE / 2) // _MINUTE, _HOUR)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"


def size(count: int | None) -> str:
    """Return a number of bytes as `812 bytes`, `4 KB` or `1.3 MB`; empty for None and for less than nothing."""
    if count is None or count < 0:
        return ""
    for unit, factor, digits in (("GB", 1_000_000_000, 1), ("MB", 1_000_000, 1), ("KB", 1_000, 0)):
        if count >= factor:
            return f"{count / factor:.{digits}f} {unit}"
    return f"{count} bytes"


def _is_repeated(local: datetime) -> bool:
    """Tell whether a zone's clocks show this time twice."""
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def _offset(local: datetime) -> str:
    """Return a time's offset from UTC, such as `+02:00`."""
    offset = local.strftime("%z")
    return f"{offset[:3]}:{offset[3:5]}"


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    try:
        return at.astimezone(zone)
    except OverflowError:
        return at  # the first and the last day of the calendar have no local time; such a report is nonsense anyway
