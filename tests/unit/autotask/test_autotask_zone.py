"""Finding the tenant's zone, and every way to write the address of the services."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_autotask_sync.autotask.client import AutotaskClient, AutotaskSettings
from bt_autotask_sync.autotask.errors import AutotaskOutage, AutotaskRefused
from bt_autotask_sync.autotask.zone import Zone, normalise_services_url

if TYPE_CHECKING:
    import requests
    import responses

    from tests.unit.autotask.conftest import JumpingClock

ANY_ZONE = "https://webservices.autotask.net/atservicesrest/v1.0/zoneInformation"
ZONE_5 = {
    "zoneName": "X",
    "url": "https://webservices5.autotask.net/ATServicesRest/",
    "webUrl": "https://ww5.autotask.net/",
}
HOSTS = st.sampled_from(
    ["webservices5.autotask.net", "WEBSERVICES15.Autotask.NET", "prde.autotask.net", "gate.example:8443"]
)
PATHS = st.sampled_from(
    [
        "",
        "/atservicesrest",
        "/ATServicesRest/V1.0",
        "/atservicesrest/v1.0",
        "/atservices/1.5/atws.asmx",
        "/ATServices/1.6/atws.asmx",
        "/atservices/1.6/atws.wsdl",
    ]
)


@pytest.fixture
def wandering(http: requests.Session, clock: JumpingClock) -> AutotaskClient:
    """A client that does not know its zone."""
    return AutotaskClient(AutotaskSettings("a+b c@EXAMPLE.COM", "s3cr#t", "CODE27"), http, clock)


def test_the_zone_is_asked_for_once_with_the_username_encoded_and_without_credentials(
    wandering: AutotaskClient, wire: responses.RequestsMock
) -> None:
    asked = wire.get(ANY_ZONE, json=ZONE_5)
    assert wandering.zone == Zone("https://webservices5.autotask.net/atservicesrest", "https://ww5.autotask.net")
    assert wandering.zone.services_url
    assert asked.call_count == 1
    request = asked.calls[0].request
    assert request.url == f"{ANY_ZONE}?user=a%2Bb%20c%40EXAMPLE.COM"
    assert not {"secret", "apiintegrationcode", "username", "authorization"} & {
        name.lower() for name in request.headers
    }


def test_a_configured_zone_is_not_asked_for(client: AutotaskClient, wire: responses.RequestsMock) -> None:
    assert client.zone == Zone("https://webservices5.autotask.net/atservicesrest")
    assert len(wire.calls) == 0


def test_the_address_of_the_web_pages_is_asked_for_once_at_the_configured_host(
    client: AutotaskClient, wire: responses.RequestsMock
) -> None:
    asked = wire.get("https://webservices5.autotask.net/atservicesrest/v1.0/zoneInformation", json=ZONE_5)
    assert [client.web_url(), client.web_url()] == ["https://ww5.autotask.net"] * 2
    assert asked.call_count == 1


@pytest.mark.parametrize("web", [None, "", 5, "javascript:alert(1)", "https://", "https://a b"])
def test_an_unusable_address_of_the_web_pages_is_left_out(
    wandering: AutotaskClient, wire: responses.RequestsMock, web: object
) -> None:
    wire.get(ANY_ZONE, json={**ZONE_5, "webUrl": web})
    assert wandering.zone.web_url == ""


def test_links_never_fail_a_run(client: AutotaskClient, wire: responses.RequestsMock) -> None:
    wire.get("https://webservices5.autotask.net/atservicesrest/v1.0/zoneInformation", status=503)
    assert client.web_url() == ""


def test_an_unknown_username_is_a_matter_of_credentials(
    wandering: AutotaskClient, wire: responses.RequestsMock
) -> None:
    wire.get(ANY_ZONE, json={"errors": ["Zone information could not be determined"]}, status=500)
    with pytest.raises(AutotaskRefused, match="Zone information could not be determined"):
        _ = wandering.zone


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": None},
        {"url": 5},
        {"url": ""},
        {"url": "https://webservices5.autotask.net/elsewhere"},
        {"url": "http://127.0.0.1/atservicesrest"},
        {"errors": ["something else"]},
    ],
)
def test_a_zone_without_a_usable_address_is_an_outage(
    wandering: AutotaskClient, wire: responses.RequestsMock, body: dict[str, Any]
) -> None:
    wire.get(ANY_ZONE, json=body)
    with pytest.raises(AutotaskOutage, match=r"GET /zoneInformation at webservices\.autotask\.net"):
        _ = wandering.zone


def test_a_zone_on_loopback_may_name_an_address_without_tls(
    http: requests.Session, clock: JumpingClock, wire: responses.RequestsMock
) -> None:
    client = AutotaskClient(AutotaskSettings("u@x", "s", "c", "http://127.0.0.1:8080/atservicesrest"), http, clock)
    body = {"url": "http://127.0.0.1:8080/atservicesrest/", "webUrl": "http://127.0.0.1:8080/"}
    wire.get("http://127.0.0.1:8080/atservicesrest/v1.0/zoneInformation", json=body)
    assert client.web_url() == "http://127.0.0.1:8080"


@given(
    scheme=st.sampled_from(["", "https://", "HTTPS://"]),
    host=HOSTS,
    path=PATHS,
    slashes=st.integers(0, 3),
    blanks=st.sampled_from(["", " ", "\n"]),
)
def test_every_spelling_of_the_services_becomes_the_same_address(
    scheme: str, host: str, path: str, slashes: int, blanks: str
) -> None:
    address = normalise_services_url(f"{blanks}{scheme}{host}{path}{'/' * slashes}{blanks}")
    assert address == f"https://{host.lower()}/atservicesrest"
    assert normalise_services_url(address) == address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/atservicesrest"),
        ("http://localhost:8080/atservicesrest/", "http://localhost:8080/atservicesrest"),
        ("http://[::1]:8080/", "http://[::1]:8080/atservicesrest"),
        ("localhost:8080", "https://localhost:8080/atservicesrest"),
    ],
)
def test_loopback_may_do_without_tls(text: str, address: str) -> None:
    assert normalise_services_url(text) == address


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("https://", "no host"),
        ("http://webservices5.autotask.net", "https://"),
        ("http://10.0.0.1", "https://"),
        ("ftp://webservices5.autotask.net", "https://"),
        ("https://user:word@webservices5.autotask.net", "password"),
        ("https://webservices5.autotask.net/atservicesrest?user=x", "question mark"),
        ("https://webservices5.autotask.net/#x", "#"),
        ("https://webservices5.autotask.net/other", "the path must be"),
        ("https://webservices5.autotask.net/atservicesrest/v2.0", "the path must be"),
        ("https://web services5.autotask.net", "blanks"),
        ("https://webservices5\n.autotask.net", "blanks"),
        ("https://wébservices5.autotask.net", "characters"),
        ("https://webservices5.autotask.net:port", "Port"),
        ("https://[::1", "write it like"),
        ("https://-x-", "no host"),
        ("https://ww5.autotask.net/Mvc/", "webservices5.autotask.net"),
    ],
)
def test_what_is_no_address_of_the_services_is_named_as_such(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        normalise_services_url(text)


@given(st.text() | st.text("aw:/.[]@?#%1 -", max_size=20))
def test_any_text_is_an_address_or_a_ValueError(text: str) -> None:
    with contextlib.suppress(ValueError):
        address = normalise_services_url(text)
        assert address.endswith("/atservicesrest")
        assert normalise_services_url(address) == address
