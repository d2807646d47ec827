"""What the listener tells at its start: where it listens, what to enter in BeyondTrust, and what is risky about it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bt_autotask_sync.config.values import is_loopback
from bt_autotask_sync.errors import UsageError
from bt_autotask_sync.events.request import DEFAULT_APPLIANCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bt_autotask_sync.config.models import Listen, Settings


def refuse_plain(settings: Listen, *, insisted: bool) -> None:
    """See that nothing crosses a network for all to read.

    Raises:
        UsageError: It would listen without TLS on more than this machine, and nobody insisted.
    """
    if not (insisted or is_loopback(settings.address) or settings.certificate_file):
        raise UsageError(
            f"Without TLS the listener does not listen on {settings.address}: the token and what the appliance "
            "tells would cross the network for all to read.",
            "Name certificate_file and key_file in [listen]; or leave its address out and put a reverse proxy with "
            "TLS in front. If the network is closed, insist with --allow-plain.",
        )


def risks(settings: Listen) -> Iterator[str]:
    """Yield warnings of what anyone in the network could do."""
    here = is_loopback(settings.address)
    if not here and settings.certificate_file is None:
        yield f"Listening without TLS on {settings.address}: the token and events can be read on their way."
    if settings.token is None:
        open_to_all = not here and not settings.accepted_addresses
        whoever = (
            "everyone who reaches this port can send events, in the name of every appliance"
            if open_to_all
            else "an event's origin is not proved by anything but its address"
        )
        yield (
            f"There is no token: {whoever}.\n  Set `token` in [listen], and end the address in BeyondTrust with "
            "?outbound_event_token= and the token."
        )


def introduction(url: str, settings: Settings) -> Iterator[str]:
    """Yield where it listens, and the address to enter in BeyondTrust for each appliance id."""
    yield f"Listening on {url}. The address to enter in BeyondTrust, under Management > Outbound Events:"
    query = "" if settings.listen.token is None else "?outbound_event_token=TOKEN"
    names: dict[str, list[str]] = {}
    for profile in settings.profiles.values():
        names.setdefault(profile.appliance.id.lower(), []).append(profile.name)
    for appliance, profiles in names.items():
        path = "/ERSPost" if appliance == DEFAULT_APPLIANCE else f"/ERSPost/{appliance}"
        yield f"{_reached_at(url)}{path}{query}   for {', '.join(profiles)}"


def _reached_at(url: str) -> str:
    """Return how others reach this machine, as far as it can be told."""
    parts = urlsplit(url)
    if is_loopback(parts.hostname or ""):
        return "https://REVERSE-PROXY"
    if parts.hostname in ("0.0.0.0", "::"):  # noqa: S104 - it is compared, not listened on
        return f"{parts.scheme}://{socket.gethostname()}:{parts.port}"
    return url
