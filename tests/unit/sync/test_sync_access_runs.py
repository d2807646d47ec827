"""A1, A2 and D9 in whole runs: what pauses a profile's credentials, and what does not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from bt_autotask_sync.errors import CredentialsError, OutageError
from bt_autotask_sync.sync.access import NotPresentedError

if TYPE_CHECKING:
    from werkzeug import Request, Response

    from tests.unit.bench import Bench

CUSTOMERS, REPRESENTATIVES = "SupportCustExitSurvey", "SupportRepExitSurvey"
DAY = 86_400


def kept(bench: Bench) -> int:
    """How many sets of credentials stand in the ledger as refused."""
    return len(bench.ledger.rows("SELECT * FROM refused_credentials"))


def rotate(bench: Bench) -> None:
    """Generate the appliance's secret anew: every token ends, and the secret that is configured is no good."""
    tokens = bench.sandbox.appliance._tokens
    tokens._credentials = replace(tokens._credentials, client_secret="another")
    tokens._expiry.clear()


@pytest.mark.parametrize("poll_events", [["session-end", "customer-survey"], ["customer-survey"]])
def test_D9_a_401_of_the_survey_report_alone_is_a_permission_whatever_was_asked_before(
    bench: Bench, poll_events: list[str]
) -> None:
    bench.configure(poll_events=poll_events)
    bench.fault("status", endpoint=CUSTOMERS, status=401, body="empty", times=None)
    for _ in range(2):
        bench.run()
        assert kept(bench) == 0
    assert bench.asked("appliance")[CUSTOMERS] == 4


def test_D9_a_401_of_the_report_of_representatives_surveys_alone_is_a_permission(bench: Bench) -> None:
    bench.end()
    bench.run()
    bench.fault("status", endpoint=REPRESENTATIVES, status=401, body="empty", times=None)
    bench.pass_time(2 * DAY)
    (lsid,) = bench.end()
    bench.run()
    assert bench.asked("appliance")[REPRESENTATIVES] == 2
    assert (bench.state(lsid), kept(bench)) == ("delivered", 0)


@pytest.mark.parametrize("poll_events", [["session-end", "customer-survey"], ["customer-survey"]])
def test_A1_a_secret_that_was_changed_before_the_survey_report_is_refused_by_the_token_call(
    bench: Bench, poll_events: list[str]
) -> None:
    bench.configure(poll_events=poll_events)
    bench.run()
    answer = bench.sandbox.appliance.handle

    def answer_later(request: Request) -> Response:
        if request.form.get("generate_report") == CUSTOMERS:
            rotate(bench)
        return answer(request)

    with patch.object(bench.sandbox.appliance, "handle", answer_later):
        bench.run(fails=CredentialsError)
    assert kept(bench) == 1
    bench.forget_requests()
    bench.run(fails=NotPresentedError)
    assert sum(bench.asked("appliance").values()) == 0


@pytest.mark.parametrize("report", ["SupportSessionListing", "SupportSession"])
def test_A1_a_401_of_what_every_run_asks_is_a_refusal_unless_something_else_is_answered(
    bench: Bench, report: str
) -> None:
    (lsid,) = bench.end()
    bench.fault("expired_token", endpoint=report, times=2)
    bench.run(fails=CredentialsError if report == "SupportSessionListing" else OutageError)
    assert kept(bench) == (1 if report == "SupportSessionListing" else 0)
    bench.pass_time(3600)
    bench.run()
    assert (bench.state(lsid), kept(bench)) == ("delivered", 0)
