"""Writes sessions: a customer with a ticket, a technician, their conversation, and the twists of the story."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING

from bt_autotask_sync.sandbox.appliance.record import Customer, IssueForm
from bt_autotask_sync.sandbox.scenarios.conversations import SCENARIOS
from bt_autotask_sync.sandbox.scenarios.draft import Draft
from bt_autotask_sync.sandbox.scenarios.features import EVERYDAY
from bt_autotask_sync.sandbox.scenarios.people import COMPANIES, TECHNICIANS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from random import Random

    from bt_autotask_sync.sandbox.appliance.record import Session
    from bt_autotask_sync.sandbox.scenarios.conversations import Scenario
    from bt_autotask_sync.sandbox.scenarios.features import Twist
    from bt_autotask_sync.sandbox.scenarios.people import Company, Contact, Technician

SHORTEST, LONGEST = 4 * 60, 55 * 60
"""Seconds that an ordinary session takes."""
_FROM_PUBLIC_SITE = 0.5
"""The share of sessions that start with the issue form."""
_SYSTEMS = (
    "Windows 11 Pro x64 (26100)",
    "Windows 11 Enterprise x64 (22631)",
    "Windows 10 Pro x64 (19045)",
    "Windows Server 2022 Standard x64 (20348)",
    "macOS 15.1 (24B83)",
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Who has which trouble."""

    company: Company
    contact: Contact
    scenario: Scenario


@dataclass(frozen=True, slots=True)
class TicketReference:
    """A ticket as the technicians know it; `created_at` in unix seconds, `open` if it is not completed."""

    id: int
    number: str
    created_at: float
    open: bool
    trouble: Trouble


@dataclass(frozen=True, slots=True)
class Story:
    """What a session is to be; `end` None: it still runs; `technician` None: nobody has taken it up."""

    start: int
    end: int | None
    now: int
    technician: Technician | None
    trouble: Trouble
    external_key: str
    twists: tuple[Twist, ...] = ()


class Author:
    """Writes one session after the other, numbering them."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._lseq = 100
        self._tickets: list[TicketReference] = []
        self._on_duty = cycle([each for each in TECHNICIANS if each.billable])

    def take_up(self, tickets: Iterable[TicketReference]) -> None:
        """Learn which tickets sessions can be about from now on; completed ones are left alone."""
        self._tickets = sorted((each for each in tickets if each.open), key=lambda each: each.created_at)

    def length(self) -> int:
        """Return how many seconds an ordinary session takes."""
        return self._random.randint(SHORTEST, LONGEST)

    def ticket(self, start: float) -> TicketReference | None:
        """Return an open ticket that was there at `start`; any open one if none was; None without tickets."""
        if not self._tickets:
            return None
        older = bisect_right(self._tickets, start, key=lambda each: each.created_at)
        return self._tickets[self._random.randrange(older or len(self._tickets))]

    def trouble(self) -> Trouble:
        """Return somebody with some trouble in a language of theirs."""
        company = self._random.choice(COMPANIES)
        return Trouble(company, self._random.choice(company.contacts), self._scenario(company.languages))

    def ordinary(
        self,
        start: int,
        end: int | None,
        *,
        now: int,
        key: str | None,
        waiting: bool = False,
        twists: Iterable[Twist] = (),
    ) -> Session:
        """Write a session that a technician on duty held, or is to take up; `key` None names its ticket."""
        ticket = self.ticket(start)
        trouble = self.trouble() if ticket is None else ticket.trouble
        if key is None:
            key = "" if ticket is None else ticket.number
        twist, technician = self._random.choice(EVERYDAY), next(self._on_duty)
        if waiting:
            return self.write(Story(start, end, now, None, trouble, key, tuple(twists)))
        return self.write(Story(start, end, now, technician, trouble, key, (twist, *twists)))

    def write(self, story: Story) -> Session:
        """Write the session that the story tells."""
        draft = self._draft(story)
        draft.set(external_key=story.external_key)
        draft.set(custom_attributes={"customer_email": story.trouble.contact.email})
        if story.technician is not None:
            draft.join(story.technician, 0.02, owner=True)
            self._talk(draft, story.technician, story)
        for twist in story.twists:
            twist(draft)
        return draft.finish()

    def _draft(self, story: Story) -> Draft:
        self._lseq += 1
        lsid = f"{self._random.getrandbits(128):032x}"
        colleagues = [each for each in TECHNICIANS if each.billable and each is not story.technician]
        return Draft(
            lsid=lsid,
            lseq=self._lseq,
            times=(story.start, story.end, story.now),
            customer=self._customer(story.trouble),
            scenario=story.trouble.scenario,
            random=self._random,
            colleagues=colleagues,
        )

    def _customer(self, trouble: Trouble) -> Customer:
        random, company, scenario = self._random, trouble.company, trouble.scenario
        form = IssueForm(trouble.contact.name, company.name, company.code, scenario.issue, scenario.details)
        return Customer(
            gsnumber=random.randint(10, 900),
            name=trouble.contact.name,
            public_ip=f"203.0.113.{random.randint(2, 250)}:{random.randint(1025, 65535)}",
            private_ip=f"192.168.{random.randint(0, 20)}.{random.randint(2, 250)}",
            hostname=f"{company.code}-WS-{random.randint(1, 240):03}",
            os=random.choice(_SYSTEMS),
            form=form if random.random() < _FROM_PUBLIC_SITE else None,
        )

    def _talk(self, draft: Draft, technician: Technician, story: Story) -> None:
        names = {
            "name": story.trouble.contact.first,
            "rep": technician.public_name,
            "host": draft.customer.hostname,
        }
        lines = list(draft.scenario.play(self._random, names))
        for number, (speaker, text) in enumerate(lines):
            share = 0.05 + 0.85 * (number + self._random.random()) / len(lines)
            draft.say(share, draft.client if speaker == "customer" else draft.lead, text)
        if story.end is not None:
            draft.log(0.95, "Session Note Added", draft.lead, body=draft.scenario.note)

    def _scenario(self, languages: Sequence[str]) -> Scenario:
        return self._random.choice([each for each in SCENARIOS if each.language in languages])
