"""The bench of a provider whose sessions get tickets of their own, and whose appliance tells what happens."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from requests.adapters import BaseAdapter

from bt_autotask_sync.appliance.outbound_event import EventName, read_event
from bt_autotask_sync.sandbox.appliance.record import IssueForm, Named
from bt_autotask_sync.state.inbox import Inbox
from tests.unit.bench import Bench, in_memory

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from bt_autotask_sync.state.inbox import WaitingEvent
    from bt_autotask_sync.state.ledger import Ledger
    from bt_autotask_sync.stop import Stop
    from bt_autotask_sync.sync.deliver.workers import Workers
    from bt_autotask_sync.sync.run_context import RunContext
    from bt_autotask_sync.sync.summary import Summary

ALL_EVENTS = ["session-end", "customer-survey", "representative-survey", "member-added"]
JSON_KEY = '{"title": "Printer is on fire"}'
QUEUE, NEW, MEDIUM = 29_682_833, 1, 2
"""Of the sandbox: "Level I Support", "New" and "Medium"."""


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Watch:
    """What is done before a request that has a text in its method, path or body, after so many that are let pass."""

    text: str
    action: Callable[[], None]
    skip: int


class WatchedAdapter(BaseAdapter):
    """Does something before certain requests are sent."""

    def __init__(self, adapter: BaseAdapter, watches: list[Watch]) -> None:
        super().__init__()
        self._adapter = adapter
        self._watches = watches

    def send(self, request: requests.PreparedRequest, *given: Any, **named: Any) -> requests.Response:
        asked = f"{request.method} {request.path_url} {request.body!r}"
        for watch in [each for each in self._watches if each.text in asked]:
            watch.skip -= 1
            if watch.skip < 0:
                self._watches.remove(watch)
                watch.action()
        return self._adapter.send(request, *given, **named)

    def close(self) -> None:
        self._adapter.close()


class TicketBench(Bench):
    """A bench that makes tickets when somebody joins a session, and takes outbound events from an inbox."""

    def __init__(self, *given: Any) -> None:
        self._watches: list[Watch] = []
        super().__init__(*given)

    def configure(self, **tables: Any) -> None:
        """Change keys of the profile; tickets are made unless a key says otherwise."""
        data = {"companyID": self.company, "queueID": QUEUE, "status": NEW, "priority": MEDIUM, "dueDateTime": "+1d"}
        tickets = {"create_on_session_start": True, "default_data": data}
        given = {**tables, "tickets": {**({} if self._tables else tickets), **tables.get("tickets", {})}}
        super().configure(**({} if self._tables else {"outbound_events": ALL_EVENTS}), **given)

    @property
    def company(self) -> int:
        """The id of a client in Autotask."""
        return int(self.rows("Companies")[0]["id"])

    def perform(self, work: Callable[..., None], **options: Any) -> Summary:
        """Do one piece of work with the inbox as it is; a dry run may only read that."""
        self._read_only = bool(options.get("dry_run"))
        with ExitStack() as self._opened:
            return super().perform(work, **options)

    def world(self, http: requests.Session, workers: Workers, stop: Stop, ledger: Ledger) -> RunContext:
        """Wire what a run is given, the inbox included if there is one."""
        http.mount("http://", WatchedAdapter(http.get_adapter("http://127.0.0.1"), self._watches))
        context = super().world(http, workers, stop, ledger)
        inbox = Inbox.open_existing(self.directory, read_only=self._read_only)
        return context if inbox is None else replace(context, inbox=self._opened.enter_context(inbox))

    def before(self, request: str, action: Callable[[], None], *, skip: int = 0) -> None:
        """Do something once before a request whose method, path or body has this text."""
        self._watches.append(Watch(request, action, skip))

    def kill_before(self, request: str, *, skip: int = 0) -> None:
        """Make a run that is killed before a request is sent: nothing is done or recorded after that."""
        kept = in_memory()

        def kill() -> None:
            self.ledger._connection.backup(kept._connection)
            raise Killed

        self.before(request, kill, skip=skip)
        with pytest.raises(Killed):
            self.run()
        self.ledger.close()
        self.ledger = kept

    def event(self, name: str, lsid: str, *profiles: str, **variables: str) -> None:
        """Let the appliance tell of something, to the profile of this bench unless others are named."""
        told = {"event": name, "version": "1.3.0", "timestamp": str(self.now), "lsid": lsid, **variables}
        self.directory.mkdir(exist_ok=True)
        with Inbox.open(self.directory) as inbox:
            inbox.store(read_event(told.items()), profiles=profiles or ("default",), at=self.now)

    def joined(self, lsid: str, who: str = "representative", **variables: str) -> None:
        """Tell that somebody joined."""
        self.event(EventName.MEMBER_ADDED, lsid, type=who, **variables)

    def ended(self, lsid: str) -> None:
        """Tell that a session ended."""
        self.event(EventName.END, lsid)

    def waiting(self, profile: str = "default") -> list[WaitingEvent]:
        """What the inbox still holds for a profile."""
        with Inbox.open(self.directory) as inbox:
            return inbox.waiting(profile)

    def ticket(self, **fields: Any) -> dict[str, Any]:
        """Make a ticket in Autotask that is no session's own, and return its record."""
        return super().ticket(**{"externalID": None, **fields})

    def running(self, key: str = JSON_KEY, **changes: Any) -> str:
        """Begin a session that still runs, which a representative joined, as the appliance tells."""
        lsid = self.session(key, ended_ago=None, **changes)
        self.joined(lsid)
        return lsid

    def end_now(self, lsid: str, *, ago: float = 0) -> None:
        """End a running session, some seconds ago."""
        self.pass_time(-ago)
        self.sandbox.appliance.end_session(lsid)
        self.pass_time(ago)

    def finish(self, lsid: str) -> None:
        """End a running session, and let so much time pass that its report is complete."""
        self.end_now(lsid)
        self.pass_time(120)

    def type_key(self, lsid: str, key: str) -> None:
        """Let a person type another external key into a session."""
        self.change(lsid, external_key=key)

    def form(self, lsid: str, issue: str, details: str) -> None:
        """Let the customer have come by the portal's issue form."""
        form = IssueForm("Jane", "Acme", "ACM", issue, details)
        self.change(lsid, customer=replace(self.told(lsid).customer, form=form))

    def key(self, lsid: str) -> str:
        """The external key that a session has."""
        return str(self.told(lsid).external_key)

    def own(self, lsid: str) -> dict[str, Any]:
        """The only ticket that was made for a session."""
        (ticket,) = self.owned(lsid)
        return ticket

    def owned(self, lsid: str) -> list[dict[str, Any]]:
        """The tickets that were made for a session: none, or one."""
        return [row for row in self.rows("Tickets") if (row["externalID"] or "") == f"bt:{lsid}"]

    def posts(self, lsid: str) -> int:
        """How many creates of a ticket Autotask received for a session."""
        return sum(path == "/Tickets" and body["externalID"] == f"bt:{lsid}" for path, body in self.creates())

    def delivered_to(self, lsid: str, ticket: int) -> bool:
        """Tell whether a session is on a ticket, and only there, once, with its time."""
        places = [row["ticketID"] for row in (*self.notes(lsid), *self.entries(lsid))]
        return places == [ticket, ticket] and self.state(lsid) == "delivered"

    def delete_ticket(self, ticket: int) -> None:
        """Delete a ticket in Autotask, with all that stands on it."""
        store = self.sandbox.autotask.store
        for entity in ("TicketNotes", "TimeEntries"):
            for row in self.rows(entity):
                if row["ticketID"] == ticket:
                    store.delete(entity, row["id"])
        store.delete("Tickets", ticket)


JUMP = Named(7, "Servers", "shared")
"""A Jump group: sessions by it are unattended."""


def ticket_bench(make_bench: Callable[..., Bench], **options: Any) -> TicketBench:
    """Make a bench of this kind."""
    bench = make_bench(TicketBench, **options)
    assert isinstance(bench, TicketBench)
    return bench
