"""The levers under `/sandbox/`, and what every answer of the sandbox carries."""

from __future__ import annotations

import json
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.sandbox.application import Sandbox
from bt_autotask_sync.sandbox.clock import SandboxClock
from bt_autotask_sync.sandbox.requestlog import RequestLog
from bt_autotask_sync.sandbox.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.sandbox.conftest import AutotaskUser, World

PATHS = {"autotask": "/atservicesrest/v1.0/ThresholdInformation", "appliance": "/api/command"}


def lever(autotask: AutotaskUser, method: str, name: str, body: Any = None) -> Any:
    response = autotask.call(method, f"http://sandbox/sandbox/{name}", body)
    assert response.status_code == 200, response.text
    return response.json()


def test_the_state_holds_everything_that_is_stored(autotask: AutotaskUser, world: World) -> None:
    autotask.create("/TimeEntries", world.time_entry(summaryNotes="the new one"))
    state = lever(autotask, "GET", "state")
    assert state["autotask"]["TimeEntries"][-1]["summaryNotes"] == "the new one"
    assert len(state["appliance"]["sessions"]) >= 2
    assert state["requests"] == {"appliance": 0, "autotask": 1}


def test_sessions_are_added_and_named(autotask: AutotaskUser, sandbox: Sandbox) -> None:
    before = len(sandbox.appliance.state()["sessions"])
    lsids = lever(autotask, "POST", "sessions", {"count": 3, "external_key": "T20260101.0001"})["lsids"]
    assert len(set(lsids)) == 3
    assert len(sandbox.appliance.state()["sessions"]) == before + 3
    assert len(lever(autotask, "POST", "sessions")["lsids"]) == 1


def test_faults_are_set_shown_with_their_counts_and_cleared(autotask: AutotaskUser) -> None:
    two = [{"kind": "status", "status": 503, "endpoint": "/Tickets/*"}, {"kind": "latency", "seconds": 0.5}]
    assert len(lever(autotask, "POST", "faults", two)["faults"]) == 2
    assert autotask.call("GET", "/Tickets/1").status_code == 503
    assert [fault["struck"] for fault in lever(autotask, "GET", "faults")["faults"]] == [1, 1]
    assert lever(autotask, "POST", "faults", {"clear": True}) == {"faults": []}
    lever(autotask, "POST", "faults", {"kind": "outage"})
    assert lever(autotask, "DELETE", "faults") == {"faults": []}


def test_a_wrong_fault_among_others_sets_none(autotask: AutotaskUser, sandbox: Sandbox) -> None:
    two = [{"kind": "outage"}, {"kind": "nonsense"}]
    assert autotask.call("POST", "http://sandbox/sandbox/faults", two).status_code == 400
    assert sandbox.faults.described() == []


@pytest.mark.parametrize("seconds", [7200, -7200])
def test_the_clock_of_one_product_can_be_set_alone_and_is_right_again_after_a_reset(
    sandbox: Sandbox, autotask: AutotaskUser, seconds: int
) -> None:
    usual = sandbox.clock.now()
    told = lever(autotask, "POST", "clock", {"advance_seconds": seconds, "product": "appliance"})
    assert told["now"] == usual + seconds
    assert (sandbox.appliance.clock.now(), sandbox.clock.now()) == (usual + seconds, usual)
    lever(autotask, "POST", "clock", {"advance_seconds": 60})
    assert sandbox.appliance.clock.now() == usual + seconds + 60
    lever(autotask, "POST", "reset")
    assert sandbox.appliance.clock.now() == sandbox.clock.now()


@pytest.mark.parametrize(
    ("habit", "date"),
    [("missing", None), ("year-9999", "Fri, 31 Dec 9999 23:59:59 GMT"), ("unreadable", "yesterday, about noon")],
)
def test_answers_of_one_product_can_be_dated_wrong_or_not_at_all(
    autotask: AutotaskUser, habit: str, date: str | None
) -> None:
    lever(autotask, "POST", "switches", {"autotask_date": habit})
    asked = {side: autotask.session.get(f"http://sandbox{path}") for side, path in PATHS.items()}
    assert asked["autotask"].headers.get("Date") == date
    assert parsedate_to_datetime(asked["appliance"].headers["Date"]).year == 2026


def test_the_clock_moves_both_products_and_the_date_header(autotask: AutotaskUser) -> None:
    before = autotask.call("GET", "/Tickets/1").headers["Date"]
    assert lever(autotask, "POST", "clock", {"advance_seconds": 86_400})["now"] == 1_795_431_600.0
    assert before == "Sun, 22 Nov 2026 11:00:00 GMT"
    assert autotask.call("GET", "/Tickets/1").headers["Date"] == "Mon, 23 Nov 2026 11:00:00 GMT"


def test_switches_are_shown_and_changed_and_unknown_ones_refused(autotask: AutotaskUser, sandbox: Sandbox) -> None:
    assert lever(autotask, "GET", "switches")["namespace"] == "beyondtrust"
    lever(autotask, "POST", "switches", {"namespace": "sra", "submitted_timesheets": [7]})
    assert (sandbox.switches.namespace, sandbox.switches.submitted_timesheets) == ("sra", (7,))
    answer = autotask.call("POST", "http://sandbox/sandbox/switches", {"namespace": "bomgar", "nope": 1})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("unknown: nope; known are namespace, ")
    assert sandbox.switches.namespace == "sra"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"namespace": "other"}, "namespace: must be one of beyondtrust, bomgar, sra"),
        ({"hourly_limit": 418}, "hourly_limit: must be one of 429, 500"),
        ({"retry_after": "yes"}, "retry_after: must be bool, not str"),
        ({"missing_rights": "Tickets"}, "missing_rights: must be a list"),
        ({"submitted_timesheets": ["x"]}, "submitted_timesheets: must be int, not str"),
        ({"timezone": "Nowhere/None"}, "timezone: 'Nowhere/None' is not a known IANA time zone"),
        ({"timezone": "../../etc/passwd"}, "is not a known IANA time zone"),
    ],
)
def test_a_switch_has_only_its_positions(values: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Switches().change(values)


def test_every_switch_can_be_put_into_its_own_position(sandbox: Sandbox) -> None:
    told = json.loads(json.dumps({name: getattr(Switches(), name) for name in vars(Switches())}))
    sandbox.switches.change(told)
    assert sandbox.switches == Switches()


@pytest.mark.parametrize(
    ("method", "name", "body", "text"),
    [
        ("POST", "sessions", {"count": 0}, "count: must be from 1 to"),
        ("POST", "sessions", {"late_seconds": "1"}, "late_seconds: must be float, not str"),
        ("POST", "sessions", {"number": 1}, "unknown: number"),
        ("POST", "sessions", [1], "the body must be a JSON object"),
        ("POST", "clock", {"advance_seconds": -1}, "advance_seconds: must be at least 0"),
        ("POST", "clock", {}, "advance_seconds"),
        ("POST", "clock", {"advance_seconds": 1, "product": "neither"}, "product"),
        ("POST", "faults", {}, "kind: is required"),
        ("POST", "faults", ["x"], "the body must be a JSON object"),
    ],
)
def test_a_wrong_lever_is_a_400_that_says_why(
    autotask: AutotaskUser, method: str, name: str, body: Any, text: str
) -> None:
    answer = autotask.call(method, f"http://sandbox/sandbox/{name}", body)
    assert answer.status_code == 400
    assert text in answer.json()["error"]


def test_a_body_that_is_no_json_is_a_400(autotask: AutotaskUser) -> None:
    for data in (b"{", b"\xff"):
        answer = autotask.session.post("http://sandbox/sandbox/clock", data=data)
        assert answer.status_code == 400


def test_unknown_levers_and_methods_are_told(autotask: AutotaskUser) -> None:
    assert autotask.call("GET", "http://sandbox/sandbox/nothing").status_code == 404
    assert autotask.call("PUT", "http://sandbox/sandbox/state").status_code == 405


def test_a_reset_is_the_start_again(autotask: AutotaskUser, sandbox: Sandbox, world: World) -> None:
    fresh = Sandbox(sessions=2, clock=SandboxClock.virtual(sandbox.clock.now())).state()
    autotask.create("/TimeEntries", world.time_entry())
    sandbox.faults.add("latency", seconds=1)
    sandbox.switches.retry_after = True
    lever(autotask, "POST", "clock", {"advance_seconds": 60})
    lever(autotask, "POST", "sessions")
    lever(autotask, "POST", "reset")
    assert sandbox.state() == fresh
    assert sandbox.switches == Switches()


def test_the_same_seed_gives_the_same_world() -> None:
    def world(seed: int) -> dict[str, Any]:
        return Sandbox(sessions=5, seed=seed, clock=SandboxClock.virtual(1.79e9)).state()

    assert world(1) == world(1) != world(2)


def test_requests_are_logged_without_secrets_and_by_side(
    autotask: AutotaskUser, sandbox: Sandbox, world: World
) -> None:
    key = world.ticket
    autotask.call("GET", f"/Tickets/{key}?search=private")
    autotask.create("/TimeEntries", world.time_entry())
    autotask.session.post("http://sandbox/oauth2/token", data={"client_secret": "x"})
    told = lever(autotask, "GET", "requests")
    assert told["counts"] == {"appliance": 1, "autotask": 2}
    assert [entry["endpoint"] for entry in told["requests"]] == [f"/Tickets/{key}", "/TimeEntries", "token"]
    assert json.loads(told["requests"][1]["body"]) == world.time_entry()
    assert {entry["time"] for entry in told["requests"]} == {sandbox.clock.now()}
    assert told["requests"][0]["status"] == 200
    assert not any(secret in json.dumps(told) for secret in ("private", "client_secret", "Secret"))
    (only,) = lever(autotask, "GET", "requests?side=appliance")["requests"]
    assert only["endpoint"] == "token"


def test_a_request_whose_connection_was_cut_has_no_status(autotask: AutotaskUser, sandbox: Sandbox) -> None:
    sandbox.faults.add("dropped")
    with pytest.raises(OSError, match="cut the connection"):
        autotask.call("GET", "/Tickets/1")
    assert [entry.status for entry in sandbox.log.entries()] == [None]


def test_the_levers_are_not_logged_and_no_fault_strikes_them(autotask: AutotaskUser, sandbox: Sandbox) -> None:
    sandbox.faults.add("outage")
    lever(autotask, "GET", "state")
    assert sandbox.log.counts() == {"appliance": 0, "autotask": 0}


@pytest.mark.parametrize(
    ("path", "close"),
    [("/", False), ("/sandbox/state", False), ("/atservicesrest/v1.0/Tickets/1", False), ("/api/reporting", True)],
)
def test_answers_carry_date_and_reason_and_close_the_api(autotask: AutotaskUser, path: str, close: bool) -> None:
    answer = autotask.call("GET", f"http://sandbox{path}")
    assert answer.headers["Date"].endswith(" GMT")
    assert answer.reason == HTTPStatus(answer.status_code).phrase
    assert (answer.headers.get("Connection") == "close") == close


def test_what_belongs_to_neither_product_is_not_found(autotask: AutotaskUser) -> None:
    assert autotask.call("GET", "http://sandbox/atservicesrestaurant").status_code == 404


def test_a_huge_body_is_refused(autotask: AutotaskUser) -> None:
    answer = autotask.session.post("http://sandbox/atservicesrest/v1.0/Tickets", data=b"x" * (17 * 1024 * 1024))
    assert answer.status_code == 413


def test_the_log_counts_more_than_it_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    from bt_autotask_sync.sandbox import requestlog  # noqa: PLC0415 - patched before use
    from bt_autotask_sync.sandbox.calls import Call  # noqa: PLC0415

    monkeypatch.setattr(requestlog, "KEPT", 2)
    log = RequestLog()
    for number in range(5):
        log.add(Call("autotask", "GET", ("/x",)), "/x", float(number))
    assert [entry.time for entry in log.entries()] == [3.0, 4.0]
    assert log.counts()["autotask"] == 5


def test_a_real_clock_can_be_advanced_and_sleeps(connect: Callable[[Sandbox], AutotaskUser]) -> None:
    slept: list[float] = []
    clock = SandboxClock(base=lambda: 100.0, sleep=slept.append)
    clock.advance(5)
    clock.sleep(0)
    clock.sleep(2)
    assert (clock.now(), slept) == (105.0, [2])
    clock.restore()
    assert clock.now() == 100.0
