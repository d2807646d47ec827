"""Which survey notes a session gets, and which representatives' surveys each of them tells."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from bt_autotask_sync.sync.markers import REPRESENTATIVE_SURVEY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bt_autotask_sync.appliance.session import Session, Survey


def representatives_notes(session: Session, told: Mapping[int, tuple[str, ...]]) -> Iterator[tuple[str, Session]]:
    """Yield for each note on representatives' surveys what ends its marker, and the session with its surveys alone.

    Those that no note tells yet go together into the first number that is free.
    """
    left = list(session.representative_surveys)
    for number, named in sorted(told.items()):
        if surveys := _take(left, named):
            yield _suffix(number), replace(session, representative_surveys=surveys)
    if left:
        free = next(number for number in count(1) if number not in told)
        yield _suffix(free), replace(session, representative_surveys=tuple(left))


def respondents(session: Session) -> tuple[str, ...]:
    """Return who filled in the representatives' surveys of a session, by gsnumber: once for each survey."""
    return tuple(map(_respondent, session.representative_surveys))


def author(session: Session) -> str:
    """Return the username of the representative who filled in the first survey; empty where that is not known."""
    first = next(iter(respondents(session)), "")
    return next((person.username for person in session.representatives if person.gsnumber == first), "")


def _take(left: list[Survey], named: tuple[str, ...]) -> tuple[Survey, ...]:
    """Take the surveys of those who are named out of `left`; all where nobody is."""
    taken = []
    for name in named or map(_respondent, tuple(left)):
        found = next((survey for survey in left if _respondent(survey) == name), None)
        if found is not None:
            left.remove(found)
            taken.append(found)
    return tuple(taken)


def _respondent(survey: Survey) -> str:
    return "".join(survey.gsnumber.split()) or "?"


def _suffix(number: int) -> str:
    return REPRESENTATIVE_SURVEY + (f":{number}" if number > 1 else "")
