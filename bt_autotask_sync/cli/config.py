"""`config validate`, `config show` and `config example`."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import typer

from bt_autotask_sync.cli.failure import tell
from bt_autotask_sync.config.example import example as commented_example
from bt_autotask_sync.config.example import masked
from bt_autotask_sync.config.load import load
from bt_autotask_sync.errors import SyncError
from bt_autotask_sync.exit_code import ExitCode

if TYPE_CHECKING:
    from bt_autotask_sync.cli.options import Options
    from bt_autotask_sync.config.load import LoadedSettings

_LOG = logging.getLogger(__name__)


def validate(options: Options) -> ExitCode:
    """Name everything that is wrong with the configuration."""
    loaded = _load(options)
    if isinstance(loaded, ExitCode):
        return loaded
    typer.echo(f"{options.config_file()} is valid.")
    return ExitCode.DONE


def show(options: Options) -> ExitCode:
    """Print the configuration as it is understood."""
    loaded = _load(options)
    if isinstance(loaded, ExitCode):
        return loaded
    typer.echo(masked(loaded.settings), nl=False)
    return ExitCode.DONE


def example() -> ExitCode:
    """Print a complete, commented example."""
    typer.echo(commented_example(), nl=False)
    return ExitCode.DONE


def _load(options: Options) -> LoadedSettings | ExitCode:
    try:
        loaded = load(options.config_file())
        for warning in loaded.warnings:
            _LOG.warning("%s", warning)
    except SyncError as error:
        return tell(error)
    return loaded
