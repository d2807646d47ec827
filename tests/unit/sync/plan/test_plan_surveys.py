"""D9 and P3: surveys that are given after the session was delivered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.sandbox.appliance.record import Answer, Survey

if TYPE_CHECKING:
    from tests.unit.bench import Bench

DAY = 86_400
SURVEYS = "SupportCustExitSurvey"


def give_survey(bench: Bench, lsid: str, words: str = "Splendid!") -> None:
    """Let the customer fill in the exit survey now."""
    answer = Answer("comments", "Comments", "textarea", words)
    session = bench.told(lsid)
    bench.change(lsid, customer_survey=Survey(session.customer.gsnumber, "Carla", bench.now, (answer,)))


def survey_notes(bench: Bench, lsid: str) -> list[dict[str, Any]]:
    return [note for note in bench.notes(lsid) if "survey" in note["title"]]


def test_D9_a_survey_that_comes_later_becomes_its_own_note_once(bench: Bench) -> None:
    (lsid,) = bench.end()
    bench.run()
    bench.pass_time(DAY)
    give_survey(bench, lsid)
    bench.run()
    (note,) = survey_notes(bench, lsid)
    assert note["title"].endswith(f"[bt:{lsid[:12]}:customer-survey]")
    assert "Splendid!" in note["description"]
    assert note["ticketID"] == bench.record(lsid).ticket_id
    bench.forget_requests()
    bench.run()
    assert bench.creates() == []
    assert bench.asked("appliance")["SupportSession"] == 0
    assert (len(bench.notes(lsid)), len(bench.entries(lsid)), bench.state(lsid)) == (2, 1, "delivered")


def test_D9_the_survey_report_is_asked_once_a_run_and_over_the_look_back_only(bench: Bench) -> None:
    lsids = bench.end(3)
    bench.run()
    bench.pass_time(8 * DAY)
    for lsid in lsids:
        give_survey(bench, lsid)
    bench.forget_requests()
    bench.run()
    assert bench.asked("appliance")[SURVEYS] == 1
    assert survey_notes(bench, lsids[0]) == []


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "outage"},
        {"kind": "status", "status": 403, "times": None},
        {"kind": "status", "status": 200, "body": "html", "times": None},
        {"kind": "garbled", "times": None},
        {"kind": "cut_body", "times": None},
    ],
    ids=lambda fault: "-".join(str(fault[name]) for name in ("kind", "status") if name in fault),
)
def test_D9_a_failed_survey_report_never_fails_the_run(bench: Bench, fault: dict[str, Any]) -> None:
    (first,) = bench.end()
    bench.run()
    give_survey(bench, first)
    (second,) = bench.end()
    bench.fault(endpoint=SURVEYS, **fault)
    bench.run()
    assert bench.state(second) == "delivered"
    assert survey_notes(bench, first) == []
    bench.sandbox.faults.clear()
    bench.run()
    assert len(survey_notes(bench, first)) == 1


def test_D9_surveys_are_not_asked_for_unless_they_are_polled_for(bench: Bench) -> None:
    bench.configure(poll_events=["session-end"])
    (lsid,) = bench.end()
    bench.run()
    give_survey(bench, lsid)
    bench.run()
    assert bench.asked("appliance")[SURVEYS] == 0
    assert survey_notes(bench, lsid) == []


def test_D9_a_survey_given_before_the_delivery_comes_with_it(bench: Bench) -> None:
    (lsid,) = bench.end()
    give_survey(bench, lsid)
    bench.run()
    assert len(survey_notes(bench, lsid)) == 1
    assert bench.asked("appliance")["SupportSession"] == 1


def test_D9_a_survey_whose_ticket_is_gone_waits_for_it(bench: Bench) -> None:
    (lsid,) = bench.end()
    bench.run()
    ticket = dict(bench.sandbox.autotask.store.get("Tickets", bench.record(lsid).ticket_id) or {})
    bench.sandbox.autotask.store.delete("Tickets", ticket["id"])
    give_survey(bench, lsid)
    bench.run()
    assert bench.state(lsid) == "held"
    bench.sandbox.autotask.store.insert("Tickets", {**ticket, "ticketNumber": None})
    bench.sandbox.autotask.store.update("Tickets", ticket["id"], {"ticketNumber": ticket["ticketNumber"]})
    bench.run()
    assert (bench.state(lsid), len(survey_notes(bench, lsid)), len(bench.notes(lsid))) == ("delivered", 1, 2)


def test_D9_the_survey_of_a_session_that_is_not_delivered_yet_comes_with_it_later(bench: Bench) -> None:
    lsid = bench.session("T20990101.0001")
    bench.run()
    give_survey(bench, lsid)
    bench.run()
    assert bench.state(lsid) == "held"
    bench.ticket(ticketNumber="T20990101.0001")
    bench.run()
    assert (bench.state(lsid), len(bench.notes(lsid))) == ("delivered", 2)


@pytest.mark.parametrize("state", ["no_ticket", "skipped"])
def test_D9_a_survey_wakes_no_session_that_was_not_delivered(bench: Bench, state: str) -> None:
    lsid = bench.session("" if state == "no_ticket" else "T20990101.0001")
    bench.run()
    if state == "skipped":
        bench.held.skip([lsid], by="ida", at=1, reason="not ours")
    give_survey(bench, lsid)
    bench.run()
    assert (bench.state(lsid), bench.notes(lsid)) == (state, [])


def test_P3_the_note_of_the_representatives_is_created_with_the_session(bench: Bench) -> None:
    bench.configure(autotask={"publish_notes_as_public": True})
    (lsid,) = bench.end()
    answers = tuple(Answer("comments", "Comments", "textarea", words) for words in ("one", "two"))
    people = [Survey(person.gsnumber, "Anna", bench.now, answers) for person in bench.told(lsid).representatives]
    bench.change(lsid, representative_surveys=tuple(replace(one, submitted_at=bench.now) for one in people))
    bench.run()
    (note,) = survey_notes(bench, lsid)
    assert note["title"].endswith(f"[bt:{lsid[:12]}:representative-survey]")
    assert note["publish"] == 2
