"""D8: which empty listing is believed, and all that a run still does when one is not."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.appliance.errors import ErrorAnswer, ReportNotPermitted
from bt_autotask_sync.errors import OutageError
from bt_autotask_sync.sync.discover.listing import UnbelievableListingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.bench import Bench

DAY = 86_400
LISTING = "SupportSessionListing"
EMPTY_LIST: dict[str, Any] = {"status": 200, "body": "text", "text": "<session_summary_list/>", "times": None}
SHAPES = pytest.mark.parametrize("shape", ["root-error", "list-error"])
LANGUAGES = pytest.mark.parametrize("language", ["english", "french"])


@SHAPES
def test_D8_nothing_found_in_another_language_is_an_empty_answer(
    bench: Bench, shape: str, caplog: pytest.LogCaptureFixture
) -> None:
    bench.sandbox.switches.change({"nothing_found_language": "french", "nothing_found": shape})
    assert bench.run().found == 0
    assert bench.progress.watermark == bench.now
    assert [line.message for line in caplog.records if line.levelno >= logging.WARNING] == []
    (lsid,) = bench.end()
    bench.run()
    assert bench.notes(lsid)


@SHAPES
def test_D8_words_of_another_language_are_not_believed_of_an_account_that_may_not_read(
    bench: Bench, shape: str
) -> None:
    bench.run()
    mark = bench.progress.watermark
    bench.pass_time(600)
    bench.sandbox.switches.change({"nothing_found_language": "french", "nothing_found": shape, "reporting": "empty"})
    bench.run(fails=ErrorAnswer)
    assert bench.progress.watermark == mark


def test_D8_words_that_every_question_has_are_not_nothing_found(bench: Bench) -> None:
    bench.run()
    mark = bench.progress.watermark
    bench.pass_time(600)
    bench.fault("status", endpoint=LISTING, **{**EMPTY_LIST, "text": "<error>Hors service</error>"})
    bench.run(fails=ErrorAnswer)
    assert bench.progress.watermark == mark


def test_D8_the_words_of_another_language_are_proved_once_a_run(bench: Bench) -> None:
    bench.sandbox.switches.change({"nothing_found_language": "french"})
    bench.run()
    bench.pass_time(600)
    bench.forget_requests()
    bench.run()
    asked = bench.asked("appliance")
    assert (asked[LISTING], asked["get_api_info"]) == (4, 1)


def test_D8_a_purged_report_in_another_language_survives_in_details_too(bench: Bench) -> None:
    (lsid,) = bench.end(key="nothing that names a ticket")
    bench.sandbox.switches.change({"nothing_found_language": "french"})
    bench.run()
    bench.sandbox.switches.change({"report_retention_days": 1.0})
    bench.pass_time(2 * DAY)
    bench.sessions.take_up(lsid)
    bench.run()
    assert bench.progress.watermark == bench.now


@LANGUAGES
def test_D8_reports_that_are_kept_shorter_than_the_look_back_are_believed_to_be_gone(
    bench: Bench, language: str
) -> None:
    bench.sandbox.switches.change({"nothing_found_language": language, "report_retention_days": 1.0})
    bench.end(3)
    bench.run()
    for _ in range(4):
        bench.pass_time(DAY)
        bench.run()
        assert bench.progress.watermark == bench.now
    (new,) = bench.end()
    bench.run()
    assert bench.notes(new)


@LANGUAGES
def test_D8_reports_that_seem_gone_are_not_believed_to_be_without_the_permission(bench: Bench, language: str) -> None:
    bench.end(3)
    bench.run()
    mark = bench.progress.watermark
    bench.pass_time(600)
    bench.sandbox.switches.change({"nothing_found_language": language, "reporting": "empty"})
    bench.run(fails=UnbelievableListingError if language == "english" else ErrorAnswer)
    assert bench.progress.watermark == mark
    bench.sandbox.switches.change({"reporting": "granted"})
    bench.run()
    assert bench.progress.watermark == bench.now


def test_D8_the_session_that_ended_last_is_the_one_that_is_asked_for_as_it_is_purged_last(bench: Bench) -> None:
    bench.sandbox.switches.change({"report_retention_days": 1.0})
    bench.end()
    bench.run()
    bench.pass_time(0.9 * DAY)
    bench.end()
    bench.run()
    mark = bench.progress.watermark
    bench.pass_time(0.2 * DAY)
    empty_list(bench)
    bench.run(fails=UnbelievableListingError)
    assert bench.progress.watermark == mark


def empty_list(bench: Bench) -> None:
    bench.fault("status", endpoint=LISTING, **EMPTY_LIST)


def other_words(bench: Bench) -> None:
    bench.fault("status", endpoint=LISTING, **{**EMPTY_LIST, "text": "<error>Hors service</error>"})


def half(bench: Bench) -> None:
    bench.fault("status", endpoint=LISTING, **{**EMPTY_LIST, "text": "<session_summary_list>"})


def web_page(bench: Bench) -> None:
    bench.fault("status", endpoint=LISTING, status=200, body="html", times=None)


@pytest.mark.parametrize("doubt", [empty_list, other_words, half, web_page])
def test_D8_a_run_whose_listing_is_not_believed_does_all_its_other_work(
    bench: Bench, doubt: Callable[[Bench], None], caplog: pytest.LogCaptureFixture
) -> None:
    (held,) = bench.end(key="T20261120.7777")
    bench.fault("dropped", endpoint="POST /Tickets/*/Notes")
    (unsettled,) = bench.end()
    bench.run()
    assert (bench.state(held), bench.state(unsettled)) == ("held", "unsettled")
    listed = bench.progress.listed_at
    bench.ticket(ticketNumber="T20261120.7777")
    bench.pass_time(600)
    doubt(bench)
    error = bench.run(fails=OutageError).error
    assert (bench.state(held), bench.state(unsettled)) == ("delivered", "delivered")
    assert bench.notes(held)
    assert bench.notes(unsettled)
    assert bench.progress.watermark == bench.progress.listed_at == listed
    said = [line.message for line in caplog.records if line.levelno >= logging.WARNING]
    assert str(error) not in "".join(said), "it is printed once, as what ended the run"


def test_D8_without_the_permission_what_needs_no_report_is_still_settled(bench: Bench) -> None:
    bench.fault("lost_answer", endpoint="POST /Tickets/*/Notes")
    (lsid,) = bench.end()
    bench.run()
    assert bench.artifact(lsid).state == "unsettled"
    bench.sandbox.switches.change({"reporting": "document-not-found"})
    bench.run(fails=ReportNotPermitted)
    assert bench.artifact(lsid).state == "adopted"


def test_D8_the_lag_counts_from_the_last_listing_that_was_believed(bench: Bench) -> None:
    bench.end()
    bench.run()
    assert bench.progress.listed_at == bench.now
    bench.pass_time(600)
    bench.run(since=bench.now - DAY, until=bench.now - 300)
    assert bench.progress.listed_at == bench.now
    before = bench.now
    bench.pass_time(600)
    empty_list(bench)
    bench.run(fails=UnbelievableListingError)
    assert bench.progress.listed_at == before


def test_D8_an_empty_listing_of_starts_is_not_believed_in_a_run_that_doubts_that_of_ends(bench: Bench) -> None:
    bench.end()
    bench.run()
    started = bench.progress.started_listed_at
    bench.pass_time(2 * DAY)
    empty_list(bench)
    bench.run(fails=UnbelievableListingError)
    assert bench.progress.started_listed_at == started
    bench.sandbox.faults.clear()
    bench.run()
    assert bench.progress.started_listed_at == bench.now


@pytest.mark.parametrize("answer", ["<error>Hors service</error>", "<exit_survey_list>", "no XML"])
@pytest.mark.parametrize("report", ["SupportCustExitSurvey", "SupportRepExitSurvey"])
def test_D9_no_answer_to_the_surveys_fails_a_run(bench: Bench, report: str, answer: str) -> None:
    bench.end()
    bench.run()
    bench.pass_time(2 * DAY)
    bench.fault("status", endpoint=report, status=200, body="text", text=answer, times=None)
    (lsid,) = bench.end()
    bench.run()
    assert bench.notes(lsid)
    assert bench.asked("appliance")[report]
