"""The levers of sessions and of outbound events under `/sandbox/`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bt_autotask_sync.sandbox.application import Sandbox
    from tests.unit.sandbox.conftest import AutotaskUser

URL = "http://127.0.0.1:8180/ERSPost"
NOBODY = "0" * 32


def pull(autotask: AutotaskUser, method: str, name: str, body: Any = None) -> Any:
    response = autotask.call(method, f"http://sandbox/sandbox/{name}", body)
    assert response.status_code == 200, response.text
    return response.json()


def state_of(sandbox: Sandbox, lsid: str) -> dict[str, Any]:
    return next(each for each in sandbox.appliance.state()["sessions"] if each["lsid"] == lsid)


def test_a_session_is_led_from_its_beginning_to_its_surveys(autotask: AutotaskUser, sandbox: Sandbox) -> None:
    order = {"in_progress": True, "started_seconds_ago": 0, "waiting": True, "external_key": ""}
    (lsid,) = pull(autotask, "POST", "sessions", order)["lsids"]
    assert state_of(sandbox, lsid)["representatives"] == []
    pull(autotask, "POST", "join", {"lsid": lsid, "username": "anna.schmidt"})
    pull(autotask, "POST", "join", {"lsid": lsid})
    pull(autotask, "POST", "key", {"lsid": lsid, "external_key": "T20261122.0001"})
    pull(autotask, "POST", "clock", {"advance_seconds": 600})
    assert pull(autotask, "POST", "end", {"lsid": lsid})["now"] == sandbox.clock.now()
    pull(autotask, "POST", "survey", {"lsid": lsid, "rating": "1", "comments": "slow"})
    pull(autotask, "POST", "survey", {"lsid": lsid, "by": "representative"})
    told = state_of(sandbox, lsid)
    assert (told["primary_representative"], len(told["representatives"])) == ("anna.schmidt", 2)
    assert (told["external_key"], told["ended_at"] - told["started_at"]) == ("T20261122.0001", 600)
    assert (told["customer_survey"], told["representative_surveys"]) == (True, 1)


def test_recipients_are_set_changed_shown_and_removed(autotask: AutotaskUser) -> None:
    token = f"{URL}?outbound_event_token=geheim"
    (one,) = pull(autotask, "POST", "recipients", {"url": token, "retry_interval_seconds": 5})["recipients"]
    assert (one["url"], one["status"], one["waiting"], one["retry_interval_seconds"]) == (token, "OK", 0, 5)
    assert len(one["events"]) == 7
    pull(autotask, "POST", "sessions", {"in_progress": True})
    (one,) = pull(autotask, "POST", "recipients", {"url": URL, "events": ["support_conference_end"]})["recipients"]
    assert (one["url"], one["waiting"], one["events"]) == (URL, 5, ["support_conference_end"])
    pull(autotask, "POST", "recipients", {"url": URL, "name": "second"})
    (left,) = pull(autotask, "DELETE", "recipients", {"name": "default"})["recipients"]
    assert left["name"] == "second"
    assert pull(autotask, "DELETE", "recipients") == pull(autotask, "GET", "recipients") == {"recipients": []}


def test_what_was_sent_can_be_looked_at(autotask: AutotaskUser, sandbox: Sandbox) -> None:
    pull(autotask, "POST", "recipients", {"url": URL})
    (lsid,) = pull(autotask, "POST", "sessions", {"in_progress": True})["lsids"]
    sandbox.appliance.deliver_due(sandbox.clock.now(), lambda _url, _form: 503)
    (event,) = pull(autotask, "GET", "events")["events"]
    assert (event["recipient"], event["outcome"], event["form"]["lsid"]) == ("default", "HTTP 503", lsid)


def test_a_week_to_come_begins_with_the_clock(autotask: AutotaskUser, sandbox: Sandbox) -> None:
    before = len(sandbox.appliance.state()["sessions"])
    assert len(pull(autotask, "POST", "week", {"sessions": 5})["lsids"]) == 6
    assert len(sandbox.appliance.state()["sessions"]) == before
    pull(autotask, "POST", "clock", {"advance_seconds": 7 * 86_400})
    assert len(sandbox.appliance.state()["sessions"]) == before + 6


def test_a_reset_leaves_the_recipients_of_the_beginning(autotask: AutotaskUser, sandbox: Sandbox) -> None:
    pull(autotask, "POST", "recipients", {"url": URL})
    pull(autotask, "POST", "reset")
    assert pull(autotask, "GET", "recipients") == {"recipients": []}


@pytest.mark.parametrize(
    ("lever", "body", "text"),
    [
        ("POST recipients", {}, "url"),
        ("POST recipients", {"url": "listener:8180/ERSPost"}, "url: must be http://HOST/PATH"),
        ("POST recipients", {"url": "ftp://listener/"}, "url: must be http://HOST/PATH"),
        ("POST recipients", {"url": "http://"}, "url: must be http://HOST/PATH"),
        ("POST recipients", {"url": "http://[::1/"}, "url: must be http://HOST/PATH"),
        ("POST recipients", {"url": URL, "events": ["session-end"]}, "events: must be one of support_conference_b"),
        ("POST recipients", {"url": URL, "retry_interval_seconds": 0}, "retry_interval_seconds: must be at least"),
        ("POST recipients", {"url": URL, "retry_duration_seconds": -1}, "the duration at least 0"),
        ("POST recipients", {"url": URL, "ca_file": "/nowhere/ca.pem"}, "ca_file: No such file"),
        ("POST recipients", {"url": URL, "token": "x"}, "unknown: token"),
        ("DELETE recipients", {"name": "nobody"}, "name: there is no recipient 'nobody'"),
        ("POST sessions", {"waiting": True}, "waiting, started_seconds_ago: only with in_progress"),
        ("POST sessions", {"in_progress": True, "started_seconds_ago": -1}, "started_seconds_ago: must be at least"),
        ("POST sessions", {"custom_attributes": {"shoe_size": "44"}}, "Invalid attribute: shoe_size"),
        ("POST sessions", {"custom_attributes": ["asset_tag"]}, "custom_attributes: must be an object"),
        ("POST sessions", {"custom_attributes": {"asset_tag": 5}}, "custom_attributes: must be str, not int"),
        ("POST sessions", {"external_key": "x" * 1025}, "longer than 1024 characters"),
        ("POST end", {}, "lsid"),
        ("POST end", {"lsid": NOBODY}, "lsid: there is no such session"),
        ("POST join", {"lsid": NOBODY}, "lsid: there is no such session"),
        ("POST key", {"lsid": NOBODY, "external_key": ""}, "lsid: there is no such session"),
        ("POST survey", {"lsid": NOBODY}, "lsid: there is no such session"),
        ("POST survey", {"lsid": NOBODY, "by": "nobody"}, "by: must be one of customer, representative"),
        ("POST week", {"sessions": -1}, "sessions: must be from 0 to"),
    ],
)
def test_a_wrong_lever_is_a_400_that_says_why(
    autotask: AutotaskUser, sandbox: Sandbox, lever: str, body: Any, text: str
) -> None:
    before = sandbox.state()
    method, _, name = lever.partition(" ")
    answer = autotask.call(method, f"http://sandbox/sandbox/{name}", body)
    assert answer.status_code == 400
    assert text in answer.json()["error"]
    assert sandbox.state() == before


def test_what_cannot_happen_to_a_session_is_refused(autotask: AutotaskUser, sandbox: Sandbox) -> None:
    (running,) = sandbox.add_sessions(1, in_progress=True)
    (waiting,) = sandbox.add_sessions(1, in_progress=True, waiting=True)
    (ended,) = sandbox.add_sessions(1)
    sandbox.appliance.survey(ended, by="representative")
    present = state_of(sandbox, running)["primary_representative"]
    sandbox.appliance.end_session(waiting)
    refused = [
        ("join", {"lsid": ended}, "the session does not run"),
        ("join", {"lsid": running, "username": present}, "no such representative, or already in the session"),
        ("join", {"lsid": running, "username": "nobody"}, "no such representative"),
        ("key", {"lsid": ended, "external_key": "T1"}, "the session does not run"),
        ("key", {"lsid": running, "external_key": "x" * 1025}, "longer than 1024 characters"),
        ("survey", {"lsid": running}, "only a session that ended"),
        ("survey", {"lsid": waiting}, "that somebody took up"),
    ]
    for name, body, text in refused:
        answer = autotask.call("POST", f"http://sandbox/sandbox/{name}", body)
        assert answer.status_code == 400
        assert text in answer.json()["error"]


def test_a_customer_answers_the_survey_once(autotask: AutotaskUser, sandbox: Sandbox) -> None:
    (lsid,) = sandbox.add_sessions(1, in_progress=True)
    sandbox.appliance.end_session(lsid)
    pull(autotask, "POST", "survey", {"lsid": lsid})
    answer = autotask.call("POST", "http://sandbox/sandbox/survey", {"lsid": lsid})
    assert answer.json()["error"] == "by: the customer has submitted a survey"
