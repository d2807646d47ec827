"""A configuration without a fault, as a file and as a document, for tests to spoil."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.config.load import check
from bt_autotask_sync.config.problems import ConfigurationError, Problem
from bt_autotask_sync.config.secrets import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bt_autotask_sync.config.models import Profile

MINIMAL = """\
[profile.default.appliance]
host = "support.example.com"
client_id = "client"
client_secret = { env = "APPLIANCE_SECRET" }

[profile.default.autotask]
username = "api@example.com"
secret = { env = "AUTOTASK_SECRET" }
integration_code = { env = "AUTOTASK_CODE" }
"""
ENVIRON = {"APPLIANCE_SECRET": "canary-appliance", "AUTOTASK_SECRET": "canary-autotask", "AUTOTASK_CODE": "canary-code"}


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """Writes a configuration that only its owner reads."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "config.toml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(0o600)
        return path

    return write


@pytest.fixture
def profile(tmp_path: Path) -> Callable[..., Profile]:
    """Makes a profile from a minimal one and what a test adds to its tables, as `appliance={"host": …}`."""

    def profile(**tables: Any) -> Profile:
        base: dict[str, Any] = {
            "appliance": {"host": "support.example.com", "client_id": "client", "client_secret": "s"},
            "autotask": {"username": "api@example.com", "secret": "s", "integration_code": "s"},
        }
        for key, value in tables.items():
            base[key] = {**base.get(key, {}), **value} if isinstance(value, dict) else value
        document = {"profile": {"default": base}}
        return check(document, Surroundings(tmp_path, ENVIRON), "test").profiles["default"]

    return profile


@pytest.fixture
def refused(profile: Callable[..., Profile]) -> Callable[..., tuple[Problem, ...]]:
    """Gives the problems of a profile that must not load."""

    def refused(**tables: Any) -> tuple[Problem, ...]:
        with pytest.raises(ConfigurationError) as caught:
            profile(**tables)
        return caught.value.problems

    return refused


@pytest.fixture
def minimal() -> str:
    return MINIMAL


@pytest.fixture
def environ() -> dict[str, str]:
    return dict(ENVIRON)
