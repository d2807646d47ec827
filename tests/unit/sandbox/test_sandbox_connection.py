"""The ready configuration and the JSON object that name the running sandbox."""

from __future__ import annotations

import os
import stat
import sys
import tomllib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.sandbox.connection import description, write_configuration

if TYPE_CHECKING:
    from pathlib import Path

    from bt_autotask_sync.sandbox.application import Sandbox

URL = "http://127.0.0.1:8123"


def test_the_configuration_opens_both_products(sandbox: Sandbox, tmp_path: Path) -> None:
    path = write_configuration(sandbox, URL, tmp_path / "new")
    profile = tomllib.loads(path.read_text("utf-8"))["profile"]["default"]
    told = description(sandbox, URL, path)
    assert profile["appliance"] == {**told["appliance"], "use_tls": False}
    assert profile["autotask"] == told["autotask"]
    assert profile["time_entries"]["enabled"] is True
    assert set(profile["time_entries"]["default_data"]) == {"defaultDomain", "roleName", "summaryNotes"}
    assert profile["start_at"] < datetime.fromtimestamp(sandbox.appliance.oldest_start(), UTC)


def test_the_description_is_what_the_command_prints(sandbox: Sandbox, tmp_path: Path) -> None:
    told = description(sandbox, URL, tmp_path / "sandbox.toml")
    assert list(told) == ["url", "appliance", "autotask", "config"]
    assert (told["url"], told["appliance"]["host"]) == (URL, "127.0.0.1:8123")
    assert told["autotask"]["services_url"] == f"{URL}/atservicesrest"
    values = [*told["appliance"].values(), *told["autotask"].values()]
    assert not any(sign in value for value in values for sign in "+&#%")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no mode bits")
def test_the_configuration_is_its_owners_alone(sandbox: Sandbox, tmp_path: Path) -> None:
    path = write_configuration(sandbox, URL, tmp_path)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600  # noqa: PTH116 - the mode of the file itself


def test_the_role_and_the_domain_of_the_configuration_exist(sandbox: Sandbox, tmp_path: Path) -> None:
    data = tomllib.loads(write_configuration(sandbox, URL, tmp_path).read_text("utf-8"))["profile"]["default"]
    default = data["time_entries"]["default_data"]
    assert default["roleName"] in {row["name"] for row in sandbox.autotask.store.rows("Roles")}
    assert any(
        row["email"].endswith("@" + default["defaultDomain"]) for row in sandbox.autotask.store.rows("Resources")
    )
