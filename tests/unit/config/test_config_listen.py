"""Where events are listened for: safe as it comes, and every slip is told before the listener starts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.config.load import check, load
from bt_autotask_sync.config.problems import ConfigurationError, Problem
from bt_autotask_sync.config.secrets import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bt_autotask_sync.config.models import Listen

    Make = Callable[..., Listen]
    Refused = Callable[..., tuple[Problem, ...]]
    Write = Callable[[str | bytes], Path]

PROFILE = {
    "appliance": {"host": "support.example.com", "client_id": "client", "client_secret": "s"},
    "autotask": {"username": "api@example.com", "secret": "s", "integration_code": "s"},
}


@pytest.fixture
def listen(tmp_path: Path) -> Make:
    """Makes the settings of the listener beside two files, certificate.pem and key.pem."""
    for name in ("certificate.pem", "key.pem"):
        (tmp_path / name).touch()

    def listen(**table: Any) -> Listen:
        document = {"profile": {"default": PROFILE}, "listen": table}
        return check(document, Surroundings(tmp_path, {"TOKEN": "canary-token"}), "test").listen

    return listen


@pytest.fixture
def refused_listen(listen: Make) -> Refused:
    def refused(**table: Any) -> tuple[Problem, ...]:
        with pytest.raises(ConfigurationError) as caught:
            listen(**table)
        return caught.value.problems

    return refused


def test_it_listens_on_this_machine_alone_if_nothing_else_is_said(listen: Make) -> None:
    read = listen()

    assert (read.address, read.port, read.token) == ("127.0.0.1", 8180, None)
    assert (read.certificate_file, read.key_file) == (None, None)
    assert (read.accepted_addresses, read.trusted_proxies) == ((), ("127.0.0.1", "::1"))


def test_everything_can_be_set(listen: Make, tmp_path: Path) -> None:
    read = listen(
        address="0.0.0.0",
        port=0,
        certificate_file="certificate.pem",
        key_file="key.pem",
        token={"env": "TOKEN"},
        accepted_addresses=["192.0.2.7", "2001:DB8::/32"],
        trusted_proxies=[],
    )

    assert (read.address, read.port) == ("0.0.0.0", 0)
    assert (read.certificate_file, read.key_file) == (tmp_path / "certificate.pem", tmp_path / "key.pem")
    assert read.token is not None
    assert read.token.get_secret_value() == "canary-token"
    assert (read.accepted_addresses, read.trusted_proxies) == (("192.0.2.7", "2001:db8::/32"), ())
    assert "canary" not in repr(read)


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::", "::1", "192.0.2.7", "localhost"])
def test_an_address_of_this_machine_is_taken(listen: Make, address: str) -> None:
    assert listen(address=address).address == address


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("address", "", "is not an IP address"),
        ("address", "0.0.0.0:8180", "is not an IP address"),
        ("address", "[::1]", "is not an IP address"),
        ("address", "support.example.com", "is not an IP address"),
        ("address", 127, "must be text in quotes, not a whole number"),
        ("port", -1, "must be at least 0"),
        ("port", 65536, "must be at most 65535"),
        ("port", "8180", "must be a whole number, not text"),
        ("token", "", "the text is empty"),
        ("token", " canary", "the text begins or ends with a blank or a line break"),
        ("token", {"env": "NOT_THERE"}, "the environment variable NOT_THERE is not set"),
        ("token", "a+b", "has characters that mean something else in an address"),
        ("token", "50%", "has characters that mean something else in an address"),
        ("token", "a&b=c", "has characters that mean something else in an address"),
        ("accepted_addresses", "192.0.2.7", "must be a list, not text"),
        ("accepted_addresses", {}, "must be a list, not a table"),
        ("trusted_proxies", 7, "must be a list, not a whole number"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_at_its_key(
    refused_listen: Refused, key: str, value: object, message: str
) -> None:
    (problem,) = refused_listen(**{key: value})

    assert (problem.path, problem.message) == (f"listen.{key}", message)


@pytest.mark.parametrize("key", ["accepted_addresses", "trusted_proxies"])
@pytest.mark.parametrize(
    "network", ["", "support.example.com", "192.0.2.7/24", "192.0.2.0/33", "192.0.2.7:80", "010.0.0.1", "10.0.0.0/-1"]
)
def test_what_is_no_address_and_no_network_is_refused_at_its_place(
    refused_listen: Refused, key: str, network: str
) -> None:
    (problem,) = refused_listen(**{key: ["127.0.0.1", network]})

    assert (problem.path, problem.message) == (f"listen.{key}[1]", "is not an IP address or a network")
    assert "192.0.2.0/24" in problem.advice


@pytest.mark.parametrize(("there", "missing"), [("certificate_file", "key_file"), ("key_file", "certificate_file")])
def test_certificate_and_key_come_together(refused_listen: Refused, there: str, missing: str) -> None:
    (problem,) = refused_listen(**{there: "key.pem"})

    assert str(problem) == f"listen.{missing}: is missing. TLS needs it beside {there}."


def test_a_file_that_is_not_there_is_told_with_its_path(refused_listen: Refused, tmp_path: Path) -> None:
    found = refused_listen(certificate_file="not-there.pem", key_file="key.pem", port="x")

    assert [str(problem) for problem in found] == [
        f"listen.certificate_file: there is no file {tmp_path / 'not-there.pem'}.",
        "listen.port: must be a whole number, not text.",
    ]


def test_a_listener_that_is_no_table_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check({"profile": {"default": PROFILE}, "listen": True}, Surroundings(tmp_path, {}), "test")

    assert str(caught.value.problems[0]) == "listen: must be a table, not true or false."


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
@pytest.mark.parametrize(("token", "warned"), [('"canary-token"', 1), ('{ env = "AUTOTASK_CODE" }', 0)])
def test_a_literal_token_that_others_can_read_is_warned_of(
    write: Write, minimal: str, environ: dict[str, str], token: str, warned: int
) -> None:
    path = write(f"{minimal}[listen]\ntoken = {token}\n")
    path.chmod(0o640)

    warnings = load(path, environ).warnings

    assert [warning.path for warning in warnings] == ["listen.token"] * warned
    assert "canary" not in str(warnings)


def test_what_is_wrong_with_the_listener_concerns_who_listens_alone(
    write: Write, minimal: str, environ: dict[str, str]
) -> None:
    path = write(f'{minimal}[listen]\ntoken = {{ env = "NOT_THERE" }}\nprot = 7\n')

    assert load(path, environ, listener=False).settings.listen.token is None
    with pytest.raises(ConfigurationError, match="NOT_THERE"):
        load(path, environ)
