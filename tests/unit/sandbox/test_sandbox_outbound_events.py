"""What the appliance tells by outbound events, and when: all seven, with the variables of the reference."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import requests

from bt_autotask_sync.sandbox.adapter import SandboxAdapter
from bt_autotask_sync.sandbox.application import Sandbox
from bt_autotask_sync.sandbox.outbound.recipient import Recipient
from tests.unit.sandbox.outbound_recorder import Recorder

if TYPE_CHECKING:
    from bt_autotask_sync.sandbox.clock import SandboxClock

URL = "http://listener/ERSPost/default?outbound_event_token=geheim"
BEGINNING = ["begin", "owner_changed", "member_added"]
TAKEN_UP = ["member_added", "owner_changed"]
ENDING = ["member_departed", "member_departed", "end"]
DAY = 86_400


@pytest.fixture
def sandbox(clock: SandboxClock) -> Sandbox:
    return Sandbox(sessions=2, clock=clock, recipients=[Recipient(URL)])


@pytest.fixture
def recorder(sandbox: Sandbox) -> Recorder:
    return Recorder(sandbox)


def begin(sandbox: Sandbox, **options: Any) -> str:
    (lsid,) = sandbox.add_sessions(1, **{"in_progress": True, "started_seconds_ago": 0.0, **options})
    return lsid


def test_a_session_is_told_from_its_beginning_to_its_end(sandbox: Sandbox, recorder: Recorder) -> None:
    lsid = begin(sandbox)
    recorder.deliver()
    assert recorder.names(lsid) == BEGINNING + TAKEN_UP
    sandbox.clock.advance(600)
    sandbox.appliance.end_session(lsid)
    recorder.deliver()
    assert recorder.names(lsid) == BEGINNING + TAKEN_UP + ENDING
    assert recorder.urls == {URL}
    assert [form["timestamp"] for form in recorder.taken] == ["1795345200"] * 5 + ["1795345800"] * 3


def test_every_event_has_the_variables_of_the_reference_and_no_others(sandbox: Sandbox, recorder: Recorder) -> None:
    lsid = begin(sandbox, external_key="")
    sandbox.appliance.end_session(lsid)
    sandbox.appliance.survey(lsid)
    sandbox.appliance.survey(lsid, by="representative")
    recorder.deliver()
    always = {"event", "version", "timestamp", "appliance_id", "lsid"}
    own = {
        "owner_changed": {"conference_id", "conference_name"},
        "member_added": {"type", "name"},
        "member_departed": {"type", "name"},
    }
    for name, form in zip(recorder.names(), recorder.taken, strict=True):
        representative = {"user_id", "username"} if form.get("type") == "representative" else set()
        assert form.keys() == always | own.get(name, set()) | representative
        assert form["lsid"] == lsid
        assert len(form["appliance_id"]) == 32
    assert len(set(recorder.names())) == 7


def test_people_and_owners_are_named_as_the_appliance_knows_them(sandbox: Sandbox, recorder: Recorder) -> None:
    lsid = begin(sandbox, waiting=True)
    sandbox.appliance.join(lsid, "kenji.tanaka")
    recorder.deliver()
    team, customer, technician, owner = recorder.taken[1:]
    assert (team["conference_id"], team["conference_name"]) == ("team:3", "Service Desk")
    assert customer["type"] == "customer"
    assert (technician["type"], technician["name"]) == ("representative", "Kenji Tanaka")
    assert technician["username"] == "kenji.tanaka"
    assert (owner["conference_id"], owner["conference_name"]) == (f"rep:{technician['user_id']}", "Kenji Tanaka")


def test_a_customer_may_wait_for_the_representative_who_joins_later(sandbox: Sandbox, recorder: Recorder) -> None:
    lsid = begin(sandbox, waiting=True)
    recorder.play(300)
    assert recorder.names() == BEGINNING
    sandbox.appliance.join(lsid)
    sandbox.appliance.join(lsid)
    recorder.deliver()
    assert recorder.names() == [*BEGINNING, *TAKEN_UP, "member_added"]
    assert {form["timestamp"] for form in recorder.taken[3:]} == {"1795345500"}


def test_the_external_key_goes_along_only_if_there_is_one_and_as_it_is_then(
    sandbox: Sandbox, recorder: Recorder
) -> None:
    lsid = begin(sandbox, external_key="")
    recorder.deliver()
    assert not any("external_key" in form for form in recorder.taken)
    sandbox.appliance.change_key(lsid, "T20261122.0001 ä&")
    sandbox.appliance.end_session(lsid)
    recorder.deliver()
    assert [form.get("external_key") for form in recorder.taken] == [None] * 5 + ["T20261122.0001 ä&"] * 3


def test_surveys_are_told_when_they_are_given(sandbox: Sandbox, recorder: Recorder) -> None:
    lsid = begin(sandbox)
    sandbox.appliance.end_session(lsid)
    recorder.deliver()
    before = len(recorder.taken)
    recorder.play(3600)
    sandbox.appliance.survey(lsid, rating="1", comments="too slow")
    sandbox.appliance.survey(lsid, by="representative")
    recorder.deliver()
    assert recorder.names()[before:] == ["customer_exit_survey_completed", "rep_exit_survey_completed"]
    assert recorder.taken[-1]["timestamp"] == str(1795345200 + 3600)


def test_what_was_there_before_is_told_of_only_from_now_on(sandbox: Sandbox, recorder: Recorder) -> None:
    running = next(each for each in sandbox.appliance.state()["sessions"] if each["ended_at"] is None)
    (ended,) = sandbox.add_sessions(1)
    recorder.play(DAY)
    assert recorder.taken == []
    sandbox.appliance.end_session(running["lsid"])
    sandbox.appliance.survey(ended, by="representative")
    recorder.deliver()
    assert recorder.names(running["lsid"]) == ENDING
    assert recorder.names(ended) == ["rep_exit_survey_completed"]


def test_an_ended_session_is_told_of_if_asked(sandbox: Sandbox, recorder: Recorder) -> None:
    (lsid,) = sandbox.add_sessions(1, announce=True)
    recorder.deliver()
    told = recorder.names(lsid)
    assert (told[0], told[-1]) == ("begin", "end")
    (silent,) = sandbox.add_sessions(1, in_progress=True, announce=False)
    recorder.deliver()
    assert recorder.names(silent) == []


def test_a_recipient_is_sent_only_the_events_that_are_ticked(sandbox: Sandbox, recorder: Recorder) -> None:
    sandbox.appliance.outbound.set(Recipient(URL, events=("support_conference_end",)))
    sandbox.appliance.outbound.set(Recipient("http://other/", name="off", enabled=False))
    sandbox.appliance.end_session(begin(sandbox))
    recorder.deliver()
    assert recorder.names() == ["end"]
    assert [each["waiting"] for each in sandbox.appliance.state()["recipients"]] == [0, 0]


def test_custom_fields_go_along_where_they_are_ticked(sandbox: Sandbox, recorder: Recorder) -> None:
    fields = {"customer_email": "jane@client.example", "asset_tag": ""}
    for naming, name in (("code_name", "customer_email"), ("session.custom", "session.custom.customer_email")):
        sandbox.switches.change({"event_custom_fields": naming})
        sandbox.appliance.outbound.set(Recipient(URL, send_custom_fields=True))
        begin(sandbox, custom_attributes=fields)
        recorder.deliver()
        assert recorder.taken[-1][name] == "jane@client.example"
        assert not any("asset_tag" in each for each in recorder.taken[-1])


def test_the_lsid_may_come_in_capitals(sandbox: Sandbox, recorder: Recorder) -> None:
    sandbox.switches.change({"event_lsid": "upper"})
    lsid = begin(sandbox)
    recorder.deliver()
    assert {form["lsid"] for form in recorder.taken} == {lsid.upper()}


def test_a_week_to_come_takes_place_in_virtual_time_and_in_order(sandbox: Sandbox, recorder: Recorder) -> None:
    lsids = sandbox.announce_week(110)
    assert not set(lsids) & {each["lsid"] for each in sandbox.appliance.state()["sessions"]}
    recorder.play(7 * DAY + 2 * 3600)
    sent = [int(form["timestamp"]) for form in recorder.taken]
    assert sent == sorted(sent)
    assert all(0 <= at - sent < 1 for at, sent in zip(recorder.times, sent, strict=True))
    sessions = {each["lsid"]: each for each in sandbox.appliance.state()["sessions"] if each["lsid"] in lsids}
    assert len(sessions) == len(lsids) == 112
    surveys = 0
    for lsid, session in sessions.items():
        names = recorder.names(lsid)
        assert names.count("begin") == 1
        assert names.count("end") == (session["ended_at"] is not None)
        surveys += names.count("customer_exit_survey_completed")
    assert surveys == sum(session["customer_survey"] for session in sessions.values()) > 5
    assert sum(session["closed_abnormally"] for session in sessions.values()) == 1


def test_what_happened_unseen_comes_in_order_and_with_the_key_of_its_time(sandbox: Sandbox, recorder: Recorder) -> None:
    lsids = sandbox.announce_week(30)
    sandbox.clock.advance(7 * DAY)
    last = lsids[-1]
    sandbox.appliance.change_key(last, "changed")
    sandbox.clock.advance(DAY)
    recorder.deliver()
    sent = [int(form["timestamp"]) for form in recorder.taken]
    assert sent == sorted(sent)
    assert len({form["lsid"] for form in recorder.taken}) == 31
    assert "changed" not in {form.get("external_key") for form in recorder.taken}
    sandbox.appliance.end_session(last)
    recorder.deliver()
    assert recorder.taken[-1]["external_key"] == "changed"


def test_the_appliance_takes_note_of_what_happened_before_it_answers(sandbox: Sandbox, recorder: Recorder) -> None:
    (lsid,) = sandbox.announce_week(0)
    key = sandbox.appliance._sessions[lsid].external_key
    sandbox.clock.advance(7 * DAY - 1800)
    account = sandbox.appliance.credentials
    with requests.Session() as http:
        http.mount("http://", SandboxAdapter(sandbox))
        grant = {"grant_type": "client_credentials"}
        login = (account.client_id, account.client_secret)
        token = http.post("http://sandbox/oauth2/token", data=grant, auth=login).json()["access_token"]
        sandbox.clock.advance(1800)
        form = {"action": "set_session_attributes", "lsid": lsid, "session.custom.external_key": "set"}
        http.post("http://sandbox/api/command", data=form, headers={"Authorization": f"Bearer {token}"})
    recorder.deliver()
    assert {form["external_key"] for form in recorder.taken} == {key}
    assert sandbox.appliance._sessions[lsid].external_key == "set"


def test_the_same_seed_plays_the_same_week(clock: SandboxClock) -> None:
    def week(seed: int) -> list[dict[str, str]]:
        sandbox = Sandbox(sessions=0, seed=seed, clock=type(clock).virtual(clock.now()), recipients=[Recipient(URL)])
        sandbox.switches.change({"events_lost": 0.2, "events_reordered": 0.2, "event_answers_lost": 0.2})
        sandbox.announce_week(12)
        recorder = Recorder(sandbox)
        recorder.play(8 * DAY)
        return recorder.taken

    assert week(3) == week(3) != week(4)


def test_a_session_to_come_can_be_ended_before_its_time(sandbox: Sandbox, recorder: Recorder) -> None:
    (lsid,) = sandbox.announce_week(0)
    session = sandbox.appliance._sessions[lsid]
    early = replace(session, lsid="e" * 32, events=tuple(replace(each) for each in session.events))
    sandbox.appliance.add_session(early, announce=True)
    recorder.play(session.events[-1].timestamp - sandbox.clock.now() - 60)
    sandbox.appliance.end_session(early.lsid)
    recorder.play(DAY)
    assert recorder.names(early.lsid)[-1] == "end"
    assert recorder.names(early.lsid).count("begin") == 1
    (shown,) = (each for each in sandbox.appliance.state()["sessions"] if each["lsid"] == early.lsid)
    assert shown["ended_at"] == session.events[-1].timestamp - 60
