"""Outbound events of the sandbox over real sockets: as the appliance posts them, and to whom it gives up posting."""

from __future__ import annotations

import http.client
import ssl
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import trustme

from bt_autotask_sync.cli import sandbox as sandbox_command
from bt_autotask_sync.sandbox.application import Sandbox
from bt_autotask_sync.sandbox.outbound.recipient import Recipient
from bt_autotask_sync.sandbox.server import RunningServer, serve
from tests.present import moving_clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Execute

PATH = "/ERSPost/default?outbound_event_token=geheim&ApplianceID=default"
BEGINNING = ["begin", "owner_changed", "member_added", "member_added", "owner_changed"]


@dataclass
class Received:
    """A request as it arrived."""

    path: str
    content_type: str
    form: dict[str, str]


@dataclass
class Listener:
    """A server that receives events and answers as it is told.

    Attributes:
        answers: What is answered next, in order; 200 once they are used up. None: the connection is cut.
        before_answer: Called while the appliance waits.
    """

    received: list[Received] = field(default_factory=list)
    answers: list[int | None] = field(default_factory=list)
    body: bytes = b""
    before_answer: Callable[[], None] = lambda: None
    url: str = ""

    def names(self) -> list[str]:
        return [each.form["event"].removeprefix("support_conference_") for each in self.received]

    def wait_for(self, count: int) -> list[Received]:
        """Return what has arrived, once so much has."""
        wait_until(lambda: len(self.received) >= count)
        return self.received


def wait_until(happened: Callable[[], object]) -> None:
    end = time.monotonic() + 15
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: handshakes that fail are part of the tests."""


def listening(listener: Listener, certificate: trustme.LeafCert | None = None) -> Server:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["Content-Length"])).decode("ascii")
            pairs = parse_qsl(form, keep_blank_values=True, strict_parsing=True)
            assert len(dict(pairs)) == len(pairs)
            listener.received.append(Received(self.path, self.headers["Content-Type"], dict(pairs)))
            listener.before_answer()
            status = listener.answers.pop(0) if listener.answers else 200
            if status is None:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Location", f"{listener.url}/elsewhere")
            self.send_header("Content-Length", "0" if status == 204 else str(len(listener.body)))
            self.end_headers()
            self.wfile.write(b"" if status == 204 else listener.body)

        def log_message(self, *_: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        scheme = "https"
    listener.url = f"{scheme}://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    with listening(made) as server:
        yield made
        server.shutdown()


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(sessions=0, clock=moving_clock())


@pytest.fixture
def appliance(sandbox: Sandbox) -> Iterator[RunningServer]:
    with serve(sandbox) as running:
        yield running


def send_to(sandbox: Sandbox, listener: Listener, **settings: Any) -> None:
    sandbox.appliance.outbound.set(Recipient(listener.url + PATH, **{"retry_interval_seconds": 0.2, **settings}))


def begin(sandbox: Sandbox, **options: Any) -> str:
    (lsid,) = sandbox.add_sessions(1, in_progress=True, started_seconds_ago=0.0, **options)
    return lsid


def status(sandbox: Sandbox) -> str:
    (recipient,) = sandbox.appliance.state()["recipients"]
    told: str = recipient["status"]
    return told


@pytest.mark.usefixtures("appliance")
def test_events_are_posted_as_forms_to_the_address_as_it_is(sandbox: Sandbox, listener: Listener) -> None:
    send_to(sandbox, listener)
    key = 'Büro & {"title": "50 %+1"} \N{PILE OF POO}\n'
    lsid = begin(sandbox, external_key=key)
    received = listener.wait_for(5)
    assert listener.names() == BEGINNING
    assert {each.path for each in received} == {PATH}
    assert {each.content_type for each in received} == {"application/x-www-form-urlencoded"}
    assert {(each.form["lsid"], each.form["external_key"]) for each in received} == {(lsid, key)}
    wait_until(lambda: status(sandbox) == "OK")


@pytest.mark.usefixtures("appliance")
@pytest.mark.parametrize("answer", [201, 204, 302, 307, 400, 503, None])
def test_only_a_200_is_success_and_nothing_else_is_sent_before(
    sandbox: Sandbox, listener: Listener, answer: int | None
) -> None:
    listener.answers = [answer, answer]
    send_to(sandbox, listener)
    begin(sandbox)
    received = listener.wait_for(7)
    assert listener.names() == ["begin", "begin", *BEGINNING]
    assert received[0].form == received[1].form == received[2].form
    assert {each.path for each in received} == {PATH}


@pytest.mark.usefixtures("appliance")
def test_what_nobody_received_is_sent_once_somebody_listens_again(sandbox: Sandbox, listener: Listener) -> None:
    with listening(away := Listener()):
        pass
    send_to(sandbox, away)
    lsid = begin(sandbox)
    wait_until(lambda: status(sandbox) == "no answer (ConnectionRefusedError)")
    sandbox.appliance.end_session(lsid)
    send_to(sandbox, listener)
    listener.wait_for(8)
    assert listener.names() == [*BEGINNING, "member_departed", "member_departed", "end"]


def test_the_appliance_answers_while_it_waits_for_a_recipient(
    sandbox: Sandbox, listener: Listener, appliance: RunningServer
) -> None:
    asked = []

    def ask() -> None:
        connection = http.client.HTTPConnection(urlsplit(appliance.url).netloc, timeout=4)
        connection.request("GET", "/sandbox/state")
        asked.append(connection.getresponse().status)
        connection.close()

    listener.before_answer = ask
    send_to(sandbox, listener)
    begin(sandbox)
    listener.wait_for(5)
    wait_until(lambda: len(asked) == 5)
    assert asked == [200] * 5


@pytest.mark.usefixtures("appliance")
def test_a_recipient_that_never_answers_is_given_up_after_a_while(
    sandbox: Sandbox, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bt_autotask_sync.sandbox.outbound.sender._TIMEOUT", 0.2)
    listener.before_answer = lambda: time.sleep(0.5)
    send_to(sandbox, listener, retry_interval_seconds=60.0)
    begin(sandbox)
    wait_until(lambda: status(sandbox) == "no answer (TimeoutError)")


@pytest.mark.usefixtures("appliance")
def test_what_stands_in_an_answer_does_not_matter(sandbox: Sandbox, listener: Listener) -> None:
    listener.body = b"x" * 200_000
    send_to(sandbox, listener)
    begin(sandbox)
    listener.wait_for(5)
    assert listener.names() == BEGINNING


@pytest.mark.usefixtures("appliance")
def test_a_recipient_with_tls_is_trusted_by_its_own_authority_only(sandbox: Sandbox, tmp_path: Path) -> None:
    authority, listener = trustme.CA(), Listener()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with listening(listener, authority.issue_cert("127.0.0.1")) as server:
        send_to(sandbox, listener)
        begin(sandbox)
        wait_until(lambda: status(sandbox) == "no answer (SSLError)")
        assert listener.received == []
        send_to(sandbox, listener, ca_file=str(tmp_path / "ca.pem"))
        listener.wait_for(5)
        server.shutdown()


def test_nothing_is_sent_any_more_once_the_sandbox_is_stopped(sandbox: Sandbox, listener: Listener) -> None:
    running = serve(sandbox)
    send_to(sandbox, listener)
    begin(sandbox)
    listener.wait_for(5)
    running.stop()
    begin(sandbox)
    time.sleep(0.3)
    assert len(listener.received) == 5
    assert not any(thread.name == "events" for thread in threading.enumerate())


def test_the_page_shows_who_is_sent_events_without_the_token(
    sandbox: Sandbox, listener: Listener, appliance: RunningServer
) -> None:
    send_to(sandbox, listener)
    begin(sandbox)
    connection = http.client.HTTPConnection(urlsplit(appliance.url).netloc, timeout=10)
    connection.request("GET", "/")
    page = connection.getresponse().read().decode()
    connection.close()
    assert "2 sessions running" in page
    assert f"Events to {listener.url}/ERSPost/default: " in page
    assert "geheim" not in page


def test_the_command_sends_events_where_it_is_told(
    execute: Execute, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Sandbox] = []

    def keep(*arguments: Any, **options: Any) -> Sandbox:
        made.append(Sandbox(*arguments, **options))
        return made[0]

    def wait(_: object) -> None:
        begin(made[0])
        listener.wait_for(5)

    monkeypatch.setattr(sandbox_command, "Sandbox", keep)
    monkeypatch.setattr(sandbox_command, "wait_until_stopped", wait)
    code, _, _ = execute("sandbox", "--sessions", "1", "--events", listener.url + PATH)
    assert (code, listener.names()) == (0, BEGINNING)


@pytest.mark.parametrize("url", ["127.0.0.1:8180/ERSPost", "ftp://listener/", "http://"])
def test_the_command_refuses_what_is_no_address(execute: Execute, url: str) -> None:
    code, _, stderr = execute("sandbox", "--events", url)
    assert code == 2
    assert "url: must be http://HOST/PATH" in stderr
