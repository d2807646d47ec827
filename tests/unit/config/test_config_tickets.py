"""When tickets are made: not at all by default, and no setting that could never make one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.config.models import SessionType

if TYPE_CHECKING:
    from collections.abc import Callable

    from bt_autotask_sync.config.models import Profile
    from bt_autotask_sync.config.problems import Problem

    Make = Callable[..., Profile]
    Refused = Callable[..., tuple[Problem, ...]]

AT_START: dict[str, Any] = {"outbound_events": ["session-end", "member-added"]}


def test_by_default_no_tickets_are_made(profile: Make) -> None:
    read = profile().tickets

    assert (read.enabled, read.at_session_end) == (False, False)
    assert read.session_types == {SessionType.ATTENDED, SessionType.UNATTENDED}


@pytest.mark.parametrize(
    ("at_start", "at_end", "made_at_end"),
    [(True, None, True), (True, False, False), (False, True, True), (True, True, True)],
)
def test_the_end_of_a_session_follows_its_start_unless_it_is_set(
    profile: Make, at_start: bool, at_end: bool | None, made_at_end: bool
) -> None:
    given = {"create_on_session_start": at_start} | ({} if at_end is None else {"create_at_session_end": at_end})

    read = profile(**AT_START, tickets=given).tickets

    assert (read.enabled, read.at_session_end) == (True, made_at_end)


@pytest.mark.parametrize("events", [None, ["session-end"]])
def test_tickets_at_the_start_need_the_event_that_tells_of_it(refused: Refused, events: list[str] | None) -> None:
    chosen = {} if events is None else {"outbound_events": events}

    (problem,) = refused(**chosen, tickets={"create_on_session_start": True})

    assert str(problem) == (
        'profile.default.tickets.create_on_session_start: needs "member-added" in outbound_events. '
        'Add it there, and tick "Someone Joins a Support Session" for the recipient in /login.'
    )


def test_tickets_at_the_end_need_no_event(profile: Make) -> None:
    assert profile(outbound_events=[], tickets={"create_at_session_end": True}).tickets.enabled


@pytest.mark.parametrize("creation", [{}, {"create_at_session_end": False}])
def test_tickets_without_external_key_where_none_are_made_are_an_error(
    refused: Refused, creation: dict[str, bool]
) -> None:
    (problem,) = refused(tickets={"create_without_external_key": True, **creation})

    assert problem.path == "profile.default.tickets.create_without_external_key"
    assert problem.message == "is useless while no tickets are made"


@pytest.mark.parametrize("key", ["create_on_session_start", "create_at_session_end"])
def test_tickets_without_external_key_may_come_with_either(profile: Make, key: str) -> None:
    assert profile(**AT_START, tickets={"create_without_external_key": True, key: True}).tickets.enabled


@pytest.mark.parametrize("key", ["create_on_session_start", "create_at_session_end"])
def test_tickets_for_no_sessions_are_an_error(refused: Refused, key: str) -> None:
    (problem,) = refused(**AT_START, tickets={key: True, "session_types": []})

    assert problem.path == "profile.default.tickets.session_types"
    assert problem.message == "must not be empty while tickets are made"


@pytest.mark.parametrize("names", [["attended"], ["unattended"], ["attended", "unattended"], []])
def test_session_types_are_chosen_by_name(profile: Make, names: list[str]) -> None:
    assert profile(tickets={"session_types": names}).tickets.session_types == set(names)


@pytest.mark.parametrize(
    ("key", "value", "place", "message"),
    [
        ("create_on_session_start", "yes", "", "must be true or false, not text"),
        ("create_at_session_end", 1, "", "must be true or false, not a whole number"),
        ("session_types", ["attended", "jump"], "[1]", "must be 'attended' or 'unattended'"),
        ("session_types", "attended", "", "must be a list, not text"),
        ("default_data", 7, "", "must be a table or JSON text that holds one, not a whole number"),
    ],
)
def test_a_wrong_setting_of_tickets_is_refused_at_its_place(
    refused: Refused, key: str, value: object, place: str, message: str
) -> None:
    (problem,) = refused(tickets={key: value})

    assert (problem.path, problem.message) == (f"profile.default.tickets.{key}{place}", message)


def test_several_mistakes_with_tickets_are_named_at_once(refused: Refused) -> None:
    found = refused(
        outbound_events=["joined"],
        tickets={"create_on_session_start": 1, "session_types": [2], "default_data": {"status": True, "x": 1}},
    )

    assert [problem.path.removeprefix("profile.default.") for problem in found] == [
        "outbound_events[0]",
        "tickets.create_on_session_start",
        "tickets.session_types[0]",
        "tickets.default_data.status",
        "tickets.default_data.x",
    ]
