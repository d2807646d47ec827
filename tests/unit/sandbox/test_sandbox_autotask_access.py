"""Who may ask Autotask, under which paths and methods, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from bt_autotask_sync.sandbox.adapter import SandboxAdapter
from bt_autotask_sync.sandbox.application import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from bt_autotask_sync.sandbox.clock import SandboxClock
    from tests.unit.sandbox.conftest import AutotaskUser, World

    Connect = Callable[[Sandbox], AutotaskUser]

ROOT = "http://sandbox/atservicesrest"


def test_zone_information_needs_no_credentials_and_ends_with_a_slash(sandbox: Sandbox) -> None:
    with requests.Session() as session:
        session.mount("http://", SandboxAdapter(sandbox))
        user = sandbox.autotask.credentials.username.upper()
        answer = session.get(f"{ROOT}/v1.0/zoneInformation", params={"user": user}, timeout=5)
    assert answer.json() == {"zoneName": "Sandbox", "url": f"{ROOT}/", "webUrl": "http://sandbox/", "ci": 632538}


@pytest.mark.parametrize("query", ["", "?user=", "?user=nobody%40example.com"])
def test_an_unknown_user_has_no_zone(autotask: AutotaskUser, query: str) -> None:
    answer = autotask.call("GET", f"/zoneInformation{query}")
    assert answer.status_code == 500
    assert answer.json() == {"errors": ["Zone information could not be determined"]}


def test_version_information_stands_beside_the_version(autotask: AutotaskUser) -> None:
    assert autotask.get(f"{ROOT}/versionInformation") == {"apiVersions": ["1.0"]}


@pytest.mark.parametrize("header", ["UserName", "Secret", "ApiIntegrationCode"])
def test_a_wrong_or_missing_header_is_401_with_nothing_in_it(autotask: AutotaskUser, header: str) -> None:
    for value in ("wrong", None):
        answer = autotask.call("GET", "/ThresholdInformation", headers={header: value})
        assert (answer.status_code, answer.reason, answer.content) == (401, "Unauthorized", b"")
        assert answer.headers["Content-Length"] == "0"
        assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize(
    ("header", "status", "text"),
    [
        ("ApiIntegrationCode", 500, "IntegrationCode is invalid"),
        ("UserName", 500, "Zone information could not be determined"),
        ("Secret", 401, ""),
    ],
)
def test_older_zones_tell_bad_credentials_by_text(
    sandbox: Sandbox, autotask: AutotaskUser, header: str, status: int, text: str
) -> None:
    sandbox.switches.bad_credentials = "500-text"
    answer = autotask.call("GET", "/ThresholdInformation", headers={header: "wrong"})
    assert answer.status_code == status
    assert text in answer.text


@pytest.mark.parametrize("path", ["/ATServicesRest/V1.0/tickets/", "/atservicesrest/v1.0/TICKETS/"])
def test_paths_are_read_in_any_case(autotask: AutotaskUser, world: World, path: str) -> None:
    assert autotask.get(f"http://sandbox{path}{world.ticket}")["item"]["title"] == "Printer"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/TicketNotes", 404),
        ("POST", "/Tickets/7/TimeEntries", 404),
        ("GET", "/Tickets/7/Attachments/query", 404),
        ("GET", "/Nonsense", 404),
        ("GET", "/Tickets/seven", 404),
        ("GET", "/", 404),
        ("DELETE", "/Tickets/7", 405),
        ("DELETE", "/TicketNotes/7", 405),
        ("DELETE", "/Tickets/7/Notes/8", 405),
        ("PATCH", "/Tickets/7", 405),
        ("GET", "/Tickets", 405),
        ("PUT", "/Tickets/query", 405),
        ("POST", "/ThresholdInformation", 405),
        ("POST", "/zoneInformation", 405),
    ],
)
def test_what_is_not_supported_says_so(autotask: AutotaskUser, method: str, path: str, status: int) -> None:
    answer = autotask.call(method, path, {})
    assert answer.status_code == status
    expected = f"The requested resource does not support http method '{method}'." if status == 405 else "No HTTP"
    assert answer.json()["Message"].startswith(expected)


def test_a_missing_id_is_an_item_of_null(sandbox: Sandbox, autotask: AutotaskUser) -> None:
    assert autotask.get("/Tickets/999999999") == {"item": None}
    sandbox.switches.missing_item = "404"
    assert autotask.call("GET", "/Tickets/999999999").status_code == 404


def test_every_request_counts_for_a_rolling_hour(autotask: AutotaskUser, clock: SandboxClock) -> None:
    for _ in range(3):
        autotask.get("/Tickets/1")
    told = autotask.get("/ThresholdInformation")
    assert told == {
        "externalRequestThreshold": 10_000,
        "requestThresholdTimeframe": 60,
        "currentTimeframeRequestCount": 4,
    }
    clock.advance(3601)
    assert autotask.get("/ThresholdInformation")["currentTimeframeRequestCount"] == 1


@pytest.mark.parametrize("status", [429, 500])
def test_a_spent_hour_refuses_until_it_has_passed(connect: Connect, clock: SandboxClock, status: int) -> None:
    sandbox = Sandbox(sessions=0, threshold=2, clock=clock)
    sandbox.switches.change({"hourly_limit": status, "retry_after": True})
    user = connect(sandbox)
    answers = [user.call("GET", "/Tickets/1") for _ in range(3)]
    clock.advance(3601)
    answers.append(user.call("GET", "/Tickets/1"))
    assert [answer.status_code for answer in answers] == [200, 200, status, 200]
    assert "Request Threshold Exceeded" in answers[2].json()["errors"][0]
    assert answers[2].headers["Retry-After"] == "60"


def test_no_threshold_means_no_limit_and_no_penalty(connect: Connect, clock: SandboxClock) -> None:
    sandbox = Sandbox(sessions=0, threshold=0, clock=clock)
    sandbox.switches.latency_tiers = True
    user = connect(sandbox)
    before = clock.now()
    assert user.get("/ThresholdInformation")["externalRequestThreshold"] == 0
    assert clock.now() == before


def test_a_well_used_hour_slows_every_request_down(connect: Connect, clock: SandboxClock) -> None:
    sandbox = Sandbox(sessions=0, threshold=4, clock=clock)
    sandbox.switches.latency_tiers = True
    user = connect(sandbox)
    seconds = []
    for _ in range(4):
        before = clock.now()
        user.get("/Tickets/1")
        seconds.append(clock.now() - before)
    assert seconds == [0.0, 0.0, 0.5, 1.0]
