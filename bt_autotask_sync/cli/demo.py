"""`demo`: the main job, shown on the sandbox of both products."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.table import Table

from bt_autotask_sync.cli.sandbox import wait_until_stopped
from bt_autotask_sync.events.run_process import own_command
from bt_autotask_sync.exit_code import ExitCode
from bt_autotask_sync.sandbox.application import Sandbox
from bt_autotask_sync.sandbox.connection import write_configuration
from bt_autotask_sync.sandbox.server import serve
from bt_autotask_sync.stop import Stop, stopped_by_signals

if TYPE_CHECKING:
    from collections.abc import Iterator

SHOWN_LINES = 14
SHOWN_TICKETS = 12
MARK = "[bt:"

_NEXT_STEPS = """
With your own systems
  1. bt-autotask-sync config example > config.toml     and fill it in
  2. bt-autotask-sync --config config.toml config validate
  3. bt-autotask-sync --config config.toml run --dry-run
  4. put the line of cron.example into your crontab, or the task into Task Scheduler
"""


def demo(keep: bool) -> ExitCode:
    """Show a dry run, the run, a second run, and what Autotask holds then."""
    stop = Stop()
    sandbox = Sandbox()
    with tempfile.TemporaryDirectory(prefix="bt-autotask-sync-demo-") as name, serve(sandbox) as server:
        command = DemoCommand(write_configuration(sandbox, server.url, Path(name)), Path(name, "state"))
        typer.echo(f"A week of remote support: both products run on loopback, at {server.url}\n")
        codes = [
            command.show("What would be sent:", "run", "--dry-run", lines=SHOWN_LINES),
            command.show("Deliver:", "run"),
            command.show("Once more: everything is on its ticket, so nothing is sent.", "run"),
        ]
        _show_tickets(sandbox)
        _show_note(sandbox)
        typer.echo(_NEXT_STEPS)
        if keep:
            typer.echo(
                f"The sandbox stays up at {server.url} until Ctrl-C. Go on there with:\n  {command.prefix()} run"
            )
            with stopped_by_signals(stop):
                wait_until_stopped(stop)
    return ExitCode.DONE if set(codes) <= {ExitCode.DONE, ExitCode.WAITING} else ExitCode.UNEXPECTED


class DemoCommand:
    """The real command, run as a user runs it, against one configuration."""

    def __init__(self, config: Path, state: Path) -> None:
        self.options = ["--config", str(config), "--state-dir", str(state)]

    def prefix(self) -> str:
        """Return how the command begins."""
        return " ".join(["bt-autotask-sync", *self.options])

    def show(self, heading: str, *arguments: str, lines: int | None = None) -> int:
        """Run it, print the first `lines` of what it says, and return its exit code."""
        typer.secho(heading, bold=True)
        typer.echo(f"$ bt-autotask-sync {' '.join(arguments)}")
        done = subprocess.run(  # noqa: S603 - our own command with our own arguments
            own_command(*self.options, *arguments),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        said = (done.stdout + done.stderr).splitlines()
        for line in said[:lines] or ["(quiet)"]:
            typer.echo(f"  {line}")
        if lines is not None and len(said) > lines:
            typer.echo(f"  … and {len(said) - lines} more lines")
        typer.echo(f"  exit code {done.returncode}\n")
        return done.returncode


def _show_tickets(sandbox: Sandbox) -> None:
    rows = list(_delivered(sandbox))
    table = Table("Ticket", "Title", "Notes", "Hours", title=None, box=None, pad_edge=False, header_style="bold")
    table.columns[0].no_wrap = True
    for ticket, notes, hours in rows[:SHOWN_TICKETS]:
        table.add_row(ticket["ticketNumber"], ticket["title"], str(len(notes)), f"{hours:.2f}")
    typer.secho("What Autotask holds now:", bold=True)
    Console().print(table)
    if len(rows) > SHOWN_TICKETS:
        typer.echo(f"… and {len(rows) - SHOWN_TICKETS} more tickets")


def _show_note(sandbox: Sandbox) -> None:
    ticket, notes, _ = next(_delivered(sandbox))
    typer.secho(f"\nOne note on {ticket['ticketNumber']}:", bold=True)
    typer.echo(f"  {notes[0]['title']}\n")
    for line in notes[0]["description"].splitlines():
        typer.echo(f"  {line}".rstrip())


def _delivered(sandbox: Sandbox) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]], float]]:
    """Yield each ticket that holds something of ours, with those notes and the hours of those entries."""
    store = sandbox.autotask.store
    for ticket in store.rows("Tickets"):
        notes = [row for row in store.rows("TicketNotes") if row["ticketID"] == ticket["id"] and MARK in row["title"]]
        entries = [
            row
            for row in store.rows("TimeEntries")
            if row["ticketID"] == ticket["id"] and MARK in (row["internalNotes"] or "")
        ]
        if notes:
            yield ticket, notes, sum(row["hoursWorked"] for row in entries)
