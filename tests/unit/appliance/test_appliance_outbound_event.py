"""Events as an appliance posts them: the seven of the reference, and what is not quite like them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_autotask_sync.appliance.outbound_event import (
    LARGEST_VALUE,
    MOST_VARIABLES,
    EventName,
    UnreadableEventError,
    read_event,
)
from tests.unit.events.receiving import LSID, event, variables

KEY = {"external_key": "T20241203.0042"}
OWNER = {"conference_id": "rep:12", "conference_name": "John Smith"}
CUSTOMER = {"type": "customer", "name": "Max Müller"}
REPRESENTATIVE = {"type": "representative", "name": "John Smith", "user_id": "12", "username": "jsmith"}
REFERENCE = {
    "support_conference_begin": KEY,
    "support_conference_end": KEY,
    "support_conference_owner_changed": {**KEY, **OWNER},
    "support_conference_member_added": {**KEY, **REPRESENTATIVE},
    "support_conference_member_departed": {**KEY, **CUSTOMER},
    "support_conference_customer_exit_survey_completed": KEY,
    "support_conference_rep_exit_survey_completed": KEY,
}


def test_the_events_are_those_of_the_reference() -> None:
    assert set(EventName) == set(REFERENCE)


@pytest.mark.parametrize("name", REFERENCE)
def test_each_event_of_the_reference_is_read_with_all_its_variables(name: str) -> None:
    posted = variables(name, **REFERENCE[name])
    read = read_event(posted.items())
    assert (read.name, read.version, read.timestamp, read.lsid) == (name, "1.3.0", 1733240467, LSID)
    assert read.variables == posted


@pytest.mark.parametrize(
    ("more", "member_type"),
    [(CUSTOMER, "customer"), (REPRESENTATIVE, "representative"), ({"type": " Customer "}, "customer"), ({}, "")],
)
def test_who_joined_is_told(more: dict[str, str], member_type: str) -> None:
    assert event(EventName.MEMBER_ADDED, **more).member_type == member_type


def test_a_type_of_member_that_nobody_knows_is_none() -> None:
    assert event(EventName.MEMBER_ADDED, type="observer").member_type == ""


def test_an_event_of_a_later_appliance_is_kept_as_it_is() -> None:
    read = event("support_conference_paused", version="99.0-beta", session_colour="blue")
    assert (read.name, read.version) == ("support_conference_paused", "99.0-beta")
    assert read.variables["session_colour"] == "blue"


def test_a_session_is_the_same_in_capitals() -> None:
    assert event(lsid=f" {LSID.upper()} ").lsid == LSID


@pytest.mark.parametrize("told", ["", "yesterday", "-5", "1733240467.5", "123456789012", "٣"])
def test_a_time_that_is_none_does_not_cost_the_event(told: str) -> None:
    assert event(timestamp=told).timestamp is None


def test_a_version_and_a_time_need_not_be_told() -> None:
    read = read_event([("event", EventName.END), ("lsid", LSID)])
    assert (read.version, read.timestamp) == ("", None)


@pytest.mark.parametrize("name", ["outbound_event_token", "Outbound_Event_Token", "ApplianceID", "applianceid"])
def test_what_addresses_the_receiver_is_no_part_of_the_event(name: str) -> None:
    assert event(**{name: "secret"}) == event()


def test_of_a_repeated_name_the_first_counts() -> None:
    read = read_event([("event", "first"), ("event", "second"), ("lsid", LSID), ("lsid", "")])
    assert (read.name, read.lsid) == ("first", LSID)


def test_what_no_appliance_sends_is_cut_and_the_event_kept() -> None:
    many = {f"custom_{number}": "x" * (LARGEST_VALUE + 1) for number in range(2 * MOST_VARIABLES)}
    read = event(**many, **{"n" * 101: "x"})
    assert len(read.variables) == MOST_VARIABLES
    assert max(map(len, read.variables)) <= 100
    assert max(map(len, read.variables.values())) == LARGEST_VALUE


@pytest.mark.parametrize(
    ("posted", "reason"),
    [
        ({}, "it has no variable `event`"),
        ({"event": " ", "lsid": LSID}, "it has no variable `event`"),
        ({"event": "e" * 101, "lsid": LSID}, "its variable `event` is no name of an event"),
        ({"event": "end\nERROR: all is lost", "lsid": LSID}, "its variable `event` is no name of an event"),
        ({"event": EventName.END}, "it has no variable `lsid`"),
        ({"event": EventName.END, "lsid": LSID[1:]}, "its variable `lsid` is not 32 hexadecimal digits"),
        ({"event": EventName.END, "lsid": f"{LSID}0"}, "its variable `lsid` is not 32 hexadecimal digits"),
        ({"event": EventName.END, "lsid": "g" * 32}, "its variable `lsid` is not 32 hexadecimal digits"),
        (
            {"event": EventName.END, "lsid": "'; DROP TABLE event --"},
            "its variable `lsid` is not 32 hexadecimal digits",
        ),
    ],
)
def test_what_names_no_event_or_no_session_is_unreadable(posted: dict[str, str], reason: str) -> None:
    with pytest.raises(UnreadableEventError, match=f"^{reason}$"):
        read_event(posted.items())


@given(st.lists(st.tuples(st.sampled_from(["event", "lsid", "timestamp", "type", "x"]) | st.text(), st.text())))
def test_whatever_comes_is_an_event_or_unreadable(pairs: list[tuple[str, str]]) -> None:
    try:
        read = read_event(pairs)
    except UnreadableEventError:
        return
    assert read.name
    assert len(read.lsid) == 32
