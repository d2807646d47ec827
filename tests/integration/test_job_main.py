"""The main job over real sockets: what is delivered, what a second run does, and what it moves."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import OpenSite, Site

SESSIONS = {"found", "delivered", "already", "no_ticket", "held", "unsettled", "parked"}
KINDS = {"tickets", "notes", "time_entries"}
PROBLEM = {"lsid", "external_key", "kind", "stage", "error", "advice", "attempts", "state"}


def iso(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def test_every_session_that_ended_is_on_its_ticket_once_with_its_time(site: Site) -> None:
    lsids = site.add(5)
    done = site.run()
    site.see_each_once(lsids)
    assert done.profile["sessions"] == {**dict.fromkeys(SESSIONS, 0), "found": 5, "delivered": 5}
    assert done.profile["created"]["time_entries"] == len(site.entries()) == 5
    assert done.profile["created"]["notes"] == len(site.notes())
    assert done.profile["outcome"] == "done"


def test_what_a_run_says_it_asked_is_what_was_asked(site: Site) -> None:
    site.add(3)
    assert site.run().profile["requests"] == site.counts()


def test_json_holds_exactly_what_is_promised(open_site: OpenSite) -> None:
    site = open_site(sessions=24)
    for arguments in (["--dry-run"], []):
        report = site.run(*arguments, code=3).report
        assert not {"error", "advice"} & report.keys()
        (profile,) = report["profiles"]
        assert not {"error", "advice"} & profile.keys()
        assert set(profile["sessions"]) == SESSIONS
        assert set(profile["created"]) == set(profile["adopted"]) == KINDS
        assert set(profile["requests"]) == {"appliance", "autotask"}
        assert profile["problems"]
        assert all(set(problem) == PROBLEM for problem in profile["problems"])
        assert bool(profile["plan"]) is report["dry_run"]
        planned = {"lsid", "kind", "ticket_number", "method", "path", "body"}
        assert all(set(request) == planned for request in profile["plan"])


def test_a_run_with_nothing_new_asks_the_appliance_three_times_and_autotask_nothing(site: Site) -> None:
    site.add(5)
    site.run()
    site.forget_requests()
    done = site.run()
    assert site.counts() == {"appliance": 3, "autotask": 0} == done.profile["requests"]
    assert site.asked("appliance") == {"token": 1, "SupportSessionListing": 1, "SupportCustExitSurvey": 1}


def test_a_run_with_nothing_to_do_is_quiet(site: Site) -> None:
    site.add(2)
    assert "2 sessions delivered" in site.command("run").stdout
    done = site.command("run")
    assert (done.code, done.stdout, done.stderr) == (0, "", "")


def test_text_names_only_what_changed_while_json_lists_all_that_is_held(site: Site) -> None:
    site.add(external_key="T20200101.0001")
    assert "T20200101.0001" in site.command("run").stdout
    again = site.command("run")
    assert (again.code, again.stdout) == (3, "")
    (problem,) = site.run(code=3).profile["problems"]
    assert (problem["external_key"], problem["state"], problem["attempts"]) == ("T20200101.0001", "held", 0)


def test_a_deleted_checkpoint_doubles_nothing(site: Site) -> None:
    lsids = site.add(5)
    first = site.run().profile
    shutil.rmtree(site.state)
    site.forget_requests()
    again = site.run().profile
    assert site.creates() == []
    assert again["adopted"] == first["created"]
    assert again["sessions"]["already"] == 5
    site.see_each_once(lsids)


def test_half_of_a_session_that_is_there_is_adopted_and_the_rest_created(site: Site) -> None:
    (lsid,) = site.add()
    site.run()
    (entry,) = site.entries().values()
    site.as_person("DELETE", f"/TimeEntries/{entry['id']}")
    shutil.rmtree(site.state)
    again = site.run().profile
    assert (again["adopted"]["notes"], again["created"]["notes"]) == (len(site.notes()), 0)
    assert (again["adopted"]["time_entries"], again["created"]["time_entries"]) == (0, 1)
    site.see_each_once([lsid])


def test_limit_takes_up_so_many_and_leaves_the_rest_for_the_next_run(site: Site) -> None:
    lsids = site.add(5)
    first = site.run("--limit", "2").profile
    assert (first["sessions"]["found"], first["sessions"]["delivered"]) == (5, 2)
    assert len(site.entries()) == 2
    assert site.run().profile["sessions"]["delivered"] == 3
    site.see_each_once(lsids)


def test_until_moves_the_watermark_no_further(site: Site) -> None:
    early = site.add(2)
    site.pass_time(3600)
    until = iso(site.sandbox.clock.now() - 1800)
    late = site.add(2)
    first = site.run("--until", until).profile
    assert first["watermark"] == until
    assert first["sessions"]["delivered"] == 2
    site.see_each_once(early)
    assert site.run().profile["sessions"]["delivered"] == 2
    site.see_each_once(late)


def test_since_is_where_a_first_run_begins_and_what_was_before_stays_untouched(site: Site) -> None:
    site.set("start_at", "")
    site.add(2)
    site.pass_time(7200)
    since = iso(site.sandbox.clock.now() - 3600)
    late = site.add(2)
    assert site.run("--since", since).profile["sessions"]["found"] == 2
    assert site.run().profile["sessions"]["found"] == 0
    site.see_each_once(late)
    assert len(site.entries()) == 2


def test_since_looks_further_back_than_the_lookback_this_once(site: Site) -> None:
    site.set("lookback_hours", "1")
    before = iso(site.sandbox.clock.now() - 600)
    (late,) = site.add(late_seconds=4 * 3600)
    site.run()
    site.pass_time(3 * 3600)
    site.run()
    site.pass_time(2 * 3600)
    assert site.run().profile["sessions"]["found"] == 0
    assert site.run("--since", before).profile["sessions"]["found"] == 1
    site.see_each_once([late])


def test_a_session_that_the_appliance_lists_late_is_found_by_the_lookback(site: Site) -> None:
    (late,) = site.add(late_seconds=5 * 24 * 3600)
    assert site.run().profile["sessions"]["found"] == 0
    site.pass_time(5 * 24 * 3600 + 60)
    # The session in progress that every site has is held by now: it never closed.
    assert site.run(code=3).profile["sessions"]["delivered"] == 1
    site.see_each_once([late])


def test_nothing_that_ended_before_start_at_is_delivered(site: Site) -> None:
    site.add(2)
    site.pass_time(3600)
    site.set("start_at", iso(site.sandbox.clock.now() - 600))
    (after,) = site.add()
    assert site.run().profile["sessions"]["delivered"] == 1
    site.see_each_once([after])
    assert len(site.entries()) == 1


def test_a_session_in_progress_is_delivered_when_it_has_ended(site: Site) -> None:
    (lsid,) = site.add(in_progress=True)
    assert site.run().profile["sessions"]["delivered"] == 0
    site.sandbox.appliance.end_session(lsid)
    site.pass_time(120)
    assert site.run().profile["sessions"]["delivered"] == 1
    site.see_each_once([lsid])


def test_a_report_that_is_not_complete_yet_is_asked_again(site: Site) -> None:
    site.sandbox.switches.change({"report_lag_seconds": 300})
    lsids = site.add(2)
    assert site.run().profile["sessions"]["delivered"] == 0
    site.pass_time(400)
    assert site.run().profile["sessions"]["delivered"] == 2
    site.see_each_once(lsids)


def test_a_survey_that_comes_later_becomes_its_own_note_once(open_site: OpenSite) -> None:
    site = open_site(sessions=120)
    site.run(code=3)
    before = site.notes().keys()
    site.run(code=3)
    assert site.notes().keys() == before
    site.pass_time(3700)
    assert site.run(code=3).profile["created"]["notes"] == 1
    (marker,) = site.notes().keys() - before
    assert re.fullmatch(r"\[bt:[0-9a-f]{12}:customer-survey\]", marker)
    site.run(code=3)
    assert len(site.notes()) == len(before) + 1


def test_a_session_without_a_ticket_is_counted_and_left_alone(site: Site) -> None:
    site.add(2, external_key="")
    assert site.run().profile["sessions"] == {**dict.fromkeys(SESSIONS, 0), "found": 2, "no_ticket": 2}
    assert (site.notes(), site.entries()) == ({}, {})


def test_a_session_without_a_ticket_is_held_where_the_profile_says_so(site: Site) -> None:
    site.set("no_ticket", '"hold"')
    site.add(external_key="")
    (problem,) = site.run(code=3).profile["problems"]
    assert "--ticket" in problem["advice"]


def test_what_waits_for_its_ticket_costs_no_attempt_and_heals_by_itself(site: Site) -> None:
    (lsid,) = site.add(external_key="T20200101.0001")
    for _ in range(3):
        (problem,) = site.run(code=3).profile["problems"]
        assert (problem["attempts"], problem["stage"]) == (0, "match")
    site.add_ticket("T20200101.0001")
    assert site.run().profile["sessions"]["delivered"] == 1
    site.see_each_once([lsid])


def test_T4_what_waits_is_parked_after_fourteen_days_on_which_a_run_looked(site: Site) -> None:
    site.add(external_key="T20200101.0001")
    site.run(code=3)
    for _ in range(13):
        site.pass_time(86_400)
        assert site.run(code=3).profile["problems"][0]["state"] == "held"
    site.pass_time(86_400)
    assert site.run(code=3).profile["problems"][0]["state"] == "parked"


def test_a_held_time_entry_does_not_stop_its_note(site: Site) -> None:
    (lsid,) = site.add()
    with site.setting(
        "time_entries.default_data", '{ defaultDomain = "x.example", roleName = "No", summaryNotes = "s" }'
    ):
        (problem,) = site.run(code=3).profile["problems"]
    assert problem["kind"] == "time_entry"
    assert f"[bt:{lsid[:12]}]" in site.notes()
    assert site.entries() == {}
    assert site.run().profile["created"] == {"tickets": 0, "notes": 0, "time_entries": 1}
    site.see_each_once([lsid])


def test_a_session_that_never_closed_is_held_after_a_day_and_heals_when_it_ends(site: Site) -> None:
    (lsid,) = site.add(in_progress=True)
    site.run()
    site.pass_time(25 * 3600)
    problems = site.run(code=3).profile["problems"]
    assert lsid in [problem["lsid"] for problem in problems if "never closed" in problem["error"]]
    assert {problem["attempts"] for problem in problems} == {0}
    site.sandbox.appliance.end_session(lsid)
    site.pass_time(600)
    problems = site.run(code=3).profile["problems"]
    assert lsid not in [problem["lsid"] for problem in problems if "never closed" in problem["error"]]
    assert f"[bt:{lsid[:12]}]" in site.notes()


@pytest.mark.parametrize("namespace", ["beyondtrust", "bomgar", "sra"])
def test_every_generation_of_reports_is_read(site: Site, namespace: str) -> None:
    lsids = site.add(2)
    site.sandbox.switches.change({"namespace": namespace})
    site.run()
    site.see_each_once(lsids)


@pytest.mark.parametrize("shape", ["root-error", "empty-list", "list-error", "nested"])
def test_no_session_at_all_is_nothing_to_do(site: Site, shape: str) -> None:
    site.sandbox.switches.change({"nothing_found": shape})
    assert site.run().profile["sessions"]["found"] == 0


@pytest.mark.parametrize("listing", ["forbidden", "missing", "document-not-found"])
def test_without_a_listing_the_session_report_lists(site: Site, listing: str) -> None:
    lsids = site.add(3)
    site.sandbox.switches.change({"listing": listing})
    assert site.run().profile["sessions"]["delivered"] == 3
    site.see_each_once(lsids)
