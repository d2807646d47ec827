"""Who may talk to the appliance, and in which form."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.appliance.conftest import Rig

REPORT = {"generate_report": "SupportSession", "start_time": "0", "duration": "0"}


def test_a_token_is_forty_letters_and_digits_and_lives_an_hour(rig: Rig) -> None:
    account = rig.side.credentials
    assert re.fullmatch("[0-9a-f]{40}", account.client_id)
    assert not set("+&#%") & set(account.client_secret)
    answer = rig.request(
        "/oauth2/token",
        method="POST",
        data={"grant_type": "client_credentials"},
        auth=(account.client_id, account.client_secret),
    )
    body = answer.get_json()
    assert answer.content_type == "application/json"
    assert re.fullmatch("[0-9A-Za-z]{40}", body.pop("access_token"))
    assert body == {"token_type": "Bearer", "expires_in": 3600}


def test_wrong_credentials_are_an_invalid_client(rig: Rig) -> None:
    form = {"method": "POST", "data": {"grant_type": "client_credentials"}}
    for given in (None, (rig.side.credentials.client_id, "guessed"), ("guessed", rig.side.credentials.client_secret)):
        answer = rig.request("/oauth2/token", auth=given, **form)
        assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("form", "error"), [({"grant_type": "password"}, "unsupported_grant_type"), ({}, "invalid_request")]
)
def test_another_grant_is_refused(rig: Rig, form: dict[str, str], error: str) -> None:
    account = rig.side.credentials
    auth = (account.client_id, account.client_secret)
    answer = rig.request("/oauth2/token", method="POST", data=form, auth=auth)
    assert (answer.status_code, answer.get_json()["error"]) == (400, error)
    assert rig.request("/oauth2/token", auth=auth).status_code == 405


def test_the_thirty_first_token_invalidates_the_oldest(rig: Rig) -> None:
    tokens = [rig.bearer, *(rig.token() for _ in range(29))]
    accepted = []
    for _ in range(2):
        statuses = []
        for token in tokens:
            rig.bearer = token
            statuses.append(rig.call("/api/command", action="get_api_info").status_code)
        accepted.append(statuses)
        tokens.append(rig.token())
    assert accepted[0] == [200] * 30
    assert accepted[1] == [401] + [200] * 30


def test_a_token_expires_after_an_hour_of_sandbox_time(rig: Rig) -> None:
    rig.time += 3599
    assert rig.call("/api/command", action="get_api_info").status_code == 200
    rig.time += 1
    assert rig.call("/api/command", action="get_api_info").status_code == 401


@pytest.mark.parametrize("path", ["/api/reporting", "/api/command"])
def test_without_a_known_token_there_is_an_empty_401(rig: Rig, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer " + "x" * 40}, {"Authorization": "Basic Zm9vOmJhcg=="}):
        answer = rig.request(path, headers=headers)
        assert (answer.status_code, answer.get_data()) == (401, b"")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_parameters_come_by_get_by_form_and_in_the_query_of_a_post(rig: Rig) -> None:
    rig.side.add_sessions(2)
    headers = {"Authorization": f"Bearer {rig.bearer}"}
    answers = [
        rig.request("/api/reporting", query_string=REPORT, headers=headers),
        rig.request("/api/reporting", query_string=REPORT, method="POST", headers=headers),
        rig.call("/api/reporting", **REPORT),
    ]
    bodies = {answer.get_data() for answer in answers}
    assert len(bodies) == 1
    assert len(ET.fromstring(bodies.pop())) == 2


def test_multipart_is_refused(rig: Rig) -> None:
    headers = {"Authorization": f"Bearer {rig.bearer}"}
    answer = rig.request(
        "/api/reporting", method="POST", data=REPORT, content_type="multipart/form-data", headers=headers
    )
    assert answer.status_code == 400
    assert ET.fromstring(answer.get_data()).tag.endswith("}error")


def test_answers_close_the_connection_and_are_written_as_recorded(rig: Rig) -> None:
    rig.side.add_sessions(1)
    answer = rig.call("/api/reporting", **REPORT)
    assert answer.is_streamed
    text = answer.get_data(as_text=True)
    assert answer.headers["Connection"] == "close"
    assert answer.headers["Content-Type"] == "text/xml; charset=UTF-8"
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n\n<session_list ')
    assert text.endswith("</session_list>\n\n\n")
    assert "\n\t<session_type>" in text


@pytest.mark.parametrize(
    ("generation", "address"),
    [
        ("beyondtrust", "https://www.beyondtrust.com/namespaces/API/"),
        ("bomgar", "http://www.bomgar.com/namespaces/API/"),
        ("sra", "http://www.beyondtrust.com/sra/namespaces/API/"),
    ],
)
def test_the_namespace_is_a_switch(rig: Rig, generation: str, address: str) -> None:
    rig.switches.change({"namespace": generation})
    report = ET.fromstring(rig.call("/api/reporting", **REPORT).get_data())
    command = ET.fromstring(rig.call("/api/command", action="check_health").get_data())
    assert report.tag == f"{{{address}reporting}}error"
    assert command.tag == f"{{{address}command}}health_check"


def test_unknown_addresses_and_methods_are_refused(rig: Rig) -> None:
    assert rig.request("/API/reporting").status_code == 404
    answer = rig.request("/api/reporting", method="DELETE")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST")
