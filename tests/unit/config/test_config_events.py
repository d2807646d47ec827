"""Which events are worked on: the plugin's choice by default, and no choice with which nothing would be delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.config.load import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bt_autotask_sync.config.models import Profile
    from bt_autotask_sync.config.problems import Problem

    Make = Callable[..., Profile]
    Refused = Callable[..., tuple[Problem, ...]]
    Write = Callable[[str | bytes], Path]

FOUR = {"session-end", "customer-survey", "representative-survey", "member-added"}


def test_the_events_of_the_plugin_are_worked_on_and_all_are_tried_again(profile: Make) -> None:
    read = profile()

    assert read.outbound_events == FOUR - {"member-added"}
    assert read.retry_outbound_events == FOUR


@pytest.mark.parametrize("key", ["outbound_events", "retry_outbound_events"])
def test_events_are_chosen_by_name(profile: Make, key: str) -> None:
    assert getattr(profile(**{key: ["member-added", "session-end"]}), key) == {"member-added", "session-end"}


@pytest.mark.parametrize("key", ["outbound_events", "retry_outbound_events"])
@pytest.mark.parametrize(
    ("value", "place", "message"),
    [
        (["session-end", "member-left"], "[1]", "must be 'session-end', 'customer-survey', 'representative-survey' "),
        ([7], "[0]", "must be 'session-end', "),
        ("session-end", "", "must be a list, not text"),
    ],
)
def test_an_unknown_event_is_refused_at_its_place(
    refused: Refused, key: str, value: object, place: str, message: str
) -> None:
    (problem,) = refused(**{key: value})

    assert problem.path == f"profile.default.{key}{place}"
    assert problem.message.startswith(message)


def test_ends_that_are_neither_polled_for_nor_told_are_an_error(refused: Refused) -> None:
    (problem,) = refused(poll_events=["customer-survey"], outbound_events=["customer-survey"])

    assert str(problem) == (
        'profile.default.outbound_events: has no "session-end", nor has poll_events: nothing would go out. '
        "Add it to poll_events, or here."
    )


@pytest.mark.parametrize("value", [[], ["member-added"]])
def test_ends_need_no_event_where_they_are_polled_for(profile: Make, value: list[str]) -> None:
    assert profile(outbound_events=value).outbound_events == set(value)


@pytest.mark.parametrize(
    ("poll_events", "warned"), [("[]", True), ('["customer-survey"]', True), ('["session-end"]', False)]
)
def test_ends_that_only_events_tell_are_warned_of(
    write: Write, minimal: str, environ: dict[str, str], poll_events: str, warned: bool
) -> None:
    warnings = load(write(f"[profile.default]\npoll_events = {poll_events}\n{minimal}"), environ).warnings

    assert [(warning.path, warning.advice) for warning in warnings] == warned * [
        ("profile.default.poll_events", "Poll for it too; nothing is delivered twice.")
    ]


@pytest.mark.parametrize(("second", "warned"), [("create_at_session_end = true", 2), ("", 0)])
def test_two_profiles_that_make_tickets_for_one_appliance_are_warned_of(
    write: Write, minimal: str, environ: dict[str, str], second: str, warned: int
) -> None:
    tickets = "[profile.default.tickets]\n"
    other = f"{minimal}{tickets}{second}".replace("profile.default", "profile.other").replace("@", "@other.")
    warnings = load(write(f"{minimal}{tickets}create_at_session_end = true\n{other}\n"), environ).warnings

    assert [warning.path for warning in warnings] == ["profile.default.tickets", "profile.other.tickets"][:warned]


@pytest.mark.parametrize("name", ["default", "Default", "berlin-2", "a.b_c", "7", "x" * 64])
def test_an_appliance_id_is_what_can_end_an_address(profile: Make, name: str) -> None:
    assert profile(appliance={"id": name}).appliance.id == name


@pytest.mark.parametrize("name", ["", " ", "a b", "a/b", "a\n", "ü", ".", "..", "a?b", "%41", "x" * 65])
def test_anything_else_is_no_appliance_id(refused: Refused, name: str) -> None:
    (problem,) = refused(appliance={"id": name})

    assert (problem.path, problem.message) == ("profile.default.appliance.id", "is not an appliance id")
