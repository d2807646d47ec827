"""D9, P3: surveys that are given after their session was delivered are found, and posted once."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.sandbox.appliance.record import Answer, Survey

if TYPE_CHECKING:
    from tests.unit.bench import Bench

DAY = 86_400


def customer_survey(bench: Bench, words: str = "Quick and friendly", in_seconds: float = -60) -> Survey:
    answers = (Answer("rating", "How was it?", "radio", "2"), Answer("comments", "More?", "textarea", words))
    return Survey(10, "Jane Doe", int(bench.now + in_seconds), answers)


def representative_survey(bench: Bench, lsid: str, words: str, number: int = 0) -> Survey:
    """Return what the representative at this place in the report says; further ones need not be in it."""
    gsnumber = bench.told(lsid).representatives[0].gsnumber + number
    return Survey(gsnumber, "Pat", bench.now - 60, (Answer("close_state", "How closed?", "select", words),))


def add_representative_survey(bench: Bench, lsid: str, words: str) -> None:
    before = bench.told(lsid).representative_surveys
    added = representative_survey(bench, lsid, words, len(before))
    bench.change(lsid, representative_surveys=(*before, added))


def suffixes(bench: Bench, lsid: str) -> list[str]:
    """Return what follows the key in the markers of a session's notes, in the order of creation."""
    return [note["title"].rpartition(f"[bt:{lsid[:12]}")[2].removesuffix("]") for note in bench.notes(lsid)]


def text(bench: Bench, lsid: str, suffix: str) -> str:
    (found,) = (note for note in bench.notes(lsid) if note["title"].endswith(f"{lsid[:12]}{suffix}]"))
    return str(found["description"])


class TestCustomers:
    def test_D9_a_survey_given_after_the_delivery_is_posted_once_on_the_same_ticket(self, bench: Bench) -> None:
        lsid = bench.session()
        bench.run()
        bench.pass_time(3600)
        bench.change(lsid, customer_survey=customer_survey(bench))
        assert dict(bench.run().created) == {"note": 1}
        assert suffixes(bench, lsid) == ["", ":customer-survey"]
        assert "Quick and friendly" in text(bench, lsid, ":customer-survey")
        assert len({note["ticketID"] for note in bench.notes(lsid)}) == 1
        bench.forget_requests()
        bench.run()
        assert bench.asked("autotask") == {}

    def test_D9_the_survey_report_is_enough_where_the_sessions_own_report_lacks_it(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lsid = bench.session(customer_survey=customer_survey(bench, in_seconds=3600))
        bench.run()
        assert suffixes(bench, lsid) == [""]
        bench.pass_time(3700)
        monkeypatch.setattr("bt_autotask_sync.sandbox.appliance.session_report._surveys", lambda _: ())
        bench.run()
        assert "Quick and friendly" in text(bench, lsid, ":customer-survey")

    def test_a_survey_that_was_there_in_time_is_not_posted_again(self, bench: Bench) -> None:
        lsid = bench.session(customer_survey=customer_survey(bench))
        bench.run()
        bench.run()
        assert suffixes(bench, lsid) == ["", ":customer-survey"]

    def test_D9_a_survey_report_that_fails_is_told_and_fails_no_run(
        self, bench: Bench, caplog: pytest.LogCaptureFixture
    ) -> None:
        lsid = bench.session()
        bench.run()
        bench.change(lsid, customer_survey=customer_survey(bench))
        bench.sandbox.faults.add("status", endpoint="SupportCustExitSurvey", times=None)
        other = bench.session()
        with caplog.at_level(logging.WARNING, "bt_autotask_sync"):
            bench.run()
        assert "Customer surveys could not be listed" in caplog.text
        assert (suffixes(bench, lsid), suffixes(bench, other)) == ([""], [""])
        bench.sandbox.faults.clear()
        bench.run()
        assert suffixes(bench, lsid) == ["", ":customer-survey"]

    def test_D9_a_late_survey_whose_answer_is_lost_is_there_once(self, bench: Bench) -> None:
        lsid = bench.session()
        bench.run()
        bench.change(lsid, customer_survey=customer_survey(bench))
        bench.sandbox.faults.add("lost_answer", side="autotask", endpoint="POST /Tickets/*/Notes")
        bench.run()
        bench.pass_time(500)
        bench.run()
        assert suffixes(bench, lsid) == ["", ":customer-survey"]
        assert bench.state(lsid) == "delivered"

    def test_a_survey_of_a_session_without_a_ticket_is_nobodys(self, bench: Bench) -> None:
        lsid = bench.session(key="")
        bench.run()
        bench.change(lsid, customer_survey=customer_survey(bench))
        bench.run()
        assert bench.notes(lsid) == []

    def test_surveys_are_not_asked_for_where_the_profile_does_not_poll_for_them(self, bench: Bench) -> None:
        bench.configure(poll_events=["session-end"])
        lsid = bench.session()
        bench.run()
        bench.change(lsid, customer_survey=customer_survey(bench))
        bench.run()
        assert suffixes(bench, lsid) == [""]
        assert bench.asked("appliance")["SupportCustExitSurvey"] == 0


class TestRepresentatives:
    @pytest.fixture
    def lsid(self, bench: Bench) -> str:
        """A session that was delivered with one representative's survey."""
        lsid = bench.session()
        add_representative_survey(bench, lsid, "first opinion")
        bench.run()
        assert suffixes(bench, lsid) == ["", ":representative-survey"]
        return lsid

    def test_P3_one_that_comes_later_is_found_within_a_day_and_posted_alone(self, bench: Bench, lsid: str) -> None:
        add_representative_survey(bench, lsid, "second opinion")
        bench.run()
        assert len(bench.notes(lsid)) == 2
        bench.pass_time(DAY)
        assert dict(bench.run().created) == {"note": 1}
        assert suffixes(bench, lsid) == ["", ":representative-survey", ":representative-survey:2"]
        late = text(bench, lsid, ":representative-survey:2")
        assert "second opinion" in late
        assert "first opinion" not in late
        bench.pass_time(DAY)
        bench.forget_requests()
        assert not bench.run().created
        assert bench.asked("autotask") == {}

    def test_P3_a_session_that_is_read_again_posts_what_came_since(self, bench: Bench, lsid: str) -> None:
        for words in ("second opinion", "third opinion"):
            add_representative_survey(bench, lsid, words)
            bench.resync(lsid)
        assert suffixes(bench, lsid)[1:] == [f":representative-survey{tail}" for tail in ("", ":2", ":3")]
        assert "third opinion" in text(bench, lsid, ":representative-survey:3")

    def test_P3_they_are_internal_also_where_notes_are_public(self, bench: Bench) -> None:
        bench.configure(autotask={"publish_notes_as_public": True})
        lsid = bench.session(customer_survey=customer_survey(bench))
        for words in ("first opinion", "second opinion"):
            add_representative_survey(bench, lsid, words)
            bench.resync(lsid)
        assert [note["publish"] for note in bench.notes(lsid)] == [1, 1, 2, 2]

    def test_P3_a_lost_ledger_doubles_none(self, bench: Bench, lsid: str) -> None:
        add_representative_survey(bench, lsid, "second opinion")
        bench.resync(lsid)
        bench.forget_ledger()
        bench.run()
        bench.pass_time(DAY)
        bench.run()
        assert len(suffixes(bench, lsid)) == 3

    def test_P3_after_a_lost_ledger_one_that_comes_later_is_posted_still(self, bench: Bench, lsid: str) -> None:
        bench.forget_ledger()
        bench.run()
        add_representative_survey(bench, lsid, "second opinion")
        bench.resync(lsid)
        assert suffixes(bench, lsid) == ["", ":representative-survey", ":representative-survey:2"]
        assert "first opinion" not in text(bench, lsid, ":representative-survey:2")

    def test_P3_one_that_comes_while_the_first_is_of_unknown_outcome_waits_for_no_other(self, bench: Bench) -> None:
        lsid = bench.session()
        add_representative_survey(bench, lsid, "first opinion")
        bench.sandbox.faults.add("lost_answer", side="autotask", endpoint="POST /Tickets/*/Notes", skip=1)
        bench.run()
        add_representative_survey(bench, lsid, "second opinion")
        bench.pass_time(500)
        bench.run()
        assert suffixes(bench, lsid) == ["", ":representative-survey", ":representative-survey:2"]
        assert "first opinion" not in text(bench, lsid, ":representative-survey:2")

    def test_P3_a_refused_note_tells_later_also_what_came_since(self, bench: Bench) -> None:
        lsid = bench.session()
        add_representative_survey(bench, lsid, "first opinion")
        refusal = {"status": 500, "body": "errors", "text": "Not today."}
        bench.sandbox.faults.add("status", side="autotask", endpoint="POST /Tickets/*/Notes", skip=1, **refusal)
        bench.run()
        assert suffixes(bench, lsid) == [""]
        add_representative_survey(bench, lsid, "second opinion")
        bench.pass_time(500)
        bench.run()
        assert suffixes(bench, lsid) == ["", ":representative-survey"]
        both = text(bench, lsid, ":representative-survey")
        assert "first opinion" in both
        assert "second opinion" in both

    def test_the_survey_report_of_representatives_is_asked_for_once_a_day(self, bench: Bench, lsid: str) -> None:
        for _ in range(3):
            bench.run()
        assert bench.asked("appliance")["SupportRepExitSurvey"] == 0
        for _ in range(2):
            bench.pass_time(DAY)
            bench.run()
            bench.run()
        assert bench.asked("appliance")["SupportRepExitSurvey"] == 2
