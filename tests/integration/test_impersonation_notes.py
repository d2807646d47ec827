"""Notes in the representatives' names: where Autotask permits it, where it does not, and where nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.sandbox.scenarios.people import TECHNICIANS

if TYPE_CHECKING:
    from tests.conftest import Site

NOTES = "POST /Tickets/*/Notes"
WARNING = "Autotask permits no notes in a representative's name"


@pytest.fixture
def impersonating(site: Site) -> Site:
    site.set("autotask.impersonate", "true")
    return site


def api_user(site: Site) -> int:
    found: int = next(row["id"] for row in site.rows("Resources") if row["licenseType"] == 7)
    return found


def resource_of(site: Site, lsid: str) -> int:
    """The resource of the representative who held a session."""
    username = site.session(lsid)["primary_representative"]
    email = next(each.email for each in TECHNICIANS if each.username == username)
    found: int = next(row["id"] for row in site.rows("Resources") if row["email"] == email)
    return found


def authors(site: Site, lsid: str, suffix: str = "") -> tuple[Any, Any]:
    """Who wrote a session's note, and on whose behalf the API user says that it did."""
    note = site.notes()[f"[bt:{lsid[:12]}{suffix}]"]
    return note["creatorResourceID"], note["impersonatorCreatorResourceID"]


def answers_to_notes(site: Site) -> list[int | None]:
    """The statuses with which creates of notes were answered, in order."""
    return [entry.status for entry in site.sandbox.log.entries("autotask") if entry.path.endswith("/Notes")]


def test_notes_are_the_api_users_unless_the_profile_says_otherwise(site: Site) -> None:
    (lsid,) = site.add()
    site.run()
    assert authors(site, lsid) == (api_user(site), None)


def test_notes_stand_in_the_representatives_names_and_time_entries_need_none(impersonating: Site) -> None:
    lsids = impersonating.add(6)
    done = impersonating.run()
    for lsid in lsids:
        assert authors(impersonating, lsid) == (resource_of(impersonating, lsid), api_user(impersonating))
    assert {entry["impersonatorCreatorResourceID"] for entry in impersonating.entries().values()} == {None}
    assert done.stderr == ""


def test_what_the_customer_says_is_not_put_into_the_representatives_mouth(impersonating: Site) -> None:
    surveyed = [lsid for lsid in impersonating.add(12) if impersonating.session(lsid)["customer_survey"]]
    impersonating.run()
    assert surveyed
    for lsid in surveyed:
        assert authors(impersonating, lsid, ":customer-survey") == (api_user(impersonating), None)


def test_a_representative_without_a_resource_is_not_impersonated(impersonating: Site) -> None:
    (lsid,) = impersonating.add()
    username = impersonating.session(lsid)["primary_representative"]
    impersonating.set("time_entries.resource_map", f"{{ '{username}' = 'nobody@msp.example' }}")
    impersonating.run(code=3)
    assert authors(impersonating, lsid) == (api_user(impersonating), None)


def test_without_time_entries_the_resource_is_found_all_the_same(impersonating: Site) -> None:
    (lsid,) = impersonating.add()
    impersonating.set("time_entries.enabled", "false")
    impersonating.run()
    assert authors(impersonating, lsid)[0] == resource_of(impersonating, lsid)


def test_nobody_is_asked_for_who_cannot_be_found(impersonating: Site) -> None:
    (lsid,) = impersonating.add()
    impersonating.set("time_entries.enabled", "false")
    impersonating.set("time_entries.default_data", "")
    impersonating.run()
    assert authors(impersonating, lsid)[0] == api_user(impersonating)
    assert impersonating.asked("autotask")["/Resources/query"] == 0


def test_the_dry_run_plans_the_same_and_looks_nobody_up(site: Site) -> None:
    site.add(2)
    site.set("time_entries.enabled", "false")
    plan = site.run("--dry-run").profile["plan"]
    site.set("autotask.impersonate", "true")
    assert site.run("--dry-run").profile["plan"] == plan
    assert site.asked("autotask")["/Resources/query"] == 0


class TestWhereItIsNotPermitted:
    @pytest.fixture(autouse=True)
    def refuse(self, impersonating: Site) -> None:
        impersonating.sandbox.switches.change({"impersonation": "refused"})

    def test_the_notes_are_the_api_users_after_two_refusals_at_most_and_one_warning(self, impersonating: Site) -> None:
        lsids = impersonating.add(6)
        done = impersonating.run()
        assert done.stderr.count(WARNING) == 1
        assert "Resource Impersonation" in done.stderr
        assert answers_to_notes(impersonating).count(500) <= 2
        impersonating.see_each_once(lsids)
        assert {authors(impersonating, lsid) for lsid in lsids} == {(api_user(impersonating), None)}

    def test_each_run_finds_out_anew_with_two_creates_at_most(self, impersonating: Site) -> None:
        impersonating.add(2)
        impersonating.run()
        impersonating.add(3)
        impersonating.forget_requests()
        impersonating.sandbox.faults.add("latency", endpoint=NOTES, seconds=0.1, times=3)
        assert impersonating.run().stderr.count(WARNING) == 1
        assert answers_to_notes(impersonating).count(500) <= 2
        impersonating.sandbox.switches.change({"impersonation": "allowed"})
        lsids = impersonating.add(2)
        assert WARNING not in impersonating.run().stderr
        assert all(authors(impersonating, lsid)[0] == resource_of(impersonating, lsid) for lsid in lsids)

    def test_an_answer_lost_after_the_refusal_leaves_the_note_there_once(self, impersonating: Site) -> None:
        lsids = impersonating.add()
        impersonating.sandbox.faults.add("lost_answer", endpoint=NOTES, skip=1)
        assert impersonating.run(code=3).profile["sessions"]["unsettled"] == 1
        impersonating.pass_time(500)
        impersonating.run()
        impersonating.see_each_once(lsids)
        assert answers_to_notes(impersonating)[0] == 500

    def test_who_may_create_no_notes_at_all_is_told_that(self, impersonating: Site) -> None:
        impersonating.sandbox.switches.change({"creates_refused": ("TicketNotes",)})
        impersonating.add(2)
        done = impersonating.run(code=3)
        assert WARNING not in done.stderr
        assert {problem["kind"] for problem in done.profile["problems"]} == {"note"}
        errors = sorted(problem["error"] for problem in done.profile["problems"])
        assert "Autotask does not permit the API user to create notes" in errors[0]
        assert "adequate permissions to create" in errors[1]
        assert impersonating.notes() == {}


@pytest.mark.parametrize(("kind", "there"), [("lost_answer", 1), ("dropped", 0)])
def test_a_create_of_unknown_outcome_is_not_sent_again_without_the_name(
    impersonating: Site, kind: Any, there: int
) -> None:
    lsids = impersonating.add()
    impersonating.sandbox.faults.add(kind, endpoint=NOTES)
    assert impersonating.run(code=3).profile["sessions"]["unsettled"] == 1
    assert (len(answers_to_notes(impersonating)), len(impersonating.notes())) == (1, there)
    impersonating.pass_time(500)
    impersonating.run()
    impersonating.see_each_once(lsids)


def test_a_refusal_that_the_api_user_meets_too_says_nothing_about_impersonation(impersonating: Site) -> None:
    impersonating.add()
    refusal = {"status": 500, "body": "errors", "text": "Missing Required Field: noteType"}
    impersonating.sandbox.faults.add("status", endpoint=NOTES, times=2, **refusal)
    done = impersonating.run(code=3)
    assert WARNING not in done.stderr
    assert answers_to_notes(impersonating) == [500, 500]
    assert done.profile["problems"][0]["error"] == "Missing Required Field: noteType"


def test_impersonation_that_is_refused_in_unknown_words_parks_no_note(impersonating: Site) -> None:
    impersonating.sandbox.switches.change({"impersonation": "refused-otherwise"})
    lsids = impersonating.add(6)
    assert impersonating.run().stderr.count(WARNING) == 1
    impersonating.see_each_once(lsids)
    assert {authors(impersonating, lsid) for lsid in lsids} == {(api_user(impersonating), None)}
    assert answers_to_notes(impersonating).count(500) <= 2


def test_impersonation_that_is_turned_away_without_words_parks_no_note(impersonating: Site) -> None:
    impersonating.sandbox.switches.change({"impersonation": "turned-away"})
    impersonating.set("retry_limit", "2")
    lsids = impersonating.add(6)
    impersonating.run(code=None)
    for _ in range(3):
        impersonating.pass_time(600)
        done = impersonating.run(code=None)
        assert WARNING not in done.stderr or "403" in done.stderr
    assert impersonating.run().profile["problems"] == []
    impersonating.see_each_once(lsids)
    assert {authors(impersonating, lsid) for lsid in lsids} == {(api_user(impersonating), None)}


def test_a_resource_that_cannot_be_impersonated_keeps_no_other_ones_name_back(impersonating: Site) -> None:
    lsids = impersonating.add(8)
    people = {lsid: resource_of(impersonating, lsid) for lsid in lsids}
    refused = people[lsids[0]]
    impersonating.sandbox.switches.change({"not_impersonated": [refused]})
    impersonating.run()
    impersonating.see_each_once(lsids)
    assert len(set(people.values())) > 1
    for lsid in lsids:
        expected = api_user(impersonating) if people[lsid] == refused else people[lsid]
        assert authors(impersonating, lsid)[0] == expected
    assert answers_to_notes(impersonating).count(500) == 1


def test_without_the_right_to_read_resources_the_notes_are_the_api_users(impersonating: Site) -> None:
    (lsid,) = impersonating.add()
    impersonating.set("time_entries.enabled", "false")
    words = "The logged in Resource does not have the adequate permissions to query this entity type."
    refusal = {"status": 500, "body": "errors", "text": words}
    impersonating.sandbox.faults.add("status", endpoint="/Resources/query", times=None, **refusal)
    assert WARNING in impersonating.run().stderr
    assert authors(impersonating, lsid) == (api_user(impersonating), None)
