"""docs/events.md, the files in deploy/ and the program agree."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path, PureWindowsPath
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import typer

from bt_autotask_sync.cli.app import app
from bt_autotask_sync.config.models import Listen, OutboundEvent
from bt_autotask_sync.events.acceptor import HANDSHAKE_SECONDS
from bt_autotask_sync.events.connection import LARGEST_HEAD, MOST_CONNECTIONS, REQUEST_SECONDS
from bt_autotask_sync.events.request import DEFAULT_APPLIANCE, LARGEST_BODY
from bt_autotask_sync.events.runner import LONGEST_STOP
from bt_autotask_sync.exit_code import ExitCode
from bt_autotask_sync.state.inbox_retention import MOST_QUARANTINED

UNIT = "bt-autotask-sync-listen.service"
SERVICE = "bt-autotask-sync-listen.xml"
DEFAULTS = Listen()
WHERE = f"{DEFAULTS.address}:{DEFAULTS.port}"


@pytest.fixture
def text(root: Path) -> str:
    return (root / "docs" / "events.md").read_text(encoding="utf-8")


@pytest.fixture
def deploy(root: Path) -> Path:
    return root / "deploy"


@pytest.fixture
def unit(deploy: Path) -> configparser.SectionProxy:
    """The unit's section [Service]."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[method-assign,assignment]  # names in their own case, as configparser has it
    parser.read_string((deploy / UNIT).read_text(encoding="utf-8"))
    return parser["Service"]


@pytest.fixture
def service(deploy: Path) -> ET.Element:
    return ET.parse(deploy / SERVICE).getroot()


def chosen(arguments: list[str]) -> tuple[str, dict[str, Any]]:
    """Parse a command line, without doing anything; return the command and the options before it."""
    group: Any = typer.main.get_command(app)
    context = group.make_context("bt-autotask-sync", list(arguments))
    name, command, left = group.resolve_command(context, [*context._protected_args, *context.args])
    command.make_context(name, list(left), parent=context)
    return name, context.params


def test_every_file_to_deploy_is_told_of(text: str, deploy: Path) -> None:
    assert set(re.findall(r"\(\.\./deploy/([^)]+)\)", text)) == {path.name for path in deploy.iterdir()}


def test_every_event_that_can_be_wanted_is_told_of(text: str) -> None:
    assert set(re.findall(r"^\| [^|]+ \| `([a-z-]+)` \|", text, re.MULTILINE)) == set(OutboundEvent)


def test_what_is_told_of_limits_is_so(text: str) -> None:
    for told in (
        f"up to {MOST_CONNECTIONS}; up to {2 * MOST_CONNECTIONS} are answered",
        f"a head of up to {LARGEST_HEAD // 1024} KiB",
        f"{REQUEST_SECONDS:.0f} s for a request, {HANDSHAKE_SECONDS:.0f} s for a TLS handshake",
        f"keeps the last {MOST_QUARANTINED} at most",
    ):
        assert told in text


def test_every_status_that_the_listener_answers_with_is_told_of(text: str, root: Path) -> None:
    events = root / "bt_autotask_sync" / "events"
    code = "".join(path.read_text(encoding="utf-8") for path in events.glob("*.py"))
    answered = set(re.findall(r"(?:RefusedError\(\s*|_Answer\(|HTTP/1\.1 |\"status\": )([2-5]\d\d)\b", code))
    assert {"200", "400", "403", "405", "503"} <= answered
    table = text[text.index("## Who may send") : text.index("## TLS")]
    assert not {status for status in answered if status not in table}


def test_what_is_told_of_sizes_and_ids_is_so(text: str) -> None:
    assert f"up to {LARGEST_BODY // 1024} KiB" in text
    assert f"`{DEFAULT_APPLIANCE}` if you set none" in text


def test_the_unit_starts_the_listener_with_the_places_of_the_documents(
    unit: configparser.SectionProxy, root: Path
) -> None:
    program, *arguments = shlex.split(unit["ExecStart"])
    name, options = chosen(arguments)
    assert name == "listen"
    cron = (root / "cron.example").read_text(encoding="utf-8")
    for place in (program, f"--config {options['config']}", f"--state-dir {options['state_dir']}"):
        assert place in cron, "both must work on the same ledger"
    assert options["state_dir"] == Path("/var/lib", unit["StateDirectory"])


def test_a_service_that_is_stopped_has_the_time_for_the_run_at_work(
    unit: configparser.SectionProxy, service: ET.Element
) -> None:
    assert int(unit["TimeoutStopSec"]) > LONGEST_STOP
    assert int((service.findtext("stoptimeout") or "").removesuffix(" sec")) > LONGEST_STOP
    assert unit["KillMode"] == "mixed", "the run at work would get a second signal"
    assert unit["Restart"] == "always"
    assert unit["RestartPreventExitStatus"] == str(int(ExitCode.USAGE)), "it would be started for ever, in vain"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_takes_the_unit(deploy: Path, tmp_path: Path) -> None:
    here = tmp_path / UNIT
    text = (deploy / UNIT).read_text(encoding="utf-8")
    here.write_text(re.sub(r"(?<=ExecStart=)\S+", sys.executable, text), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", here], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_windows_service_and_the_task_start_the_listener_with_the_same_places(
    service: ET.Element, text: str
) -> None:
    (action,) = re.findall(r'-Execute "([^"]+)" -Argument "([^"]+)"', text)
    by_service = service.findtext("executable") or "", service.findtext("arguments") or ""
    places = []
    for program, arguments in (action, by_service):
        name, options = chosen(arguments.split())
        assert name == "listen"
        places.append((PureWindowsPath(program), str(options["config"]), str(options["state_dir"])))
    assert places[0] == places[1]
    assert f"{service.findtext('id')}.xml" == SERVICE


def test_the_proxies_hand_events_to_where_the_listener_listens_by_itself(deploy: Path) -> None:
    assert f"reverse_proxy {WHERE}\n" in (deploy / "Caddyfile").read_text(encoding="utf-8")
    rule = ET.parse(deploy / "web.config").find(".//rule[@name='Outbound events']")
    assert rule is not None
    action, match = rule.find("action"), rule.find("match")
    assert action is not None
    assert match is not None
    assert action.attrib == {"type": "Rewrite", "url": f"http://{WHERE}/{{R:0}}", "appendQueryString": "true"}
    pattern = re.compile(match.attrib["url"], re.IGNORECASE)
    assert all(pattern.search(path) for path in ("ERS", "ersPOST", "ERSPost/boston.1"))
    assert not [path for path in ("", "health", "ERSX", "x/ERS") if pattern.search(path)]


def test_iis_takes_events_as_large_as_the_listener_does(deploy: Path) -> None:
    limits = ET.parse(deploy / "web.config").find(".//requestLimits")
    assert limits is not None
    assert limits.attrib == {"maxAllowedContentLength": str(LARGEST_BODY)}


@pytest.mark.skipif(not shutil.which("caddy"), reason="needs caddy")
def test_caddy_takes_its_file(deploy: Path) -> None:
    done = subprocess.run(
        ["caddy", "validate", "--adapter", "caddyfile", "--config", deploy / "Caddyfile"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert '"level":"warn"' not in done.stderr


def test_the_health_of_the_listener_is_asked_for_where_it_listens(text: str) -> None:
    assert f"curl --fail http://{WHERE}/health" in text
