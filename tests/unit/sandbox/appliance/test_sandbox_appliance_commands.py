"""The command API, and the pages that people reach by a link."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from werkzeug import Response

    from tests.unit.sandbox.appliance.conftest import Rig


def test_api_information_tells_the_time_and_the_rights(rig: Rig) -> None:
    information = rig.command("get_api_info")
    assert information.findtext("timestamp") == str(int(rig.time))
    assert information.findtext("permissions/permission[@name='perm_command']") == "full_access"
    assert rig.command("check_health").findtext("success") == "1"
    assert rig.command("get_support_teams").findtext("support_team/name") == "Service Desk"


def test_logged_in_representatives_show_who_is_busy(rig: Rig) -> None:
    before = rig.command("get_logged_in_reps")
    rig.side.add_sessions(1, in_progress=True)
    rig.side.add_sessions(1)
    after = rig.command("get_logged_in_reps")
    assert [each.findtext("support_session_count") for each in before] == ["0"] * len(before)
    assert sum(int(each.findtext("support_session_count", "")) for each in after) == 1


@pytest.mark.parametrize("action", ["", "reboot"])
def test_an_unknown_action_is_an_error(rig: Rig, action: str) -> None:
    assert rig.command(action).tag == "error"


def test_attributes_of_a_running_session_are_changed_one_by_one(rig: Rig) -> None:
    (lsid,) = rig.side.add_sessions(1, in_progress=True, external_key="before")
    changes = {"session.custom.external_key": "T20261122.0007", "session.custom.asset_tag": "<42>"}
    answer = rig.command("set_session_attributes", lsid=lsid, **changes)
    assert (answer.tag, answer.text) == ("success", "Session attributes were set")
    rig.command("set_session_attributes", lsid=lsid, **{"session.custom.customer_email": ""})
    assert rig.report(lsid=lsid)[0].findtext("external_key") == "T20261122.0007"
    attributes = rig.command("get_session_attributes", lsid=lsid)
    assert [(each.get("code_name"), each.text) for each in attributes] == [("asset_tag", "<42>")]


@pytest.mark.parametrize(
    ("shown", "with_key", "without"), [("never", [], []), ("when-set", ["T1"], []), ("always", ["T1"], [None])]
)
def test_the_external_key_may_stand_among_the_attributes(
    rig: Rig, shown: str, with_key: list[str], without: list[None]
) -> None:
    rig.switches.change({"external_key_attribute": shown})
    for key, expected in (("T1", with_key), ("", without)):
        (lsid,) = rig.side.add_sessions(1, in_progress=True, external_key=key)
        attributes = rig.command("get_session_attributes", lsid=lsid)
        assert [each.text for each in attributes if each.get("code_name") == "external_key"] == expected
        assert [each.get("code_name") for each in attributes if each.get("code_name") != "external_key"] == [
            "customer_email"
        ]


def test_an_account_that_may_only_read_sets_nothing(rig: Rig) -> None:
    (lsid,) = rig.side.add_sessions(1, in_progress=True, external_key="kept")
    change = {"lsid": lsid, "session.custom.external_key": "new"}
    rig.switches.set_attributes = "forbidden"
    assert rig.call("/api/command", action="set_session_attributes", **change).status_code == 403
    rig.switches.set_attributes = "error"
    answer = rig.command("set_session_attributes", **change)
    assert (answer.tag, answer.text) == ("error", "You do not have permission to perform this action.")
    assert rig.report(lsid=lsid)[0].findtext("external_key") == "kept"
    assert rig.command("get_session_attributes", lsid=lsid).tag == "custom_attributes"


def test_attributes_of_an_ended_or_unknown_session_are_refused(rig: Rig) -> None:
    (lsid,) = rig.side.add_sessions(1, external_key="kept")
    for each in (lsid, "0" * 32, ""):
        for action in ("get_session_attributes", "set_session_attributes"):
            answer = rig.command(action, lsid=each, **{"session.custom.external_key": "new"})
            assert (answer.tag, answer.text) == ("error", "Invalid lsid.")
    assert rig.report(lsid=lsid)[0].findtext("external_key") == "kept"


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({"session.custom.external_key": "x" * 1024}, True),
        ({"session.custom.external_key": "x" * 1025}, False),
        ({"session.custom.no_such_field": "x"}, False),
        ({f"session.custom.{name}": "\N{PILE OF POO}" * 1000 for name in ("asset_tag", "cost_center")}, True),
        (
            {
                f"session.custom.{name}": "\N{PILE OF POO}" * 1000
                for name in ("asset_tag", "cost_center", "external_key")
            },
            False,
        ),
    ],
)
def test_attributes_have_limits_and_a_refusal_changes_nothing(rig: Rig, changes: dict[str, str], fits: bool) -> None:
    (lsid,) = rig.side.add_sessions(1, in_progress=True)
    before = rig.side.state()
    assert rig.command("set_session_attributes", lsid=lsid, **changes).tag == ("success" if fits else "error")
    assert (rig.side.state() != before) is fits


def test_a_session_key_lives_a_day_and_carries_the_external_key(rig: Rig) -> None:
    parameters = {"type": "support", "queue_id": "general", "session.custom.external_key": "T20261122.0001"}
    key = rig.command("generate_session_key", **parameters)
    assert key.findtext("expires") == str(int(rig.time) + 86_400)
    assert key.findtext("external_key") == "T20261122.0001"
    assert rig.command("generate_session_key", type="support").tag == "error"
    assert rig.command("generate_session_key", **parameters, ttl="9" * 5000).tag == "error"


def test_the_chat_link_leads_to_the_chat(rig: Rig) -> None:
    (lsid,) = rig.side.add_sessions(1)
    session = rig.report(lsid=lsid)[0]
    lines = [each.findtext("body", "") for each in session.iterfind(".//event[@event_type='Chat Message']")]
    download = follow(rig, session.findtext("session_chat_download_url", ""))
    assert download.mimetype == "text/plain"
    assert all(line in download.get_data(as_text=True) for line in lines)
    assert follow(rig, session.findtext("session_chat_view_url", "")).mimetype == "text/html"


def test_a_guessed_link_leads_nowhere_and_recordings_have_expired(rig: Rig) -> None:
    (lsid,) = rig.side.add_sessions(1)
    url = rig.report(lsid=lsid)[0].findtext("session_chat_view_url", "")
    assert follow(rig, url.replace("h%3D", "h%3D0")).status_code == 404
    assert follow(rig, url.replace(lsid, "0" * 32)).status_code == 404
    assert rig.request("/session_download").status_code == 404


def test_the_login_page_shows_a_session_without_running_its_text(rig: Rig) -> None:
    (lsid,) = rig.side.add_sessions(1, external_key="<script>")
    page = rig.request("/login/sd_reporting", query_string={"reportType": "SupportSession", "sessionId": lsid})
    assert "External key: &lt;script&gt;" in page.get_data(as_text=True)
    assert rig.request("/login/sd_reporting", query_string={"sessionId": "0" * 32}).status_code == 404
    assert rig.request("/login/").status_code == 200


def follow(rig: Rig, url: str) -> Response:
    parts = urlsplit(url)
    return rig.request(parts.path, query_string=parts.query)
