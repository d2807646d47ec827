"""Sessions while they happen: as they are asked for, joined and ended, and as a story that is still to be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.sandbox.scenarios import features
from bt_autotask_sync.sandbox.scenarios.author import Story
from bt_autotask_sync.sandbox.scenarios.people import TECHNICIANS

if TYPE_CHECKING:
    import xml.etree.ElementTree as ET

    from bt_autotask_sync.sandbox.appliance.record import Session
    from tests.unit.sandbox.appliance.conftest import Rig

HOUR = 3600


def report(rig: Rig, lsid: str) -> ET.Element:
    return rig.report(lsid=lsid)[0]


def coming(rig: Rig, *happenings: Any) -> Session:
    """Return a session that is to begin in an hour and to end in two, kept by the appliance."""
    start = int(rig.time) + HOUR
    trouble = rig.side.author.trouble()
    story = Story(start, start + HOUR, start + 2 * HOUR, TECHNICIANS[0], trouble, "T1", tuple(happenings))
    session = rig.side.author.write(story)
    rig.side.add_session(session)
    return session


def test_a_session_has_the_issue_form_that_was_asked_for(rig: Rig) -> None:
    for issue, details in (("VPN Access", "It says <error> & 691"), ("", "only words"), ("only an issue", "")):
        (lsid,) = rig.side.add_sessions(1, in_progress=True, issue=issue, details=details)
        info = report(rig, lsid).find("customer_list/customer/info")
        assert info is not None
        assert (info.findtext("issue"), info.findtext("details")) == (issue, details)
        assert info.findtext("name") == report(rig, lsid).findtext("primary_customer")
    (lsid,) = rig.side.add_sessions(1, in_progress=True, issue="", details="")
    assert report(rig, lsid).find("customer_list/customer/info") is None


def test_a_session_has_the_attributes_and_the_key_that_were_asked_for(rig: Rig) -> None:
    fields = {"customer_email": "jane@client.example", "asset_tag": "A-1"}
    (lsid,) = rig.side.add_sessions(1, in_progress=True, custom_attributes=fields, external_key='{"title": "x"}')
    shown = report(rig, lsid)
    found = {each.get("code_name"): each.text for each in shown.iterfind("custom_attributes/custom_attribute")}
    assert found == fields
    assert shown.findtext("external_key") == '{"title": "x"}'


@pytest.mark.parametrize(("jump_group", "jumpoint"), [("Servers", ""), ("", "Augsburg"), ("Servers", "Augsburg")])
def test_an_unattended_session_came_by_a_jump_group_or_jumpoint_and_has_no_form(
    rig: Rig, jump_group: str, jumpoint: str
) -> None:
    (lsid,) = rig.side.add_sessions(1, in_progress=True, jump_group=jump_group, jumpoint=jumpoint)
    shown = report(rig, lsid)
    assert (shown.findtext("jump_group") or "", shown.findtext("jumpoint") or "") == (jump_group, jumpoint)
    assert shown.find("customer_list/customer/info") is None


def test_a_waiting_customer_has_no_representative_until_one_joins(rig: Rig) -> None:
    (lsid,) = rig.side.add_sessions(1, in_progress=True, waiting=True, started_seconds_ago=60)
    assert report(rig, lsid).find("rep_list/representative") is None
    assert report(rig, lsid).find("primary_rep") is None
    rig.time += 60
    rig.side.join(lsid, "kenji.tanaka")
    rig.time += 60
    rig.side.join(lsid, "anna.schmidt")
    rig.time += 60
    rig.side.end_session(lsid)
    shown = report(rig, lsid)
    assert shown.findtext("primary_rep") == "Kenji Tanaka"
    seconds = {each.findtext("username"): each.findtext("seconds_involved") for each in shown.iter("representative")}
    assert seconds == {"kenji.tanaka": "120", "anna.schmidt": "60"}
    owners = {each.findtext("username"): each.findtext("session_owner") for each in shown.iter("representative")}
    assert owners == {"kenji.tanaka": "1", "anna.schmidt": "0"}


def test_a_customer_whom_nobody_helped_leaves_a_session_without_representative(rig: Rig) -> None:
    (lsid,) = rig.side.add_sessions(1, in_progress=True, waiting=True)
    assert len(rig.command("get_logged_in_reps")) > 3
    rig.side.end_session(lsid)
    assert report(rig, lsid).find("primary_rep") is None
    page = rig.request("/login/sd_reporting", query_string={"sessionId": lsid}).get_data(as_text=True)
    assert "Representative: \n" in page


def test_a_survey_that_is_given_stands_in_the_reports(rig: Rig) -> None:
    (lsid,) = rig.side.add_sessions(1, in_progress=True)
    rig.side.end_session(lsid)
    rig.side.survey(lsid, rating="2", comments="slow\nvery")
    rig.side.survey(lsid, by="representative", rating="", comments="done")
    shown = report(rig, lsid)
    values = {each.get("name"): each.get("value") for each in shown.iterfind("cust_survey_list/cust_exit_survey/value")}
    assert values == {"rating": "2", "comments": r"slow\nvery"}
    answered = {each.get("name") for each in shown.iterfind("rep_survey_list/rep_exit_survey/value")}
    assert answered == {"comments"}
    selector = {"end_time": 0, "duration": 0, "report_type": "rep", "id": "all"}
    assert rig.lsids("SupportRepExitSurvey", **selector) == [lsid]


def test_what_has_not_happened_yet_is_seen_nowhere(rig: Rig) -> None:
    session = coming(rig)
    assert rig.report(lsid=session.lsid).text == "Invalid lsid."
    assert rig.command("get_session_attributes", lsid=session.lsid).tag == "error"
    assert rig.side.state()["sessions"] == []
    assert rig.request("/login/sd_reporting", query_string={"sessionId": session.lsid}).status_code == 404


def test_a_session_unfolds_as_time_passes(rig: Rig) -> None:
    session = coming(rig, features.transferred, features.customer_survey, features.representative_survey)
    counts, owners = [], []
    for share in (0, 0.25, 0.75):
        rig.wait(session.started_at + share * HOUR - rig.time)
        shown = report(rig, session.lsid)
        assert (shown.findtext("end_time"), shown.find("session_chat_view_url")) == ("", None)
        assert shown.find("rep_survey_list") is shown.find("cust_survey_list") is None
        counts.append(len(list(shown.iter("event"))))
        owners.append(shown.findtext("primary_rep"))
        assert max(int(each.get("timestamp", "")) for each in shown.iter("event")) <= rig.time
        assert rig.command("get_session_attributes", lsid=session.lsid).tag == "custom_attributes"
    assert counts == sorted(set(counts))
    assert owners[0] is None
    assert owners[1] == session.representatives[0].private_name != owners[2] == session.representatives[1].private_name
    rig.wait(HOUR)
    rig.wait(HOUR)
    finished = report(rig, session.lsid)
    assert len(list(finished.iter("event"))) == len(session.events)
    assert finished.find("rep_survey_list") is not None
    assert finished.find("cust_survey_list") is not None


def test_a_key_that_is_set_while_the_story_goes_on_stays(rig: Rig) -> None:
    session = coming(rig)
    rig.wait(HOUR + 600)
    rig.command("set_session_attributes", lsid=session.lsid, **{"session.custom.external_key": "T2"})
    rig.wait(2 * HOUR)
    assert report(rig, session.lsid).findtext("external_key") == "T2"
    assert report(rig, session.lsid).find("end_time[@timestamp]") is not None
    assert len(list(report(rig, session.lsid).iter("event"))) == len(session.events)


def test_somebody_who_joins_a_story_stands_in_its_log_at_that_time(rig: Rig) -> None:
    session = coming(rig)
    rig.wait(HOUR + 600)
    rig.side.join(session.lsid)
    rig.wait(2 * HOUR)
    stamps = [int(each.get("timestamp", "")) for each in report(rig, session.lsid).iter("event")]
    assert stamps == sorted(stamps)
    assert len(stamps) == len(session.events) + 1
    assert report(rig, session.lsid).findtext("primary_rep") == session.primary_representative.private_name


def test_a_story_that_is_ended_early_has_no_rest(rig: Rig) -> None:
    session = coming(rig, features.transferred)
    rig.wait(HOUR + 600)
    rig.side.end_session(session.lsid)
    at = int(rig.time)
    rig.wait(2 * HOUR)
    shown = report(rig, session.lsid)
    assert shown.find(f"end_time[@timestamp='{at}']") is not None
    assert max(int(each.get("timestamp", "")) for each in shown.iter("event")) == at
    assert len(list(shown.iter("representative"))) == 1


def test_a_session_that_breaks_off_runs_until_then(rig: Rig) -> None:
    start = int(rig.time) + HOUR
    story = Story(start, None, start + HOUR, TECHNICIANS[0], rig.side.author.trouble(), "", (features.never_closed,))
    session = rig.side.author.write(story)
    rig.side.add_session(session)
    rig.wait(HOUR + 600)
    assert rig.command("get_session_attributes", lsid=session.lsid).tag == "custom_attributes"
    rig.wait(HOUR)
    assert rig.command("get_session_attributes", lsid=session.lsid).tag == "error"
    assert rig.lsids(start_time=0, duration=0) == [session.lsid]
