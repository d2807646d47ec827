from __future__ import annotations

import logging
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest
import requests
import responses

from bt_autotask_sync.appliance.attributes import read_external_key, read_success
from bt_autotask_sync.appliance.client import ApplianceClient, ApplianceSettings
from bt_autotask_sync.appliance.errors import (
    ApplianceOutage,
    ErrorAnswer,
    ReportNotPermitted,
    UnreadableReport,
    UnusableAnswer,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.appliance.conftest import RecordedClock

HOST = "support.example.com"
REPORTING, COMMAND = f"https://{HOST}/api/reporting", f"https://{HOST}/api/command"
ONE = "1" * 32
NAMESPACES = (
    "http://www.bomgar.com/namespaces/API/command",
    "https://www.beyondtrust.com/namespaces/API/command",
    "http://www.beyondtrust.com/sra/namespaces/API/command",
)
INVALID = "<error>Invalid lsid.</error>"
NOT_THE_ANSWER = [
    b"",
    b"  \n",
    b"{}",
    b"<html><title>Sign in</title></html>",
    b"<!DOCTYPE custom_attributes><custom_attributes/>",
    b'<!DOCTYPE success [<!ENTITY a "T20241203.0042">]><success>&a;</success>',
    b"<session_list/>",
]


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        mock.post(f"https://{HOST}/oauth2/token", json={"access_token": "first"})
        yield mock


@pytest.fixture
def client(clock: RecordedClock) -> Iterator[ApplianceClient]:
    with requests.Session() as http:
        yield ApplianceClient(ApplianceSettings(HOST, "the-id", "the-secret"), http, clock)


def attribute(code_name: str, value: str) -> str:
    return f'<custom_attribute display_name="Any" code_name="{code_name}">{value}</custom_attribute>'


def attributes(*rows: str, namespace: str = NAMESPACES[1]) -> str:
    return f'<?xml version="1.0"?>\n\n<custom_attributes xmlns="{namespace}">\n{"".join(rows)}</custom_attributes>\n\n'


def report(children: str = "") -> str:
    return f'<session_list><session lsid="{ONE}">{children}</session></session_list>'


def form(call: responses.Call) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(str(call.request.body), strict_parsing=True).items()}


@pytest.mark.parametrize("namespace", [*NAMESPACES, ""])
def test_the_key_is_read_in_every_generation_of_namespaces(namespace: str) -> None:
    rows = (attribute("customer_email", "jane@example.com"), attribute("external_key", " T20241203.0042 \n"))

    assert read_external_key(BytesIO(attributes(*rows, namespace=namespace).encode())) == "T20241203.0042"
    assert read_success(BytesIO(f'<success xmlns="{namespace}">Session attributes were set</success>\n'.encode()))
    with pytest.raises(ErrorAnswer, match="Out of cheese"):
        read_success(BytesIO(f'<error xmlns="{namespace}">Out of cheese</error>'.encode()))


def test_an_empty_key_and_a_key_that_is_not_named_are_told_apart() -> None:
    assert read_external_key(BytesIO(attributes(attribute("external_key", "")).encode())) == ""
    assert read_external_key(BytesIO(attributes(attribute("External_Key_2", "T1")).encode())) is None
    assert read_external_key(BytesIO(b"<custom_attributes/>")) is None


@pytest.mark.parametrize("read", [read_external_key, read_success])
@pytest.mark.parametrize("body", NOT_THE_ANSWER)
def test_no_other_document_is_taken_for_the_answer(body: bytes, read: Callable[[BytesIO], object]) -> None:
    with pytest.raises(UnusableAnswer):
        read(BytesIO(body))


def test_an_answer_that_breaks_off_tells_nothing() -> None:
    with pytest.raises(UnreadableReport):
        read_external_key(BytesIO(attributes(attribute("external_key", "T20241203.0042")).encode()[:-25]))
    with pytest.raises(UnreadableReport):
        read_success(BytesIO(b"<success>Session attributes"))


def test_a_running_sessions_key_is_asked_of_its_attributes(
    wire: responses.RequestsMock, client: ApplianceClient
) -> None:
    wire.post(COMMAND, attributes(attribute("external_key", "T20241203.0042")))

    assert client.external_key(ONE) == "T20241203.0042"
    assert form(wire.calls[-1]) == {"action": "get_session_attributes", "lsid": ONE}
    assert client.requests_sent == 2


def test_an_empty_key_is_not_looked_up_again(wire: responses.RequestsMock, client: ApplianceClient) -> None:
    wire.post(COMMAND, attributes(attribute("external_key", "")))

    assert client.external_key(ONE) == ""
    assert client.requests_sent == 2


@pytest.mark.parametrize("body", [attributes(attribute("customer_email", "jane@example.com")), INVALID])
def test_where_the_attributes_do_not_tell_the_key_the_report_does(
    wire: responses.RequestsMock, client: ApplianceClient, body: str
) -> None:
    wire.post(COMMAND, body)
    wire.post(REPORTING, report("<end_time/><external_key>T20241203.0042</external_key>"))

    assert client.external_key(ONE) == "T20241203.0042"
    assert form(wire.calls[-1]) == {"generate_report": "SupportSession", "lsids": ONE}


@pytest.mark.parametrize(
    "body",
    [
        INVALID,
        "<session_list/>",
        report('<end_time timestamp="1733240467"/><external_key>T20241203.0042</external_key>'),
        report('<session_details><event timestamp="1733240467" event_type="Session End"/></session_details>'),
    ],
)
def test_a_session_that_ended_or_is_unknown_has_no_key_any_more(
    wire: responses.RequestsMock, client: ApplianceClient, body: str
) -> None:
    wire.post(COMMAND, INVALID)
    wire.post(REPORTING, body)

    assert client.external_key(ONE) is None


def test_the_key_of_a_running_session_is_set(wire: responses.RequestsMock, client: ApplianceClient) -> None:
    wire.post(COMMAND, "<success>Session attributes were set</success>")

    assert client.set_external_key(ONE, "T20241203.0042 ä&=") is True
    assert form(wire.calls[-1]) == {
        "action": "set_session_attributes",
        "lsid": ONE,
        "session.custom.external_key": "T20241203.0042 ä&=",
    }


@pytest.mark.parametrize("words", ["Invalid lsid.", "No session matches the criteria.", "Not permitted"])
def test_a_key_that_the_appliance_does_not_take_is_not_set(
    wire: responses.RequestsMock, client: ApplianceClient, caplog: pytest.LogCaptureFixture, words: str
) -> None:
    caplog.set_level(logging.INFO)
    wire.post(COMMAND, f"<error>{words}</error>")

    assert client.set_external_key(ONE, "T20241203.0042") is False
    assert "T20241203.0042" not in caplog.text
    assert client.requests_sent == 2


def test_the_setting_is_repeated_like_a_read(wire: responses.RequestsMock, client: ApplianceClient) -> None:
    wire.post(COMMAND, "", status=503)
    wire.post(COMMAND, body=requests.exceptions.ConnectionError("the answer was lost"))
    wire.post(COMMAND, "<success/>")

    assert client.set_external_key(ONE, "T20241203.0042") is True
    assert client.requests_sent == 4


@pytest.mark.parametrize(("status", "body"), [(403, ""), (404, "<html>"), (200, "<error>Document Not Found</error>")])
def test_a_missing_permission_names_the_command_api(
    wire: responses.RequestsMock, client: ApplianceClient, status: int, body: str
) -> None:
    wire.post(COMMAND, body, status=status)

    for ask in (lambda: client.external_key(ONE), lambda: client.set_external_key(ONE, "T1")):
        with pytest.raises(ReportNotPermitted, match=HOST) as raised:
            ask()
        assert "Command API" in raised.value.advice


def test_an_appliance_that_is_down_is_an_outage(wire: responses.RequestsMock, client: ApplianceClient) -> None:
    wire.post(COMMAND, "", status=502)

    with pytest.raises(ApplianceOutage):
        client.external_key(ONE)
    with pytest.raises(ApplianceOutage):
        client.set_external_key(ONE, "T1")
