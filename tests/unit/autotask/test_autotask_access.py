"""A1 and A2 at the client: what a create says of the credentials, and who may present them meanwhile."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.autotask.client import AutotaskClient, AutotaskSettings
from bt_autotask_sync.autotask.entities import Created, Refused, Unclear
from bt_autotask_sync.autotask.errors import AutotaskRefused
from bt_autotask_sync.errors import CredentialsError
from tests.unit.autotask.conftest import JumpingClock

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests
    import responses

BASE = "https://webservices5.autotask.net/atservicesrest/v1.0"
MOVED = "https://webservices9.autotask.net/atservicesrest/v1.0"
NOTES, OTHER_NOTES, PROBE, ZONE = "/Tickets/7/Notes", "/Tickets/8/Notes", "/ThresholdInformation", "/zoneInformation"
NEW_ZONE = {"url": "https://webservices9.autotask.net/ATServicesRest/"}
SAME_ZONE = {"url": "https://webservices5.autotask.net/ATServicesRest/"}
REFUSALS: list[dict[str, Any]] = [
    {"status": 401},
    {"status": 500, "json": {"errors": ["IntegrationCode is invalid"]}},
    {"status": 500, "json": {"errors": ["Zone information could not be determined"]}},
]
LONG_ENOUGH = 0.5
"""Seconds in which a create that nothing holds back would have been sent."""


class OneGate:
    """Remembers what it is told, and is closed by a refusal."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._refused: CredentialsError | None = None

    def permit(self) -> None:
        if self._refused is not None:
            raise self._refused

    def accepted(self) -> None:
        self.heard.append("accepted")

    def refused(self, error: CredentialsError) -> None:
        self.heard.append("refused")
        self._refused = error


class InterruptedClock(JumpingClock):
    """A clock in whose first sleep something happens."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], None] | None = None

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            happens()


@pytest.fixture
def clock() -> InterruptedClock:
    return InterruptedClock()


@pytest.fixture
def gate() -> OneGate:
    return OneGate()


@pytest.fixture
def client(
    settings: AutotaskSettings, http: requests.Session, clock: InterruptedClock, gate: OneGate
) -> AutotaskClient:
    return AutotaskClient(settings, http, clock, gate)


@pytest.mark.parametrize("refusal", REFUSALS)
def test_A1_a_refused_create_that_a_read_confirms_reaches_the_gate(
    client: AutotaskClient, gate: OneGate, wire: responses.RequestsMock, refusal: dict[str, Any]
) -> None:
    wire.post(BASE + NOTES, **refusal)
    wire.get(BASE + PROBE, status=401)
    wire.get(BASE + ZONE, json=SAME_ZONE)
    with pytest.raises(AutotaskRefused):
        client.create(NOTES, {})
    assert gate.heard == ["refused"]


def test_A1_a_zone_that_cannot_be_read_hides_no_refusal(
    client: AutotaskClient, gate: OneGate, wire: responses.RequestsMock
) -> None:
    wire.get(BASE + PROBE, status=401)
    wire.get(BASE + ZONE, status=503)
    with pytest.raises(AutotaskRefused, match="ThresholdInformation"):
        client.threshold()
    assert gate.heard == ["refused"]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_C4_a_create_refused_in_a_zone_that_the_tenant_left_is_sent_once_more_in_the_new_one(
    client: AutotaskClient, gate: OneGate, wire: responses.RequestsMock, refusal: dict[str, Any]
) -> None:
    wire.post(BASE + NOTES, **refusal)
    wire.get(BASE + PROBE, status=401)
    wire.get(BASE + ZONE, json=NEW_ZONE)
    wire.get(MOVED + PROBE, json={})
    wire.post(MOVED + NOTES, json={"itemId": 5})
    assert client.create(NOTES, {}) == Created(5)
    assert gate.heard == ["accepted"]


def test_C4_what_may_have_been_made_in_a_zone_that_the_tenant_left_is_not_sent_again(
    client: AutotaskClient, wire: responses.RequestsMock
) -> None:
    def move(_: object) -> tuple[int, dict[str, str], str]:
        client.threshold()
        return 503, {}, ""

    wire.add_callback("POST", BASE + NOTES, callback=move)
    wire.get(BASE + PROBE, status=401)
    wire.get(BASE + ZONE, json=NEW_ZONE)
    wire.get(MOVED + PROBE, json={})
    wire.assert_all_requests_are_fired = False
    sent_again = wire.post(MOVED + NOTES, json={"itemId": 5})
    assert isinstance(client.create(NOTES, {}), Unclear)
    assert sent_again.call_count == 0


def test_C4_a_record_refused_where_the_tenant_stays_is_sent_once(
    client: AutotaskClient, wire: responses.RequestsMock
) -> None:
    sent = wire.post(BASE + NOTES, status=500, json={"errors": ["Missing Required Field: title"]})
    assert client.create(NOTES, {}) == Refused("Missing Required Field: title")
    assert sent.call_count == 1


def test_A2_a_create_that_waits_for_a_thread_is_not_sent_again_once_the_credentials_are_refused(
    client: AutotaskClient, clock: InterruptedClock, gate: OneGate, wire: responses.RequestsMock
) -> None:
    waiting = wire.post(BASE + NOTES, status=429)
    wire.post(BASE + OTHER_NOTES, status=401)
    wire.get(BASE + PROBE, status=401)
    wire.get(BASE + ZONE, json=SAME_ZONE)

    def another_is_refused() -> None:
        with pytest.raises(AutotaskRefused):
            client.create(OTHER_NOTES, {})

    clock.meanwhile = another_is_refused
    with pytest.raises(CredentialsError):
        client.create(NOTES, {})
    assert (waiting.call_count, gate.heard) == (1, ["refused"])


def test_A2_a_read_that_is_tried_again_is_not_sent_once_the_credentials_are_refused(
    client: AutotaskClient, clock: InterruptedClock, wire: responses.RequestsMock
) -> None:
    tried = wire.post(f"{BASE}/Tickets/query", status=503)
    wire.get(BASE + PROBE, status=401)
    wire.get(BASE + ZONE, json=SAME_ZONE)

    def another_is_refused() -> None:
        with pytest.raises(AutotaskRefused):
            client.threshold()

    clock.meanwhile = another_is_refused
    with pytest.raises(CredentialsError):
        client.time()
    assert tried.call_count == 1


@pytest.mark.parametrize("other", ["create", "read"])
def test_A2_while_a_read_judges_a_refused_create_nothing_else_presents_the_credentials(
    client: AutotaskClient, gate: OneGate, wire: responses.RequestsMock, other: str
) -> None:
    sent, raised = threading.Event(), threading.Event()

    def take(_: object) -> tuple[int, dict[str, str], str]:
        sent.set()
        return 401, {}, ""

    def ask() -> None:
        try:
            client.create(OTHER_NOTES, {}) if other == "create" else client.time()
        except CredentialsError:
            raised.set()

    asking = threading.Thread(target=ask)

    def judge(_: object) -> tuple[int, dict[str, str], str]:
        asking.start()
        sent.wait(LONG_ENOUGH)
        return 401, {}, ""

    wire.assert_all_requests_are_fired = False
    wire.post(BASE + NOTES, status=401)
    wire.add_callback("POST", BASE + OTHER_NOTES, callback=take)
    wire.add_callback("POST", f"{BASE}/Tickets/query", callback=take)
    wire.add_callback("GET", BASE + PROBE, callback=judge)
    wire.get(BASE + ZONE, json=SAME_ZONE)
    with pytest.raises(AutotaskRefused):
        client.create(NOTES, {})
    asking.join()
    assert (sent.is_set(), raised.is_set(), set(gate.heard)) == (False, True, {"refused"})
