"""Surveys that events announce, before or after their session's delivery, also when the reports lag behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.appliance.outbound_event import EventName
from tests.unit.sync.discover.test_discover_late_surveys import customer_survey, representative_survey, suffixes, text
from tests.unit.ticket_bench import TicketBench, ticket_bench

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.bench import Bench

COMES_WITHIN = 120
"""Seconds after which a session is looked at once more for a survey that an event announced."""
LISTED = "SupportCustExitSurvey"


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> TicketBench:
    """A bench that learns of sessions and surveys by events alone."""
    bench = ticket_bench(make_bench)
    bench.configure(poll_events=[])
    return bench


def customer(bench: TicketBench, lsid: str) -> None:
    """Let the customer give a survey."""
    bench.change(lsid, customer_survey=customer_survey(bench))


def representative(bench: TicketBench, lsid: str) -> None:
    """Let the representative give a survey."""
    bench.change(lsid, representative_surveys=(representative_survey(bench, lsid, "solved"),))


BOTH = pytest.mark.parametrize(
    ("give", "event", "suffix"),
    [
        (customer, EventName.CUSTOMER_SURVEY_COMPLETED, ":customer-survey"),
        (representative, EventName.REPRESENTATIVE_SURVEY_COMPLETED, ":representative-survey"),
    ],
    ids=["customer", "representative"],
)


def delivered(bench: TicketBench) -> str:
    lsid = bench.session()
    bench.ended(lsid)
    bench.run()
    assert suffixes(bench, lsid) == [""]
    return lsid


@BOTH
def test_a_survey_after_the_delivery_is_posted_once_on_the_same_ticket(
    bench: TicketBench, give: Callable[[TicketBench, str], None], event: EventName, suffix: str
) -> None:
    lsid = delivered(bench)
    bench.pass_time(3600)
    give(bench, lsid)
    bench.event(event, lsid)
    assert dict(bench.run().created) == {"note": 1}
    bench.event(event, lsid, repeat="1")
    bench.pass_time(COMES_WITHIN)
    assert not bench.run().created
    assert suffixes(bench, lsid) == ["", suffix]
    assert len({note["ticketID"] for note in bench.notes(lsid)}) == 1


@BOTH
def test_a_survey_that_lags_behind_its_event_is_looked_for_once_more(
    bench: TicketBench, give: Callable[[TicketBench, str], None], event: EventName, suffix: str
) -> None:
    lsid = delivered(bench)
    bench.event(event, lsid)
    summary = bench.run()
    assert suffixes(bench, lsid) == [""]
    assert summary.next_due == bench.now + COMES_WITHIN
    bench.pass_time(30)
    give(bench, lsid)
    bench.pass_time(COMES_WITHIN - 30)
    summary = bench.run()
    assert suffixes(bench, lsid) == ["", suffix]
    assert summary.next_due is None
    bench.forget_requests()
    bench.pass_time(3600)
    bench.run()
    assert bench.asked("appliance") == {"token": 1}
    assert bench.asked("autotask") == {}


@BOTH
@pytest.mark.parametrize("lags", [True, False])
def test_a_survey_before_the_delivery_is_posted_with_it_or_looked_for_once_more(
    bench: TicketBench, give: Callable[[TicketBench, str], None], event: EventName, suffix: str, lags: bool
) -> None:
    lsid = bench.session(ended_ago=20)
    if not lags:
        give(bench, lsid)
    bench.ended(lsid)
    bench.event(event, lsid)
    bench.run()
    bench.pass_time(60)
    summary = bench.run()
    assert suffixes(bench, lsid) == ([""] if lags else ["", suffix])
    give(bench, lsid)
    assert summary.next_due is not None
    bench.pass_time(summary.next_due - bench.now)
    summary = bench.run()
    assert suffixes(bench, lsid) == ["", suffix]
    assert summary.next_due is None


def test_a_survey_is_a_sign_of_the_end_too(bench: TicketBench) -> None:
    lsid = bench.session()
    customer(bench, lsid)
    bench.event(EventName.CUSTOMER_SURVEY_COMPLETED, lsid)
    bench.run()
    assert suffixes(bench, lsid) == ["", ":customer-survey"]


def test_a_customers_survey_that_only_the_survey_report_knows_is_found(
    bench: TicketBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    lsid = delivered(bench)
    customer(bench, lsid)
    monkeypatch.setattr("bt_autotask_sync.sandbox.appliance.session_report._surveys", lambda _: ())
    bench.event(EventName.CUSTOMER_SURVEY_COMPLETED, lsid)
    bench.run()
    assert "Quick and friendly" in text(bench, lsid, ":customer-survey")


def test_customers_surveys_are_told_only_where_polls_or_events_of_them_are_chosen(bench: TicketBench) -> None:
    bench.configure(outbound_events=["session-end", "member-added"])
    lsid = bench.session()
    customer(bench, lsid)
    bench.ended(lsid)
    bench.run()
    assert suffixes(bench, lsid) == [""]
    bench.configure(outbound_events=["session-end", "member-added", "customer-survey"])
    other = bench.session()
    customer(bench, other)
    bench.ended(other)
    bench.run()
    assert suffixes(bench, other) == ["", ":customer-survey"]


@pytest.mark.parametrize("key", ["", "T20260101.0001"])
def test_a_survey_of_a_session_that_cannot_be_delivered_is_told_with_it_later_and_not_asked_for_in_every_run_for_ever(
    bench: TicketBench, key: str
) -> None:
    lsid = bench.session(key)
    bench.ended(lsid)
    bench.event(EventName.CUSTOMER_SURVEY_COMPLETED, lsid)
    customer(bench, lsid)
    bench.run()
    assert bench.state(lsid) == ("held" if key else "no_ticket")
    bench.pass_time(bench.profile.lookback_hours * 3600 + COMES_WITHIN + 1)
    bench.forget_requests()
    bench.run()
    assert bench.asked("appliance")[LISTED] == 0
    bench.resync(lsid, ticket=bench.ticket()["ticketNumber"])
    assert suffixes(bench, lsid) == ["", ":customer-survey"]


def test_C8_a_survey_that_is_not_retried_is_parked_by_its_first_refusal_and_the_rest_stays_delivered(
    bench: TicketBench,
) -> None:
    bench.configure(retry_outbound_events=["session-end"], retry_poll_events=[])
    lsid = delivered(bench)
    customer(bench, lsid)
    bench.event(EventName.CUSTOMER_SURVEY_COMPLETED, lsid)
    bench.fault("status", endpoint="/Tickets/*/Notes", status=500, body="errors", text="No.")
    bench.run()
    assert bench.state(lsid) == "parked"
    states = {marker: record.state for marker, record in bench.artifacts.of([lsid])[lsid].items()}
    assert sorted(states.values()) == ["created", "created", "parked"]
    bench.held.retry([lsid])
    bench.run()
    assert suffixes(bench, lsid) == ["", ":customer-survey"]
