"""Which sessions get a ticket of their own, and from what: default data, and before them the external key's JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_autotask_sync.appliance.session import Representative, Session
from bt_autotask_sync.config.tickets import Tickets
from bt_autotask_sync.state.states import Problem
from bt_autotask_sync.sync.tickets.looked_up import LookedUp
from bt_autotask_sync.sync.tickets.request import TicketRequest, ticket_request
from bt_autotask_sync.sync.tickets.ticket_artifact import plan_ticket

LSID = "0123456789abcdef0123456789abcdef"
START = datetime(2026, 11, 22, 9, tzinfo=UTC)
JOINED = (Representative("2", "7", "maria.rossi"),)
RUNNING = Session(
    lsid=LSID, started_at=START, ended_at=None, has_end_event=False, last_event_at=START, representatives=JOINED
)
ENDED = replace(RUNNING, ended_at=START + timedelta(minutes=20), has_end_event=True)
KEY = '{"title": "Printer"}'
AT_START: dict[str, Any] = {"create_on_session_start": True}
AT_BOTH_WITHOUT_KEY = {**AT_START, "create_without_external_key": True}
AT_START_ONLY = {**AT_START, "create_at_session_end": False}
AT_END_ONLY = {"create_at_session_end": True}


def wished(session: Session, *, joined: bool = True, **settings: Any) -> TicketRequest | Problem | None:
    return ticket_request(session, Tickets.model_validate(settings), joined=joined)


def keyed(key: str, session: Session = RUNNING) -> Session:
    return replace(session, external_key=key)


def fields(session: Session, **settings: Any) -> dict[str, Any]:
    found = wished(session, **{**AT_START, **settings})
    assert isinstance(found, TicketRequest)
    return dict(found.data.fields)


def test_E4_that_somebody_joined_counts_only_where_the_report_names_a_representative() -> None:
    alone = replace(keyed(KEY), representatives=())
    assert wished(alone, **AT_START) is None
    assert wished(replace(alone, ended_at=ENDED.ended_at), **AT_START_ONLY) is None
    assert isinstance(wished(keyed(KEY), **AT_START), TicketRequest)


@pytest.mark.parametrize(
    ("settings", "session", "joined", "gets_one"),
    [
        ({}, RUNNING, True, False),
        ({}, ENDED, True, False),
        (AT_START, RUNNING, True, True),
        (AT_START, RUNNING, False, False),
        (AT_START, ENDED, False, True),
        (AT_START_ONLY, RUNNING, True, True),
        (AT_START_ONLY, ENDED, True, True),
        (AT_START_ONLY, ENDED, False, False),
        (AT_END_ONLY, RUNNING, True, False),
        (AT_END_ONLY, ENDED, False, True),
    ],
    ids=[
        "nothing is made",
        "nothing is made, ended",
        "joined",
        "nobody joined",
        "ended, as at the start",
        "joined, not at the end",
        "joined and ended meanwhile",
        "only polled, not at the end",
        "only at the end, still running",
        "only at the end",
    ],
)
def test_a_ticket_is_made_when_somebody_joins_or_at_the_end_as_it_is_set(
    settings: dict[str, Any], session: Session, joined: bool, gets_one: bool
) -> None:
    assert isinstance(wished(keyed(KEY, session), joined=joined, **settings), TicketRequest) is gets_one


@pytest.mark.parametrize("jump", [{"jump_group": "Servers"}, {"jumpoint": "Augsburg"}])
def test_a_session_by_a_jump_group_or_a_jumpoint_is_unattended_and_any_other_attended(jump: dict[str, Any]) -> None:
    attended, unattended = keyed(KEY), replace(keyed(KEY), **jump)
    for chosen, expected in ((["attended"], (True, False)), (["unattended"], (False, True)), (None, (True, True))):
        settings = {**AT_START, **({"session_types": chosen} if chosen else {})}
        found = [isinstance(wished(session, **settings), TicketRequest) for session in (attended, unattended)]
        assert tuple(found) == expected


@pytest.mark.parametrize("key", ["", " \n", "\u200b", "\x00"])
def test_without_an_external_key_one_is_made_only_where_that_is_allowed(key: str) -> None:
    assert wished(keyed(key), **AT_START) is None
    assert isinstance(wished(keyed(key), **AT_BOTH_WITHOUT_KEY), TicketRequest)


@pytest.mark.parametrize(
    "key", ["walk-in", "call Jane back", '["title"]', '"title"', "null", "T2026", "title: Printer", "20261122 0010"]
)
def test_M2_a_key_that_names_no_ticket_and_is_no_json_is_as_good_as_none(key: str) -> None:
    defaults = {"title": "From the defaults"}
    assert fields(keyed(key), create_without_external_key=True, default_data=defaults) == defaults
    assert wished(keyed(key), **AT_START) is None


@pytest.mark.parametrize("around", ["\ufeff", "\u200b \x00", "\u2060\n"])
def test_M1_what_cannot_be_seen_at_the_ends_of_json_keeps_no_ticket_from_being_made(around: str) -> None:
    assert fields(keyed(f"{around}{KEY}{around}")) == {"title": "Printer"}


def test_the_text_within_the_json_is_taken_as_it_was_typed() -> None:
    family = "\U0001f468\u200d\U0001f469"
    assert fields(keyed(json.dumps({"title": family}, ensure_ascii=False))) == {"title": family}


def test_the_json_of_the_key_goes_before_the_default_data_field_by_field() -> None:
    defaults = {"title": "From the defaults", "priority": 3, "source": 4}
    key = json.dumps({"Title": "From the key", "priority": "1", "source": None, "contactID": 7})
    assert fields(keyed(f" {key}\n"), default_data=defaults) == {
        "title": "From the key",
        "priority": 1,
        "source": 4,
        "contactID": 7,
    }


def test_the_default_contact_of_the_key_goes_before_that_of_the_defaults() -> None:
    found = wished(keyed('{"defaultContactID": 9}'), **AT_START, default_data={"defaultContactID": 8})
    assert isinstance(found, TicketRequest)
    assert found.data.default_contact_id == 9
    found = wished(keyed("{}"), **AT_START, default_data={"defaultContactID": 8})
    assert isinstance(found, TicketRequest)
    assert found.data.default_contact_id == 8


def test_P1_what_the_program_sets_itself_is_left_out_of_the_keys_json_and_named() -> None:
    key = {"externalID": "mine", "id": 5.5, "ticketNumber": "none", "shoeSize": 44, "title": "Printer"}
    found = wished(keyed(json.dumps(key)), **AT_START)
    assert isinstance(found, TicketRequest)
    assert found.data.fields == {"title": "Printer"}
    named = "; ".join(found.ignored)
    assert all(name in named for name in ("externalID", "id", "ticketNumber", "shoeSize"))
    assert "mine" not in named
    assert "44" not in named


@pytest.mark.parametrize("key", ["{", '{"title": }', "{title}", "{" * 2000, '{"priority": 1' + "0" * 5000 + "}"])
def test_a_key_that_begins_like_json_and_is_none_is_told(key: str) -> None:
    problem = wished(keyed(key), **AT_START)
    assert isinstance(problem, Problem)
    assert "JSON" in problem.error
    assert "external key" in problem.advice


def test_a_value_that_cannot_be_used_is_told_by_its_name_and_never_shown() -> None:
    problem = wished(keyed('{"companyID": "s3cret-word", "estimatedHours": "many"}'), **AT_START)
    assert isinstance(problem, Problem)
    assert "companyID" in problem.error
    assert "estimatedHours" in problem.error
    assert "s3cret-word" not in problem.error + problem.advice


def test_a_long_title_or_description_in_the_key_is_cut_and_not_refused() -> None:
    found = wished(keyed(json.dumps({"title": "long " * 100, "description": "x" * 900, "companyID": 1})), **AT_START)
    assert isinstance(found, TicketRequest)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
)
NAMES = st.sampled_from(
    [
        "title",
        "description",
        "companyID",
        "contactID",
        "dueDateTime",
        "priority",
        "userDefinedFields",
        "billingCodeID",
        "estimatedHours",
        "defaultContactID",
        "AccountID",
        "isVisibleToComanaged",
        "queueID",
    ]
)


@given(st.dictionaries(NAMES | st.text(max_size=10), VALUES, max_size=6), st.booleans())
def test_no_json_in_a_key_is_a_surprise_and_what_is_planned_from_it_can_be_sent(
    table: dict[str, Any], ended: bool
) -> None:
    found = wished(keyed(json.dumps(table), ENDED if ended else RUNNING), **AT_START, default_data={"companyID": 1})
    assert isinstance(found, TicketRequest | Problem)
    if isinstance(found, TicketRequest):
        planned = plan_ticket(found, LookedUp())
        if not isinstance(planned, Problem):
            body = json.loads(json.dumps(planned.body, allow_nan=False).encode())
            assert body["externalID"] == f"bt:{LSID}"
            assert body["title"].strip()
