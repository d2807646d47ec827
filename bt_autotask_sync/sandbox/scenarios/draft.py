"""A session while its story is written. Moments are shares of it: 0.0 its start, 1.0 its end or the present."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.sandbox.appliance.live import arrival, arriving, ended, party, taking_over
from bt_autotask_sync.sandbox.appliance.record import (
    EVERYONE,
    MEMBER_ADDED,
    MEMBER_DEPARTED,
    OWNER_CHANGED,
    SESSION_START,
    SYSTEM,
    Event,
    Party,
    Session,
    Span,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from bt_autotask_sync.sandbox.appliance.record import Customer, InformationTable, Representative
    from bt_autotask_sync.sandbox.scenarios.conversations import Scenario
    from bt_autotask_sync.sandbox.scenarios.people import Technician

_WAITING = "Pre-start Conference"


class Draft:
    """Collects who came and what happened, and becomes a `Session`.

    Args:
        lsid: Its id.
        lseq: Its number.
        times: Start, end (None while it runs) and the present, in unix seconds.
        customer: Who is helped.
        scenario: What the trouble is.
        random: The source of chance for the twists.
        colleagues: Technicians who may come along.
    """

    def __init__(
        self,
        *,
        lsid: str,
        lseq: int,
        times: tuple[int, int | None, int],
        customer: Customer,
        scenario: Scenario,
        random: Random,
        colleagues: Sequence[Technician],
    ) -> None:
        self.lsid = lsid
        self.lseq = lseq
        self.start, self.end, self.now = times
        self.customer = customer
        self.scenario = scenario
        self.random = random
        self.colleagues = colleagues
        self.representatives: list[Representative] = []
        self._events: list[tuple[float, Event]] = []
        self._traits: dict[str, Any] = {}
        self._open()

    @property
    def client(self) -> Party:
        """Return the customer as a party of events."""
        return Party("customer", self.customer.gsnumber, self.customer.name)

    @property
    def lead(self) -> Party:
        """Return the first representative as a party of events."""
        return party(self.representatives[0])

    def colleague(self) -> Technician:
        """Return a technician who is not in the session yet."""
        present = {each.user_id for each in self.representatives}
        return self.random.choice([each for each in self.colleagues if each.user_id not in present])

    def at(self, share: float) -> int:
        """Return the moment in unix seconds."""
        until = self.now if self.end is None else self.end
        return self.start + int((until - self.start) * share)

    def log(
        self,
        share: float,
        event_type: str,
        performed_by: Party | None = None,
        destination: Party | None = None,
        *,
        body: str = "",
        data: dict[str, str] | None = None,
        file: tuple[str, int] | None = None,
        system_information: tuple[InformationTable, ...] = (),
    ) -> None:
        """Note that something happened."""
        pairs = tuple((data or {}).items())
        self._put(
            share, Event(self.at(share), event_type, performed_by, destination, body, pairs, file, system_information)
        )

    def say(self, share: float, sender: Party, text: str, to: Party = EVERYONE) -> None:
        """Note a line of chat."""
        self.log(share, "Chat Message", sender, to, body=text)

    def set(self, **traits: Any) -> None:
        """Set fields of the `Session` to be."""
        self._traits.update(traits)

    def join(self, technician: Technician, share: float, *, owner: bool, invited: bool = False) -> Party:
        """Let a technician come in and stay; an owner becomes the primary representative."""
        gsnumber = self.customer.gsnumber + 1 + len(self.representatives)
        arrived = arriving(technician, gsnumber, self.at(share), self.random)
        representative = replace(arrived, owner=owner, invited=invited)
        self.representatives.append(representative)
        self._put(share, arrival(representative, self.at(share)))
        if party(representative) != self.lead:
            self.say(share, SYSTEM, f"{technician.public_name} has joined the session.")
        if owner:
            self._put(share, taking_over(representative, self.at(share)))
            self.set(primary=representative.gsnumber)
        return party(representative)

    def leave(self, leaving: Party, share: float) -> None:
        """Let a representative go."""
        index, representative = self._find(leaving)
        *earlier, last = representative.spans
        spans = (*earlier, Span(last.joined, self.at(share)))
        self.representatives[index] = replace(representative, spans=spans)
        self.log(share, MEMBER_DEPARTED, leaving)

    def come_back(self, returning: Party, share: float) -> None:
        """Let a representative who left join again."""
        index, representative = self._find(returning)
        spans = (*representative.spans, Span(self.at(share), None))
        self.representatives[index] = replace(representative, spans=spans)
        self._put(share, arrival(representative, self.at(share)))

    def finish(self) -> Session:
        """Return the session, closed if it has an end."""
        self._events.sort(key=lambda pair: pair[0])
        session = Session(
            **{
                "lsid": self.lsid,
                "lseq": self.lseq,
                "started_at": self.start,
                "ended_at": None,
                "customer": self.customer,
                "representatives": tuple(self.representatives),
                "primary": 0,
                "events": tuple(event for _, event in self._events),
                **self._traits,
            }
        )
        return session if self.end is None else ended(session, self.end)

    def _open(self) -> None:
        customer = self.customer
        self.log(0, SESSION_START)
        waiting = Party(SYSTEM.type, SYSTEM.gsnumber, _WAITING)
        self.log(0, OWNER_CHANGED, destination=waiting, data={"owner": _WAITING})
        data = {
            "name": customer.name,
            "private_ip": customer.private_ip,
            "public_ip": customer.public_ip,
            "hostname": customer.hostname,
            "os": customer.os,
        }
        self.log(0, MEMBER_ADDED, self.client, data=data)

    def _put(self, share: float, event: Event) -> None:
        self._events.append((share, event))

    def _find(self, wanted: Party) -> tuple[int, Representative]:
        pairs = enumerate(self.representatives)
        return next((index, each) for index, each in pairs if each.gsnumber == wanted.gsnumber)
