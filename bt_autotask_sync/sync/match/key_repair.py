"""Ticket numbers that were mistyped in one way: read for what they mean where a key is nothing but the number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bt_autotask_sync.appliance.session import Session

LIKE_T = "\u0422\u0442\u03a4\u03c4\u13a2\ua4d4"
"""Letters of other scripts that look like a T: Cyrillic, Greek, Cherokee and Lisu ones."""
LIKE_ZERO = "Oo\u041e\u043e\u039f\u03bf"
"""The letter O, of the Latin, the Cyrillic and the Greek script."""
FULL_WIDTH = "".join(map(chr, range(0xFF01, 0xFF5F)))
"""The wide forms of ASCII's characters, as East Asian keyboards give them."""
MOST_WEST, MOST_EAST = timedelta(hours=-12), timedelta(hours=14)
"""What the clocks of the earth differ from UTC at most."""
OLDEST = 400
"""Days before a session's start at which the ticket that a mistyped number means was opened at the earliest."""

_WIDE_DIGITS, _WIDE_T, _WIDE_POINT = "\uff10-\uff19", "\uff34\uff54", "\uff0e"
_TO_ASCII = {ord(wide): chr(ord(wide) - 0xFEE0) for wide in FULL_WIDTH} | dict.fromkeys(map(ord, LIKE_ZERO), "0")
_DIGIT = f"[0-9{LIKE_ZERO}{_WIDE_DIGITS}]"
_POINT = rf"(\.|{_WIDE_POINT}|-|,|\s+|%2[Ee])"
_NUMBER = re.compile(rf"([Tt{LIKE_T}{_WIDE_T}]?)({_DIGIT}{{8}}){_POINT}({_DIGIT}{{4}})(?:{_POINT}({_DIGIT}{{3}}))?")
_ASIDE = frozenset("#[](){}<>\uff08\uff09\u3010\u3011\u300c\u300d")
"""What may stand around a number, beside blanks and the word."""
_WORD = "ticket"


class Deviation(Enum):
    """One way in which a key differs from the number that it means."""

    NO_T = "the T is missing"
    LIKE_T = "a letter that looks like a T"
    LETTER_O = "the letter O for a zero"
    FULL_WIDTH = "characters of full width"
    HYPHEN = "a hyphen for the point"
    COMMA = "a comma for the point"
    BLANK = "a blank for the point"
    ESCAPED = "the point as an address has it"


_POINTS = {".": None, "\uff0e": Deviation.FULL_WIDTH, "-": Deviation.HYPHEN, ",": Deviation.COMMA}


@dataclass(frozen=True, slots=True)
class Mistyped:
    """A number in the form of Autotask's, read from a key that is nothing but the number, in one kind of deviation."""

    number: str
    deviation: Deviation | None
    """None where only the word before it kept the number from being found."""


def read_mistyped(text: str) -> Mistyped | None:
    """Return the number that a cleaned key means; None where it holds more, or deviates in more than one way."""
    found = _NUMBER.fullmatch(_bare(text))
    if found is None:
        return None
    letter, day, point, count, second_point, repetition = found.groups(default="")
    deviations = set(_deviations(letter, day + count + repetition, (point, second_point)))
    if len(deviations) > 1:
        return None
    digits = [part.translate(_TO_ASCII) for part in (day, count, repetition) if part]
    return Mistyped(f"T{'.'.join(digits)}", next(iter(deviations), None))


def number_day(number: str) -> int | None:
    """Return the day in a number like `T20261122.0042` as days since the year 1; None where that is no day."""
    return day_of(number[1:9])


def day_of(digits: str) -> int | None:
    """Return the day that eight digits name, as days since the year 1; None where they name none since 2000."""
    digits = digits.translate(_TO_ASCII)
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None
    return day.toordinal() if 2000 <= day.year <= 2100 else None  # noqa: PLR2004 - nobody's tickets are from beyond


def credible_days(session: Session) -> range:
    """Return the days, since the year 1, on which a ticket may have been opened that a session means.

    Autotask: the day in a ticket's number is that of the tenant's time zone, which may be any on earth.
    """
    moments = [moment for moment in (session.started_at, session.ended_at, session.last_event_at) if moment]
    if not moments:
        return range(0)
    first, last = min(moments), session.ended_at or max(moments)
    return range(_day_at(first, MOST_WEST) - OLDEST, _day_at(last, MOST_EAST) + 1)


def _day_at(moment: datetime, offset: timedelta) -> int:
    try:
        return (moment + offset).toordinal()
    except OverflowError:  # an end of the calendar
        return moment.toordinal()


def _bare(text: str) -> str:
    """Return a key without blanks, brackets, `#` and the word "ticket" at its ends."""
    bare = _without_signs(text)
    if bare[: len(_WORD)].lower() == _WORD:
        bare = _without_signs(bare[len(_WORD) :])
    if bare[-len(_WORD) :].lower() == _WORD:
        bare = _without_signs(bare[: -len(_WORD)])
    return bare


def _without_signs(text: str) -> str:
    kept = [index for index, character in enumerate(text) if not (character.isspace() or character in _ASIDE)]
    return text[kept[0] : kept[-1] + 1] if kept else ""


def _deviations(letter: str, digits: str, points: tuple[str, str]) -> Iterator[Deviation]:
    if not letter:
        yield Deviation.NO_T
    elif letter in LIKE_T:
        yield Deviation.LIKE_T
    if any(digit in LIKE_ZERO for digit in digits):
        yield Deviation.LETTER_O
    if any(character in FULL_WIDTH for character in letter + digits):
        yield Deviation.FULL_WIDTH
    for point in filter(None, points):
        deviation = _POINTS[point] if point in _POINTS else _long_point(point)
        if deviation is not None:
            yield deviation


def _long_point(point: str) -> Deviation:
    return Deviation.BLANK if point.isspace() else Deviation.ESCAPED
