"""Who may send events, and for whom they are: the part of the configuration that holds from one request to the next."""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections import defaultdict
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bt_autotask_sync.config.models import Settings

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_WITH_PORT: Final = re.compile(r"\[(?P<six>[^\]]*)\](:\d+)?|(?P<four>[\d.]+):\d+", re.ASCII)
"""How IIS writes who it forwards for: 192.0.2.7:49152, [2001:db8::7]:49152."""


@dataclass(frozen=True, slots=True)
class Access:
    """What decides about a request. It is exchanged as a whole when the configuration changes.

    Attributes:
        token: What `outbound_event_token` must be; None: it is not looked at.
        accepted: From where events are taken; empty: from everywhere.
        trusted_proxies: Whose X-Forwarded-For is believed.
        profiles: The names of the profiles by their appliance id in lower case, those that are disabled too.
    """

    token: str | None = field(repr=False)
    accepted: tuple[Network, ...]
    trusted_proxies: tuple[Network, ...]
    profiles: Mapping[str, tuple[str, ...]]

    def caller(self, peer: str, forwarded_for: Iterable[str]) -> Address | None:
        """Return who really sent a request; None if that cannot be told.

        Args:
            peer: The address that the connection comes from.
            forwarded_for: The values of X-Forwarded-For in the order of the headers. Each proxy adds to the right
                whom it heard; from there on the first that is no trusted proxy counts.
        """
        address = read_address(peer)
        heard = [name for value in forwarded_for for name in value.split(",") if name.strip()]
        while heard and address is not None and _within(address, self.trusted_proxies):
            address = read_address(heard.pop())
        return address

    def admits(self, peer: str) -> bool:
        """Tell whether a connection from this address may bring anything: an event, its proxy's word, or a look here.

        Args:
            peer: The address that the connection comes from.
        """
        address = read_address(peer)
        heard = address is not None and (address.is_loopback or _within(address, self.trusted_proxies))
        return heard or self.accepts(address)

    def accepts(self, address: Address | None) -> bool:
        """Tell whether events are taken from this address; from an unknown one only if all are."""
        return not self.accepted or (address is not None and _within(address, self.accepted))

    def knows(self, tokens: Sequence[str]) -> bool:
        """Tell whether one of the tokens is the right one, in a time that does not betray how near one came."""
        if self.token is None:
            return True
        wanted = self.token.encode()
        return any(hmac.compare_digest(token.encode(errors="replace"), wanted) for token in tokens)


def access_from(settings: Settings) -> Access:
    """Return what the configuration says about requests."""
    profiles: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
    for name, profile in settings.profiles.items():
        profiles[profile.appliance.id.lower()] += (name,)
    listen = settings.listen
    return Access(
        token=None if listen.token is None else listen.token.get_secret_value(),
        accepted=_networks(listen.accepted_addresses),
        trusted_proxies=_networks(listen.trusted_proxies),
        profiles=dict(profiles),
    )


def read_address(text: str) -> Address | None:
    """Return an address that a socket or a proxy wrote, an IPv4 address in IPv6's clothes as IPv4; None for others."""
    told = text.strip()
    if found := _WITH_PORT.fullmatch(told):
        told = found["six"] or found["four"] or ""
    try:
        address = ipaddress.ip_address(told.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return addresses and networks as networks; one of IPv4 addresses in IPv6's clothes as IPv4."""
    return tuple(_plain(ipaddress.ip_network(text)) for text in texts)


def _plain(network: Network) -> Network:
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    prefix = network.prefixlen - (128 - 32)
    return network if mapped is None or prefix < 0 else IPv4Network((mapped, prefix))


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)
