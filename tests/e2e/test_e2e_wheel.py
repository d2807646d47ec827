"""The wheel is what users get: it carries everything, and its command works from where it was unpacked."""

from __future__ import annotations

import configparser
import re
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync import __version__

if TYPE_CHECKING:
    from tests.conftest import Site

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = directory.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(directory)
    return directory


def test_the_wheel_carries_every_file_of_the_package_and_the_templates(unpacked: Path) -> None:
    package = ROOT / "bt_autotask_sync"
    shipped = {path.relative_to(package) for path in package.rglob("*") if path.suffix in {".py", ".toml", ".typed"}}
    templates = {Path("templates", path.name) for path in (ROOT / "templates").iterdir()}
    assert len(templates) >= 6
    assert {
        Path("py.typed"),
        Path("sandbox/scenarios/people.toml"),
        Path("sandbox/scenarios/conversations.toml"),
    } <= shipped
    found = unpacked / "bt_autotask_sync"
    assert {path.relative_to(found) for path in found.rglob("*") if path.is_file()} == shipped | templates


def test_the_wheel_holds_nothing_but_the_package(unpacked: Path) -> None:
    assert sorted(path.name for path in unpacked.iterdir()) == [
        "bt_autotask_sync",
        f"bt_autotask_sync-{__version__}.dist-info",
    ]


def test_the_wheel_names_its_command_and_what_it_needs(unpacked: Path) -> None:
    metadata = unpacked / f"bt_autotask_sync-{__version__}.dist-info"
    points = configparser.ConfigParser()
    points.read(metadata / "entry_points.txt", encoding="utf-8")
    assert dict(points["console_scripts"]) == {"bt-autotask-sync": "bt_autotask_sync.cli:main"}
    told = Parser().parsestr((metadata / "METADATA").read_text(encoding="utf-8"))
    assert (told["Name"], told["Version"], told["Requires-Python"]) == ("bt-autotask-sync", __version__, ">=3.11")
    needs = " ".join(told.get_all("Requires-Dist", []))
    assert all(name in needs for name in ("typer", "requests", "tenacity", "lxml", "chevron", "platformdirs"))


def test_the_wheel_carries_its_licence(unpacked: Path) -> None:
    metadata = unpacked / f"bt_autotask_sync-{__version__}.dist-info"
    carried = Parser().parsestr((metadata / "METADATA").read_text(encoding="utf-8"))
    assert (carried["License-Expression"], carried.get_all("License-File")) == ("MIT", ["LICENSE"])
    assert (metadata / "licenses" / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_the_command_of_the_wheel_delivers(
    unpacked: Path, site: Site, environment: dict[str, str], tmp_path: Path
) -> None:
    lsids = site.add(2)
    here = environment | {"PYTHONPATH": str(unpacked), "PYTHONSAFEPATH": "1"}

    def python(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], env=here, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
        )
        return done.stdout

    assert python("-c", "import bt_autotask_sync; print(bt_autotask_sync.__file__)").startswith(str(unpacked))
    assert "2 sessions delivered" in python("-m", "bt_autotask_sync", *site.options, "run")
    site.see_each_once(lsids)
    assert python("-m", "bt_autotask_sync", "--version") == f"bt-autotask-sync {__version__}\n"


def test_the_demo_of_the_wheel_shows_the_main_job_and_ends_by_itself(
    unpacked: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bt_autotask_sync", "demo"],
        env=environment | {"PYTHONPATH": str(unpacked), "PYTHONSAFEPATH": "1"},
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    for words in ("run --dry-run", "sessions delivered", "Once more", "What Autotask holds now", "config example"):
        assert words in done.stdout
    assert re.search(r"\[bt:[0-9a-f]{12}\]", done.stdout)
    assert "\x1b" not in done.stdout
    _, _, second = done.stdout.partition("Once more")
    assert "delivered" not in second.partition("What Autotask")[0]
