"""What only a process of its own can show of bad input: real waits, stderr, a full disk, the environment."""

from __future__ import annotations

import resource
import socket
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Site
    from tests.e2e.conftest import Start


def test_an_appliance_that_is_away_is_given_up_after_four_tries_and_nothing_is_lost(site: Site) -> None:
    lsids = site.add(2)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = taken.getsockname()[1]
    began = time.monotonic()
    with site.setting("appliance.host", f'"127.0.0.1:{closed}"'):
        done = site.command("run")
    assert done.code == 4
    assert done.stdout == ""
    assert 3 < time.monotonic() - began < 30
    first, *advice = done.stderr.splitlines()
    assert first.startswith("error: ")
    assert f"127.0.0.1:{closed}" in first
    assert advice
    site.run()
    site.see_each_once(lsids)


def test_a_full_disk_loses_and_doubles_nothing(site: Site, start: Start) -> None:
    lsids = site.add(25)
    site.run("--limit", "5")
    size = (site.state / "checkpoint.db").stat().st_size

    def fill_the_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 4096, size + 4096))

    process = start(*site.options, "run", preexec_fn=fill_the_disk)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode not in {0, -25}, "the disk was not full"
    assert "Traceback" not in stderr
    assert "checkpoint" in stderr
    assert "disk" in stderr
    site.run(code=None)
    site.pass_time(430)
    site.run()
    site.see_each_once(lsids)


def test_a_pipe_that_is_closed_early_shows_no_traceback(site: Site, start: Start) -> None:
    lsids = site.add(40)
    process = start(*site.options, "run", "--dry-run", "--json")
    assert process.stdout
    process.stdout.read(10)
    process.stdout.close()
    process.stdout = None
    _, stderr = process.communicate(timeout=60)
    assert "Traceback" not in stderr
    site.run()
    site.see_each_once(lsids)


def test_proxies_of_the_environment_do_not_stand_between_this_machine_and_itself(
    site: Site, start: Start, environment: dict[str, str]
) -> None:
    lsids = site.add()
    away = {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}
    process = start(*site.options, "run", env=environment | away)
    assert process.wait(60) == 0
    site.see_each_once(lsids)


def test_the_environment_names_the_configuration_and_the_state_directory(
    site: Site, start: Start, environment: dict[str, str]
) -> None:
    lsids = site.add()
    named = {"BT_AUTOTASK_SYNC_CONFIG": str(site.config), "BT_AUTOTASK_SYNC_STATE_DIR": str(site.state)}
    process = start("run", env=environment | named)
    assert process.wait(60) == 0
    assert (site.state / "checkpoint.db").exists()
    site.see_each_once(lsids)


@pytest.mark.parametrize("arguments", [["run", "--nonsense"], ["--log-format", "x", "run"]])
def test_a_command_line_that_makes_no_sense_is_a_usage_error(site: Site, arguments: list[str]) -> None:
    done = site.command(*arguments)
    assert done.code == 2
    assert done.stderr


def test_a_log_in_json_is_one_object_a_line(site: Site, start: Start) -> None:
    site.add()
    site.set("appliance.client_secret", '"wrong"')
    process = start("--log-format", "json", *site.options, "run", stdout=subprocess.DEVNULL)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 5
    assert all(line.startswith('{"time": ') for line in stderr.splitlines())
    assert "wrong" not in stderr
