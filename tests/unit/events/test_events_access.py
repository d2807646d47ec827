"""Who may send events: addresses, proxies, tokens and ids, as the configuration has them."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_autotask_sync.config.load import check
from bt_autotask_sync.config.secrets import Surroundings
from bt_autotask_sync.events.access import Access, access_from, read_address
from tests.unit.events.receiving import TOKEN, access, networks

SYSTEMS = {
    "appliance": {"host": "support.example.com", "client_id": "client", "client_secret": "secret"},
    "autotask": {"username": "api@example.com", "secret": "secret", "integration_code": "code"},
}


def from_configuration(listen: dict[str, Any], **ids: str) -> Access:
    """What the configuration says with these profiles by their appliance ids; "" leaves the id out."""
    tables: dict[str, dict[str, Any]] = {}
    for name, told in ids.items():
        appliance = {**SYSTEMS["appliance"], "host": f"{name}.example"} | ({"id": told} if told else {})
        tables[name] = {**SYSTEMS, "appliance": appliance}
    tables["off"] = {**SYSTEMS, "enabled": False}
    return access_from(check({"listen": listen, "profile": tables}, Surroundings(), "test"))


def test_an_id_leads_to_every_profile_that_has_it_in_any_case_disabled_ones_too() -> None:
    found = from_configuration({}, one="MSP.One", two="msp.one", three="")
    assert found.profiles == {"msp.one": ("one", "two"), "default": ("three", "off")}


def test_the_listener_table_decides_who_may_send() -> None:
    listen = {
        "token": "a-token_of.42~digits",
        "accepted_addresses": ["192.0.2.0/24", "2001:db8::7"],
        "trusted_proxies": ["10.0.0.1"],
    }
    found = from_configuration(listen)
    assert found.token == "a-token_of.42~digits"
    assert found.accepted == networks("192.0.2.0/24", "2001:db8::7/128")
    assert found.trusted_proxies == networks("10.0.0.1/32")


def test_without_a_listener_table_everybody_may_send_and_proxies_on_this_machine_are_believed() -> None:
    found = from_configuration({})
    assert found.token is None
    assert found.accepts(None)
    assert found.trusted_proxies == networks("127.0.0.1/32", "::1/128")


def test_the_token_is_not_shown() -> None:
    assert TOKEN not in repr(access())


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("192.0.2.7", "192.0.2.7"),
        (" 192.0.2.7 ", "192.0.2.7"),
        ("192.0.2.7:49152", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::FFFF:C000:207", "192.0.2.7"),
        ("[::ffff:192.0.2.7]:49152", "192.0.2.7"),
        ("2001:DB8::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:49152", "2001:db8::7"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_an_address_is_the_same_however_it_is_written(told: str, read: str) -> None:
    assert read_address(told) == ip_address(read)


@pytest.mark.parametrize("told", ["", "unknown", "_hidden", "192.0.2", "192.0.2.7:", "[192.0.2.7", "a:b:c", "1" * 5000])
def test_what_is_no_address_is_none(told: str) -> None:
    assert read_address(told) is None


@given(st.text())
def test_no_text_upsets_the_reader_of_addresses(told: str) -> None:
    read_address(told)


@pytest.mark.parametrize(
    ("address", "accepted"),
    [
        ("192.0.2.7", True),
        ("192.0.3.7", False),
        ("::ffff:192.0.2.7", True),
        ("2001:db8::7", True),
        ("2001:db8::8", False),
        ("198.51.100.1", True),
    ],
)
def test_events_are_taken_from_single_addresses_and_networks_alone(address: str, *, accepted: bool) -> None:
    found = from_configuration({"accepted_addresses": ["192.0.2.0/24", "2001:db8::7", "::ffff:198.51.100.1"]})
    assert found.accepts(read_address(address)) is accepted


def test_from_an_unknown_address_events_are_taken_only_if_all_are_accepted() -> None:
    assert access().accepts(None)
    assert not access(accepted=networks("0.0.0.0/0", "::/0")).accepts(None)


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "caller"),
    [
        ("192.0.2.7", [], "192.0.2.7"),
        ("192.0.2.7", ["198.51.100.1"], "192.0.2.7"),  # who is no trusted proxy is not believed
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("::ffff:127.0.0.1", ["192.0.2.7"], "192.0.2.7"),
        ("127.0.0.1", ["192.0.2.7:49152"], "192.0.2.7"),
        ("127.0.0.1", ["198.51.100.1, 192.0.2.7"], "192.0.2.7"),  # what the sender itself said stands to the left
        ("127.0.0.1", ["198.51.100.1", "192.0.2.7"], "192.0.2.7"),
        ("127.0.0.1", ["198.51.100.1, 192.0.2.7, 10.1.2.3"], "192.0.2.7"),
        ("10.1.2.3", ["192.0.2.7, ::1"], "192.0.2.7"),
        ("127.0.0.1", ["10.0.0.1, ::1"], "10.0.0.1"),
        ("127.0.0.1", ["192.0.2.7, nonsense"], None),
        ("127.0.0.1", ["nonsense, 192.0.2.7"], "192.0.2.7"),
        ("", ["192.0.2.7"], None),
    ],
)
def test_behind_trusted_proxies_the_rightmost_other_address_counts(
    peer: str, forwarded_for: list[str], caller: str | None
) -> None:
    found = access(trusted_proxies=networks("127.0.0.1", "::1", "10.0.0.0/8")).caller(peer, forwarded_for)
    assert found == (None if caller is None else ip_address(caller))


@pytest.mark.parametrize(
    ("given_tokens", "known"),
    [
        ([TOKEN], True),
        (["", TOKEN], True),
        ([], False),
        ([""], False),
        ([TOKEN.lower()], False),
        ([TOKEN + "x"], False),
        ([TOKEN[:-1]], False),
        (["\udcff"], False),
    ],
)
def test_only_the_token_itself_opens(given_tokens: list[str], *, known: bool) -> None:
    assert access().knows(given_tokens) is known
    assert access(token=None).knows(given_tokens)


def test_a_token_may_hold_any_character() -> None:
    assert access(token="Grüße-令牌").knows(["Grüße-令牌"])


@pytest.mark.parametrize(
    ("peer", "admitted"),
    [
        ("192.0.2.7", True),
        ("203.0.113.9", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("198.51.100.1", False),
        ("", False),
    ],
)
def test_who_can_bring_nothing_is_not_let_in(peer: str, *, admitted: bool) -> None:
    narrow = access(accepted=networks("192.0.2.0/24"), trusted_proxies=networks("203.0.113.9"))
    assert narrow.admits(peer) is admitted
    assert access().admits(peer)
