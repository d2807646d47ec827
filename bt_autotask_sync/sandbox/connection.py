"""How a client finds the running sandbox: a ready configuration, and the same as one JSON object."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from bt_autotask_sync.sandbox.calls import AUTOTASK_ROOT
from bt_autotask_sync.sandbox.scenarios.seed import DEFAULT_DOMAIN, ROLE_NAME, SUMMARY_NOTES

if TYPE_CHECKING:
    from bt_autotask_sync.sandbox.application import Sandbox

FILE_NAME: Final = "sandbox.toml"
_DAY: Final = 86_400


def write_configuration(sandbox: Sandbox, url: str, directory: Path) -> Path:
    """Write a configuration for the sandbox at `url` into `directory`, readable by its owner only; return its path."""
    path = Path(directory) / FILE_NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(opened, "w", encoding="utf-8") as file:
        file.write(_configuration(sandbox, url))
    return path


def description(sandbox: Sandbox, url: str, config_path: Path) -> dict[str, Any]:
    """Return where the sandbox is and what opens it, as JSON values."""
    appliance, autotask = sandbox.appliance.credentials, sandbox.autotask.credentials
    return {
        "url": url,
        "appliance": {
            "host": urlsplit(url).netloc,
            "client_id": appliance.client_id,
            "client_secret": appliance.client_secret,
        },
        "autotask": {
            "services_url": url + AUTOTASK_ROOT,
            "username": autotask.username,
            "secret": autotask.secret,
            "integration_code": autotask.integration_code,
        },
        "config": str(config_path),
    }


def _configuration(sandbox: Sandbox, url: str) -> str:
    told = description(sandbox, url, Path())
    start = datetime.fromtimestamp((sandbox.appliance.oldest_start() // _DAY - 1) * _DAY, UTC)
    time_entry = {"defaultDomain": DEFAULT_DOMAIN, "roleName": ROLE_NAME, "summaryNotes": SUMMARY_NOTES}
    lines = [
        "# Both products of the sandbox, plain HTTP on loopback.",
        "[profile.default]",
        f"start_at = {start:%Y-%m-%dT%H:%M:%SZ}",
        'timezone = "UTC"',
        "",
        "[profile.default.appliance]",
        *_settings(told["appliance"]),
        "use_tls = false",
        "",
        "[profile.default.autotask]",
        *_settings(told["autotask"]),
        "",
        "[profile.default.time_entries]",
        "enabled = true",
        f"default_data = {{ {', '.join(_settings(time_entry))} }}",
    ]
    return "\n".join(lines) + "\n"


def _settings(values: dict[str, str]) -> list[str]:
    # A JSON string is a TOML string too: both escape with backslashes.
    return [f"{name} = {json.dumps(value)}" for name, value in values.items()]
