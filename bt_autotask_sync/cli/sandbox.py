"""`sandbox`: both products on loopback until interrupted."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from pathlib import Path

import typer

from bt_autotask_sync.exit_code import ExitCode
from bt_autotask_sync.sandbox.application import Sandbox
from bt_autotask_sync.sandbox.connection import description, write_configuration
from bt_autotask_sync.sandbox.outbound.recipient import Recipient
from bt_autotask_sync.sandbox.server import serve
from bt_autotask_sync.stop import Stop, StoppedError, stopped_by_signals

_LOG = logging.getLogger(__name__)
_FOREVER = 3600.0


def sandbox(
    port: int, sessions: int, seed: int, latency: int, threshold: int, events: str | None, as_json: bool
) -> ExitCode:
    """Run the sandbox until interrupted, which is how it is meant to end."""
    stop = Stop()
    try:
        recipients = [] if events is None else [Recipient(events)]
    except ValueError as error:
        _LOG.error("Outbound events cannot be sent to what --events names.\n  %s", error)
        return ExitCode.USAGE
    both = Sandbox(sessions, seed, latency=latency / 1000, threshold=threshold, recipients=recipients)
    with stopped_by_signals(stop), tempfile.TemporaryDirectory(prefix="bt-autotask-sync-sandbox-") as directory:
        try:
            server = serve(both, port)
        except OSError as error:
            _LOG.error(
                "Port %s cannot be used: %s.\n  Name another one, or 0 for any.", port, os.strerror(error.errno or 0)
            )
            return ExitCode.USAGE
        with server:
            config = write_configuration(both, server.url, Path(directory))
            if as_json:
                typer.echo(json.dumps(description(both, server.url, config)))
            else:
                _introduce(server.url, config, recipients)
            wait_until_stopped(stop)
    return ExitCode.DONE


def wait_until_stopped(stop: Stop) -> None:
    """Wait for the signal that ends it."""
    try:
        while True:
            stop.wait(_FOREVER)
    except StoppedError:
        return


def _introduce(url: str, config: Path, recipients: list[Recipient]) -> None:
    typer.echo(f"BeyondTrust Remote Support and Autotask are both at {url}")
    typer.echo("Look at the tickets there in a browser. Another terminal delivers the sessions:\n")
    typer.echo(f"{_example(config, 'run')}\n")
    for recipient in recipients:
        typer.echo(f"Outbound events go to {recipient.shown_url}. One terminal more receives them:\n")
        typer.echo(f"{_example(config, 'listen')}\n")
    typer.echo("Ctrl-C ends it.")


def _example(config: Path, command: str) -> str:
    return f"  bt-autotask-sync --config {config} --state-dir {config.parent} {command}"
