"""`demo --events`: a session starts, its ticket appears while it runs, it ends, and its note is there."""

from __future__ import annotations

import re
import subprocess
import tempfile
import textwrap
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from bt_autotask_sync.cli.demo import DemoCommand
from bt_autotask_sync.cli.sandbox import wait_until_stopped
from bt_autotask_sync.events.run_process import ask_to_stop, own_command, own_group
from bt_autotask_sync.exit_code import ExitCode, code_for
from bt_autotask_sync.sandbox.application import Sandbox
from bt_autotask_sync.sandbox.connection import write_configuration
from bt_autotask_sync.sandbox.outbound.recipient import Recipient
from bt_autotask_sync.sandbox.server import serve
from bt_autotask_sync.stop import Stop, StoppedError, stopped_by_signals

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

PATIENCE: Final = 20.0
"""Seconds after which what should have happened is given up."""
TALK: Final = 600.0
"""Seconds of the products' time that the technician and the customer talk."""
WIDTH: Final = 80
SHOWN_LINES: Final = 7

_PROFILE: Final = """\
report_delay_seconds = 1
outbound_events = ["session-end", "customer-survey", "representative-survey", "member-added"]
"""
_TABLES: Final = """
[profile.default.tickets]
create_on_session_start = true
create_without_external_key = true

[profile.default.tickets.default_data]
title = "Remote support: {{Issue}}"
description = "{{Details}}"
contactID = "{{emailAddress|customer_email}}"
queueID = "Level I Support"
status = "New"
priority = "Medium"
dueDateTime = "+2d"

[listen]
port = 0
token = "sesame"
"""
_FORM: Final = {"issue": "VPN access", "details": "No connection since this morning, error 809. I must send an offer."}


def demo(keep: bool) -> ExitCode:
    """Show one session from the customer's form to its note."""
    stop = Stop()
    sandbox = Sandbox(sessions=0)
    try:
        with ExitStack() as stack:
            stack.enter_context(stopped_by_signals(stop))
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bt-autotask-sync-demo-")))
            server = stack.enter_context(serve(sandbox))
            command = DemoCommand(_configuration(sandbox, server.url, directory), directory / "state")
            typer.echo(f"Both products run on loopback, at {server.url}\n")
            listener = stack.enter_context(_Listener(command, stop))
            code = _Story(sandbox, listener, command).tell()
            if keep:
                typer.echo(f"The sandbox stays up at {server.url} until Ctrl-C, and so does the listener.")
                wait_until_stopped(stop)
    except StoppedError as stopped:
        return code_for(stopped)
    except _NothingHappenedError as error:
        typer.echo(f"\nIt did not happen: {error}", err=True)
        return ExitCode.UNEXPECTED
    return code


class _NothingHappenedError(Exception):
    """What the demo waits for does not happen; its text says what that is."""


class _Listener:
    """The real listener, started as a user starts it.

    Attributes:
        stop: Ends every wait.
    """

    def __init__(self, command: DemoCommand, stop: Stop) -> None:
        self.stop = stop
        self._said: list[str] = []
        self._process = subprocess.Popen(  # noqa: S603 - our own command with our own arguments
            own_command(*command.options, "listen"),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            **own_group(),
        )
        threading.Thread(target=self._read, name="listener", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ask_to_stop(self._process)
        self._process.wait()

    def hear(self, words: str) -> str:
        """Wait until it says something with these words, and return that line."""
        self.wait_until(lambda: self._line(words), f"the listener never said {words!r}{self._what_it_said()}")
        return self._line(words)

    def wait_until(self, happened: Callable[[], object], otherwise: str) -> None:
        """Wait until something is true.

        Raises:
            StoppedError: The demo was told to stop.
            _NothingHappenedError: It took too long.
        """
        end = time.monotonic() + PATIENCE
        while not happened():
            if time.monotonic() > end or self._process.poll() is not None:
                raise _NothingHappenedError(otherwise)
            time.sleep(0.02)
            self.stop.check()

    def _what_it_said(self) -> str:
        return "".join(f"\n  {line}" for line in self._said) or "; it said nothing"

    def _line(self, words: str) -> str:
        return next((line for line in list(self._said) if words in line), "")

    def _read(self) -> None:
        assert self._process.stderr is not None  # noqa: S101 - it is a pipe
        for line in self._process.stderr:
            self._said.append(line.rstrip())


class _Story:
    """What happens, step by step."""

    def __init__(self, sandbox: Sandbox, listener: _Listener, command: DemoCommand) -> None:
        self._sandbox = sandbox
        self._listener = listener
        self._command = command

    def tell(self) -> ExitCode:
        """Let it happen, and tell it; return the exit code of the run at its end."""
        self._introduce_listener()
        lsid = self._customer_asks()
        self._technician_joins(lsid)
        self._session_ends(lsid)
        typer.echo()
        return ExitCode(self._command.show("4. Polling goes on beside it, and finds nothing left to do:", "run"))

    def _introduce_listener(self) -> None:
        typer.secho("The listener is started:", bold=True)
        typer.echo("$ bt-autotask-sync listen")
        line = self._listener.hear("Listening on")
        url = re.findall(r"https?://[^ ]+[^ .]", line)[0]
        _say(f"Listening on {url}")
        self._sandbox.appliance.outbound.set(Recipient(f"{url}/ERSPost?outbound_event_token=sesame"))

    def _customer_asks(self) -> str:
        (lsid,) = self._sandbox.add_sessions(
            1, in_progress=True, waiting=True, external_key="", started_seconds_ago=30.0, **_FORM
        )
        _heading("1. A customer fills in the form of the support portal, and waits.")
        session = self._session(lsid)
        _say(f"{session['customer']}, {session['custom_attributes']['customer_email']}")
        _say(f"Issue: {_FORM['issue']}")
        _say(f"Details: {_FORM['details']}")
        _say("Ticket: none")
        return lsid

    def _technician_joins(self, lsid: str) -> None:
        _heading('2. A technician joins. The appliance tells: "Someone Joins a Support Session".')
        began = time.monotonic()
        self._sandbox.appliance.join(lsid)
        self._listener.wait_until(lambda: self._session(lsid)["external_key"], "the session got no ticket")
        typer.echo(f"The listener, {time.monotonic() - began:.1f} s later:")
        _say(self._listener.hear("ticket created"))
        session, ticket = self._session(lsid), self._rows("Tickets", "externalID", f"bt:{lsid}")[0]
        contact = self._rows("Contacts", "id", ticket["contactID"])[0]
        typer.echo("While the session runs, Autotask has its ticket:")
        _say(f"{ticket['ticketNumber']}  {ticket['title']}")
        _say(ticket["description"])
        _say(f"Contact: {contact['firstName']} {contact['lastName']}, found by the address in the form")
        typer.echo("and the session has the ticket's number as its external key:")
        _say(session["external_key"])

    def _session_ends(self, lsid: str) -> None:
        _heading('3. The session ends. The appliance tells: "Support Session End".')
        self._sandbox.clock.advance(TALK)
        self._sandbox.appliance.end_session(lsid)
        typer.echo("The listener, when the report is complete:")
        _say(self._listener.hear("session delivered"))
        ticket = self._rows("Tickets", "externalID", f"bt:{lsid}")[0]
        (note,) = self._rows("TicketNotes", "ticketID", ticket["id"])
        (entry,) = self._rows("TimeEntries", "ticketID", ticket["id"])
        typer.echo(f"On {ticket['ticketNumber']} stand {entry['hoursWorked']:.2f} hours, and the note:")
        for line in (note["title"], "", *note["description"].splitlines()[:SHOWN_LINES], "…"):
            _say(line)

    def _session(self, lsid: str) -> dict[str, Any]:
        sessions: list[dict[str, Any]] = self._sandbox.appliance.state()["sessions"]
        return next(session for session in sessions if session["lsid"] == lsid)

    def _rows(self, entity: str, field: str, value: object) -> list[dict[str, Any]]:
        return [dict(row) for row in self._sandbox.autotask.store.rows(entity) if row[field] == value]


def _configuration(sandbox: Sandbox, url: str, directory: Path) -> Path:
    """Write a configuration that makes tickets, and listens."""
    path = write_configuration(sandbox, url, directory)
    text = path.read_text(encoding="utf-8").replace("[profile.default]\n", f"[profile.default]\n{_PROFILE}", 1)
    path.write_text(text + _TABLES, encoding="utf-8")
    return path


def _heading(text: str) -> None:
    typer.echo()
    typer.secho(text, bold=True)


def _say(text: str) -> None:
    typer.echo(textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="  "))
