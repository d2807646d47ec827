"""What a trial takes place on: both products with a few sessions, and the profile that brings them together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.config.models import Profile
from bt_autotask_sync.notes.templates import Templates
from bt_autotask_sync.sandbox.appliance.author import Story
from bt_autotask_sync.sandbox.appliance.twists import (
    EVERYDAY,
    customer_survey,
    invited,
    late_customer_survey,
    nothing_more,
    rejoined,
    representative_survey,
    shared,
    transferred,
)
from bt_autotask_sync.sandbox.application import Sandbox
from bt_autotask_sync.sandbox.clock import SandboxClock
from bt_autotask_sync.sandbox.people import DEFAULT_DOMAIN, ROLE_NAME, TECHNICIANS
from bt_autotask_sync.sandbox.switches import Switches
from bt_autotask_sync.sandbox.ticketing import COMPLETE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bt_autotask_sync.sandbox.appliance.record import Session

BEGINNING = 1_795_345_200.0
"""2026-11-22T11:00:00Z."""
DAY = 86_400
MISSING_TICKET = "T20261101.9999"
LATEST = 40 * 60
"""Seconds after its end within which a late session shows; less than the shortest look-back."""
_WIDE = 24
"""Hours of look-back from which on what is given later than `LATEST` is found."""


MARKED = {"TicketNotes": "title", "TimeEntries": "internalNotes"}
"""Where each entity bears its marker."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a scene is made from; `varied` draws keys, technicians, surveys, settings and the products' habits."""

    seed: int = 1
    sessions: int = 3
    varied: bool = False
    non_billable: bool = False
    lookback_hours: int = 168

    @property
    def looks_far_back(self) -> bool:
        """Whether later listings make up for one that left out sessions, and late surveys are found."""
        return self.lookback_hours >= _WIDE


class Scene:
    """Both products on one virtual clock, and who may be delivered where.

    Attributes:
        keys: Every external key that each session had, by lsid.
        deleted_markers: Of what somebody deleted in Autotask: it may be made again, and need not.
        bills_all: Whether the time of all representatives is entered, not the primary one's alone.
        skew: Seconds by which Autotask's clock is ahead.
    """

    def __init__(self, setting: Setting) -> None:
        self._random = Random(f"scene-{setting.seed}")
        self._setting = setting
        self.clock = SandboxClock.virtual(BEGINNING)
        self.sandbox = Sandbox(
            sessions=0,
            seed=setting.seed,
            latency=self._random.uniform(0.05, 1.5) if setting.varied else 0.3,
            threshold=self._random.choice((10_000, 10_000, 120, 0)) if setting.varied else 10_000,
            clock=self.clock,
            switches=self._habits(),
        )
        self.skew = self._random.choice((0, -3000, 47, 90_000)) if setting.varied else 0
        self.bills_all = setting.varied and self._random.random() < 0.5
        self.profile = _profile(self.sandbox, setting.lookback_hours, self._time_entries())
        self.templates = _templates()
        if setting.non_billable:
            self._seed_non_billable_time()
        open_ones = [row for row in self.sandbox.autotask.store.scan("Tickets") if row["status"] != COMPLETE]
        self.tickets: list[dict[str, Any]] = open_ones[:3]
        self.keys: dict[str, list[str]] = {session.lsid: [session.external_key] for session in self.sessions()}
        self.deleted_markers: set[str] = set()
        for number in range(setting.sessions):
            self.add_session(number)

    def sessions(self) -> Sequence[Session]:
        """Return all sessions of the appliance."""
        return tuple(self.sandbox.appliance._sessions)

    def add_session(self, number: int) -> str:
        """Add a session that has ended, and return its lsid; those of even numbers share a ticket."""
        now = int(self.clock.now())
        end = now - 120 - self._random.randint(0, 600)
        ticket = self.tickets[number % 2]
        trouble = self.sandbox.appliance.author.trouble()
        story = Story(end - 900, end, now, TECHNICIANS[number % 3], trouble, ticket["ticketNumber"], (nothing_more,))
        story = self._varied(story) if self._setting.varied else replace(story, twists=_TWISTS[number % len(_TWISTS)])
        session = self.sandbox.appliance.author.write(story)
        late = self._setting.varied and self._random.random() < 0.2
        visible_from = now + self._random.randint(0, LATEST - 720) if late else now
        self.sandbox.appliance.add_session(replace(session, visible_from=visible_from))
        self.keys[session.lsid] = [session.external_key]
        return session.lsid

    def marked_records(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Return the entity and the marker of every note and time entry that bears one, with the record."""
        rows = [(entity, row) for entity in MARKED for row in self.sandbox.autotask.store.scan(entity)]
        return [(entity, marker, row) for entity, row in rows if (marker := marker_of(entity, row))]

    def change_key(self, session: Session, key: str) -> None:
        """Have somebody name another ticket in a session."""
        self.sandbox.appliance._sessions.put(replace(session, external_key=key))
        self.keys[session.lsid].append(key)

    def listed_from(self, session: Session) -> float | None:
        """Return from when on the appliance lists a session as ended; None while it runs."""
        if session.ended_at is None:
            return None
        return max(session.visible_from, session.ended_at + self.sandbox.switches.report_lag_seconds)

    def all_visible(self) -> bool:
        """Tell whether the appliance lists every session by now that has ended."""
        return max(self.listed_from(each) or 0.0 for each in self.sessions()) < self.clock.now()

    def pass_time(self, seconds: float) -> None:
        """Let time pass; what the products are still working on is made when it is due, not at the next request."""
        until = self.clock.now() + seconds
        for due in sorted(late.due for late in self.sandbox._late if late.due <= until):
            self.clock.advance(max(0.0, due - self.clock.now()))
            self.sandbox.state()
        self.clock.advance(until - self.clock.now())

    def late_commits_land(self) -> None:
        """Let time pass until both products have done, and show, all that they were still working on."""
        last = max((late.due for late in self.sandbox._late), default=self.clock.now())
        self.pass_time(last - self.clock.now() + self.sandbox.switches.query_lag_seconds + 1)

    def _time_entries(self) -> dict[str, Any]:
        return {
            "enabled": True,
            "representatives": "all" if self.bills_all else "primary",
            "hold_above_minutes": 10_000,
            "default_data": {
                "defaultDomain": DEFAULT_DOMAIN,
                "roleName": ROLE_NAME,
                "summaryNotes": "Remote support session",
                "isNonBillable": self._setting.non_billable,
            },
        }

    def _seed_non_billable_time(self) -> None:
        """Have the tenant hold some time that is not billed: without any, nobody could tell whether it is hidden."""
        store = self.sandbox.autotask.store
        store.insert("TimeEntries", {**store.scan("TimeEntries")[0], "id": None, "isNonBillable": True})

    def _varied(self, story: Story) -> Story:
        random = self._random
        ticket = random.choice(self.tickets)
        keys = (ticket["ticketNumber"], f"id:{ticket['id']}", "", MISSING_TICKET)
        start = story.start - 30 * 3600 if random.random() < 0.1 else story.start
        twists = [*EVERYDAY, customer_survey, representative_survey, transferred, shared, rejoined, invited]
        if self._setting.looks_far_back:
            twists.append(late_customer_survey)
        return replace(
            story,
            start=start,
            technician=random.choice(TECHNICIANS) if random.random() < 0.2 else story.technician,
            external_key=story.external_key if random.random() < 0.6 else random.choices(keys, (4, 2, 2, 2))[0],
            twists=(random.choice(twists),),
        )

    def _habits(self) -> Switches:
        switches = Switches()
        if self._setting.varied:
            random = self._random
            switches.change(
                {
                    "refusals": random.choice((500, 200)),
                    "retry_after": random.random() < 0.5,
                    "missing_item": random.choice(("null", "404")),
                    "nothing_found": random.choice(("root-error", "empty-list", "list-error", "nested")),
                    "listing": random.choice(("available", "available", "forbidden", "document-not-found")),
                    "date_suffix": random.choice(("Z", "none")),
                    "report_lag_seconds": random.choice((0.0, 0.0, 200.0)),
                    "query_lag_seconds": random.choice((0.0, 0.0, 0.0, 2.0)),
                    "hourly_limit": random.choice((429, 500)),
                }
            )
        return switches


def marker_of(entity: str, row: dict[str, Any]) -> str:
    """Return the marker at the end of a record, empty if it has none."""
    text = row[MARKED[entity]] or ""
    return text[text.rfind("[bt:") :] if "[bt:" in text else ""


_TWISTS = ((nothing_more,), (customer_survey,), (nothing_more,))


@lru_cache(maxsize=1)
def _templates() -> Templates:
    return Templates.load(None)


def _profile(sandbox: Sandbox, lookback_hours: int, time_entries: dict[str, Any]) -> Profile:
    appliance, autotask = sandbox.appliance.credentials, sandbox.autotask.credentials
    return Profile.model_validate(
        {
            "name": "default",
            "start_at": "2026-11-01T00:00:00Z",
            "lookback_hours": lookback_hours,
            "appliance": {
                "host": "sandbox",
                "client_id": appliance.client_id,
                "client_secret": appliance.client_secret,
            },
            "autotask": {
                "services_url": "https://sandbox/atservicesrest",
                "username": autotask.username,
                "secret": autotask.secret,
                "integration_code": autotask.integration_code,
            },
            "time_entries": time_entries,
        }
    )
