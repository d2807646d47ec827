"""Reports whose representatives are renamed, missing or not listed, and sessions that take long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import xml.etree.ElementTree as ET

    from tests.unit.sandbox.appliance.conftest import Rig

DAY = 86_400


def report_of(rig: Rig, lsid: str) -> ET.Element:
    (session,) = rig.report(lsids=lsid)
    return session


def lead_of(session: ET.Element) -> tuple[str, str | None, str | None]:
    """Return the first representative's username, gsnumber and user id."""
    first = session.find("rep_list/representative")
    assert first is not None
    return first.findtext("username", ""), first.get("gsnumber"), first.get("id")


def test_a_renamed_representative_keeps_the_numbers_in_past_and_future_reports(rig: Rig) -> None:
    (past,) = rig.side.add_sessions()
    name, gsnumber, user_id = lead_of(report_of(rig, past))
    rig.side.rename(name, name.upper())
    assert lead_of(report_of(rig, past)) == (name.upper(), gsnumber, user_id)
    future = [lead_of(report_of(rig, lsid)) for lsid in rig.side.add_sessions(12)]
    assert (name.upper(), user_id) in {(each, number) for each, _, number in future}
    assert name not in {each for each, _, _ in future}
    rig.side.rename(name.upper(), "pat@example.test")
    assert lead_of(report_of(rig, past)) == ("pat@example.test", gsnumber, user_id)


def test_the_log_of_a_session_names_a_renamed_representative_likewise(rig: Rig) -> None:
    (past,) = rig.side.add_sessions()
    name, _, _ = lead_of(report_of(rig, past))
    rig.side.rename(name, r"CORP\pat")
    named = [each.get("value") for each in report_of(rig, past).iter("value") if each.get("name") == "username"]
    assert set(named) <= {r"CORP\pat"} | {
        each.findtext("username") for each in report_of(rig, past).iter("representative")
    }
    assert r"CORP\pat" in named


def test_past_reports_may_keep_the_old_name(rig: Rig) -> None:
    (past,) = rig.side.add_sessions()
    name, _, _ = lead_of(report_of(rig, past))
    rig.side.rename(name, "new.name", past=False)
    assert lead_of(report_of(rig, past))[0] == name
    assert "new.name" in {lead_of(report_of(rig, lsid))[0] for lsid in rig.side.add_sessions(12)}


def test_a_renamed_representative_joins_under_the_new_name_and_only_once(rig: Rig) -> None:
    rig.side.rename("kenji.tanaka", "Kenji.Tanaka")
    (running,) = rig.side.add_sessions(in_progress=True, waiting=True, started_seconds_ago=5)
    rig.side.join(running, "Kenji.Tanaka")
    assert lead_of(report_of(rig, running))[0] == "Kenji.Tanaka"
    rig.side.rename("Kenji.Tanaka", "ktanaka")
    with pytest.raises(ValueError, match="already in the session"):
        rig.side.join(running, "ktanaka")


@pytest.mark.parametrize(
    ("options", "primary_listed", "listed"),
    [
        ({}, True, True),
        ({"primary": "absent"}, None, True),
        ({"primary": "unlisted"}, False, True),
        ({"lists_representatives": False}, False, False),
        ({"primary": "absent", "lists_representatives": False}, None, False),
    ],
)
def test_a_report_may_lack_representatives(
    rig: Rig, options: dict[str, Any], primary_listed: bool | None, listed: bool
) -> None:
    (lsid,) = rig.side.add_sessions(**options)
    session = report_of(rig, lsid)
    gsnumbers = [each.get("gsnumber") for each in session.iterfind("rep_list/representative")]
    primary = session.find("primary_rep")
    assert bool(gsnumbers) == listed
    assert session.find("rep_list") is not None
    assert (None if primary is None else primary.get("gsnumber") in gsnumbers) == primary_listed


@pytest.mark.parametrize("seconds", [DAY, DAY + 1, 3 * DAY])
def test_a_session_may_take_a_day_and_more(rig: Rig, seconds: int) -> None:
    (lsid,) = rig.side.add_sessions(length_seconds=seconds)
    session = report_of(rig, lsid)
    start, end = (session.find(name) for name in ("start_time", "end_time"))
    assert start is not None
    assert end is not None
    assert int(end.get("timestamp", "")) - int(start.get("timestamp", "")) == seconds
