"""Single records, the hourly budget, the move to another zone, and what goes along with every request."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.autotask.client import AutotaskClient, AutotaskSettings
from bt_autotask_sync.autotask.entities import Created, Threshold
from bt_autotask_sync.autotask.errors import AutotaskOutage, AutotaskRefused
from bt_autotask_sync.autotask.query import Condition, Operator

if TYPE_CHECKING:
    from pathlib import Path

    import requests
    import responses

    from tests.unit.autotask.conftest import JumpingClock, ScriptedServer

BASE = "https://webservices5.autotask.net/atservicesrest/v1.0"
NEW = "https://webservices9.autotask.net/atservicesrest/v1.0"
EVERYTHING = (Condition(Operator.EXIST, "id"),)


def page(*ids: int, next_url: str | None = None) -> dict[str, Any]:
    return {"items": [{"id": one} for one in ids], "pageDetails": {"nextPageUrl": next_url}}


@pytest.mark.parametrize(
    "body", [{"item": {"id": 7, "title": "x"}}, {"items": [{"id": 7, "title": "x"}], "pageDetails": {}}]
)
def test_a_record_is_read_by_id_in_both_shapes(
    client: AutotaskClient, wire: responses.RequestsMock, body: dict[str, Any]
) -> None:
    wire.get(f"{BASE}/Tickets/7", json=body)
    assert client.get("Tickets", 7) == {"id": 7, "title": "x"}


@pytest.mark.parametrize(
    "answer",
    [{"json": {"item": None}}, {"json": {"items": []}}, {"status": 404}, {"status": 404, "json": {"Message": "none"}}],
)
def test_a_record_that_is_not_there_is_none(
    client: AutotaskClient, wire: responses.RequestsMock, answer: dict[str, Any]
) -> None:
    wire.get(f"{BASE}/Tickets/7", **answer)
    assert client.get("Tickets", 7) is None


@pytest.mark.parametrize("body", [{}, {"item": 5}, {"item": {"id": 8}}, {"item": {}}, {"items": ["x"]}, {"items": {}}])
def test_an_answer_that_is_not_the_record_is_an_outage_and_not_absence(
    client: AutotaskClient, wire: responses.RequestsMock, body: dict[str, Any]
) -> None:
    wire.get(f"{BASE}/Tickets/7", json=body)
    with pytest.raises(AutotaskOutage, match="GET /Tickets/7"):
        client.get("Tickets", 7)


def test_the_hourly_budget_is_read_with_autotasks_time(client: AutotaskClient, wire: responses.RequestsMock) -> None:
    budget = {"externalRequestThreshold": 10000, "requestThresholdTimeframe": 60, "currentTimeframeRequestCount": 124}
    wire.get(f"{BASE}/ThresholdInformation", json=budget, headers={"Date": "Sun, 22 Nov 2026 10:00:00 GMT"})
    assert client.threshold() == (Threshold(10000, 124), datetime(2026, 11, 22, 10, tzinfo=UTC))


@pytest.mark.parametrize("limit", [None, "10000", True])
def test_a_budget_without_numbers_is_not_known_and_its_time_counts(
    client: AutotaskClient, wire: responses.RequestsMock, limit: object
) -> None:
    body = {"externalRequestThreshold": limit, "currentTimeframeRequestCount": 1}
    wire.get(f"{BASE}/ThresholdInformation", json=body, headers={"Date": "Sun, 22 Nov 2026 10:00:00 GMT"})
    assert client.threshold() == (None, datetime(2026, 11, 22, 10, tzinfo=UTC))


def test_autotasks_time_comes_with_a_query_that_finds_nothing(
    client: AutotaskClient, wire: responses.RequestsMock
) -> None:
    empty = {"items": [], "pageDetails": {"nextPageUrl": None}}
    wire.post(f"{BASE}/Tickets/query", json=empty, headers={"Date": "Sun, 22 Nov 2026 10:00:00 GMT"})
    assert client.time() == datetime(2026, 11, 22, 10, tzinfo=UTC)


def test_a_query_without_a_condition_cannot_be_sent(client: AutotaskClient) -> None:
    with pytest.raises(ValueError, match="needs a condition"):
        client.query("Tickets", (), ("id",))


def test_a_query_that_meets_a_401_on_a_later_page_starts_again_in_the_new_zone(
    client: AutotaskClient, wire: responses.RequestsMock
) -> None:
    wire.post(f"{BASE}/Tickets/query", json=page(1, next_url=f"{BASE}/Tickets/query/next?paging=1"))
    wire.post(f"{BASE}/Tickets/query/next?paging=1", status=401)
    wire.get(f"{BASE}/zoneInformation", json={"url": "https://webservices9.autotask.net/atservicesrest/"})
    wire.post(f"{NEW}/Tickets/query", json=page(1, 2))
    assert [item["id"] for item in client.query("Tickets", EVERYTHING).items] == [1, 2]
    assert client.zone.services_url == "https://webservices9.autotask.net/atservicesrest"


def test_the_zone_is_read_again_only_once_a_run(client: AutotaskClient, wire: responses.RequestsMock) -> None:
    wire.post(f"{BASE}/Tickets/query", status=401)
    zone = wire.get(f"{BASE}/zoneInformation", json={"url": "https://webservices9.autotask.net/atservicesrest/"})
    refusing = wire.post(f"{NEW}/Tickets/query", status=401)
    for _ in range(2):
        with pytest.raises(AutotaskRefused):
            client.query("Tickets", EVERYTHING)
    assert zone.call_count == 1
    assert refusing.call_count == 2


def test_threads_that_meet_the_move_together_all_arrive_in_the_new_zone(
    client: AutotaskClient, wire: responses.RequestsMock
) -> None:
    wire.post(f"{BASE}/TimeEntries", status=401)
    wire.get(f"{BASE}/ThresholdInformation", status=401)
    zone = wire.get(f"{BASE}/zoneInformation", json={"url": "https://webservices9.autotask.net/atservicesrest/"})
    wire.post(f"{NEW}/TimeEntries", json={"itemId": 5})
    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda _: client.create("/TimeEntries", {}), range(24)))
    assert outcomes == [Created(5)] * 24
    assert zone.call_count == 1
    assert client.requests_sent == len(wire.calls)


def test_neither_netrc_nor_a_cookie_goes_along_with_a_request(
    socket_client: AutotaskClient,
    http: requests.Session,
    server: ScriptedServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    http.trust_env = True
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nSet-Cookie: a=b\r\nContent-Length: 13\r\n\r\n"
    server.script = [head + b'{"item":null}'] * 2
    for _ in range(2):
        assert socket_client.get("Tickets", 7) is None
    for request in server.requests:
        names = {line.split(b":")[0].lower() for line in request.split(b"\r\n")}
        assert {b"secret", b"username", b"apiintegrationcode"} <= names
        assert not {b"authorization", b"cookie"} & names


def test_credentials_go_out_in_utf_8_whatever_they_hold(
    server: ScriptedServer, http: requests.Session, clock: JumpingClock
) -> None:
    http.trust_env = False
    client = AutotaskClient(AutotaskSettings("u@x", "pä€ß\udcff", "c", server.url), http, clock)
    server.script = [b'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 13\r\n\r\n{"item":null}']
    client.get("Tickets", 7)
    assert b"Secret: " + "pä€ß".encode() + b"\xff\r\n" in server.requests[0]


def test_no_secret_shows_in_the_settings(settings: AutotaskSettings) -> None:
    assert settings.secret not in repr(settings)
    assert settings.integration_code not in repr(settings)
