"""What the listener sees to before it listens: TLS, a token, a port, and that it is the only one."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
import requests
import trustme

from tests.listener import ListenerProcess, post, set_listener, variables

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Site
    from tests.e2e.conftest import Listen

TOKEN = "?outbound_event_token=sesame"
JOINS = variables("member_added", "0123456789abcdef0123456789abcdef", type="representative")


@pytest.fixture
def site(site: Site) -> Site:
    """A site whose listener has a token and any free port."""
    set_listener(site, port="0", token='"sesame"')
    return site


def refusal(listener: ListenerProcess) -> tuple[int, str]:
    """Return the exit code and the words of a listener that did not even begin."""
    code = listener.end()
    return code, "\n".join(listener.said)


def test_it_does_not_listen_without_tls_where_others_can_read_along(site: Site, listen: Listen) -> None:
    set_listener(site, port="0", address='"0.0.0.0"', token='"sesame"')
    code, said = refusal(listen(site))
    assert code == 2
    for words in ("0.0.0.0", "certificate_file", "reverse proxy", "--allow-plain"):
        assert words in said
    assert not (site.state / "inbox.db").exists()
    insisted = listen(site, "--allow-plain")
    assert insisted.url
    assert insisted.said[0].startswith("warning: Listening without TLS")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"address": '"127.0.0.1"'}, "not proved"),
        ({"address": '"0.0.0.0"'}, "everyone who reaches this port"),
        ({"address": '"0.0.0.0"', "accepted_addresses": '["127.0.0.1"]'}, "not proved"),
    ],
)
def test_without_a_token_every_start_warns_the_more_the_more_can_send(
    site: Site, listen: Listen, settings: dict[str, str], words: str
) -> None:
    set_listener(site, port="0", **settings)
    listener = listen(site, "--allow-plain")
    assert listener.url
    assert words in listener.wait_for("warning: There is no token")


def test_a_port_that_is_taken_and_a_wrong_configuration_are_usage_errors(site: Site, listen: Listen) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        set_listener(site, port=str(port), token='"sesame"')
        code, said = refusal(listen(site))
    assert code == 2
    assert str(port) in said
    set_listener(site, port="true")
    code, said = refusal(listen(site))
    assert code == 2
    assert "listen.port" in said


def test_a_second_listener_in_the_same_state_directory_is_refused_and_the_lock_dies_with_the_first(
    site: Site, listen: Listen
) -> None:
    first = listen(site)
    assert first.url
    code, said = refusal(listen(site))
    assert code == 75
    assert "Another listener" in said
    assert str(site.state) in said
    first.process.kill()
    first.end()
    assert listen(site).url


def test_it_does_tls_with_a_certificate_of_its_own(site: Site, listen: Listen, tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    for blob in issued.cert_chain_pems:
        blob.write_to_path(tmp_path / "certificate.pem", append=True)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    files = {name: f'"{tmp_path / name.replace("_file", ".pem")}"' for name in ("certificate_file", "key_file")}
    set_listener(site, port="0", token='"sesame"', **files)
    listener = listen(site)
    assert listener.url.startswith("https://")
    assert post(listener.url, JOINS, f"/ERSPost{TOKEN}", verify=str(tmp_path / "authority.pem")) == 200
    assert post(listener.url, JOINS, f"/ERSPost{TOKEN}") is None, "nobody vouches for it"


def test_its_health_is_told_to_this_machine_without_a_token(site: Site, listen: Listen) -> None:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(f"{listen(site).url}/health", timeout=10)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
