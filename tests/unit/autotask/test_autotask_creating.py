"""Rule C4, row by row: what each answer to a create amounts to, and that it is sent once."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.autotask.client import AutotaskClient, AutotaskSettings
from bt_autotask_sync.autotask.entities import Created, Refused, Unclear
from bt_autotask_sync.autotask.errors import AutotaskOutage, AutotaskRefused, BudgetSpent

if TYPE_CHECKING:
    import requests
    import responses

    from bt_autotask_sync.autotask.entities import CreateOutcome
    from tests.unit.autotask.conftest import JumpingClock, ScriptedServer

BASE = "https://webservices5.autotask.net/atservicesrest/v1.0"
NOTES = f"{BASE}/Tickets/7/Notes"
BODY = {"title": "Remote session", "description": "…", "noteType": 1, "publish": 2}
THREADS = "Thread Threshold Exceeded. The Autotask API thread threshold of 3 threads has been exceeded. (Itgenatr005)"
OF_CREDENTIALS = ["IntegrationCode is invalid", "Zone information could not be determined"]
PROBE = f"{BASE}/ThresholdInformation"
SAME_ZONE = {"url": "https://webservices5.autotask.net/atservicesrest/", "webUrl": "https://ww5.autotask.net/"}


def create(client: AutotaskClient) -> CreateOutcome:
    return client.create("/Tickets/7/Notes", BODY)


def http_answer(body: bytes, status: str = "200 OK", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n".encode() + body


def test_C4_200_with_an_integer_itemId_is_created(client: AutotaskClient, wire: responses.RequestsMock) -> None:
    wire.post(NOTES, json={"itemId": 29926287})
    assert create(client) == Created(29926287)


@pytest.mark.parametrize(
    "body", [{}, {"itemId": None}, {"itemId": "5"}, {"itemId": True}, {"itemId": 0}, {"itemId": 1.0}, {"errors": []}]
)
def test_C4_200_without_an_integer_itemId_is_unclear(
    client: AutotaskClient, wire: responses.RequestsMock, body: dict[str, Any]
) -> None:
    wire.post(NOTES, json=body)
    outcome = create(client)
    assert isinstance(outcome, Unclear)
    assert outcome.reason.startswith("POST /Tickets/7/Notes at webservices5.autotask.net: status 200")


@pytest.mark.parametrize("status", [200, 400, 404, 500, 503])
def test_C4_errors_are_a_refusal_in_autotasks_words_whatever_the_status(
    client: AutotaskClient, wire: responses.RequestsMock, status: int
) -> None:
    wire.post(NOTES, json={"errors": ["Missing Required Field: title", "publish is required"]}, status=status)
    assert create(client) == Refused("Missing Required Field: title; publish is required", of_the_kind=False)


def test_C4_a_refusal_for_missing_rights_is_of_the_kind(client: AutotaskClient, wire: responses.RequestsMock) -> None:
    words = "The logged in Resource does not have the adequate permissions to create this entity type."
    wire.post(NOTES, json={"errors": [words]}, status=500)
    assert create(client) == Refused(words, of_the_kind=True)


def test_C4_429_was_not_executed_and_is_sent_again_after_doubling_waits(
    client: AutotaskClient, wire: responses.RequestsMock, clock: JumpingClock
) -> None:
    for _ in range(3):
        wire.post(NOTES, json={"errors": [THREADS]}, status=429)
    wire.post(NOTES, json={"itemId": 5})
    assert create(client) == Created(5)
    assert clock.slept == [1, 2, 4]


def test_C4_the_thread_threshold_under_another_status_counts_as_429(
    client: AutotaskClient, wire: responses.RequestsMock, clock: JumpingClock
) -> None:
    wire.post(NOTES, json={"errors": [THREADS]}, status=500)
    wire.post(NOTES, json={"itemId": 5})
    assert create(client) == Created(5)
    assert clock.slept == [1]


@pytest.mark.parametrize(("asked", "waits"), [("3", 3), ("900", 30), ("0", 1), ("soon", 1)])
def test_C4_429_waits_as_asked_up_to_30_seconds(
    client: AutotaskClient, wire: responses.RequestsMock, clock: JumpingClock, asked: str, waits: float
) -> None:
    wire.post(NOTES, status=429, headers={"Retry-After": asked})
    wire.post(NOTES, json={"itemId": 5})
    assert create(client) == Created(5)
    assert clock.slept == [waits]


def test_C4_429_for_60_seconds_is_an_outage(
    client: AutotaskClient, wire: responses.RequestsMock, clock: JumpingClock
) -> None:
    wire.post(NOTES, status=429)
    with pytest.raises(AutotaskOutage, match="POST /Tickets/7/Notes") as caught:
        create(client)
    assert not isinstance(caught.value, BudgetSpent)
    assert clock.slept == [1, 2, 4, 8, 16, 16, 13]


@pytest.mark.parametrize("status", [429, 500])
@pytest.mark.parametrize(
    "words",
    [
        "Request Threshold Exceeded.",
        "You have exceeded the number of requests.",
        "exceeded the allowed number of requests",
    ],
)
def test_C4_a_spent_hourly_threshold_ends_the_run_at_once(
    client: AutotaskClient, wire: responses.RequestsMock, clock: JumpingClock, status: int, words: str
) -> None:
    wire.post(NOTES, json={"errors": [words]}, status=status)
    with pytest.raises(BudgetSpent):
        create(client)
    assert clock.slept == []


def test_C4_401_reads_the_zone_again_and_stops_when_it_is_the_same(
    client: AutotaskClient, wire: responses.RequestsMock
) -> None:
    wire.post(NOTES, status=401)
    wire.get(PROBE, status=401)
    wire.get(f"{BASE}/zoneInformation", json=SAME_ZONE)
    with pytest.raises(AutotaskRefused, match="status 401"):
        create(client)
    assert len(wire.calls) == 3


def test_C4_401_from_a_zone_that_the_tenant_left_is_sent_again_in_the_new_one(
    client: AutotaskClient, wire: responses.RequestsMock
) -> None:
    wire.post(NOTES, status=401)
    wire.get(PROBE, status=401)
    wire.get(f"{BASE}/zoneInformation", json={"url": "https://webservices9.autotask.net/ATServicesRest/"})
    wire.post("https://webservices9.autotask.net/atservicesrest/v1.0/Tickets/7/Notes", json={"itemId": 5})
    assert create(client) == Created(5)


def test_A1_a_401_of_a_create_that_no_read_confirms_is_unclear(
    client: AutotaskClient, wire: responses.RequestsMock
) -> None:
    wire.post(NOTES, body="<html>Who are you?</html>", status=401)
    wire.get(PROBE, json={})
    outcome = create(client)
    assert isinstance(outcome, Unclear)
    assert outcome.status == 401


@pytest.mark.parametrize(
    "probe", [{"json": {}}, {"status": 503}, {"status": 500, "json": {"errors": ["Out of order."]}}, {"status": 403}]
)
@pytest.mark.parametrize("words", OF_CREDENTIALS)
def test_A1_words_of_refused_credentials_that_no_read_confirms_are_a_refusal_of_the_record(
    client: AutotaskClient, wire: responses.RequestsMock, words: str, probe: dict[str, Any]
) -> None:
    wire.post(NOTES, json={"errors": [words]}, status=500)
    wire.get(PROBE, **probe)
    assert create(client) == Refused(words)


@pytest.mark.parametrize("status", [400, 403, 404, 500])
@pytest.mark.parametrize(
    "words",
    [
        "Picklist value [IntegrationCode is invalid] does not exist for title",
        "The contact 'Zone information could not be determined' is not active.",
        "The company Request Threshold Exceeded does not exist.",
        "request threshold",
        "Customer: thread threshold (Itgenatr005) Ltd",
        "User Sue is not authorized to speak",
        "Value 'has no adequate permission' is invalid for description",
    ],
)
def test_A1_a_customers_words_inside_an_error_decide_nothing(
    client: AutotaskClient, wire: responses.RequestsMock, words: str, status: int
) -> None:
    wire.post(NOTES, json={"errors": [words]}, status=status)
    assert create(client) == Refused(words, of_the_kind=False)
    assert len(wire.calls) == 1


@pytest.mark.parametrize("words", [*OF_CREDENTIALS, THREADS, "Request Threshold Exceeded."])
def test_A1_a_sentence_of_autotasks_beside_another_error_decides_nothing(
    client: AutotaskClient, wire: responses.RequestsMock, words: str
) -> None:
    wire.post(NOTES, json={"errors": ["Missing Required Field: title", words]}, status=500)
    assert create(client) == Refused(f"Missing Required Field: title; {words}")


@pytest.mark.parametrize("words", OF_CREDENTIALS)
def test_A1_a_403_is_never_about_the_credentials(
    client: AutotaskClient, wire: responses.RequestsMock, words: str
) -> None:
    wire.post(NOTES, json={"errors": [words]}, status=403)
    assert create(client) == Refused(words)


@pytest.mark.parametrize(
    "words",
    [
        "The logged in Resource does not have the adequate permissions to create this entity type.",
        "The logged in Resource does not have the adequate permissions to create TicketNotes",
        "The logged in Resource does not have the adequate permissions to create the Time Entry entity type.",
        "The logged in Resource may not have the required permissions to create this entity type.",
        "User is not authorized to create Ticket Notes.",
    ],
)
def test_C7_a_refusal_names_a_permission_only_as_a_whole_sentence(
    client: AutotaskClient, wire: responses.RequestsMock, words: str
) -> None:
    wire.post(NOTES, json={"errors": [words]}, status=500)
    assert create(client) == Refused(words, of_the_kind=True)


@pytest.mark.parametrize("words", OF_CREDENTIALS)
def test_C4_a_500_that_means_bad_credentials_is_no_refusal_of_the_record(
    client: AutotaskClient, wire: responses.RequestsMock, words: str
) -> None:
    wire.post(NOTES, json={"errors": [words]}, status=500)
    wire.get(PROBE, json={"errors": [words]}, status=500)
    wire.get(f"{BASE}/zoneInformation", json=SAME_ZONE)
    with pytest.raises(AutotaskRefused, match=words):
        create(client)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 403, 404, 201])
@pytest.mark.parametrize("body", ["", "<html>Bad gateway</html>", '{"Message":"no resource"}', "[1]", "[" * 100_000])
def test_C4_any_other_status_without_errors_is_unclear(
    client: AutotaskClient, wire: responses.RequestsMock, clock: JumpingClock, status: int, body: str
) -> None:
    wire.post(NOTES, body=body, status=status)
    outcome = create(client)
    assert isinstance(outcome, Unclear)
    assert (outcome.status, outcome.turned_away) == (status, status < 500 and status >= 400)
    assert len(wire.calls) == 1
    assert clock.slept == []


def test_C4_html_with_status_200_is_unclear(client: AutotaskClient, wire: responses.RequestsMock) -> None:
    wire.post(NOTES, body="<html>Welcome to the hotel's Wi-Fi</html>")
    outcome = create(client)
    assert isinstance(outcome, Unclear)
    assert "no JSON object" in outcome.reason


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("body", [{"itemId": 5}, {"errors": ["moved"]}])
def test_C4_a_redirect_is_never_followed_and_unclear(
    client: AutotaskClient, wire: responses.RequestsMock, status: int, body: dict[str, Any]
) -> None:
    wire.post(NOTES, json=body, status=status, headers={"Location": "https://elsewhere.example/"})
    assert isinstance(create(client), Unclear)
    assert len(wire.calls) == 1


def test_C4_a_connection_that_breaks_before_the_answer_is_unclear_and_the_create_was_sent_once(
    socket_client: AutotaskClient, server: ScriptedServer
) -> None:
    server.script = [b"", http_answer(b'{"itemId":5}')]
    assert isinstance(create(socket_client), Unclear)
    assert len(server.requests) == 1


def test_C4_an_answer_that_does_not_come_in_time_is_unclear_and_the_create_was_sent_once(
    socket_client: AutotaskClient, server: ScriptedServer
) -> None:
    server.script = [None]
    outcome = create(socket_client)
    assert isinstance(outcome, Unclear)
    assert outcome.reason.endswith("no answer within 0.4 seconds")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        http_answer(b'{"itemId":5}', length=100),
        http_answer(b'{"itemId":'),
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"ite',
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nnogzi",
        b"SSH-2.0-OpenSSH\r\n",
    ],
)
def test_C4_a_cut_or_garbled_answer_is_unclear_and_the_create_was_sent_once(
    socket_client: AutotaskClient, server: ScriptedServer, answer: bytes
) -> None:
    server.script = [answer]
    assert isinstance(create(socket_client), Unclear)
    assert len(server.requests) == 1


def test_C4_a_refused_connection_sent_nothing_and_is_an_outage(http: requests.Session, clock: JumpingClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    http.trust_env = False
    client = AutotaskClient(AutotaskSettings("u@x", "s", "c", f"http://127.0.0.1:{port}"), http, clock)
    with pytest.raises(AutotaskOutage, match="no connection could be made"):
        create(client)


def test_C4_an_unknown_host_sent_nothing_and_is_an_outage(
    http: requests.Session, clock: JumpingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    http.trust_env = False
    client = AutotaskClient(AutotaskSettings("u@x", "s", "c", "webservices99.autotask.net"), http, clock)
    with pytest.raises(AutotaskOutage, match="could not be resolved"):
        create(client)


def test_C4_a_connection_that_takes_too_long_sent_nothing_and_is_an_outage(
    http: requests.Session, clock: JumpingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: object, **__: object) -> socket.socket:
        raise TimeoutError

    monkeypatch.setattr("urllib3.util.connection.create_connection", slow)
    http.trust_env = False
    client = AutotaskClient(AutotaskSettings("u@x", "s", "c", "http://127.0.0.1:9"), http, clock)
    with pytest.raises(AutotaskOutage, match="no connection within 15 seconds"):
        create(client)


def test_C4_a_proxy_that_cannot_be_reached_sent_nothing_and_is_an_outage(
    http: requests.Session, clock: JumpingClock
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    http.trust_env = False
    http.proxies = {"https": f"http://127.0.0.1:{port}"}
    client = AutotaskClient(AutotaskSettings("u@x", "s", "c", "webservices5.autotask.net"), http, clock)
    with pytest.raises(AutotaskOutage, match="proxy"):
        create(client)


def test_C4_a_proxy_that_refuses_the_tunnel_sent_nothing_and_is_an_outage(
    http: requests.Session, clock: JumpingClock, server: ScriptedServer
) -> None:
    server.script = [b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"]
    http.trust_env = False
    http.proxies = {"https": f"http://127.0.0.1:{server.port}"}
    client = AutotaskClient(AutotaskSettings("u@x", "s", "c", "webservices5.autotask.net"), http, clock)
    with pytest.raises(AutotaskOutage, match="proxy"):
        create(client)


def test_C4_a_proxy_that_hangs_up_after_it_took_the_request_is_unclear(
    http: requests.Session, clock: JumpingClock, server: ScriptedServer
) -> None:
    server.script = [b""]
    http.trust_env = False
    http.proxies = {"http": f"http://127.0.0.1:{server.port}"}
    client = AutotaskClient(AutotaskSettings("u@x", "s", "c", "http://127.0.0.1:9"), http, clock)
    assert isinstance(create(client), Unclear)
    assert b'"title": "Remote session"' in server.requests[0]


def test_C4_a_create_that_breaks_after_a_429_is_unclear(socket_client: AutotaskClient, server: ScriptedServer) -> None:
    server.script = [http_answer(b"", "429 Too Many Requests"), b""]
    assert isinstance(create(socket_client), Unclear)
    assert len(server.requests) == 2


def test_a_create_carries_the_body_the_three_headers_and_the_impersonated_resource(
    client: AutotaskClient, wire: responses.RequestsMock
) -> None:
    sent = wire.post(NOTES, json={"itemId": 5})
    client.create("/Tickets/7/Notes", BODY, impersonate=29682885)
    create(client)
    first, second = (call.request for call in sent.calls)
    assert first.headers["ImpersonationResourceId"] == "29682885"
    assert "ImpersonationResourceId" not in second.headers
    assert first.headers["ApiIntegrationCode"] == "CODE27CHARACTERS"
    assert first.headers["UserName"] == "abc123@EXAMPLE.COM"
    assert first.headers["Secret"] == "s3cr#t~word"
    assert first.headers["Content-Type"] == "application/json"
