"""Where a tenant lives: Autotask runs in zones, and each tenant's requests must go to its own."""

from __future__ import annotations

import ipaddress
import re
import threading
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, urlsplit

from bt_autotask_sync.autotask.errors import QueryRefused, unusable
from bt_autotask_sync.autotask.exchange import Call
from bt_autotask_sync.autotask.reading import read
from bt_autotask_sync.errors import SyncError

if TYPE_CHECKING:
    from bt_autotask_sync.autotask.errors import AutotaskRefused
    from bt_autotask_sync.autotask.exchange import Exchange

ANY_ZONE = "https://webservices.autotask.net/atservicesrest"
"""Autotask: every host of the services tells every tenant's zone, without credentials."""

_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*")
_REST = re.compile(r"/atservicesrest(/v1\.0)?", re.IGNORECASE)
_SOAP = re.compile(r"/atservices(/1\.\d(/atws\.(asmx|wsdl))?)?", re.IGNORECASE)
_WEB_HOST = re.compile(r"ww(\d+)\.autotask\.net")


@dataclass(frozen=True, slots=True)
class Zone:
    """A tenant's zone: `services_url` as `https://host/atservicesrest`, `web_url` as `https://host` or empty."""

    services_url: str
    web_url: str = ""


class TenantZone:
    """Finds the zone of one tenant, when it is first needed. Several threads may use it at once.

    No secret goes with the question, so that its answer alone says nothing of the credentials.

    Args:
        exchange: Sends requests.
        username: The API user's generated name.
        services_url: The services that the settings name, normalised; empty: none.
    """

    def __init__(self, exchange: Exchange, username: str, services_url: str) -> None:
        self._exchange = exchange
        self._username = username
        self._services_url = services_url
        self._zone = Zone(services_url) if services_url else None
        self._web_url: str | None = None
        self._asked_again = False
        self._lock = threading.Lock()

    @property
    def known(self) -> Zone | None:
        """The zone as far as it is known without asking."""
        return self._zone

    def get(self) -> Zone:
        """Return the zone, asked for on first use unless the settings name the services.

        Raises:
            As `find_zone`.
        """
        with self._lock:
            if self._zone is None:
                self._zone = self.ask()
            return self._zone

    def ask(self) -> Zone:
        """Return the zone that Autotask names, whatever the settings name.

        Raises:
            As `find_zone`.
        """
        return find_zone(self._exchange, self._username, self._services_url or ANY_ZONE)

    def after(self, refusal: AutotaskRefused, used: Zone) -> Zone:
        """Return the zone that the tenant has moved to, asked for at most once; else raise the refusal."""
        with self._lock:
            if not self._asked_again:
                self._asked_again = True
                with suppress(SyncError):  # whatever the answer is, the refusal stands
                    self._zone = self.ask()
            if self._zone is None or self._zone.services_url == used.services_url:
                raise refusal
            return self._zone

    def web_url(self) -> str:
        """Return the address of the web pages without a slash at its end; empty where it cannot be found out."""
        if self._web_url is None:
            try:
                self._web_url = self.get().web_url or self.ask().web_url
            except SyncError:
                self._web_url = ""
        return self._web_url


def find_zone(exchange: Exchange, username: str, services_url: str = ANY_ZONE) -> Zone:
    """Ask at `services_url` for the zone of the API user's tenant.

    Raises:
        AutotaskOutage: No usable answer.
        AutotaskRefused: Autotask does not know the username.
    """
    call = Call(
        "GET",
        f"{services_url}/v1.0/zoneInformation?user={quote(username, safe='', errors='surrogateescape')}",
        "/zoneInformation",
    )
    try:
        answer = read(exchange, call)
    except QueryRefused as refused:
        raise unusable(call.name, refused.words) from None
    body = answer.body if answer.status == HTTPStatus.OK and answer.body else {}
    try:
        zone = Zone(normalise_services_url(_text(body.get("url"))), _web_url(_text(body.get("webUrl"))))
    except ValueError:
        raise unusable(call.name, "it names no usable address of the zone") from None
    if services_url.startswith("https:") and not zone.services_url.startswith("https:"):
        raise unusable(call.name, "the address of the zone that it names is without TLS")
    return zone


def normalise_services_url(text: str) -> str:
    """Return the address of the REST services as `https://host/atservicesrest`, without a slash at its end.

    Taken are a bare host, the REST address with or without its version, and the address of the SOAP services.

    Raises:
        ValueError: It is none of these; the text says what is wrong with it.
    """
    try:
        parts, host = _split(text)
    except ValueError as error:
        raise ValueError(f"{error}; write it like https://webservices5.autotask.net/atservicesrest") from None
    if web := _WEB_HOST.fullmatch(parts.hostname or ""):
        raise ValueError(f"this is the address of the web pages; the services are at webservices{web[1]}.autotask.net")
    path = parts.path.rstrip("/")
    if path and not _REST.fullmatch(path) and not _SOAP.fullmatch(path):
        raise ValueError("the path must be /atservicesrest; leave it away and it is added")
    return f"{parts.scheme}://{host}/atservicesrest"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _web_url(text: str) -> str:
    """Return the address of the web pages without a slash at its end, or an empty text where none is usable."""
    try:
        parts, host = _split(text)
    except ValueError:
        return ""
    return f"{parts.scheme}://{host}"


def _split(text: str) -> tuple[SplitResult, str]:
    """Return the parts of an address and its host with the port, checked.

    Raises:
        ValueError: The text names no host that requests may go to.
    """
    address = text.strip()
    if not address or not address.isascii() or not address.isprintable() or " " in address:
        raise ValueError("the address is empty, or holds blanks or other characters that no address has")
    parts = urlsplit(address if "://" in address else f"https://{address}")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("the address must hold no name, password, question mark or #")
    name = parts.hostname or ""
    numeric = _ip(name)
    if not numeric and not _HOST.fullmatch(name):
        raise ValueError("the address names no host")
    if parts.scheme != "https" and not (parts.scheme == "http" and (name == "localhost" or _loopback(numeric))):
        raise ValueError("the address must begin with https://")
    host = f"[{name}]" if ":" in name else name
    return parts, host if parts.port is None else f"{host}:{parts.port}"


def _ip(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _loopback(address: ipaddress.IPv4Address | ipaddress.IPv6Address | None) -> bool:
    return address is not None and address.is_loopback
