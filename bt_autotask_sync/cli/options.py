"""The options before the command, which all commands share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 - typer reads the annotations


@dataclass(frozen=True, slots=True)
class Options:
    """What was given before the command; None: the default place."""

    config: Path | None = None
    profiles: tuple[str, ...] = ()
    state_directory: Path | None = None

    def config_file(self) -> Path:
        """Return the configuration file to read."""
        from bt_autotask_sync.config.paths import default_config_file  # noqa: PLC0415 - not for --version

        return self.config or default_config_file()

    def state(self) -> Path:
        """Return the state directory to use."""
        from bt_autotask_sync.config.paths import default_state_directory  # noqa: PLC0415 - not for --version

        return self.state_directory or default_state_directory()
