"""`sandbox` in a process of its own: its first line, its levers, its page, and its end."""

from __future__ import annotations

import html
import json
import re
import signal
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Execute
    from tests.e2e.conftest import Start

MARKUP = '<script>alert("x")</script><img src=x onerror=alert(1)>'


@pytest.fixture
def told(start: Start) -> dict[str, Any]:
    """What a sandbox in a process of its own says of itself on its first line."""
    process = start("sandbox", "--json", "--sessions", "5", "--seed", "3")
    assert process.stdout
    told: dict[str, Any] = json.loads(process.stdout.readline())
    return told


@pytest.fixture
def browser() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def steer(told: dict[str, Any], browser: requests.Session, lever: str, body: Any = None) -> Any:
    method = "GET" if body is None else "POST"
    answer = browser.request(method, f"{told['url']}/sandbox/{lever}", json=body, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_first_line_of_sandbox_json_is_one_object_with_a_ready_configuration(
    told: dict[str, Any], execute: Execute, tmp_path: Path
) -> None:
    assert set(told) == {"url", "appliance", "autotask", "config"}
    assert set(told["appliance"]) == {"host", "client_id", "client_secret"}
    assert set(told["autotask"]) == {"services_url", "username", "secret", "integration_code"}
    assert told["autotask"]["services_url"] == told["url"] + "/atservicesrest"
    assert told["url"] == f"http://{told['appliance']['host']}"
    assert stat.S_IMODE(Path(told["config"]).stat().st_mode) == 0o600
    code, stdout, _ = execute("--config", told["config"], "--state-dir", str(tmp_path), "run", "--json")
    assert code in {0, 3}
    assert json.loads(stdout)["profiles"][0]["sessions"]["found"] == 5


def test_a_sandbox_in_its_own_process_is_steered_through_faults_clock_and_reset(
    told: dict[str, Any], browser: requests.Session, execute: Execute, tmp_path: Path
) -> None:
    def run(state: str) -> dict[str, Any]:
        code, stdout, _ = execute("--config", told["config"], "--state-dir", str(tmp_path / state), "run", "--json")
        assert code in {0, 3}
        profile: dict[str, Any] = json.loads(stdout)["profiles"][0]
        return profile

    steer(told, browser, "sessions", {"count": 3})
    steer(told, browser, "faults", {"kind": "dropped", "endpoint": "POST /TimeEntries"})
    assert run("a")["sessions"]["unsettled"] == 1
    steer(told, browser, "clock", {"advance_seconds": 430})
    (tmp_path / "machine-ahead").write_text("430", encoding="utf-8")
    assert run("a")["created"]["time_entries"] == 1
    marked = [row["title"] for row in _notes(told, browser) if "[bt:" in row["title"]]
    assert len(marked) == len(set(marked)) > 0
    steer(told, browser, "reset", {})
    assert not [row for row in _notes(told, browser) if "[bt:" in row["title"]]
    assert run("b")["sessions"]["found"] == 5


def test_the_page_shows_what_customers_wrote_as_text_and_never_as_markup(
    told: dict[str, Any], browser: requests.Session, execute: Execute, tmp_path: Path
) -> None:
    known = told["autotask"]
    headers = {
        "UserName": known["username"],
        "Secret": known["secret"],
        "ApiIntegrationCode": known["integration_code"],
    }
    rest = f"{known['services_url']}/v1.0"
    query = {"filter": [{"op": "gt", "field": "id", "value": 0}], "MaxRecords": 1}
    found = browser.post(f"{rest}/Tickets/query", json=query, headers=headers, timeout=10).json()
    ticket = found["items"][0]["id"]
    note = {"title": f"{MARKUP} & more", "description": f"</div>{MARKUP}", "noteType": 1, "publish": 2}
    assert browser.post(f"{rest}/Tickets/{ticket}/Notes", json=note, headers=headers, timeout=10).status_code == 200
    execute("--config", told["config"], "--state-dir", str(tmp_path), "run")
    for path in ("/", "/sandbox/"):
        page = browser.get(told["url"] + path, timeout=10)
        assert page.headers["Content-Type"].startswith("text/html")
        assert not re.search(r"<script|<img|onerror=alert\(1\)>", page.text)
        assert html.escape(MARKUP) in page.text
        assert "[bt:" in page.text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_sandbox_ends_in_good_order_and_takes_its_files_along(start: Start, number: signal.Signals) -> None:
    process = start("sandbox", "--json", "--sessions", "1")
    assert process.stdout
    config = Path(json.loads(process.stdout.readline())["config"])
    process.send_signal(number)
    _, stderr = process.communicate(timeout=20)
    assert (process.returncode, stderr) == (0, "")
    assert not config.exists()


def test_a_sandbox_for_people_says_where_it_is_and_how_to_go_on(start: Start) -> None:
    process = start("sandbox", "--sessions", "1")
    assert process.stdout
    said = "".join(process.stdout.readline() for _ in range(4))
    assert re.search(r"http://127\.0\.0\.1:[0-9]+", said)
    assert "run" in said


def test_a_sandbox_that_sends_events_says_where_to_and_how_to_receive_them(start: Start) -> None:
    process = start("sandbox", "--sessions", "0", "--events", "http://127.0.0.1:9/ERSPost?outbound_event_token=sesame")
    assert process.stdout
    said = "".join(process.stdout.readline() for _ in range(8))
    assert "Outbound events go to http://127.0.0.1:9/ERSPost." in said
    assert "sesame" not in said
    assert re.search(r"bt-autotask-sync --config \S+ --state-dir \S+ listen\n", said)


def test_a_port_that_is_taken_is_a_usage_error(told: dict[str, Any], execute: Execute) -> None:
    port = told["url"].rpartition(":")[2]
    code, _, stderr = execute("sandbox", "--port", port)
    assert code == 2
    assert port in stderr
    assert "in use" in stderr
    assert "Errno" not in stderr
    assert "while attempting" not in stderr
    assert "Traceback" not in stderr


def _notes(told: dict[str, Any], browser: requests.Session) -> list[dict[str, Any]]:
    state = steer(told, browser, "state")
    notes: list[dict[str, Any]] = state["autotask"]["TicketNotes"]
    return notes
