"""A site whose appliance tells what happens, and where sessions get tickets of their own."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.appliance.outbound_event import EventName, read_event
from bt_autotask_sync.state.inbox import Inbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bt_autotask_sync.state.inbox import WaitingEvent
    from tests.conftest import Site

ALL_EVENTS = '["session-end", "customer-survey", "representative-survey", "member-added"]'
DATA = {"queueID": "Level I Support", "status": "New", "priority": "Medium", "dueDateTime": "+1d"}


class TicketSite:
    """A site with automatic ticket creation, and an inbox as the listener fills it.

    Attributes:
        site: The sandbox and the command.
        company: The id of a client in Autotask, whose tickets they are unless a test says otherwise.
    """

    def __init__(self, site: Site, **tickets: Any) -> None:
        self.site = site
        self.company = int(site.rows("Companies")[0]["id"])
        site.set("outbound_events", ALL_EVENTS)
        self.set(**tickets)

    def set(self, *, data: dict[str, Any] | None = None, **keys: Any) -> None:
        """Set keys of the table `tickets`; the default data are complete but for what is changed, None leaves out."""
        for key, value in keys.items():
            self.site.set(f"tickets.{key}", json.dumps(value))
        given = {"companyID": self.company, **DATA, **(data or {})}
        told = json.dumps({name: value for name, value in given.items() if value is not None})
        self.site.set("tickets.default_data", f"'''{told}'''")

    def begin(self, key: str, **options: Any) -> str:
        """Begin a session that a representative joined, as the appliance tells."""
        (lsid,) = self.site.add(in_progress=True, external_key=key, **options)
        self.joined(lsid)
        return lsid

    def end(self, lsid: str) -> None:
        """End a session, which the appliance tells, and let so much time pass that its report is complete."""
        self.site.sandbox.appliance.end_session(lsid)
        self.event(EventName.END, lsid)
        self.site.pass_time(120)

    def joined(self, lsid: str, who: str = "representative") -> None:
        """Tell that somebody joined."""
        self.event(EventName.MEMBER_ADDED, lsid, type=who)

    def event(self, name: str, lsid: str, *profiles: str, **variables: str) -> None:
        """Let the appliance tell of something, to the default profile unless others are named."""
        now = int(self.site.sandbox.clock.now())
        told = {"event": name, "version": "1.3.0", "timestamp": str(now), "lsid": lsid, **variables}
        with self.inbox() as inbox:
            inbox.store(read_event(told.items()), profiles=profiles or ("default",), at=now)

    def waiting(self, profile: str = "default") -> list[WaitingEvent]:
        """What the inbox still holds for a profile."""
        with self.inbox() as inbox:
            return inbox.waiting(profile)

    @contextmanager
    def inbox(self) -> Iterator[Inbox]:
        """Open the inbox as the listener does."""
        self.site.state.mkdir(exist_ok=True, mode=0o700)
        with Inbox.open(self.site.state) as inbox:
            yield inbox

    def key(self, lsid: str) -> str:
        """The external key that a session has."""
        return str(self.site.session(lsid)["external_key"])

    def own(self, lsid: str) -> list[dict[str, Any]]:
        """The tickets that were made for a session: none, or one."""
        return [row for row in self.site.rows("Tickets") if row["externalID"] == f"bt:{lsid}"]

    def see_on_its_own(self, lsid: str) -> dict[str, Any]:
        """See that an ended session is on its own ticket exactly once, with its time, and return that ticket."""
        (ticket,) = self.own(lsid)
        note = self.site.notes()[f"[bt:{lsid[:12]}]"]
        entry = self.site.entries()[f"[bt:{lsid}:{self.site.session(lsid)['primary_representative']}]"]
        assert (note["ticketID"], entry["ticketID"]) == (ticket["id"], ticket["id"])
        return ticket
