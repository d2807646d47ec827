"""The sandbox over real sockets: broken connections, threads, and connections that stay open or close."""

from __future__ import annotations

import http.client
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests

from bt_autotask_sync.sandbox.application import Sandbox
from bt_autotask_sync.sandbox.server import RunningServer, serve
from tests.present import moving_clock

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(sessions=3, clock=moving_clock())


@pytest.fixture
def server(sandbox: Sandbox) -> Iterator[RunningServer]:
    with serve(sandbox) as running:
        yield running


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        known = sandbox.autotask.credentials
        session.headers.update(
            {"UserName": known.username, "Secret": known.secret, "ApiIntegrationCode": known.integration_code}
        )
        yield session


def rest(server: RunningServer, path: str) -> str:
    return f"{server.url}/atservicesrest/v1.0{path}"


def note(server: RunningServer, session: requests.Session, ticket: int) -> requests.Response:
    body = {"title": "n", "description": "d", "noteType": 1, "publish": 2}
    return session.post(rest(server, f"/Tickets/{ticket}/Notes"), json=body, timeout=10)


def first_ticket(sandbox: Sandbox) -> int:
    key: int = sandbox.autotask.store.rows("Tickets")[0]["id"]
    return key


def notes_of(sandbox: Sandbox, ticket: int) -> int:
    return sum(row["ticketID"] == ticket for row in sandbox.autotask.store.rows("TicketNotes"))


@pytest.mark.parametrize(("kind", "made"), [("lost_answer", 1), ("dropped", 0)])
def test_a_cut_connection_gives_no_answer(
    sandbox: Sandbox, server: RunningServer, session: requests.Session, kind: Any, made: int
) -> None:
    ticket = first_ticket(sandbox)
    before = notes_of(sandbox, ticket)
    sandbox.faults.add(kind)
    with pytest.raises(requests.ConnectionError):
        note(server, session, ticket)
    assert notes_of(sandbox, ticket) == before + made
    assert note(server, session, ticket).status_code == 200


def test_a_cut_body_is_noticed(sandbox: Sandbox, server: RunningServer, session: requests.Session) -> None:
    sandbox.faults.add("cut_body")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        session.get(rest(server, f"/Tickets/{first_ticket(sandbox)}"), timeout=10)


def test_a_slow_drip_arrives_in_pieces(sandbox: Sandbox, server: RunningServer, session: requests.Session) -> None:
    address = rest(server, f"/Tickets/{first_ticket(sandbox)}")
    sound = session.get(address, timeout=10).json()
    sandbox.faults.add("slow_drip", seconds=0.3)
    before = time.monotonic()
    assert session.get(address, timeout=10).json() == sound
    assert time.monotonic() - before >= 0.25


def test_a_caller_who_gives_up_does_not_stop_the_record(
    sandbox: Sandbox, server: RunningServer, session: requests.Session
) -> None:
    ticket = first_ticket(sandbox)
    before = notes_of(sandbox, ticket)
    sandbox.faults.add("latency", seconds=0.5)
    body = {"title": "n", "description": "d", "noteType": 1, "publish": 2}
    with pytest.raises(requests.ReadTimeout):
        session.post(rest(server, f"/Tickets/{ticket}/Notes"), json=body, timeout=0.1)
    assert notes_of(sandbox, ticket) == before
    until = time.monotonic() + 5
    while notes_of(sandbox, ticket) == before and time.monotonic() < until:
        time.sleep(0.02)
    assert notes_of(sandbox, ticket) == before + 1


def test_a_fourth_thread_of_an_endpoint_is_refused_and_others_are_not(
    sandbox: Sandbox, server: RunningServer, session: requests.Session
) -> None:
    ticket = first_ticket(sandbox)
    sandbox.faults.add("latency", seconds=0.6, endpoint="POST /Tickets/*/Notes", times=None)
    with ThreadPoolExecutor(4) as pool:
        busy = [pool.submit(note, server, session, ticket) for _ in range(3)]
        until = time.monotonic() + 5
        while sandbox.log.counts()["autotask"] < 3 and time.monotonic() < until:
            time.sleep(0.01)
        asked = {"filter": [{"op": "eq", "field": "id", "value": 1}]}
        fourth = session.post(rest(server, "/TicketNotes/query"), json=asked, timeout=10)
        elsewhere = session.get(rest(server, f"/Tickets/{ticket}"), timeout=10)
        other_code = requests.get(rest(server, "/TicketNotes/1"), headers={"ApiIntegrationCode": "x"}, timeout=10)
        statuses = [future.result().status_code for future in busy]
    assert (fourth.status_code, elsewhere.status_code, other_code.status_code) == (429, 200, 401)
    assert "thread threshold of 3 threads has been exceeded" in fourth.json()["errors"][0]
    assert statuses == [200, 200, 200]


def test_three_workers_are_never_refused(sandbox: Sandbox, server: RunningServer, session: requests.Session) -> None:
    ticket = first_ticket(sandbox)
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: note(server, session, ticket).status_code, range(60)))
    assert answers == [200] * 60


def test_autotask_keeps_the_connection_and_the_appliance_closes_it(sandbox: Sandbox, server: RunningServer) -> None:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    sockets = []
    for _ in range(2):
        connection.request("POST", "/atservicesrest/v1.0/Tickets/query", body=b"{}")
        answer = connection.getresponse()
        assert (answer.status, answer.reason, answer.read()) == (401, "Unauthorized", b"")
        sockets.append(connection.sock)
    assert sockets[0] is sockets[1] is not None
    connection.request("GET", "/api/reporting")
    answer = connection.getresponse()
    answer.read()
    assert answer.getheader("Connection") == "close"
    assert connection.sock is None
    connection.close()


def test_a_report_is_streamed_over_the_wire(sandbox: Sandbox, server: RunningServer) -> None:
    known = sandbox.appliance.credentials
    grant = {"grant_type": "client_credentials"}
    auth = (known.client_id, known.client_secret)
    token = requests.post(f"{server.url}/oauth2/token", data=grant, auth=auth, timeout=10).json()["access_token"]
    form = {"generate_report": "SupportSessionListing", "end_time": "1", "duration": "0"}
    header = {"Authorization": f"Bearer {token}"}
    answer = requests.post(f"{server.url}/api/reporting", data=form, headers=header, timeout=10)
    assert answer.headers["Content-Type"] == "text/xml; charset=UTF-8"
    assert answer.text.rstrip().endswith(">")
    assert "lsid" in answer.text


def test_a_chunked_request_is_read(sandbox: Sandbox, server: RunningServer, session: requests.Session) -> None:
    pieces = iter([b'{"filter": [{"op": "exist", ', b'"field": "id"}], "MaxRecords": 1}'])
    answer = session.post(
        rest(server, "/Tickets/query"), data=pieces, headers={"Content-Type": "application/json"}, timeout=10
    )
    assert answer.json()["items"][0]["id"] == first_ticket(sandbox)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Content-Length: -5\r\n", b"400"),
        (b"Content-Length: many\r\n", b"400"),
        (b"Content-Length: 99999999\r\n", b"413"),
        (b"Transfer-Encoding: chunked\r\n", b"400"),
    ],
)
def test_a_hostile_body_ends_the_connection_with_a_status(server: RunningServer, head: bytes, status: bytes) -> None:
    body = b"x" * (16 * 1024 * 1024 + 1) if status == b"413" else b"zz\r\nzz"
    with socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0), timeout=10) as raw:
        raw.sendall(b"POST /atservicesrest/v1.0/Tickets HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n" + body)
        assert raw.recv(12).endswith(status)


def test_a_client_that_waits_for_100_continue_is_served(server: RunningServer) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0), timeout=10) as raw:
        raw.sendall(b"POST /sandbox/clock HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 100")
        raw.sendall(b"{}")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")


def test_a_taken_port_is_an_error(server: RunningServer, sandbox: Sandbox) -> None:
    with pytest.raises(OSError, match="in use"):
        serve(sandbox, urlsplit(server.url).port or 0)


def test_a_stopped_server_is_gone(sandbox: Sandbox) -> None:
    running = serve(sandbox)
    with socket.create_connection(("127.0.0.1", urlsplit(running.url).port or 0), timeout=10) as held:
        held.sendall(b"GET /sandbox/faults HTTP/1.1\r\nHost: x\r\n\r\n")
        assert held.recv(10_000).startswith(b"HTTP/1.1 200 OK")
        running.stop()
        running.stop()
        assert held.recv(1) == b""
    with pytest.raises(requests.ConnectionError):
        requests.get(running.url, timeout=2)


def test_a_mistake_in_the_sandbox_is_a_broken_answer_and_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    def broken(_environ: Any, _start_response: Any) -> list[bytes]:
        raise LookupError("a mistake of the sandbox")

    with serve(broken) as running, pytest.raises(requests.ConnectionError):
        requests.get(running.url, timeout=5)
    assert "a mistake of the sandbox" in capsys.readouterr().err
