"""What a trial takes place on: both products with a few sessions, and the profile that brings them together."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.notes.templates import Templates
from bt_autotask_sync.sandbox.appliance.sessions import Lags
from bt_autotask_sync.sandbox.application import Sandbox
from bt_autotask_sync.sandbox.clock import SandboxClock
from bt_autotask_sync.sandbox.outbound.recipient import Recipient
from bt_autotask_sync.sandbox.scenarios.ticketing import COMPLETE
from bt_autotask_sync.sandbox.switches import Switches
from tests.crash.simulator.clocks import Clocks
from tests.crash.simulator.habits import habits
from tests.crash.simulator.keys import Keys, Stands
from tests.crash.simulator.plans import Plans
from tests.crash.simulator.records import KEY_DIGITS, ON_TICKETS, Deeds, Row, lsid_in
from tests.crash.simulator.rules import TicketRules, make_profile
from tests.crash.simulator.stories import Stories
from tests.crash.simulator.terms import Bills, Terms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bt_autotask_sync.config.models import Profile
    from bt_autotask_sync.sandbox.appliance.record import Session

BEGINNING = 1_795_345_200.0
"""2026-11-22T11:00:00Z."""
DAY = 86_400
_WIDE = 24
"""Hours of look-back from which on what shows later than `stories.LATEST` is found."""
_LISTENER = Recipient("http://listener/ERSPost")
_KEY_SHOWS_LATE = 90.0
"""Seconds by which the reports of some scenes lag behind with the key of a running session."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a scene is made from; `varied` draws keys, technicians, surveys, settings and the products' habits.

    With `tickets` sessions run at first, outbound events tell of them, and tickets are made for them.
    """

    seed: int = 1
    sessions: int = 3
    varied: bool = False
    non_billable: bool = False
    lookback_hours: int = 168
    tickets: bool = False
    polls: bool = True
    loses_checkpoint: bool = False

    @property
    def looks_far_back(self) -> bool:
        """Whether later listings make up for one that left out sessions, and late surveys are found."""
        return self.lookback_hours >= _WIDE


@dataclass
class Typed:
    """What people typed into a session: its keys in order with their times, the first one that it came with."""

    keys: list[str]
    times: list[float] = field(default_factory=lambda: [float("-inf")])
    since_end: list[str] = field(default_factory=list)
    """Keys that somebody replaced after its end."""


class Scene:
    """Both products on one virtual clock, and who may be delivered where.

    Attributes:
        typed: The external keys that people gave each session, by lsid.
        deeds: What people have done to records in Autotask: what they deleted may be made again, and need not.
        moved_to: The tickets to which people moved something of a session, by lsid.
        plans: With which settings each session may have been planned.
        terms: How time is billed now.
        resource_map: Whose e-mail address cannot be told by the username.
        clocks: How far the clocks of both products and of this machine are apart.
        rules: When tickets are made; None in scenes without.
        keys: The keys of scenes in which tickets are made.
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
            switches=habits(self._random, setting.seed, tickets=setting.tickets) if setting.varied else Switches(),
            recipients=(_LISTENER,) if setting.tickets else (),
        )
        skew = self._random.choice((0, -3000, 47, 90_000)) if setting.varied else 0
        self.clocks = Clocks.drawn(Random(f"clocks-{setting.seed}"), skew)
        self.terms = Terms(Bills.ALL if setting.varied and self._random.random() < 0.5 else Bills.PRIMARY)
        self.resource_map: dict[str, str] = {}
        self.profile_name = "default"
        open_ones = [row for row in self.sandbox.autotask.store.scan("Tickets") if row["status"] != COMPLETE]
        self.tickets: list[dict[str, Any]] = open_ones[:3]
        self.rules = self._ticket_rules() if setting.tickets else None
        self.profile = self.configured()
        self.templates = _templates()
        if setting.non_billable:
            self._seed_non_billable_time()
        self.keys = Keys(self.tickets, self.contact["id"])
        keys = self.keys if setting.tickets else None
        self._stories = Stories(self.sandbox.appliance.author, setting, self.tickets, keys, self._random)
        self.typed = {session.lsid: Typed([session.external_key]) for session in self.sessions()}
        self.deeds = Deeds()
        self.moved_to: dict[str, set[int]] = {}
        self.plans = Plans()
        for number in range(setting.sessions):
            if setting.tickets and (not setting.varied or self._random.random() < 0.7):
                self.start_session(number)
            else:
                self.add_session(number)
        if setting.tickets:
            self._seed_lookalikes()

    def configured(self) -> Profile:
        """Return the profile as the settings are now."""
        table = self.terms.table(non_billable=self._setting.non_billable, resource_map=self.resource_map)
        return make_profile(
            self.sandbox,
            name=self.profile_name,
            lookback_hours=self._setting.lookback_hours,
            impersonate=self.sandbox.switches.impersonation != "allowed" or self._impersonates(),
            time_entries=table,
            **(self.rules.tables() if self.rules else {}),
        )

    def sessions(self) -> Sequence[Session]:
        """Return all sessions of the appliance that have begun, as far as they have happened."""
        return tuple(self.sandbox.appliance._sessions.begun(self.clock.now()))

    def running(self) -> Sequence[Session]:
        """Return those that run."""
        return tuple(session for session in self.sessions() if session.active)

    def unseen(self, *, denied: bool) -> list[str]:
        """Return the lsids of those that no report shows yet, or perhaps denies, and that a listing will name."""
        if self.rules is None or not self.rules.polls:
            return []
        return [session.lsid for session in self.sessions() if denied or session.visible_from > self.clock.now()]

    def add_session(self, number: int) -> None:
        """Add a session that has ended; those of even numbers share a ticket."""
        self._add(self._stories.ended(number, int(self.clock.now())))

    def start_session(self, number: int) -> None:
        """Add a session that runs."""
        self._add(self._stories.running(number, int(self.clock.now())))

    @property
    def contact(self) -> dict[str, Any]:
        """The contact whom default data and some key name."""
        return self.sandbox.autotask.store.scan("Contacts")[4]

    def records(self) -> list[tuple[str, str, Row]]:
        """Return the entity and the lsid of every note and time entry of a session, with the record."""
        keys = {session.lsid[:KEY_DIGITS]: session.lsid for session in self.sessions()}
        rows = [(entity, row) for entity in ON_TICKETS for row in self.sandbox.autotask.store.scan(entity)]
        return [(entity, lsid, row) for entity, row in rows if (lsid := lsid_in(entity, row, keys))]

    @property
    def loses_checkpoint(self) -> bool:
        """Whether somebody may move the checkpoint away, or put an older one back."""
        return self._setting.loses_checkpoint

    @property
    def looks_far_back(self) -> bool:
        """Whether late surveys are found."""
        return self._setting.looks_far_back

    def is_purged(self, session: Session) -> bool:
        """Tell whether no report shows a session any more."""
        days = self.sandbox.switches.report_retention_days
        return bool(days) and session.ended_at is not None and session.ended_at + days * DAY < self.clock.now()

    def complete(self, lsids: str) -> Iterator[str]:
        """Yield which of these lsids (all, if none is named) a report shows now with its end."""
        switches = self.sandbox.switches
        lags = Lags(switches.report_lag_seconds, switches.running_lag_seconds)
        for session in self.sandbox.appliance._sessions.reported(self.clock.now(), lags):
            over = session.ended_at is not None and not self.is_purged(session)
            if over and (not lsids or session.lsid in lsids):
                yield session.lsid

    def change_key(self, session: Session, key: str) -> None:
        """Have somebody name another ticket in a session."""
        kept, typed = self.sandbox.appliance._sessions, self.typed[session.lsid]
        if not session.active:
            typed.since_end.append(session.external_key)
        typed.keys.append(key)
        typed.times.append(self.clock.now())
        kept.put(replace(kept[session.lsid], external_key=key))

    def type_key(self, random: Random) -> bool:
        """Have somebody type something into a running session, and tell whether there was one."""
        running = self.running()
        if not running:
            return False
        session = random.choice(running) if self._setting.varied else running[-1]
        key = self.keys.typed_over(session.external_key, random)
        self.change_key(session, key if self._setting.varied else self.tickets[2]["ticketNumber"])
        return True

    def keys_since_end(self, session: Session) -> list[str]:
        """Return the keys that a session has had since its end, or the one that it has while it runs."""
        return [*self.typed[session.lsid].since_end, session.external_key]

    def is_typed(self, session: Session) -> bool:
        """Tell whether the key that a session has is what somebody typed last, not one that it came with."""
        return len(self.typed[session.lsid].keys) > 1 and session.external_key == self.typed[session.lsid].keys[-1]

    def names_ticket(self, key: str) -> bool:
        """Tell whether a key names a ticket, existing or not."""
        return self.keys.stands_for(key) is Stands.TICKET

    @contextmanager
    def lagging_reports(self) -> Iterator[None]:
        """Let reports of running sessions show the key before the one that was typed last, if that is not long ago."""
        kept, now = self.sandbox.appliance._sessions, self.clock.now()
        behind: dict[str, tuple[str, str]] = {}
        if self._setting.tickets and self.sandbox.switches.external_key_attribute == "always":
            for session in self.running():
                typed = self.typed[session.lsid]
                if self.is_typed(session) and now - typed.times[-1] < _KEY_SHOWS_LATE:
                    behind[session.lsid] = typed.keys[-2], session.external_key
        for lsid, (before, _) in behind.items():
            kept.put(replace(kept[lsid], external_key=before))
        try:
            yield
        finally:
            for lsid, (before, typed_last) in behind.items():
                if kept[lsid].external_key == before:
                    kept.put(replace(kept[lsid], external_key=typed_last))

    def listed_from(self, session: Session) -> float | None:
        """Return from when on the appliance lists a session as ended; None while it runs."""
        if session.ended_at is None or self.is_purged(session):
            return None
        return max(session.visible_from, session.ended_at + self.sandbox.switches.report_lag_seconds)

    def all_visible(self) -> bool:
        """Tell whether the appliance lists every session by now that has ended, or whose end is set."""
        return max(self.listed_from(each) or 0.0 for each in self.sandbox.appliance._sessions) < self.clock.now()

    def next_late_commit(self) -> float | None:
        """Return when a product is done with something that it still works on although its caller is gone."""
        return min((late.due for late in self.sandbox._late), default=None)

    def last_late_commit(self) -> float | None:
        """Return when both products are done with all of that."""
        return max((late.due for late in self.sandbox._late), default=None)

    def _add(self, session: Session) -> None:
        self.typed[session.lsid] = Typed([session.external_key])
        self.sandbox.appliance.add_session(session, announce=self._setting.tickets)

    def _ticket_rules(self) -> TicketRules:
        contact, company = self.contact["id"], self.contact["companyID"]
        if not self._setting.varied:
            return TicketRules(contact=contact)
        return TicketRules.drawn(self._random, contact, company, polls=self._setting.polls)

    def _seed_lookalikes(self) -> None:
        """Have the tenant hold tickets whose external ids look like those that are made for sessions."""
        forms = ("bt:{}0", "bt:{:.12}", "bt:{:.31}", "x-bt:{}", "bt: {}")
        for session, form in zip(self.sessions(), forms, strict=False):
            row = {**self.tickets[0], "id": None, "ticketNumber": None, "externalID": form.format(session.lsid)}
            self.sandbox.autotask.store.insert("Tickets", row)

    def _seed_non_billable_time(self) -> None:
        """Have the tenant hold some time that is not billed: without any, nobody could tell whether it is hidden."""
        store = self.sandbox.autotask.store
        store.insert("TimeEntries", {**store.scan("TimeEntries")[0], "id": None, "isNonBillable": True})

    def _impersonates(self) -> bool:
        """Tell whether notes are made in the representatives' names where the tenant permits it."""
        return self._setting.varied and Random(f"impersonates-{self._setting.seed}").random() < 0.5


@lru_cache(maxsize=1)
def _templates() -> Templates:
    return Templates.load(None)
