"""When each representative was in a session, as far as it is theirs to bill."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_autotask_sync.appliance.session import Actor, ActorType, Representative, Session, Span
from bt_autotask_sync.config.models import Representatives
from bt_autotask_sync.sync.plan.attendance import SHORTEST_GAP, attendances, billed_representative

START = datetime(2026, 11, 22, 8, tzinfo=UTC)
MINUTES = 60
PRIMARY, ALL = Representatives.PRIMARY, Representatives.ALL


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def person(gsnumber: int, username: str, *stays: tuple[float | None, float | None], **changes: Any) -> Representative:
    spans = [Span(*(None if minute is None else at(minute) for minute in stay)) for stay in stays]
    return Representative(str(gsnumber), str(gsnumber), username, spans=tuple(spans), **changes)


def session(*people: Representative, minutes: float = MINUTES, primary: str = "1", **changes: Any) -> Session:
    return replace(
        Session("a" * 32, START, at(minutes), has_end_event=True, last_event_at=at(minutes)),
        representatives=people,
        primary_representative=Actor(ActorType.REPRESENTATIVE, primary, "") if primary else None,
        **changes,
    )


def minutes_of(told: Session, who: Representatives = ALL) -> dict[str, list[tuple[float, float]]]:
    """Return everybody's stays in minutes since the start of the session."""
    return {
        attendance.representative.username: [
            ((stay.start - START).total_seconds() / 60, (stay.end - START).total_seconds() / 60)
            for stay in attendance.stays
        ]
        for attendance in attendances(told, who)
    }


def test_primary_is_the_whole_session_whoever_else_was_there_and_however_long() -> None:
    told = session(person(1, "anna", (5, 10)), person(2, "bob", (0, 60)))
    assert minutes_of(told, PRIMARY) == {"anna": [(0, 60)]}


def test_all_is_each_stay_of_each() -> None:
    told = session(person(1, "anna", (1, 20), (30, 59)), person(2, "bob", (10, 15)), person(3, "carl", (2, 60)))
    assert minutes_of(told) == {"anna": [(1, 20), (30, 59)], "bob": [(10, 15)], "carl": [(2, 60)]}


def test_a_session_that_was_handed_over_is_the_time_of_both() -> None:
    told = session(person(1, "anna", (0, 25)), person(2, "bob", (24, None)), primary="2")
    assert minutes_of(told) == {"anna": [(0, 25)], "bob": [(24, 60)]}
    assert minutes_of(told, PRIMARY) == {"bob": [(0, 60)]}


@pytest.mark.parametrize(("gap", "stays"), [(59, 1), (60, 2), (61, 2), (0, 1), (-300, 1)])
def test_who_is_back_in_less_than_a_minute_never_left(gap: int, stays: int) -> None:
    back = 20 + gap / 60
    (found,) = minutes_of(session(person(1, "anna", (0, 20), (back, 40)))).values()
    assert len(found) == stays
    assert (found[0][0], found[-1][1]) == (0, 40)


def test_who_never_left_was_there_until_the_end() -> None:
    assert minutes_of(session(person(1, "anna", (5, None)))) == {"anna": [(5, 60)]}


def test_who_was_never_seen_to_join_was_there_from_the_start() -> None:
    assert minutes_of(session(person(1, "anna", (None, 12), (20, 30)))) == {"anna": [(0, 12), (20, 30)]}


def test_without_any_event_the_reported_seconds_count() -> None:
    assert minutes_of(session(person(2, "bob", seconds_involved=600))) == {"bob": [(0, 10)]}
    assert minutes_of(session(person(2, "bob", seconds_involved=10**15 - 1))) == {"bob": [(0, 60)]}
    assert minutes_of(session(person(2, "bob", seconds_involved=0))) == {}


def test_where_nothing_at_all_is_known_the_session_is_its_primary_representatives_time() -> None:
    assert minutes_of(session(person(1, "anna"), person(2, "bob"))) == {"anna": [(0, 60)]}


def test_no_stay_reaches_beyond_the_session() -> None:
    told = session(person(1, "anna", (-10, 5), (50, 90)), person(2, "bob", (-30, -5)), person(3, "carl", (61, 70)))
    assert minutes_of(told) == {"anna": [(0, 5), (50, 60)]}


@pytest.mark.parametrize("stay", [(10, 10), (20, 10)])
def test_a_stay_without_any_length_is_none(stay: tuple[int, int]) -> None:
    assert minutes_of(session(person(1, "anna", stay))) == {}


def test_invited_ones_are_never_billed() -> None:
    guest = person(1, "vendor", (0, 60), invited=True, session_owner=True)
    told = session(guest, person(2, "anna", (0, 60)))
    assert minutes_of(told) == {"anna": [(0, 60)]}
    assert minutes_of(told, PRIMARY) == {}
    anna = billed_representative(replace(told, primary_representative=None))
    assert anna is not None
    assert anna.username == "anna"


@pytest.mark.parametrize("other", ["anna", "Anna", "ANNA"])
def test_one_username_under_two_gsnumbers_is_one_person(other: str) -> None:
    told = session(person(1, "anna", (0, 20), (40, 50)), person(2, other, (15, 30), (50.5, 60)))
    assert minutes_of(told) == {"anna": [(0, 30), (40, 60)]}


def test_a_stay_within_another_changes_nothing() -> None:
    assert minutes_of(session(person(1, "anna", (0, 40)), person(2, "anna", (5, 10)))) == {"anna": [(0, 40)]}


def test_two_without_a_username_are_two_persons() -> None:
    told = session(person(1, "", (0, 20)), person(2, "", (10, 30)))
    assert [len(attendance.stays) for attendance in attendances(told, ALL)] == [1, 1]


@pytest.mark.parametrize("who", [PRIMARY, ALL])
@pytest.mark.parametrize(("start", "end"), [(None, at(9)), (START, None), (START, START), (at(9), START)])
def test_without_a_measurable_session_there_is_no_time(
    who: Representatives, start: datetime | None, end: datetime | None
) -> None:
    told = replace(session(person(1, "anna", (0, 5))), started_at=start, ended_at=end)
    assert attendances(told, who) == ()


def test_fractions_of_a_second_are_left_away() -> None:
    told = replace(session(person(1, "anna", (0, 5.0071))), started_at=START.replace(microsecond=900_000))
    (attendance,) = attendances(told, ALL)
    assert {moment.microsecond for stay in attendance.stays for moment in (stay.start, stay.end)} == {0}


MINUTE = st.one_of(st.none(), st.integers(-120, 200).map(lambda half: half / 2))
PERSON = st.tuples(
    st.sampled_from(["anna", "Anna", "bob", ""]),
    st.lists(st.tuples(MINUTE, MINUTE), max_size=5),
    st.none() | st.integers(0, 10_000),
    st.booleans(),
)


@given(st.lists(PERSON, max_size=5), st.floats(0, 80), st.sampled_from(Representatives))
def test_stays_lie_in_the_session_in_order_and_apart_and_nobody_stands_there_twice(
    people: list[tuple[str, list[tuple[float | None, float | None]], int | None, bool]],
    minutes: float,
    who: Representatives,
) -> None:
    told = session(
        *(
            person(number, name, *stays, seconds_involved=seconds, invited=invited)
            for number, (name, stays, seconds, invited) in enumerate(people)
        ),
        minutes=minutes,
    )
    found = attendances(told, who)
    for attendance in found:
        assert not attendance.representative.invited
        assert attendance.stays
        for stay in attendance.stays:
            assert START <= stay.start < stay.end <= at(minutes)
        for one, other in pairwise(attendance.stays):
            assert other.start - one.end >= SHORTEST_GAP
    names = [
        attendance.representative.username.casefold() for attendance in found if attendance.representative.username
    ]
    assert len(names) == len(set(names))
