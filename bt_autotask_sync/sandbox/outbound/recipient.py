"""Where outbound events go, as it is set up under /login: Management > Outbound Events."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

import urllib3
import urllib3.exceptions

from bt_autotask_sync.sandbox.outbound.event import EVENT_NAMES, EventName

_SHORTEST_INTERVAL = 0.01


@dataclass(frozen=True, slots=True)
class Recipient:
    """An HTTP recipient.

    Attributes:
        url: Its address; a query in it is kept.
        name: By which it is changed and removed.
        enabled: Whether it is sent what happens.
        events: What it is sent.
        retry_interval_seconds: How long after a failure the same event is sent again.
        retry_duration_seconds: How long after its first failure an event is given up.
        send_custom_fields: Whether the custom fields of the session go along.
        ca_file: A PEM file with the authority of its certificate; the machine's authorities when None.
    """

    url: str
    name: str = "default"
    enabled: bool = True
    events: tuple[EventName, ...] = EVENT_NAMES
    retry_interval_seconds: float = 10.0
    retry_duration_seconds: float = 86_400.0
    send_custom_fields: bool = False
    ca_file: str | None = None

    def __post_init__(self) -> None:
        """Refuse what could never be sent to.

        Raises:
            ValueError: With the name of the field and what is wrong.
        """
        _check_url(self.url)
        if self.retry_interval_seconds < _SHORTEST_INTERVAL or self.retry_duration_seconds < 0:
            raise ValueError(f"retry_interval_seconds: must be at least {_SHORTEST_INTERVAL}, the duration at least 0")
        if self.ca_file is not None:
            _check_authority(self.ca_file)

    @property
    def shown_url(self) -> str:
        """Return the address without its query, which may hold a token."""
        return self.url.partition("?")[0]


def _check_url(url: str) -> None:
    try:
        parts = urllib3.util.parse_url(url)
    except urllib3.exceptions.LocationParseError:
        parts = urllib3.util.Url()
    if parts.scheme not in {"http", "https"} or not parts.host:
        raise ValueError("url: must be http://HOST/PATH or https://HOST/PATH")


def _check_authority(path: str) -> None:
    try:
        ssl.create_default_context(cafile=path)
    except OSError as error:  # ssl's own errors are among them
        raise ValueError(f"ca_file: {error.strerror or error}") from None
