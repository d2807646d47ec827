"""An appliance that speaks TLS with certificates made for the test, and what the profile says about trusting it."""

from __future__ import annotations

import socket
import ssl
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import trustme

from bt_autotask_sync.sandbox.server import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Site

    SayTrusted = Callable[[trustme.CA], None]

HOST = "appliance.msp.example"
"""A name that leads here, and is no name of this machine: what the environment says of proxies and trust counts."""
BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*BUNDLES, *PROXIES):
        monkeypatch.delenv(name, raising=False)
    resolve = socket.getaddrinfo

    def resolve_here(host: Any, *arguments: Any, **options: Any) -> Any:
        return resolve("127.0.0.1" if host == HOST else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_here)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


class SecureSite:
    """A site whose appliance is spoken to over TLS only, with one session to deliver."""

    def __init__(self, site: Site, servers: ExitStack) -> None:
        self.site = site
        self._servers = servers
        site.add()

    def show(self, certificate: trustme.LeafCert, host: str = HOST) -> SecureSite:
        """Let the appliance show this certificate to whoever connects, under a host name; verified by default."""
        server = self._servers.enter_context(serve(self.site.sandbox))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        server._server.socket = context.wrap_socket(server._server.socket, server_side=True)
        self.site.set("appliance.host", f'"{host}:{urlsplit(server.url).port}"')
        self.site.set("appliance.use_tls", "")
        return self

    def trust(self, authority: trustme.CA) -> SecureSite:
        """Name an authority in `ca_file`, by a path that starts at the configuration."""
        authority.cert_pem.write_to_path(str(self.site.config.with_name("ca.pem")))
        self.site.set("appliance.ca_file", '"ca.pem"')
        return self

    def see_refused(self, *words: str) -> None:
        """See that a run ends early at the first connection, with these words and nothing asked."""
        self.site.forget_requests()
        done = self.site.run(code=4)
        assert done.profile["outcome"] == "ended_early"
        assert done.profile["requests"] == {"appliance": 1, "autotask": 0}
        assert self.site.counts() == {"appliance": 0, "autotask": 0}
        told = f"{done.profile['error']} {done.profile['advice']}"
        assert all(word in told for word in (f"The certificate of the appliance {HOST}", *words)), told

    def see_delivered(self) -> str:
        """See that a run delivers; return what it told on stderr."""
        done = self.site.run()
        assert done.profile["sessions"]["delivered"] == 1
        return done.stderr


@pytest.fixture
def secure(site: Site) -> Iterator[SecureSite]:
    with ExitStack() as servers:
        yield SecureSite(site, servers)


@pytest.fixture
def say_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SayTrusted:
    """Return what lets the environment name an authority to trust."""

    def say(authority: trustme.CA) -> None:
        path = tmp_path / "bundle.pem"
        authority.cert_pem.write_to_path(str(path))
        for name in BUNDLES:
            monkeypatch.setenv(name, str(path))

    return say


@pytest.fixture
def server_certificate(authority: trustme.CA) -> trustme.LeafCert:
    return authority.issue_cert(HOST)


def test_an_appliance_of_an_own_authority_is_trusted_by_its_ca_file(
    secure: SecureSite, authority: trustme.CA, server_certificate: trustme.LeafCert
) -> None:
    assert secure.show(server_certificate).trust(authority).see_delivered() == ""


def test_an_appliance_on_this_machine_is_verified_as_any_other(secure: SecureSite, authority: trustme.CA) -> None:
    secure.show(authority.issue_cert("127.0.0.1"), "127.0.0.1").trust(authority).see_delivered()


def test_an_untrusted_certificate_ends_the_run_at_once_and_names_ca_file(
    secure: SecureSite, server_certificate: trustme.LeafCert
) -> None:
    secure.show(server_certificate).see_refused("signed by nobody whom this machine trusts", "appliance.ca_file")


def test_a_certificate_of_another_authority_than_that_of_ca_file_is_refused(
    secure: SecureSite, server_certificate: trustme.LeafCert
) -> None:
    secure.show(server_certificate).trust(trustme.CA()).see_refused("appliance.ca_file")


def test_an_expired_certificate_says_so(secure: SecureSite, authority: trustme.CA) -> None:
    past = authority.issue_cert(HOST, not_before=days(-20), not_after=days(-10))
    secure.show(past).trust(authority).see_refused("has expired", "Renew it")


def test_a_certificate_of_the_future_points_at_the_clock(secure: SecureSite, authority: trustme.CA) -> None:
    future = authority.issue_cert(HOST, not_before=days(1), not_after=days(10))
    secure.show(future).trust(authority).see_refused("is not valid yet", "clock")


def test_a_certificate_for_another_name_points_at_the_host(secure: SecureSite, authority: trustme.CA) -> None:
    secure.show(authority.issue_cert("other.msp.example")).trust(authority).see_refused(
        "another host name", "appliance.host"
    )


def test_an_appliance_that_is_not_verified_is_delivered_from_and_warned_about_in_every_run(
    secure: SecureSite, server_certificate: trustme.LeafCert
) -> None:
    secure.show(server_certificate)
    secure.site.set("appliance.verify_certificates", "false")
    for told in (secure.see_delivered(), secure.site.run().stderr, secure.site.run("--dry-run").stderr):
        assert "verify_certificates" in told
        assert "can read and change everything" in told


class TestTheProfileGoesBeforeTheEnvironment:
    """requests would let these variables decide what a session trusts, whatever the session says itself."""

    def test_so_ca_file_trusts_although_the_environment_does_not(
        self,
        secure: SecureSite,
        authority: trustme.CA,
        server_certificate: trustme.LeafCert,
        say_trusted: SayTrusted,
    ) -> None:
        say_trusted(trustme.CA())
        secure.show(server_certificate).trust(authority).see_delivered()

    def test_so_ca_file_trusts_nobody_else_although_the_environment_does(
        self,
        secure: SecureSite,
        authority: trustme.CA,
        server_certificate: trustme.LeafCert,
        say_trusted: SayTrusted,
    ) -> None:
        say_trusted(authority)
        secure.show(server_certificate).trust(trustme.CA()).see_refused("appliance.ca_file")

    def test_so_an_appliance_that_is_not_to_be_verified_is_not(
        self, secure: SecureSite, server_certificate: trustme.LeafCert, say_trusted: SayTrusted
    ) -> None:
        say_trusted(trustme.CA())
        secure.show(server_certificate)
        secure.site.set("appliance.verify_certificates", "false")
        secure.see_delivered()

    def test_but_where_the_profile_says_nothing_the_environment_counts(
        self,
        secure: SecureSite,
        authority: trustme.CA,
        server_certificate: trustme.LeafCert,
        say_trusted: SayTrusted,
    ) -> None:
        say_trusted(authority)
        secure.show(server_certificate).see_delivered()


@pytest.mark.parametrize(
    "content", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_ca_file_without_a_certificate_is_named(secure: SecureSite, content: str) -> None:
    path = secure.site.config.with_name("ca.pem")
    path.write_text(content, encoding="ascii")
    secure.site.set("appliance.use_tls", "")
    secure.site.set("appliance.ca_file", '"ca.pem"')
    done = secure.site.run(code=2)
    assert f"appliance.ca_file {path} holds no certificate" in done.profile["error"]
    assert "BEGIN CERTIFICATE" in done.profile["advice"]


def test_an_appliance_that_speaks_no_tls_is_said_to_speak_none(secure: SecureSite) -> None:
    secure.site.set("appliance.use_tls", "")
    done = secure.site.run(code=4)
    assert "no secure connection (TLS) could be made" in done.profile["error"]


def test_doing_without_tls_is_refused_for_a_host_that_is_not_this_machine(secure: SecureSite) -> None:
    secure.site.set("appliance.host", f'"{HOST}"')
    done = secure.site.run(code=2)
    assert "use_tls" in done.report["error"] + done.report["advice"]


def days(count: int) -> datetime:
    return datetime.now(UTC) + timedelta(days=count)
