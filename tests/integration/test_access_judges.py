"""A1 over sockets: what judges credentials, and what says nothing of them."""

from __future__ import annotations

import json
import signal
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.cli import audit as audit_command
from bt_autotask_sync.cli import check as check_command
from bt_autotask_sync.state.lock import run_lock
from bt_autotask_sync.stop import StoppableClock, StoppedError
from tests.integration.test_access_pauses import SECRETS, SIDES, kept, refused
from tests.integration.test_listing_doubt import write_as_first_version

if TYPE_CHECKING:
    from tests.conftest import Site

SURVEYS = "SupportCustExitSurvey"


def goes_on(site: Site, lsids: list[str]) -> None:
    """See that no credentials count as refused, and that the next run delivers."""
    assert kept(site.state) == 0
    site.sandbox.faults.clear()
    site.run(code=None)
    site.see_each_once(lsids)


def test_A1_a_refused_create_that_a_read_confirms_counts_and_nothing_more_is_presented(site: Site) -> None:
    site.add(8)
    site.sandbox.faults.add("status", endpoint="POST /Tickets/*/Notes", status=401, body="empty", times=None)
    site.sandbox.faults.add("status", endpoint="POST /TimeEntries", status=401, body="empty", times=None)
    site.sandbox.faults.add("status", endpoint="/ThresholdInformation", skip=1, status=401, body="empty", times=None)
    site.run(code=5)
    assert kept(site.state) == 1
    presented = refused(site, "autotask")
    assert presented <= 7, "six creates that were under way, and one read"
    site.run(code=5)
    assert refused(site, "autotask") == presented


def test_A2_of_creates_that_are_refused_one_alone_is_followed_by_a_read(site: Site) -> None:
    site.add()
    site.run()  # with an empty ledger the first create goes out alone
    site.forget_requests()
    site.add(8)
    site.sandbox.faults.add("latency", endpoint="/ThresholdInformation", skip=1, seconds=0.3, times=None)
    site.sandbox.faults.add("status", endpoint="POST /Tickets/*/Notes", status=401, body="empty", times=None)
    site.sandbox.faults.add("status", endpoint="POST /TimeEntries", status=401, body="empty", times=None)
    site.sandbox.faults.add("status", endpoint="/ThresholdInformation", skip=1, status=401, body="empty", times=None)
    site.run(code=5)
    reads = [
        entry for entry in site.sandbox.log.entries("autotask") if entry.endpoint.endswith("/ThresholdInformation")
    ]
    assert [entry.status for entry in reads] == [200, 401]


@pytest.mark.parametrize("status", [401, 500])
def test_A1_a_zone_that_cannot_be_asked_for_a_link_condemns_nothing(site: Site, status: int) -> None:
    lsids = site.add()
    key = "https://ww5.autotask.net/Autotask/AutotaskExtend/ExecuteCommand.aspx?Code=OpenTicketDetail&TicketID=7"
    site.add(external_key=key)
    words = json.dumps({"errors": ["IntegrationCode is invalid."]})
    site.sandbox.faults.add("status", endpoint="/zoneInformation", status=status, body="text", text=words, times=None)
    site.run(code=None)
    goes_on(site, lsids)


def test_D9_a_401_of_the_survey_report_alone_stops_nothing(site: Site) -> None:
    site.sandbox.faults.add("status", endpoint=SURVEYS, status=401, body="empty", times=None)
    lsids = site.add()
    site.run()
    site.see_each_once(lsids)
    goes_on(site, lsids)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"error": "invalid_client"}, 5),
        ({"error": "unauthorized_client"}, 4),
        ({"error": "temporarily_unavailable"}, 4),
        ({"error": "<b>no</b>"}, 4),
        ({"error": ["invalid_client"]}, 4),
    ],
)
def test_A1_an_oauth_error_with_status_200_is_a_refusal_only_where_it_is_about_the_client(
    site: Site, answer: object, code: int
) -> None:
    lsids = site.add()
    site.sandbox.faults.add("status", endpoint="token", status=200, body="text", text=json.dumps(answer))
    error = site.run(code=code).profile["error"]
    assert "<b>" not in error
    assert kept(site.state) == (1 if code == 5 else 0)
    if code == 4:
        goes_on(site, lsids)


def test_A2_a_refusal_met_before_the_run_itself_is_kept_too(site: Site) -> None:
    site.add()
    site.run()
    site.set("autotask.username", '"api@elsewhere.example"')  # another tenant: a known record is asked for
    site.forget_requests()
    site.run(code=5)
    site.run(code=5)
    assert (refused(site, "autotask"), kept(site.state)) == (1, 1)


def test_A2_an_audit_that_is_accepted_erases_the_refusals(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_command, "on_terminal", lambda: True)
    lsids = site.add()
    site.sandbox.faults.add("status", side="appliance", status=401, body="empty")
    site.run(code=5)
    assert kept(site.state) == 1
    site.command("audit", "--since", "2d")
    assert kept(site.state) == 0
    site.run()
    site.see_each_once(lsids)


@SIDES
def test_A2_a_refusal_that_a_scheduled_audit_met_is_kept(site: Site, side: str) -> None:
    site.add()
    site.run()
    site.add()
    site.set(SECRETS[side], '"wrong"')
    for command in [("audit", "--since", "2d"), ("audit", "--since", "2d"), ("run",)]:
        assert site.command(*command).code == 5
    assert (refused(site, side), kept(site.state)) == (1, 1)


def test_A2_an_audit_that_is_stopped_while_a_run_works_leaves_in_good_order(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise StoppedError(signal.SIGTERM)

    site.add()
    site.run()
    site.set("autotask.secret", '"wrong"')
    monkeypatch.setattr(StoppableClock, "sleep", stopped)
    with run_lock(site.state):
        done = site.command("audit", "--since", "2d", "--json")
    assert done.code == done.report["exit_code"] == 5
    assert kept(site.state) == 0


@pytest.mark.parametrize("command", [("check",), ("audit", "--since", "2d")])
def test_A2_what_only_looks_leaves_an_earlier_versions_checkpoint_file_as_it_is(
    site: Site, command: tuple[str, ...]
) -> None:
    site.add()
    site.run()
    file = site.state / "checkpoint.db"
    write_as_first_version(file)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    before = file.read_bytes()
    site.set("autotask.secret", '"wrong"')
    done = site.command(*command)
    assert done.code == 5
    assert "earlier version" in done.stderr
    assert file.read_bytes() == before


@pytest.mark.parametrize("status", [401, 500])
def test_A1_check_goes_on_without_the_zones_answer_where_services_url_is_set(
    site: Site, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(check_command, "on_terminal", lambda: True)
    lsids = site.add()
    site.run()
    words = json.dumps({"errors": ["Zone information could not be determined"]})
    site.sandbox.faults.add("status", endpoint="/zoneInformation", status=status, body="text", text=words, times=None)
    done = site.command("check", "--json")
    assert done.code == 0, done
    found = [finding for finding in done.profile["findings"] if "zone cannot be read" in finding["what"]]
    assert [(each["severity"], each["area"]) for each in found] == [("remark", "autotask")]
    goes_on(site, lsids)
