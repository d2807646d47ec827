"""The listener behind Caddy, with the file that is shipped for it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.listener import ListenerProcess, free_port, kept, post, variables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Site

CADDYFILE = Path(__file__).parents[2] / "deploy" / "Caddyfile"
LSID = "0123456789abcdef0123456789abcdef"
JOINS = variables("member_added", LSID, type="customer")
WITH_TOKEN = "/ERSPost/default?outbound_event_token=sesame"

pytestmark = pytest.mark.skipif(not shutil.which("caddy"), reason="needs caddy")


@pytest.fixture
def listener(site: Site) -> Iterator[ListenerProcess]:
    """One that takes events from this machine alone, where the proxy is, too."""
    with site.config.open("a", encoding="utf-8") as file:
        file.write('\n[listen]\nport = 0\ntoken = "sesame"\naccepted_addresses = ["127.0.0.1"]\n')
    with ListenerProcess(site.options) as listener:
        yield listener


@pytest.fixture
def proxy(listener: ListenerProcess, tmp_path: Path) -> Iterator[str]:
    """Caddy with its own certificate at a port of this machine; what it logs is in `caddy.log`."""
    port = free_port()
    given = CADDYFILE.read_text(encoding="utf-8")
    text = given.replace("127.0.0.1:8180", listener.url.removeprefix("http://"))
    text = text.replace("events.example.com {", f"https://127.0.0.1:{port} {{\n\ttls internal")
    text = text.replace("\n{\n", "\n{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n", 1)
    assert text.count("\n") == given.count("\n") + 4
    file = tmp_path / "Caddyfile"
    file.write_text(text, encoding="utf-8")
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    with (tmp_path / "caddy.log").open("w") as log:
        command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(file)]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            url = f"https://127.0.0.1:{port}"
            known = authority(tmp_path)
            listener.wait_until(lambda: Path(known).exists() and post(url, JOINS, "/x", verify=known) == 404)
            yield url
        finally:
            process.terminate()
            process.wait(30)


def authority(directory: Path) -> str:
    return str(directory / "caddy" / "pki" / "authorities" / "local" / "root.crt")


def test_an_event_passes_the_proxy_with_its_token_and_nothing_else_does(proxy: str, site: Site, tmp_path: Path) -> None:
    known = authority(tmp_path)
    assert post(proxy, JOINS, WITH_TOKEN, verify=known) == 200
    assert kept(site.state) == [("support_conference_member_added", LSID, 1795345200)]
    assert post(proxy, JOINS, "/ersPOST", verify=known) == 401
    assert post(proxy, JOINS, "/health", verify=known) == 404


def test_the_listener_sees_the_sender_and_not_whom_the_sender_names(
    proxy: str, listener: ListenerProcess, tmp_path: Path
) -> None:
    forged = {"X-Forwarded-For": "203.0.113.9"}
    assert post(proxy, JOINS, WITH_TOKEN, verify=authority(tmp_path), headers=forged) == 200
    assert not [line for line in listener.said if "203.0.113.9" in line]


def test_no_log_holds_the_token_when_the_listener_is_down(
    proxy: str, listener: ListenerProcess, tmp_path: Path
) -> None:
    listener.process.kill()
    listener.end()
    assert post(proxy, JOINS, WITH_TOKEN, verify=authority(tmp_path)) == 502
    log = tmp_path / "caddy.log"
    listener.wait_until(lambda: "/ERSPost/default" in log.read_text(encoding="utf-8"))
    assert "sesame" not in log.read_text(encoding="utf-8")
