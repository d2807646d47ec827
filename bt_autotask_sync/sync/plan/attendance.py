"""When each representative was in a session, as far as that is theirs to bill."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bt_autotask_sync.appliance.session import Span
from bt_autotask_sync.config.time_entries import Representatives

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from bt_autotask_sync.appliance.session import Representative, Session

SHORTEST_GAP = timedelta(seconds=60)
"""Whoever is back sooner never left: a connection was lost."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A stretch of time in a session, in whole seconds and never empty."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> int:
        """How long it took."""
        return int((self.end - self.start).total_seconds())


@dataclass(frozen=True, slots=True)
class Attendance:
    """A representative's stays in a session, in order and at least a minute apart.

    `gsnumbers` are all those under which the report has the person, the first one first.
    """

    representative: Representative
    stays: tuple[Stay, ...]
    gsnumbers: tuple[str, ...]


def attendances(session: Session, representatives: Representatives) -> tuple[Attendance, ...]:
    """Return whose time in a session counts, and when they were there; who has no measurable time is left out.

    A stay without a joining begins with the session, one without a leaving ends with it, and none reaches beyond it.
    One person under two gsnumbers is one, by the username; invited ones never count. None while the session runs.
    """
    whole = _whole(session)
    if whole is None:
        return ()
    people = _by_username(session)
    if representatives is Representatives.PRIMARY:
        primary = billed_representative(session)
        return tuple(
            Attendance(primary, (whole,), _numbers(primary, group)) for group in people if primary and primary in group
        )
    stays = ((group, _joined(_stays(group, session, whole))) for group in people)
    return tuple(Attendance(group[0], found, _numbers(group[0], group)) for group, found in stays if found)


def merged(presences: Iterable[Attendance], resources: Mapping[str, int]) -> tuple[Attendance, ...]:
    """Return the presences with those of one resource as one: what one person worked is never billed side by side.

    Args:
        presences: As `attendances` returns them.
        resources: The ids of the resources that are known, by username.
    """
    by_resource: dict[object, Attendance] = {}
    for number, each in enumerate(presences):
        key = resources.get(each.representative.username, (number,))
        first = by_resource.get(key)
        by_resource[key] = each if first is None else _together(first, each)
    return tuple(by_resource.values())


def billed_representative(session: Session) -> Representative | None:
    """Return the representative whose time the session is; None where it is nobody's, or where that is not clear.

    That is the primary one, unless invited. Some reports name none, or one that is not in their list: then it is who
    owned the session, else the only one who was there.
    """
    primary = _primary(session)
    if primary:
        return None if len(primary) > 1 or primary[0].invited else primary[0]
    people = _by_username(session)
    owners = [group for group in people if any(person.session_owner for person in group)]
    likely = owners or people
    return likely[0][0] if len(likely) == 1 else None


def is_unclear(session: Session, representatives: Representatives) -> bool:
    """Return whether time was worked in an ended session and its report does not say whose it is."""
    if not session.representatives:
        return session.primary_representative is not None
    if representatives is Representatives.ALL:
        return False
    is_named = len(_primary(session)) == 1
    return not is_named and bool(_by_username(session)) and billed_representative(session) is None


def _primary(session: Session) -> list[Representative]:
    """Return whom the number of the primary representative means: of several with one number, who bears the name."""
    primary = session.primary_representative
    if primary is None:
        return []
    found = [each for each in session.representatives if each.gsnumber == primary.gsnumber]
    people = list({each.username.casefold(): each for each in reversed(found)}.values())
    named = [each for each in people if primary.name in _names(each)]
    return named if len(people) > 1 and len(named) == 1 else people


def _names(person: Representative) -> set[str]:
    return {person.username, person.display_name, person.public_display_name, person.private_display_name}


def _whole(session: Session) -> Stay | None:
    if session.started_at is None or session.ended_at is None:
        return None
    return _stay(session.started_at, session.ended_at)


def _numbers(first: Representative, group: Iterable[Representative]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((first.gsnumber, *(person.gsnumber for person in group))))


def _together(one: Attendance, other: Attendance) -> Attendance:
    numbers = tuple(dict.fromkeys((*one.gsnumbers, *other.gsnumbers)))
    return Attendance(one.representative, _joined((*one.stays, *other.stays)), numbers)


def _by_username(session: Session) -> list[list[Representative]]:
    """Group who was not invited by username, whose case does not count; without one everybody is someone else."""
    people: dict[tuple[str, str], list[Representative]] = {}
    for person in session.representatives:
        if not person.invited:
            key = (person.username.casefold(), "" if person.username else person.gsnumber)
            people.setdefault(key, []).append(person)
    return list(people.values())


def _stays(people: Iterable[Representative], session: Session, whole: Stay) -> Iterator[Stay]:
    for person in people:
        for span in person.spans or _spans_without_events(person, session, whole):
            start = whole.start if span.joined_at is None else max(span.joined_at, whole.start)
            end = whole.end if span.left_at is None else min(span.left_at, whole.end)
            if (stay := _stay(start, end)) is not None:
                yield stay


def _spans_without_events(person: Representative, session: Session, whole: Stay) -> tuple[Span, ...]:
    """Return what is known of somebody of whom neither joining nor leaving was reported.

    BeyondTrust: `seconds_involved` tells how long they were there. Where that is missing too, the session is taken to
    be the time of its primary representative.
    """
    if person.seconds_involved is not None:
        return (Span(None, whole.start + timedelta(seconds=min(person.seconds_involved, whole.seconds))),)
    return (Span(None, None),) if person == billed_representative(session) else ()


def _joined(stays: Iterable[Stay]) -> tuple[Stay, ...]:
    """Return the stays in order, those less than a minute apart as one."""
    joined: list[Stay] = []
    for stay in sorted(stays, key=lambda stay: stay.start):
        if joined and stay.start - joined[-1].end < SHORTEST_GAP:
            last = joined.pop()
            joined.append(Stay(last.start, max(last.end, stay.end)))
        else:
            joined.append(stay)
    return tuple(joined)


def _stay(start: datetime, end: datetime) -> Stay | None:
    stay = Stay(start.replace(microsecond=0), end.replace(microsecond=0))
    return stay if stay.start < stay.end else None
