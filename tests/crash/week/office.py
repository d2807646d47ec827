"""The program at work in an office for a week: it polls, or polls and listens to outbound events."""

from __future__ import annotations

import sqlite3
from random import Random
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.appliance.outbound_event import read_event
from bt_autotask_sync.autotask.client import open_session
from bt_autotask_sync.config.models import OutboundEvent, Profile
from bt_autotask_sync.events.delays import delays
from bt_autotask_sync.events.schedule import Schedule
from bt_autotask_sync.notes.templates import Templates
from bt_autotask_sync.sandbox.adapter import SandboxAdapter
from bt_autotask_sync.sandbox.outbound.recipient import Recipient
from bt_autotask_sync.state.inbox import Inbox
from bt_autotask_sync.state.ledger import Ledger
from bt_autotask_sync.sync.job import perform
from bt_autotask_sync.sync.run_context import RunContext
from tests.crash.simulator.clocks import Clocks
from tests.crash.simulator.machine import MachineClock, Process
from tests.crash.simulator.program import open_clients
from tests.crash.simulator.rules import make_profile
from tests.crash.simulator.terms import Bills, Terms
from tests.crash.simulator.workers import SeededWorkers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bt_autotask_sync.sync.summary import Summary
    from tests.crash.week.script import Script

EVERY = 300.0
"""Seconds between two polls."""
LISTENER = Recipient("http://listener/ERSPost")


class Office:
    """Lives through a week.

    Args:
        script: The week.
        directory: The state directory.
        listens: Whether events come, and tickets are made when somebody joins; else at the end of sessions alone.
        rests: Whether polls that cannot find anything, as nothing happens, are left out.
    """

    def __init__(self, script: Script, directory: Path, *, listens: bool, rests: bool) -> None:
        self._script = script
        self._clock = script.clock
        self._listens = listens
        self._rests = rests
        self._profile = _profile(script, listens=listens)
        self._inbox = Inbox.open(directory)
        self._ledger = _ledger()
        self._schedule = Schedule()
        self._typings = list(script.typings)
        self._poll_at = self._clock.now()
        self._templates = Templates.load(None)
        self._runs = 0

    def live(self, seconds: float) -> None:
        """Let time pass, with everything in it."""
        until = self._clock.now() + seconds
        while (moment := self._next()) <= until:
            self._clock.advance(max(0.0, moment - self._clock.now()))
            self._type()
            self._listen()
            if self._is_due():
                self._run()
        self._clock.advance(max(0.0, until - self._clock.now()))

    def close(self) -> None:
        """Close the files."""
        self._ledger.close()
        self._inbox.close()

    def _next(self) -> float:
        moments = [self._poll_at, *(typing.at for typing in self._typings[:1])]
        if self._listens:
            moments += filter(None, (self._script.sandbox.appliance.next_event_due(), self._schedule.due()))
        return min(moments)

    def _type(self) -> None:
        while self._typings and self._typings[0].at <= self._clock.now():
            typing = self._typings.pop(0)
            self._script.sandbox.appliance.change_key(typing.lsid, typing.key)

    def _listen(self) -> None:
        if self._listens:
            while self._script.sandbox.appliance.deliver_due(self._clock.now(), self._take):
                pass

    def _take(self, _: str, form: Mapping[str, str]) -> int:
        now, event = self._clock.now(), read_event(form.items())
        self._inbox.store(event, profiles=[self._profile.name], at=int(now))
        for delay in delays(event, [self._profile]):
            self._schedule.mark(now, delay)
        return 200

    def _is_due(self) -> bool:
        now, asked = self._clock.now(), self._schedule.due()
        polls = self._poll_at <= now
        if polls:
            self._poll_at += EVERY
            busy = self._script.when_busy(self._poll_at) if self._rests else self._poll_at
            self._poll_at += EVERY * max(0.0, -(-(busy - self._poll_at) // EVERY))
        return polls or (asked is not None and asked <= now)

    def _run(self) -> None:
        self._runs += 1
        self._schedule.take(self._clock.now())
        process = Process()
        with open_session() as http:
            http.trust_env = False
            http.mount("https://", SandboxAdapter(self._script.sandbox))
            clock = MachineClock(self._clock, process, Clocks())
            appliance, client = open_clients(self._profile, http, clock)
            context = RunContext(
                profile=self._profile,
                appliance=appliance,
                client=client,
                ledger=self._ledger,
                load_templates=lambda: self._templates,
                workers=SeededWorkers(process, Random(self._runs)),
                stop=process.stop,
                clock=clock,
                inbox=self._inbox if self._listens else None,
            )
            self._note(perform(context, lambda job: job.run(None, None, None), "run"))

    def _note(self, summary: Summary) -> None:
        """Take note of what came of a run, as the listener does."""
        assert summary.error is None, summary.error
        asked = None if summary.next_due is None else float(summary.next_due)
        self._schedule.succeeded(self._clock.now(), asked=asked, did_work=bool(summary.created.total()))


def _profile(script: Script, *, listens: bool) -> Profile:
    contact = script.sandbox.autotask.store.scan("Contacts")[4]
    data: dict[str, Any] = {
        "title": "Remote support: {{Issue}}",
        "description": "{{Details}}",
        "queueID": "Level I Support",
        "status": "New",
        "priority": "Medium",
        "dueDateTime": "+1d",
        "contactID": "{{emailAddress|customer_email}}",
        "defaultContactID": contact["id"],
    }
    tickets = {
        "create_on_session_start": listens,
        "create_at_session_end": True,
        "create_without_external_key": True,
        "default_data": data,
    }
    events = {"outbound_events": list(OutboundEvent)} if listens else {}
    time_entries = Terms(Bills.ALL).table(non_billable=False, resource_map={})
    return make_profile(script.sandbox, time_entries=time_entries, tickets=tickets, **events)


def _ledger() -> Ledger:
    """Return an empty ledger in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    ledger = Ledger(connection, None)
    ledger._prepare()
    return ledger
