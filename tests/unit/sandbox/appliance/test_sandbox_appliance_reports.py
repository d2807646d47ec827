"""Which sessions a report holds, and what it says of them."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.sandbox.scenarios import features, utterances
from bt_autotask_sync.sandbox.scenarios.author import Story
from bt_autotask_sync.sandbox.scenarios.people import TECHNICIANS

if TYPE_CHECKING:
    import xml.etree.ElementTree as ET

    from tests.unit.sandbox.appliance.conftest import Rig

NOTHING = "No Support report information matching your chosen criteria is available."
DAY = 86_400


def ended_at(rig: Rig) -> int:
    """Return when sessions made just now ended."""
    return int(rig.time) - 120


def test_end_time_is_inclusive_and_its_duration_counts_seconds(rig: Rig) -> None:
    lsids = rig.side.add_sessions(3)
    end = ended_at(rig)
    assert rig.lsids(end_time=end, duration=0) == lsids
    assert rig.lsids(end_time=end, duration=1) == lsids
    assert rig.report(end_time=end + 1, duration=0).text == NOTHING
    assert rig.report(end_time=end - 10, duration=10).text == NOTHING
    assert rig.lsids(end_time=end - 10, duration=11) == lsids


def test_end_date_counts_days_in_utc(rig: Rig) -> None:
    lsids = rig.side.add_sessions(1)
    rig.wait(3 * DAY)
    assert rig.lsids(end_date="2026-11-22", duration=1) == lsids
    assert rig.lsids(end_date="2026-11-20", duration=0) == lsids
    assert rig.report(end_date="2026-11-20", duration=2).text == NOTHING
    assert rig.report(end_date="2026-11-23", duration=0).text == NOTHING


@pytest.mark.parametrize("name", ["SupportSession", "SupportSessionListing"])
def test_a_running_session_is_found_by_its_start_only(rig: Rig, name: str) -> None:
    ended, running = rig.side.add_sessions(1) + rig.side.add_sessions(1, in_progress=True)
    assert rig.lsids(name, start_time=0, duration=0) == [ended, running]
    assert rig.lsids(name, start_date="2026-11-22", duration=1) == [ended, running]
    assert rig.lsids(name, end_time=0, duration=0) == [ended]


def test_a_session_that_ended_this_very_second_is_found(rig: Rig) -> None:
    (lsid,) = rig.side.add_sessions(1, in_progress=True)
    rig.time += 0.5
    rig.side.end_session(lsid)
    assert rig.lsids(end_time=int(rig.time), duration=0) == [lsid]


@pytest.mark.parametrize("shape", ["empty", "absent"])
def test_a_session_without_end_has_no_end_time_and_no_links(rig: Rig, shape: str) -> None:
    rig.switches.change({"abnormal_end": shape})
    (lsid,) = rig.side.add_sessions(1, in_progress=True)
    session = rig.report(lsid=lsid)[0]
    end = session.find("end_time")
    if shape == "absent":
        assert end is None
    else:
        assert end is not None
        assert (end.get("timestamp"), end.text) == ("", None)
    assert session.find("session_chat_view_url") is None
    rig.side.end_session(lsid)
    session = rig.report(lsid=lsid)[0]
    assert timestamp(session, "end_time") == str(int(rig.time))
    assert session.find("session_chat_view_url") is not None
    assert session.findall("session_details/event")[-1].get("event_type") == "Session End"


def test_ending_twice_changes_nothing_and_an_unknown_session_cannot_end(rig: Rig) -> None:
    (lsid,) = rig.side.add_sessions(1)
    before = rig.side.state()
    rig.time += 60
    rig.side.end_session(lsid)
    assert rig.side.state() == before
    with pytest.raises(KeyError):
        rig.side.end_session("0" * 32)


def test_report_lag_makes_a_session_look_as_if_it_ran(rig: Rig) -> None:
    rig.switches.report_lag_seconds = 130
    (lsid,) = rig.side.add_sessions(1)
    events = [each.get("event_type") for each in rig.report(lsid=lsid).iter("event")]
    assert "Session End" not in events
    assert rig.report(lsid=lsid)[0].findtext("end_time") == ""
    assert rig.report("SupportSessionListing", end_time=0, duration=0).text == NOTHING
    rig.time += 10
    assert rig.lsids("SupportSessionListing", end_time=0, duration=0) == [lsid]


def test_reports_of_a_running_session_may_be_late_with_its_beginning_and_with_who_joined(rig: Rig) -> None:
    rig.switches.running_lag_seconds = 30
    (lsid,) = rig.side.add_sessions(1, in_progress=True, started_seconds_ago=0, waiting=True)
    assert rig.report(lsid=lsid).text == "Invalid lsid."
    assert rig.command("get_session_attributes", lsid=lsid).tag == "custom_attributes"
    rig.time += 30
    assert rig.lsids(lsid=lsid) == [lsid]
    rig.side.join(lsid)
    assert rig.report(lsid=lsid)[0].find("primary_rep") is None
    rig.time += 30
    assert rig.report(lsid=lsid)[0].find("primary_rep") is not None
    rig.side.end_session(lsid)
    assert rig.lsids(end_time=0, duration=0) == [lsid]


def test_a_late_session_is_in_no_report_before_its_time(rig: Rig) -> None:
    (lsid,) = rig.side.add_sessions(1, late_seconds=300)
    end = ended_at(rig)
    rig.time += 299
    assert rig.report(lsid=lsid).text == "Invalid lsid."
    assert rig.report("SupportSessionListing", start_time=0, duration=0).text == NOTHING
    rig.time += 1
    assert rig.lsids("SupportSessionListing", end_time=end, duration=1) == [lsid]


def test_several_lsids_give_those_that_are_known(rig: Rig) -> None:
    one, _, three = rig.side.add_sessions(3)
    assert rig.lsids(lsids=f"{three},{'0' * 32},{one.upper()}") == [one, three]
    assert rig.report(lsids="0" * 32).text == NOTHING
    assert rig.report(lsid="0" * 32).text == "Invalid lsid."


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"generate_report": "SupportSessionSummary", "start_time": "0", "duration": "0"},
        {"generate_report": "SupportSession"},
        {"generate_report": "SupportSession", "start_time": "0"},
        {"generate_report": "SupportSession", "start_time": "yesterday", "duration": "0"},
        {"generate_report": "SupportSession", "start_time": "0", "duration": "-1"},
        {"generate_report": "SupportSession", "start_time": "9" * 5000, "duration": "0"},
        {"generate_report": "SupportSession", "start_date": "22.11.2026", "duration": "0"},
        {"generate_report": "SupportSession", "start_time": "0", "end_time": "0", "duration": "0"},
        {"generate_report": "SupportSession", "lsid": "../etc"},
        {"generate_report": "SupportSession", "lsids": ""},
        {"generate_report": "SupportSessionListing", "lsid": "0" * 32},
        {"generate_report": "SupportCustExitSurvey", "start_time": "0", "duration": "0", "report_type": "rep"},
        {"generate_report": "SupportCustExitSurvey", "start_time": "0", "duration": "0", "id": "all"},
        {"generate_report": "SupportRepExitSurvey", "lsids": "0" * 32},
    ],
)
def test_illegal_parameters_are_an_error(rig: Rig, parameters: dict[str, str]) -> None:
    rig.side.add_sessions(1)
    answer = rig.call("/api/reporting", **parameters)
    assert answer.status_code == 200
    assert "<error" in answer.get_data(as_text=True)
    assert NOTHING not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("shape", "root", "children"),
    [("root-error", "error", []), ("empty-list", "session_list", []), ("list-error", "session_list", ["error"])],
)
def test_nothing_found_has_the_shape_of_its_switch(rig: Rig, shape: str, root: str, children: list[str]) -> None:
    rig.switches.change({"nothing_found": shape})
    report = rig.report(end_time=0, duration=0)
    assert (report.tag, [each.tag for each in report]) == (root, children)
    assert ("".join(report.itertext()).strip() == NOTHING) is (shape != "empty-list")


def test_the_listing_can_be_forbidden_missing_or_not_found(rig: Rig) -> None:
    selector: dict[str, Any] = {"generate_report": "SupportSessionListing", "end_time": 0, "duration": 0}
    rig.side.add_sessions(1)
    statuses = {}
    for rig.switches.listing in ("available", "forbidden", "missing"):
        statuses[rig.switches.listing] = rig.call("/api/reporting", **selector).status_code
    assert statuses == {"available": 200, "forbidden": 403, "missing": 404}
    rig.switches.listing = "document-not-found"
    assert rig.report("SupportSessionListing", end_time=0, duration=0).text == "Document Not Found"
    assert len(rig.report(end_time=0, duration=0)) == 1


def test_a_made_session_has_the_asked_key_and_length(rig: Rig) -> None:
    (lsid,) = rig.side.add_sessions(1, external_key="T20261122.0001 & <more>")
    session = rig.report(lsid=lsid)[0]
    assert session.findtext("external_key") == "T20261122.0001 & <more>"
    start, end = (int(timestamp(session, tag)) for tag in ("start_time", "end_time"))
    assert end == ended_at(rig)
    assert 4 * 60 <= end - start <= 55 * 60
    hours, minutes, seconds = (int(part) for part in session.findtext("duration", "").split(":"))
    assert hours * 3600 + minutes * 60 + seconds == end - start
    assert session.findtext("rep_list/representative/session_owner") == "1"


def test_every_lsid_is_32_hex_digits_and_the_oldest_start_is_known(rig: Rig) -> None:
    assert rig.side.oldest_start() == rig.time
    lsids = rig.side.add_sessions(20)
    assert len(set(lsids)) == 20
    assert all(len(lsid) == 32 and int(lsid, 16) for lsid in lsids)
    starts = [int(timestamp(each, "start_time")) for each in rig.report(start_time=0, duration=0)]
    assert rig.side.oldest_start() == min(starts)


def test_the_same_lsid_cannot_be_added_twice(rig: Rig) -> None:
    session = rig.side.author.ordinary(0, 600, now=900, key="")
    rig.side.add_session(session)
    with pytest.raises(ValueError, match=session.lsid):
        rig.side.add_session(session)


def test_text_that_xml_cannot_carry_comes_encoded_and_all_other_text_unharmed(rig: Rig) -> None:

    story = tale(rig, (utterances.encoded_text, utterances.hostile_text, utterances.template_text, features.files))
    rig.side.add_session(story)
    session = rig.report(lsid=story.lsid)[0]
    encoded = [b64decode(each.text or "").decode() for each in session.iter("encoded_body")]
    bodies = [each.text or "" for each in session.iter("body")]
    assert any("\x1b[31mERROR\x1b[0m disk \x07" in text for text in encoded)
    assert any(text.startswith("]]> <!-- </body></event> &amp; &lt;b&gt;") for text in bodies)
    assert any("{{secret}}" in text and "<b>&" in text for text in bodies)
    assert rf"C:\Users\{story.customer.name}\Desktop\Übersicht & Plan.xlsx" in [
        each.get("value") for each in session.iter("value")
    ]
    assert session.findtext("file_transfer_count") == "2"


def test_files_and_system_information_come_in_their_elements(rig: Rig) -> None:

    story = tale(
        rig, (features.files_as_children, features.system_information, features.recordings, features.unattended)
    )
    rig.side.add_session(story)
    session = rig.report(lsid=story.lsid)[0]
    upload = session.find("session_details/event[@event_type='File Upload']")
    assert upload is not None
    assert (upload.findtext("filename"), upload.findtext("filesize")) == ("vpn-profile (neu) <v2>.xml", "2048")
    row = session.find(".//system_information/category[@name='System']/data/row")
    assert row is not None
    assert row.findtext("field[@name='Computer Name']") == story.customer.hostname
    instances = [each.get("instance") for each in session.iter("command_shell_recording")]
    assert instances == ["0", "1"]
    group = session.find("jump_group")
    assert group is not None
    assert (group.text, group.attrib) == ("Servers", {"type": "shared", "id": "7"})
    assert rig.report("SupportSessionListing", start_time=0, duration=0)[0].get("has_recording") == "1"


def test_stays_of_representatives_add_up(rig: Rig) -> None:

    story = tale(rig, (features.rejoined, features.shared, features.invited, features.transferred))
    rig.side.add_session(story)
    session = rig.report(lsid=story.lsid)[0]
    representatives = session.findall("rep_list/representative")
    assert [each.findtext("session_owner") for each in representatives] == ["1", "0", "0", "1"]
    assert [each.findtext("invited") for each in representatives] == [None, None, "1", None]
    for each in representatives:
        events = [event for event in session.iter("event") if actor(event) == each.get("gsnumber")]
        joined = moments(events, "Conference Member Added")
        left = moments(events, "Conference Member Departed")
        assert int(each.findtext("seconds_involved", "")) == sum(left) - sum(joined)
        assert len(joined) == len(left)
    primary = session.find("primary_rep")
    assert primary is not None
    assert primary.get("gsnumber") == representatives[-1].get("gsnumber")
    times = [int(each.get("timestamp", "")) for each in session.iter("event")]
    assert times == sorted(times)


def test_surveys_are_in_the_session_and_in_their_own_reports(rig: Rig) -> None:

    story = tale(rig, (features.representative_survey, features.customer_survey))
    rig.side.add_session(story)
    rig.side.add_sessions(3)
    session = rig.report(lsid=story.lsid)[0]
    remark = session.find("rep_survey_list/rep_exit_survey/value[@name='internal_remark']")
    assert remark is not None
    assert remark.get("value") == r"Knows little, but friendly.\nUpsell: new laptop?"
    selector = {"lsid": story.lsid, "report_type": "rep"}
    (customers,) = rig.report("SupportCustExitSurvey", **selector)
    (technicians,) = rig.report("SupportRepExitSurvey", **selector)
    assert [each.find("submitted_by").attrib for each in (customers, technicians)] == [  # type: ignore[union-attr]
        {"type": "cust"},
        {"type": "rep"},
    ]
    assert [each.findtext("name") for each in customers.iter("question")] == ["rating", "comments"]
    answers = {each.findtext("name"): each.findtext("answer_list/answer") for each in technicians.iter("question")}
    assert answers["close_state"] == "Resolved"
    assert answers["follow_up"] is None


def test_survey_reports_filter_by_representative(rig: Rig) -> None:

    story = tale(rig, (features.customer_survey,))
    rig.side.add_session(story)
    selector = {"start_time": 0, "duration": 0, "report_type": "rep"}
    owner = story.primary_representative.user_id
    assert rig.lsids("SupportCustExitSurvey", id="all", **selector) == [story.lsid]
    assert rig.lsids("SupportCustExitSurvey", id=owner, **selector) == [story.lsid]
    assert rig.report("SupportCustExitSurvey", id=owner + 1, **selector).text == NOTHING
    assert rig.report("SupportRepExitSurvey", id="all", **selector).text == NOTHING


def test_a_customer_survey_that_comes_late_shows_when_it_is_submitted(rig: Rig) -> None:

    story = tale(rig, (features.late_customer_survey,))
    rig.side.add_session(story)
    selector = {"end_time": 0, "duration": 0, "report_type": "rep", "id": "all"}
    assert rig.report("SupportCustExitSurvey", **selector).text == NOTHING
    assert rig.report(lsid=story.lsid).find(".//cust_survey_list") is None
    rig.wait(3600)
    assert rig.lsids("SupportCustExitSurvey", **selector) == [story.lsid]
    assert rig.report(lsid=story.lsid).find(".//cust_exit_survey/value[@value='2']") is not None


def test_a_session_that_closed_abnormally_is_found_by_start_only_until_it_ends(rig: Rig) -> None:

    story = tale(rig, (features.never_closed,), running=True)
    rig.side.add_session(story)
    rig.wait(30 * DAY)
    assert rig.lsids(start_time=0, duration=0) == [story.lsid]
    assert rig.report(end_time=0, duration=0).text == NOTHING
    assert rig.command("get_session_attributes", lsid=story.lsid).tag == "error"
    rig.side.end_session(story.lsid)
    assert rig.lsids(end_time=0, duration=0) == [story.lsid]


def tale(rig: Rig, happenings: Any, *, running: bool = False) -> Any:
    """Return a session of 20 minutes with these twists."""

    now = int(rig.time)
    start, end = now - 2400, None if running else now - 1200
    trouble = rig.side.author.trouble()
    return rig.side.author.write(Story(start, end, now, TECHNICIANS[0], trouble, "", tuple(happenings)))


def timestamp(session: ET.Element, tag: str) -> str:
    element = session.find(tag)
    assert element is not None
    return element.get("timestamp", "")


def actor(event: ET.Element) -> str | None:
    element = event.find("performed_by")
    return None if element is None else element.get("gsnumber")


def moments(events: list[ET.Element], event_type: str) -> list[int]:
    return [int(each.get("timestamp", "")) for each in events if each.get("event_type") == event_type]
