"""The lock file of the development set-up agrees with pyproject.toml, and holds nothing of one machine."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
PIN = re.compile(r"^[a-z0-9-]+==[0-9][0-9a-z.]*(?: ; .+)?$")
RENEW = "Run `make lock`."
PLACES = [
    {"sys_platform": system, "platform_system": name, "os_name": kind, "python_version": version}
    for system, name, kind in (("linux", "Linux", "posix"), ("darwin", "Darwin", "posix"), ("win32", "Windows", "nt"))
    for version in ("3.11", "3.12", "3.13")
]


@pytest.fixture
def lines() -> list[str]:
    return (ROOT / "requirements-dev.lock").read_text(encoding="utf-8").splitlines()


@pytest.fixture
def locked(lines: list[str]) -> list[Requirement]:
    return [Requirement(line) for line in lines if not line.lstrip().startswith("#")]


@pytest.fixture
def direct() -> list[Requirement]:
    """What pyproject.toml names itself, development groups included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [Requirement(each) for each in [*project["project"]["dependencies"], *group(project, "dev")]]


def group(project: dict[str, Any], name: str) -> list[str]:
    found = []
    for each in project["dependency-groups"][name]:
        found += [each] if isinstance(each, str) else group(project, each["include-group"])
    return found


def pins(locked: list[Requirement], name: str, place: dict[str, str]) -> list[str]:
    """Return the versions that the lock file names for a package on that system and Python."""
    return [
        next(iter(each.specifier)).version
        for each in locked
        if canonicalize_name(each.name) == canonicalize_name(name)
        and (each.marker is None or each.marker.evaluate(dict(place)))
    ]


def test_every_direct_dependency_is_locked_to_one_version_that_its_bound_permits(
    direct: list[Requirement], locked: list[Requirement]
) -> None:
    assert len(direct) > 15
    for place in PLACES:
        for each in direct:
            if each.marker is None or each.marker.evaluate(dict(place)):
                found = pins(locked, each.name, place)
                assert len(found) == 1, f"{each.name} on {place}: {found}. {RENEW}"
                assert each.specifier.contains(found[0]), f"{each} is locked to {found[0]}. {RENEW}"


def test_the_lock_file_names_exact_versions_and_no_index_file_or_machine(lines: list[str]) -> None:
    for line in lines:
        if not line.lstrip().startswith("#"):
            assert PIN.match(line), f"{line!r} is no exact version. {RENEW}"
    text = "\n".join(lines)
    assert not re.search(r"://|^-|(?:^|\s)[/~]|[A-Za-z]:\\|@ ", text, re.MULTILINE)
    assert "make lock" in text
