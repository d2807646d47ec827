"""E2: which events need a run, and how soon."""

from __future__ import annotations

from typing import Any

import pytest

from bt_autotask_sync.appliance.outbound_event import Event, EventName
from bt_autotask_sync.config.load import check
from bt_autotask_sync.config.models import OutboundEvent, Profile
from bt_autotask_sync.config.secrets import Surroundings
from bt_autotask_sync.events.delays import MARGIN, delays

SYSTEMS = {
    "appliance": {"host": "support.example.com", "client_id": "client", "client_secret": "secret"},
    "autotask": {"username": "api@example.com", "secret": "secret", "integration_code": "code"},
}


def profile(*events: OutboundEvent, **settings: Any) -> Profile:
    table = {"outbound_events": [str(event) for event in events], **settings, **SYSTEMS}
    return check({"profile": {"default": table}}, Surroundings(), "test").profiles["default"]


def event(name: str, **variables: str) -> Event:
    return Event(name, "1.0", 1, "0" * 32, variables)


EVERYTHING = profile(*OutboundEvent)


def test_E2_a_representative_who_joins_needs_a_run_at_once() -> None:
    assert delays(event(EventName.MEMBER_ADDED, type="representative"), [EVERYTHING]) == {0}


@pytest.mark.parametrize(
    "name", [EventName.END, EventName.CUSTOMER_SURVEY_COMPLETED, EventName.REPRESENTATIVE_SURVEY_COMPLETED]
)
def test_E2_what_ended_needs_a_run_when_its_report_is_complete(name: str) -> None:
    slow = profile(*OutboundEvent, report_delay_seconds=300)
    assert delays(event(name), [EVERYTHING, slow]) == {60 + MARGIN, 300 + MARGIN}


@pytest.mark.parametrize("name", [*EventName, "support_conference_invented"])
def test_E2_an_event_that_no_profile_wants_waits_for_the_next_run(name: str) -> None:
    assert delays(event(name, type="representative"), [profile()]) == set()
    assert delays(event(name, type="representative"), [profile(*OutboundEvent, enabled=False)]) == set()
    assert delays(event(name, type="representative"), []) == set()


@pytest.mark.parametrize(
    "told",
    [
        event(EventName.MEMBER_ADDED, type="customer"),
        event(EventName.MEMBER_ADDED),
        event(EventName.MEMBER_DEPARTED, type="representative"),
        event(EventName.BEGIN),
        event(EventName.OWNER_CHANGED),
        event("support_conference_invented"),
    ],
)
def test_E2_other_events_wait_for_the_next_run(told: Event) -> None:
    assert delays(told, [EVERYTHING]) == set()
