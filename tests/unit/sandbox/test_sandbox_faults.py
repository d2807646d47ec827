"""Every fault does to the caller what it says, strikes as often as it says, and counts it."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest
import requests

from bt_autotask_sync.sandbox.application import Sandbox
from bt_autotask_sync.sandbox.breakage import THREAD_TEXT
from bt_autotask_sync.sandbox.calls import Call, endpoint_matcher
from bt_autotask_sync.sandbox.faults import Fault, Faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from bt_autotask_sync.sandbox.clock import SandboxClock
    from tests.unit.sandbox.conftest import AutotaskUser, World

NOTE = {"title": "Remote session", "description": "What was done", "noteType": 1, "publish": 2}
NOTES = "POST /Tickets/*/Notes"


def write(autotask: AutotaskUser, world: World, **options: Any) -> requests.Response:
    return autotask.call("POST", f"/Tickets/{world.ticket}/Notes", NOTE, **options)


def stored(sandbox: Sandbox, world: World) -> int:
    rows = sandbox.autotask.store.lookup("TicketNotes", "ticketID", [world.ticket])
    return len(rows or [])


@pytest.mark.parametrize(
    ("pattern", "method", "names", "matches"),
    [
        ("", "GET", ("/Tickets/7",), True),
        ("POST /Tickets/*/Notes", "POST", ("/tickets/7/notes",), True),
        ("POST /Tickets/*/Notes", "GET", ("/Tickets/7/Notes",), False),
        ("/Tickets/*", "GET", ("/Tickets/7/Notes",), False),
        ("/Tickets/**", "GET", ("/Tickets/7/Notes",), True),
        ("get /timeentries", "GET", ("/TimeEntries",), True),
        ("/TimeEntries", "POST", ("/TimeEntries/query",), False),
        ("supportsession", "POST", ("/api/reporting", "SupportSession"), True),
        ("SupportSession", "POST", ("/api/reporting", "SupportSessionListing"), False),
        ("/api/*", "POST", ("/api/reporting", "SupportSession"), True),
        ("DELETE", "DELETE", ("/TimeEntries/7",), False),
    ],
)
def test_an_endpoint_is_named_by_method_and_path(
    pattern: str, method: str, names: tuple[str, ...], matches: bool
) -> None:
    assert endpoint_matcher(pattern)(Call("autotask", method, names)) == matches


def test_a_lost_answer_leaves_the_record(autotask: AutotaskUser, sandbox: Sandbox, world: World) -> None:
    sandbox.faults.add("lost_answer", endpoint=NOTES)
    with pytest.raises(requests.ConnectionError):
        write(autotask, world)
    assert stored(sandbox, world) == 1
    assert write(autotask, world).status_code == 200


def test_a_dropped_connection_leaves_nothing(autotask: AutotaskUser, sandbox: Sandbox, world: World) -> None:
    sandbox.faults.add("dropped", endpoint=NOTES)
    with pytest.raises(requests.ConnectionError):
        write(autotask, world)
    assert stored(sandbox, world) == 0


def test_a_late_commit_appears_when_its_time_has_come(
    autotask: AutotaskUser, sandbox: Sandbox, world: World, clock: SandboxClock
) -> None:
    sandbox.faults.add("late_commit", endpoint=NOTES, seconds=300)
    with pytest.raises(requests.ConnectionError):
        write(autotask, world)
    clock.advance(299)
    assert autotask.get(f"/Tickets/{world.ticket}/Notes")["items"] == []
    clock.advance(1)
    assert [item["title"] for item in autotask.get(f"/Tickets/{world.ticket}/Notes")["items"]] == [NOTE["title"]]
    assert stored(sandbox, world) == 1


def test_an_answer_later_than_the_timeout_is_given_up_and_executed_all_the_same(
    autotask: AutotaskUser, sandbox: Sandbox, world: World, clock: SandboxClock
) -> None:
    sandbox.faults.add("latency", endpoint=NOTES, seconds=250)
    before = clock.now()
    with pytest.raises(requests.ReadTimeout):
        write(autotask, world, timeout=(5, 100))
    assert clock.now() - before == 100
    assert stored(sandbox, world) == 0
    clock.advance(150)
    sandbox.state()
    assert stored(sandbox, world) == 1


def test_a_dropped_request_that_times_out_is_never_executed(
    autotask: AutotaskUser, sandbox: Sandbox, world: World, clock: SandboxClock
) -> None:
    sandbox.faults.add("latency", endpoint=NOTES, seconds=250)
    sandbox.faults.add("dropped", endpoint=NOTES)
    with pytest.raises(requests.ReadTimeout):
        write(autotask, world)
    clock.advance(1000)
    sandbox.state()
    assert stored(sandbox, world) == 0


def test_latencies_add_up_and_cost_only_the_products_time(
    connect: Callable[[Sandbox], AutotaskUser], clock: SandboxClock
) -> None:
    sandbox = Sandbox(sessions=0, clock=clock, latency=0.25)
    sandbox.faults.add("latency", seconds=1.5)
    sandbox.faults.add("latency", seconds=2.0, side="appliance")
    before = clock.now()
    connect(sandbox).get("/Tickets/1")
    assert clock.now() - before == 1.75


@pytest.mark.parametrize("stream", [False, True])
def test_a_cut_body_breaks_while_it_is_read(autotask: AutotaskUser, sandbox: Sandbox, stream: bool) -> None:
    sandbox.faults.add("cut_body")
    if not stream:
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            autotask.call("GET", "/Tickets/1")
        return
    response = autotask.call("GET", "/Tickets/1", stream=True)
    assert response.status_code == 200
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        b"".join(response.iter_content(4))


def test_a_garbled_body_is_complete_and_unreadable(autotask: AutotaskUser, sandbox: Sandbox, world: World) -> None:
    sound = autotask.call("GET", f"/Tickets/{world.ticket}")
    sandbox.faults.add("garbled")
    broken = autotask.call("GET", f"/Tickets/{world.ticket}")
    assert len(broken.content) == len(sound.content) == int(broken.headers["Content-Length"])
    with pytest.raises(requests.exceptions.JSONDecodeError):
        broken.json()


def test_a_slow_drip_is_whole_in_the_end(
    autotask: AutotaskUser, sandbox: Sandbox, world: World, clock: SandboxClock
) -> None:
    sound = autotask.call("GET", f"/Tickets/{world.ticket}").json()
    sandbox.faults.add("slow_drip", seconds=20)
    before = clock.now()
    assert autotask.call("GET", f"/Tickets/{world.ticket}", timeout=5).json() == sound
    assert clock.now() - before == pytest.approx(20)


def test_a_drip_slower_than_the_timeout_fails(autotask: AutotaskUser, sandbox: Sandbox) -> None:
    sandbox.faults.add("slow_drip", seconds=100)
    with pytest.raises(requests.ConnectionError, match="timed out"):
        autotask.call("GET", "/Tickets/1", timeout=5)


@pytest.mark.parametrize(
    ("values", "kind", "content"),
    [
        ({"status": 502}, "text/html", "<h1>502 Bad Gateway</h1>"),
        ({"status": 503, "body": "empty"}, "text/plain", ""),
        ({"status": 500, "body": "errors", "text": "Broken."}, "application/json", '{"errors": ["Broken."]}'),
        ({"status": 404, "body": "text", "text": "<gone>"}, "text/plain", "<gone>"),
        ({"status": 500, "text": "<gone>"}, "text/html", "<p>&lt;gone&gt;</p>"),
    ],
)
def test_a_status_comes_with_the_body_that_was_asked_for(
    autotask: AutotaskUser, sandbox: Sandbox, values: dict[str, Any], kind: str, content: str
) -> None:
    sandbox.faults.add("status", **values)
    answer = autotask.call("POST", "/Tickets", {})
    assert answer.status_code == values["status"]
    assert answer.headers["Content-Type"].startswith(kind)
    assert content in answer.text


def test_a_status_is_given_instead_of_the_deed(autotask: AutotaskUser, sandbox: Sandbox, world: World) -> None:
    sandbox.faults.add("status", status=503)
    assert write(autotask, world).status_code == 503
    assert stored(sandbox, world) == 0


def test_a_record_can_be_made_behind_an_error(autotask: AutotaskUser, sandbox: Sandbox, world: World) -> None:
    sandbox.faults.add("status", status=500, body="empty", executed=True)
    assert write(autotask, world).text == ""
    assert stored(sandbox, world) == 1


def test_too_many_requests_have_autotasks_text(autotask: AutotaskUser, sandbox: Sandbox, world: World) -> None:
    sandbox.faults.add("429", times=2)
    answer = write(autotask, world)
    assert (answer.status_code, answer.reason) == (429, "Too Many Requests")
    assert answer.json() == {"errors": [THREAD_TEXT]}
    assert "Retry-After" not in answer.headers
    sandbox.switches.retry_after = True
    assert write(autotask, world).headers["Retry-After"] == "1"
    assert stored(sandbox, world) == 0


def test_a_redirect_leads_away(autotask: AutotaskUser, sandbox: Sandbox) -> None:
    sandbox.faults.add("redirect", location="http://login.example/")
    answer = autotask.call("GET", "/Tickets/1", allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://login.example/")


def test_an_outage_is_of_one_side_and_goes_on_until_cleared(
    autotask: AutotaskUser, sandbox: Sandbox, world: World
) -> None:
    sandbox.faults.add("outage", side="autotask")
    for _ in range(3):
        with pytest.raises(requests.ConnectionError):
            write(autotask, world)
    assert token(autotask, sandbox).status_code == 200
    sandbox.faults.clear()
    assert write(autotask, world).status_code == 200


def test_an_outage_can_answer_503(autotask: AutotaskUser, sandbox: Sandbox) -> None:
    sandbox.faults.add("outage", status=503)
    assert autotask.call("GET", "/Tickets/1").status_code == 503
    assert token(autotask, sandbox).status_code == 503


def test_an_expired_token_is_refused_once_and_not_by_the_token_endpoint(
    autotask: AutotaskUser, sandbox: Sandbox
) -> None:
    sandbox.faults.add("expired_token")
    bearer = token(autotask, sandbox).json()["access_token"]
    statuses = [report(autotask, bearer).status_code for _ in range(2)]
    assert statuses == [401, 200]


def test_a_fault_spares_the_first_and_ends_after_its_times(autotask: AutotaskUser, sandbox: Sandbox) -> None:
    fault = sandbox.faults.add("status", status=500, skip=2, times=2, endpoint="/Tickets/*")
    statuses = []
    for _ in range(6):
        autotask.call("GET", "/Roles/1")
        statuses.append(autotask.call("GET", "/Tickets/1").status_code)
    assert statuses == [200, 200, 500, 500, 200, 200]
    assert (fault.seen, fault.struck) == (6, 2)


def test_a_share_is_drawn_from_the_seed() -> None:
    def drawn(seed: int) -> list[bool]:
        faults = Faults(Random(seed))
        faults.add("dropped", share=0.3)
        call = Call("autotask", "GET", ("/Tickets/1",))
        return [faults.strike(call).fault is not None for _ in range(400)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert 80 < sum(drawn(1)) < 160


def test_only_one_other_fault_strikes_a_request(autotask: AutotaskUser, sandbox: Sandbox) -> None:
    first = sandbox.faults.add("status", status=500)
    second = sandbox.faults.add("status", status=502)
    assert [autotask.call("GET", "/Tickets/1").status_code for _ in range(3)] == [500, 502, 200]
    assert (first.struck, second.struck) == (1, 1)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({}, "kind: is required"),
        ({"kind": "explosion"}, "kind: must be one of latency, "),
        ({"kind": "status", "states": 500}, "unknown: states; known are kind, "),
        ({"kind": "status", "status": 99}, "status: must be from 200 to 599"),
        ({"kind": "status", "status": "500"}, "status: must be int, not str"),
        ({"kind": "latency", "seconds": -1}, "times must be at least 1"),
        ({"kind": "latency", "seconds": float("nan")}, "seconds: must be a finite number"),
        ({"kind": "dropped", "share": 0}, "share: must be above 0"),
        ({"kind": "dropped", "struck": 3}, "unknown: struck"),
        ({"kind": "dropped", "executed": 1}, "executed: must be bool, not int"),
    ],
)
def test_a_wrong_fault_is_refused(values: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Fault.parse(values)


def token(autotask: AutotaskUser, sandbox: Sandbox) -> requests.Response:
    known = sandbox.appliance.credentials
    form = {"grant_type": "client_credentials"}
    url, auth = "http://sandbox/oauth2/token", (known.client_id, known.client_secret)
    return autotask.session.post(url, data=form, auth=auth, timeout=5)


def report(autotask: AutotaskUser, bearer: str) -> requests.Response:
    form = {"generate_report": "SupportSessionListing", "end_date": "2026-11-15", "duration": "0"}
    header = {"Authorization": f"Bearer {bearer}"}
    return autotask.session.post("http://sandbox/api/reporting", data=form, headers=header, timeout=5)
