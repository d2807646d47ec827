"""Faults of the network and of Autotask, each in a whole run and those after it: once, only once, and it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import OpenSite, Site

NOTES, ENTRIES = "POST /Tickets/*/Notes", "POST /TimeEntries"
CREATES = [NOTES, ENTRIES]
SETTLED = 430
"""Seconds after which a create of unknown outcome may be sent again, and a little more."""
FIRST_PAUSE = 60


def counts(site: Site, code: int) -> dict[str, int]:
    found: dict[str, int] = site.run(code=code).profile["sessions"]
    return found


def see_finished(site: Site, lsids: list[str]) -> None:
    """See that all is done, and that one more run sends nothing."""
    site.see_each_once(lsids)
    site.forget_requests()
    assert site.run().profile["problems"] == []
    assert site.creates() == []


# Creates of unknown outcome


@pytest.mark.parametrize("endpoint", CREATES)
def test_C5_a_lost_answer_is_unsettled_and_adopted_by_the_next_run(site: Site, endpoint: str) -> None:
    lsids = site.add(4)
    site.sandbox.faults.add("lost_answer", endpoint=endpoint)
    done = site.run(code=3).profile
    assert (done["sessions"]["delivered"], done["sessions"]["unsettled"]) == (3, 1)
    (problem,) = done["problems"]
    assert (problem["state"], problem["attempts"]) == ("unsettled", 0)
    assert sum(site.run().profile["adopted"].values()) == 1
    see_finished(site, lsids)


@pytest.mark.parametrize("endpoint", CREATES)
@pytest.mark.parametrize("kind", ["dropped", "status"])
def test_C5_what_never_arrived_is_sent_again_only_when_it_cannot_come_any_more(
    site: Site, endpoint: str, kind: Any
) -> None:
    lsids = site.add(4)
    site.sandbox.faults.add(kind, endpoint=endpoint)
    assert counts(site, 3)["unsettled"] == 1
    site.forget_requests()
    for _ in range(3):
        site.pass_time(SETTLED / 4)
        assert counts(site, 3)["unsettled"] == 1
    assert site.creates() == []
    site.pass_time(SETTLED / 4)
    assert counts(site, 0)["delivered"] == 1
    assert len(site.creates()) == 1
    see_finished(site, lsids)


@pytest.mark.parametrize("endpoint", CREATES)
@pytest.mark.parametrize("seconds", [10, 299])
def test_C5_a_record_that_appears_late_is_waited_for_and_adopted(site: Site, endpoint: str, seconds: float) -> None:
    lsids = site.add(4)
    site.sandbox.faults.add("late_commit", endpoint=endpoint, seconds=seconds)
    assert counts(site, 3)["unsettled"] == 1
    site.pass_time(seconds / 2)
    assert counts(site, 3)["unsettled"] == 1
    site.pass_time(seconds / 2)
    assert sum(site.run().profile["adopted"].values()) == 1
    see_finished(site, lsids)


def test_C5_a_run_never_waits_for_what_is_unsettled(site: Site, waits: list[float]) -> None:
    site.add(3)
    site.sandbox.faults.add("dropped", endpoint=NOTES)
    site.run(code=3)
    assert sum(waits) < 5


def test_an_unsettled_note_does_not_stop_its_time_entry_nor_other_sessions(site: Site) -> None:
    site.add(3)
    site.sandbox.faults.add("dropped", endpoint=NOTES)
    site.run(code=3)
    assert len(site.entries()) == 3


def test_next_due_names_the_moment_from_which_an_unsettled_create_can_be_sent_again(site: Site) -> None:
    site.add()
    site.sandbox.faults.add("dropped", endpoint=NOTES)
    due = site.run(code=3).profile["next_due"]
    assert due is not None
    assert due < site.run(code=3).profile["watermark"][:-9] + "T99:99:99Z"


def test_several_unclear_answers_in_a_row_stop_the_kind_for_this_run(site: Site) -> None:
    lsids = site.add(20)
    site.sandbox.faults.add("lost_answer", endpoint=NOTES, times=None)
    done = counts(site, 3)
    sent = sum(path.endswith("/Notes") for path, _ in site.creates())
    assert sent < 10
    assert done["unsettled"] == sent
    assert len(site.entries()) == 20
    site.sandbox.faults.clear()
    assert site.run().profile["adopted"]["notes"] == sent
    see_finished(site, lsids)


def test_C4_a_redirect_of_a_create_is_never_followed(open_site: OpenSite) -> None:
    site, elsewhere = open_site(), open_site()
    lsids = site.add()
    site.sandbox.faults.add("redirect", endpoint=NOTES, location=elsewhere.url + "/atservicesrest/v1.0/TicketNotes")
    assert counts(site, 3)["unsettled"] == 1
    assert elsewhere.counts() == {"appliance": 0, "autotask": 0}
    site.pass_time(SETTLED)
    site.run()
    see_finished(site, lsids)


def test_a_lost_answer_and_a_lost_checkpoint_together_double_nothing(site: Site) -> None:
    lsids = site.add(4)
    site.sandbox.faults.add("lost_answer", endpoint=NOTES)
    site.sandbox.faults.add("lost_answer", endpoint=ENTRIES, skip=1)
    site.run(code=3)
    for file in site.state.iterdir():
        file.unlink()
    assert site.run().profile["sessions"]["already"] == 4
    see_finished(site, lsids)


# Too many at a time, and too many in an hour


@pytest.mark.parametrize("retry_after", [None, 2])
def test_C4_a_storm_of_429_is_waited_out(site: Site, waits: list[float], retry_after: int | None) -> None:
    lsids = site.add(4)
    for endpoint in CREATES:
        site.sandbox.faults.add("429", endpoint=endpoint, times=6, retry_after=retry_after)
    site.sandbox.faults.add("429", side="autotask", endpoint="/Tickets/query", times=3, retry_after=retry_after)
    assert counts(site, 0)["delivered"] == 4
    assert waits
    assert retry_after is None or set(waits) == {2.0}
    see_finished(site, lsids)


@pytest.mark.parametrize("endpoint", CREATES)
def test_C4_a_429_that_outlasts_a_minute_ends_the_run_and_costs_nothing(
    site: Site, waits: list[float], endpoint: str
) -> None:
    lsids = site.add(4)
    site.sandbox.faults.add("429", endpoint=endpoint, times=None)
    done = site.run(code=4).profile
    assert {problem["attempts"] for problem in done["problems"]} <= {0}
    assert (done["sessions"]["unsettled"], done["sessions"]["parked"]) == (0, 0)
    assert 0 < sum(waits) <= 3 * 60
    site.sandbox.faults.clear()
    site.run()
    see_finished(site, lsids)


@pytest.mark.parametrize("status", [429, 500])
def test_a_spent_hour_ends_the_run_and_the_rest_waits(open_site: OpenSite, status: int) -> None:
    site = open_site(threshold=40)
    site.set("autotask.request_share", "0.95")
    site.sandbox.switches.change({"hourly_limit": status})
    lsids = site.add(30)
    seen = 0
    for _ in range(9):
        done = site.run(code=None)
        if done.code == 0:
            break
        assert done.code == 4
        assert "hour" in done.stderr
        assert done.profile["problems"] == []
        assert len(site.notes()) > seen
        seen = len(site.notes())
        site.pass_time(3601)
    see_finished(site, lsids)


def test_C9_autotask_never_has_more_than_three_requests_of_a_kind(site: Site) -> None:
    lsids = site.add(12)
    site.sandbox.faults.add("latency", side="autotask", times=None, seconds=0.02)
    site.run()
    assert {entry.status for entry in site.sandbox.log.entries("autotask")} == {200}
    see_finished(site, lsids)


# Outages


@pytest.mark.parametrize("side", ["appliance", "autotask"])
@pytest.mark.parametrize("status", [None, 503])
def test_C7_an_outage_ends_the_run_and_costs_no_attempt_however_long_it_lasts(
    site: Site, side: Any, status: int | None
) -> None:
    site.set("retry_limit", "2")
    lsids = site.add(4)
    site.sandbox.faults.add("outage", side=side, status=status)
    for _ in range(5):
        done = site.run(code=4).profile
        assert done["outcome"] == "ended_early"
        assert done["problems"] == []
    assert site.creates() == []
    site.sandbox.faults.clear()
    assert counts(site, 0)["delivered"] == 4
    see_finished(site, lsids)


def test_an_outage_in_the_middle_of_the_creates_keeps_what_was_finished(site: Site) -> None:
    lsids = site.add(12)
    site.sandbox.faults.add("outage", side="autotask", skip=20)
    done = site.run(code=4).profile
    assert 0 < done["created"]["notes"] < 12
    site.sandbox.faults.clear()
    site.run(code=None)
    site.pass_time(SETTLED)
    site.run()
    see_finished(site, lsids)


@pytest.mark.parametrize(("side", "reads"), [("appliance", 1), ("autotask", 2)])
def test_a_read_is_tried_four_times_with_growing_waits(site: Site, waits: list[float], side: Any, reads: int) -> None:
    """Of Autotask the count of requests is read first, and where that fails the time: it alone may be out of order."""
    site.add()
    site.sandbox.faults.add("outage", side=side)
    site.run(code=4)
    assert site.counts()[side] == 4 * reads
    assert [round(wait * 2) / 2 for wait in waits] == pytest.approx([0.5, 1, 2] * reads, abs=0.26)


def test_reads_that_fail_now_and_then_are_repeated_and_nobody_notices(open_site: OpenSite) -> None:
    site = open_site()
    lsids = site.add(12)
    kinds: list[Any] = ["dropped", "cut_body", "status"]
    for kind in kinds:
        site.sandbox.faults.add(kind, endpoint="/*/query", times=1)
        for report in ("token", "SupportSessionListing", "SupportSession", "SupportCustExitSurvey"):
            site.sandbox.faults.add(
                kind, side="appliance", endpoint=report, times=1, **({"status": 503} if kind == "status" else {})
            )
    done = site.run()
    assert (done.stderr, done.profile["problems"]) == ("", [])
    see_finished(site, lsids)


# Refusals


def refuse(site: Site, endpoint: str, words: str = "The ticket is not in the mood.", **values: Any) -> None:
    site.sandbox.faults.add(
        "status", endpoint=endpoint, status=500, body="errors", text=words, **{"times": None, **values}
    )


@pytest.mark.parametrize("endpoint", CREATES)
def test_C6_a_refused_artifact_is_held_with_autotasks_words_and_pauses_longer_each_time(
    site: Site, endpoint: str
) -> None:
    site.set("retry_limit", "3")
    (lsid,) = site.add()
    refuse(site, endpoint)
    pause = FIRST_PAUSE
    for attempt in (1, 2, 3):
        (problem,) = site.run(code=3).profile["problems"]
        assert (problem["state"], problem["attempts"]) == ("held", attempt)
        assert problem["error"] == "The ticket is not in the mood."
        assert problem["advice"]
        site.forget_requests()
        site.pass_time(pause - 10)
        site.run(code=3)
        assert site.creates() == []
        site.pass_time(20)
        pause *= 2
    (problem,) = site.run(code=3).profile["problems"]
    assert (problem["state"], problem["attempts"]) == ("parked", 4)
    site.forget_requests()
    site.pass_time(12 * 3600)
    site.run(code=3)
    assert site.creates() == []

    site.sandbox.faults.clear()
    assert site.command("held", "retry", lsid[:12]).code == 0
    site.run()
    see_finished(site, [lsid])


def test_M5_a_refused_time_entry_does_not_stop_its_note(site: Site) -> None:
    lsids = site.add(2)
    refuse(site, ENTRIES, times=1)
    assert site.run(code=3).profile["created"] == {"tickets": 0, "notes": 2, "time_entries": 1}
    site.pass_time(FIRST_PAUSE + 5)
    site.run()
    see_finished(site, lsids)


@pytest.mark.parametrize("status", [200, 500])
def test_errors_are_a_refusal_whatever_their_status(site: Site, status: int) -> None:
    lsids = site.add(2)
    site.sandbox.faults.add("status", endpoint=NOTES, status=status, body="errors", text="No.")
    assert counts(site, 3)["held"] == 1
    site.pass_time(FIRST_PAUSE + 5)
    site.run()
    see_finished(site, lsids)


def test_C7_the_same_words_for_five_sessions_stop_the_kind_and_cost_no_attempt(site: Site) -> None:
    lsids = site.add(20)
    refuse(site, NOTES)
    done = site.run(code=3).profile
    assert sum(path.endswith("/Notes") for path, _ in site.creates()) < 10
    assert {problem["attempts"] for problem in done["problems"]} == {0}
    assert done["created"]["time_entries"] == 20
    site.sandbox.faults.clear()
    site.pass_time(3605)
    site.run()
    see_finished(site, lsids)


@pytest.mark.parametrize("entity", ["TicketNotes", "TimeEntries"])
def test_C7_a_missing_permission_stops_the_kind_at_the_first_refusal(site: Site, entity: str) -> None:
    lsids = site.add(6)
    site.sandbox.switches.change({"creates_refused": [entity]})
    done = site.run(code=3).profile
    refused = [path for path, _ in site.creates() if ("Notes" in path) is (entity == "TicketNotes")]
    assert len(refused) <= 3
    assert {problem["attempts"] for problem in done["problems"]} == {0}
    site.sandbox.switches.change({"creates_refused": []})
    site.run()
    see_finished(site, lsids)


def test_C8_the_first_refusal_of_an_event_that_is_not_retried_parks_it(site: Site) -> None:
    site.set("retry_poll_events", '["customer-survey"]')
    site.add()
    refuse(site, NOTES, times=1)
    assert counts(site, 3)["parked"] == 1


# Look-ups that cannot be believed


EMPTY = '{"items": [], "pageDetails": {"count": 0, "requestCount": 500, "prevPageUrl": null, "nextPageUrl": null}}'


def blind(site: Site, entity: str) -> None:
    """Let queries show nothing of an entity; a record asked for by its id is there."""
    site.sandbox.faults.add("status", endpoint=f"/{entity}/query", status=200, body="text", text=EMPTY, times=None)


def of(site: Site, entity: str) -> set[str]:
    return set(site.notes() if entity == "TicketNotes" else site.entries())


@pytest.mark.parametrize("entity", ["TicketNotes", "TimeEntries"])
@pytest.mark.parametrize("by_id_too", [True, False])
def test_C2_with_a_blind_look_up_and_an_empty_ledger_one_record_is_made_and_no_more(
    site: Site, entity: str, by_id_too: bool
) -> None:
    lsids = site.add(5)
    if by_id_too:
        site.sandbox.switches.change({"missing_rights": [entity]})
    else:
        blind(site, entity)
    done = site.run(code=3).profile
    assert len(of(site, entity)) == 1
    assert {problem["stage"] for problem in done["problems"]} == {"compare"}
    assert {problem["attempts"] for problem in done["problems"]} == {0}
    site.sandbox.switches.change({"missing_rights": []})
    site.sandbox.faults.clear()
    site.run()
    see_finished(site, lsids)


@pytest.mark.parametrize("entity", ["TicketNotes", "TimeEntries"])
def test_C2_a_look_up_that_has_become_blind_makes_nothing(site: Site, entity: str) -> None:
    first = site.add(3)
    site.run()
    before = of(site, entity)
    later = site.add(3)
    blind(site, entity)
    for _ in range(3):
        done = site.run(code=3).profile
        assert of(site, entity) == before
        assert {problem["attempts"] for problem in done["problems"]} == {0}
    site.sandbox.faults.clear()
    site.run()
    see_finished(site, first + later)


def test_C2_time_entries_that_queries_hide_are_seen_as_hidden(site: Site) -> None:
    default = '{ defaultDomain = "msp.example", roleName = "Technician", summaryNotes = "s", isNonBillable = true }'
    site.set("time_entries.default_data", default)
    first = site.add(2)
    site.run()
    site.sandbox.switches.change({"non_billable_hidden": True})
    later = site.add(2)
    site.run(code=3)
    assert len(site.entries()) == 2
    site.sandbox.switches.change({"non_billable_hidden": False})
    site.run()
    see_finished(site, first + later)


def test_C2_a_lost_answer_is_not_taken_for_gone_by_a_blind_look_up(site: Site) -> None:
    lsids = site.add(3)
    site.run()
    later = site.add(2)
    site.sandbox.faults.add("lost_answer", endpoint=NOTES)
    site.run(code=3)
    site.sandbox.switches.change({"missing_rights": ["TicketNotes"]})
    site.pass_time(SETTLED)
    site.forget_requests()
    site.run(code=3)
    assert site.creates() == []
    site.sandbox.switches.change({"missing_rights": []})
    site.run()
    see_finished(site, lsids + later)


def test_an_index_that_lags_behind_doubles_nothing(site: Site) -> None:
    site.sandbox.switches.change({"query_lag_seconds": 5})
    lsids = site.add(3)
    site.run(code=None)
    site.pass_time(10)
    site.run(code=None)
    site.pass_time(FIRST_PAUSE)
    site.run()
    see_finished(site, lsids)


# Everything at once


@pytest.mark.parametrize("seed", range(2))
def test_a_week_under_random_faults_is_delivered_once(open_site: OpenSite, seed: int) -> None:
    site = open_site(seed=seed)
    lsids = site.add(20)
    site.set("retry_limit", "1000")
    kinds: list[Any] = ["lost_answer", "dropped", "late_commit", "status", "cut_body", "garbled", "429", "redirect"]
    faults = [
        site.sandbox.faults.add(kind, side="autotask", share=0.05, seconds=60 if kind == "late_commit" else 0)
        for kind in kinds
    ]
    for _ in range(6):
        assert site.run(code=None).code in {0, 3, 4}
        site.pass_time(SETTLED)
    assert sum(fault.struck for fault in faults) >= len(kinds)
    site.sandbox.faults.clear()
    for _ in range(3):
        site.pass_time(6 * 3600)
        site.run(code=None)
    site.see_each_once(lsids)
    assert site.run(code=None).profile["problems"] == []
