"""P3: which survey notes a session gets, however its representatives' surveys come in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_autotask_sync.appliance.session import Session, Survey, SurveyAnswer
from bt_autotask_sync.notes.example import EXAMPLE_SESSION
from bt_autotask_sync.state.artifact_record import ArtifactRecord
from bt_autotask_sync.state.states import ArtifactState
from bt_autotask_sync.sync.markers import told_surveys
from bt_autotask_sync.sync.plan.note_artifacts import author, representatives_notes, respondents

FIRST, SECOND, THIRD = (f":representative-survey{tail}" for tail in ("", ":2", ":3"))


def survey(gsnumber: str, words: str = "Resolved") -> Survey:
    return Survey(gsnumber, (SurveyAnswer("close_state", words),))


def session(*surveys: Survey) -> Session:
    return replace(EXAMPLE_SESSION, representative_surveys=surveys)


def record(suffix: str, whose: str = "", state: ArtifactState = ArtifactState.CREATED) -> ArtifactRecord:
    values = {"marker": f"[bt:e9e99aeb9ad5{suffix}]", "state": state, "respondents": whose}
    made: ArtifactRecord = cast("Any", ArtifactRecord)(**{**dict.fromkeys(ArtifactRecord.__slots__), **values})
    return made


def planned(told: Session, *records: ArtifactRecord) -> dict[str, tuple[str, ...]]:
    """Return for each planned note, by its suffix, whose surveys it tells."""
    notes = representatives_notes(told, told_surveys(records))
    return {suffix: respondents(alone) for suffix, alone in notes}


def test_P3_all_surveys_that_are_there_stand_in_one_note() -> None:
    assert planned(session(survey("21"), survey("23"))) == {FIRST: ("21", "23")}
    assert planned(session()) == {}


def test_P3_one_that_comes_later_gets_a_note_of_its_own_and_the_next_one_too() -> None:
    two = session(survey("21"), survey("23"))
    assert planned(two, record(FIRST, "21")) == {FIRST: ("21",), SECOND: ("23",)}
    three = session(survey("21"), survey("23"), survey("24"))
    assert planned(three, record(FIRST, "21"), record(SECOND, "23"))[THIRD] == ("24",)


def test_P3_the_order_of_the_report_does_not_matter() -> None:
    late_one_first = session(survey("20"), survey("21"))
    assert planned(late_one_first, record(FIRST, "21")) == {FIRST: ("21",), SECOND: ("20",)}


def test_P3_a_representative_who_answers_twice_is_told_twice() -> None:
    twice = session(survey("21", "Open"), survey("21", "Resolved"))
    assert planned(twice, record(FIRST, "21")) == {FIRST: ("21",), SECOND: ("21",)}
    assert planned(twice, record(FIRST, "21 21")) == {FIRST: ("21", "21")}


@pytest.mark.parametrize("state", [ArtifactState.HELD, ArtifactState.PARKED])
def test_P3_a_note_that_was_never_sent_takes_up_what_came_later(state: ArtifactState) -> None:
    assert planned(session(survey("21"), survey("23")), record(FIRST, "21", state)) == {FIRST: ("21", "23")}


@pytest.mark.parametrize("state", [ArtifactState.UNSETTLED, ArtifactState.ADOPTED, ArtifactState.SKIPPED])
def test_P3_a_note_that_may_be_there_or_was_skipped_changes_no_more(state: ArtifactState) -> None:
    assert planned(session(survey("21"), survey("23")), record(FIRST, "21", state))[SECOND] == ("23",)


def test_P3_a_note_of_which_nobody_knows_what_it_tells_is_taken_to_tell_everything() -> None:
    assert planned(session(survey("21"), survey("23")), record(FIRST)) == {FIRST: ("21", "23")}


def test_P3_a_deleted_first_note_is_made_again_under_its_own_number() -> None:
    assert planned(session(survey("21"), survey("23")), record(SECOND, "23")) == {SECOND: ("23",), FIRST: ("21",)}


def test_other_notes_of_the_session_say_nothing_about_surveys() -> None:
    others = (record(""), record(":2"), record(":customer-survey"))
    assert planned(session(survey("21")), *others) == {FIRST: ("21",)}


@given(st.lists(st.lists(st.sampled_from(["", " ", "21", "2 1", "23", "?"]), max_size=4), min_size=1, max_size=5))
def test_P3_in_whatever_waves_surveys_come_each_is_told_once(waves: list[list[str]]) -> None:
    records: list[ArtifactRecord] = []
    there: list[Survey] = []
    for wave in waves:
        there[:0] = [survey(gsnumber) for gsnumber in wave]
        before = {each.marker for each in records}
        for suffix, whose in planned(session(*there), *records).items():
            new = record(suffix, " ".join(whose))
            if new.marker not in before:
                records.append(new)
        told = [name for each in records for name in each.respondents.split()]
        assert sorted(told) == sorted(respondents(session(*there)))
    assert len(records) == sum(bool(wave) for wave in waves)


def test_a_note_stands_in_the_name_of_whom_it_tells_first() -> None:
    assert author(session(survey("23"), survey("21"))) == "sam@msp.example"
    assert author(session(survey("99"))) == ""
    assert author(session()) == ""
