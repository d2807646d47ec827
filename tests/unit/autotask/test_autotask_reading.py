"""Reads: what is tried again, what ends the run, what is said about it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests

from bt_autotask_sync.autotask.errors import AutotaskOutage, AutotaskRefused, BudgetSpent, QueryRefused
from bt_autotask_sync.autotask.query import Condition, Operator
from bt_autotask_sync.errors import SyncError

if TYPE_CHECKING:
    import responses

    from bt_autotask_sync.autotask.client import AutotaskClient
    from bt_autotask_sync.autotask.entities import Lookup
    from tests.unit.autotask.conftest import JumpingClock, ScriptedServer

BASE = "https://webservices5.autotask.net/atservicesrest/v1.0"
QUERY = f"{BASE}/TimeEntries/query"
NEXT = "https://webservices5.autotask.net/ATServicesRest/V1.0/TimeEntries/query/next?paging=%7b%22nextIds%22%3a[{}]%7d"
CONDITIONS = (Condition(Operator.IN, "ticketID", (7, 8)),)
DATE = "Sun, 22 Nov 2026 10:00:00 GMT"


def page(*ids: int, next_url: str | None = None) -> dict[str, Any]:
    return {"items": [{"id": one} for one in ids], "pageDetails": {"count": len(ids), "nextPageUrl": next_url}}


def ask(client: AutotaskClient) -> Lookup[dict[str, Any]]:
    return client.query("TimeEntries", CONDITIONS, ("ticketID",))


def test_a_query_returns_every_page_posting_the_same_body_and_the_time_of_the_first(
    client: AutotaskClient, wire: responses.RequestsMock
) -> None:
    wire.post(QUERY, json=page(1, 2, next_url=NEXT.format(2)), headers={"Date": DATE})
    wire.post(NEXT.format(2), json=page(3, next_url=NEXT.format(3)), headers={"Date": "Sun, 22 Nov 2026 10:00:09 GMT"})
    wire.post(NEXT.format(3), json=page())
    found = ask(client)
    assert [item["id"] for item in found.items] == [1, 2, 3]
    assert found.answered_at == datetime(2026, 11, 22, 10, tzinfo=UTC)
    bodies = {call.request.body for call in wire.calls}
    assert len(bodies) == 1
    assert json.loads(bodies.pop() or b"") == {
        "MaxRecords": 500,
        "IncludeFields": ["id", "ticketID"],
        "filter": [{"op": "in", "field": "ticketID", "value": [7, 8]}],
    }
    assert client.requests_sent == 3


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/atservicesrest/v1.0/TimeEntries/query/next",
        "http://webservices5.autotask.net/atservicesrest/v1.0/TimeEntries/query/next",
        "https://webservices5.autotask.net:8443/atservicesrest/v1.0/TimeEntries/query/next",
        "https://webservices5.autotask.net@evil.example/atservicesrest/v1.0/TimeEntries/query/next",
        "https://user@webservices5.autotask.net/atservicesrest/v1.0/TimeEntries/query/next",
        "https://webservices5.autotask.net/elsewhere/TimeEntries/query/next",
        "https://webservices5.autotask.net/atservicesrest/v1.0/TimeEntries",
        "https://webservices5.autotask.net:port/atservicesrest/v1.0/TimeEntries/query/next",
        "/atservicesrest/v1.0/TimeEntries/query/next",
        "https://[",
    ],
)
def test_the_secrets_follow_no_next_page_to_another_place(
    client: AutotaskClient, wire: responses.RequestsMock, url: str
) -> None:
    wire.post(QUERY, json=page(1, next_url=url))
    with pytest.raises(AutotaskOutage, match="another host or path"):
        ask(client)
    assert len(wire.calls) == 1


def test_pages_that_lead_in_a_circle_are_an_outage(client: AutotaskClient, wire: responses.RequestsMock) -> None:
    wire.post(QUERY, json=page(1, next_url=NEXT.format(1)))
    wire.post(NEXT.format(1), json=page(2, next_url=NEXT.format(2)))
    wire.post(NEXT.format(2), json=page(3, next_url=NEXT.format(1)))
    with pytest.raises(AutotaskOutage, match="circle"):
        ask(client)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"items": None, "pageDetails": {"nextPageUrl": None}},
        {"items": [None], "pageDetails": {"nextPageUrl": None}},
        {"items": [{"id": 1}]},
        {"items": [{"id": 1}], "pageDetails": None},
        {"items": [{"id": 1}], "pageDetails": {"nextPageUrl": 5}},
    ],
)
def test_a_page_that_is_not_whole_is_an_outage_and_never_an_empty_answer(
    client: AutotaskClient, wire: responses.RequestsMock, body: dict[str, Any]
) -> None:
    wire.post(QUERY, json=body)
    with pytest.raises(AutotaskOutage, match=r"POST /TimeEntries/query at webservices5\.autotask\.net"):
        ask(client)


@pytest.mark.parametrize("status", [404, 204, 206, 400])
def test_a_query_answered_with_another_status_than_200_is_an_outage(
    client: AutotaskClient, wire: responses.RequestsMock, status: int
) -> None:
    wire.post(QUERY, json=page(1), status=status)
    with pytest.raises(AutotaskOutage):
        ask(client)


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 429},
        {"status": 500},
        {"status": 500, "body": '{"errors":[]}'},
        {"status": 502, "body": "<html>Bad Gateway</html>"},
        {"status": 503},
        {"status": 504},
        {"status": 200, "body": "<html>Please sign in</html>"},
        {"status": 403, "body": "<html>Blocked</html>"},
        {"status": 404, "body": "<html>Not here</html>"},
        {"status": 200, "body": '{"items":[{"id":'},
        {"status": 200, "body": ""},
        {"status": 200, "body": "[" * 100_000},
        {"body": requests.exceptions.ConnectTimeout()},
        {"body": requests.exceptions.ReadTimeout()},
        {"body": requests.exceptions.SSLError()},
        {"body": requests.exceptions.ChunkedEncodingError()},
    ],
)
def test_what_may_pass_is_tried_four_times_and_then_an_outage(
    client: AutotaskClient, wire: responses.RequestsMock, clock: JumpingClock, trouble: dict[str, Any]
) -> None:
    failing = wire.post(QUERY, **trouble)
    with pytest.raises(AutotaskOutage, match=r"POST /TimeEntries/query at webservices5\.autotask\.net"):
        ask(client)
    assert failing.call_count == 4
    assert len(clock.slept) == 3


def test_a_read_that_recovers_gives_its_answer(client: AutotaskClient, wire: responses.RequestsMock) -> None:
    wire.post(QUERY, status=503)
    wire.post(QUERY, json=page(1))
    assert [item["id"] for item in ask(client).items] == [1]


def test_a_read_waits_as_long_as_it_is_asked_to_but_not_longer_than_30_seconds(
    client: AutotaskClient, wire: responses.RequestsMock, clock: JumpingClock
) -> None:
    wire.post(QUERY, status=429, headers={"Retry-After": "7"})
    wire.post(QUERY, status=503, headers={"Retry-After": "900"})
    wire.post(QUERY, json=page(1))
    ask(client)
    assert clock.slept == [7, 30]


def test_a_read_over_a_breaking_connection_recovers(socket_client: AutotaskClient, server: ScriptedServer) -> None:
    body = b'{"items":[{"id":1}],"pageDetails":{"nextPageUrl":null}}'
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n"
    server.script = [b"", head + body[:10], head + body]
    assert [item["id"] for item in ask(socket_client).items] == [1]
    assert len(server.requests) == 3


def test_errors_refuse_a_query_in_autotasks_words_without_a_second_try(
    client: AutotaskClient, wire: responses.RequestsMock
) -> None:
    wire.post(QUERY, json={"errors": ["Unable to find projectID in the TimeEntry Entity"]}, status=500)
    with pytest.raises(QueryRefused) as caught:
        ask(client)
    assert caught.value.words == "Unable to find projectID in the TimeEntry Entity"
    assert not caught.value.of_the_kind
    assert len(wire.calls) == 1


def test_errors_with_status_200_refuse_a_query_too(client: AutotaskClient, wire: responses.RequestsMock) -> None:
    wire.post(QUERY, json={**page(1), "errors": ["no"]})
    with pytest.raises(QueryRefused):
        ask(client)


def test_missing_rights_refuse_a_query_of_the_kind(client: AutotaskClient, wire: responses.RequestsMock) -> None:
    words = "The logged in Resource does not have the adequate permissions to query this entity type."
    wire.post(QUERY, json={"errors": [words]}, status=500)
    with pytest.raises(QueryRefused) as caught:
        ask(client)
    assert caught.value.of_the_kind
    assert "security level" in caught.value.advice


def test_a_spent_hourly_threshold_ends_a_read_at_once(client: AutotaskClient, wire: responses.RequestsMock) -> None:
    wire.post(QUERY, json={"errors": ["Request threshold exceeded"]}, status=429)
    with pytest.raises(BudgetSpent):
        ask(client)
    assert len(wire.calls) == 1


@pytest.mark.parametrize("words", ["IntegrationCode is invalid", "Zone information could not be determined"])
@pytest.mark.parametrize(("status", "refuses"), [(401, True), (500, True), (400, False), (403, False)])
def test_A1_a_401_and_a_500_with_one_of_autotasks_sentences_refuse_the_credentials_never_a_403(
    client: AutotaskClient, wire: responses.RequestsMock, words: str, status: int, refuses: bool
) -> None:
    wire.assert_all_requests_are_fired = False
    wire.post(QUERY, json={"errors": [words]}, status=status)
    wire.get(f"{BASE}/zoneInformation", json={"url": "https://webservices5.autotask.net/atservicesrest/"})
    with pytest.raises(SyncError) as caught:
        ask(client)
    assert isinstance(caught.value, AutotaskRefused) is refuses


def test_a_read_follows_no_redirect(client: AutotaskClient, wire: responses.RequestsMock) -> None:
    wire.post(QUERY, status=302, headers={"Location": "https://elsewhere.example/"})
    with pytest.raises(AutotaskOutage, match="redirect"):
        ask(client)
    assert len(wire.calls) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {
            "status": 500,
            "json": {"errors": ["abc123@example.com with S3CR#T~word and code27characters, abc123%40EXAMPLE.COM"]},
        },
        {"status": 400, "json": {"Message": "no resource at ?user=abc123%40EXAMPLE.COM&x=s3cr%23t~word"}},
        {"status": 500, "json": {"errors": ["IntegrationCode is invalid: CODE27CHARACTERS"]}},
        {"status": 500, "json": {"errors": ["IntegrationCode is invalid"]}},
        {"body": requests.exceptions.ConnectionError("at ?user=abc123%40EXAMPLE.COM CODE27CHARACTERS s3cr#t~word")},
    ],
)
def test_no_error_shows_a_secret(client: AutotaskClient, wire: responses.RequestsMock, answer: dict[str, Any]) -> None:
    wire.post(QUERY, **answer)
    wire.assert_all_requests_are_fired = False
    wire.get(f"{BASE}/zoneInformation", json={"url": "https://webservices5.autotask.net/atservicesrest/"})
    with pytest.raises(SyncError) as caught:
        ask(client)
    shown = f"{caught.value} {caught.value.advice} {getattr(caught.value, 'words', '')} {caught.value.__cause__}"
    assert not re.search(r"abc123|s3cr|code27", shown, re.IGNORECASE)


def test_a_credential_with_a_line_break_is_refused_without_showing_it(
    client: AutotaskClient, wire: responses.RequestsMock
) -> None:
    client._headers["Secret"] = "line\r\nbreak"
    wire.get(f"{BASE}/zoneInformation", json={"url": "https://webservices5.autotask.net/atservicesrest/"})
    with pytest.raises(AutotaskRefused, match="line break") as caught:
        ask(client)
    assert "line\r" not in str(caught.value)
