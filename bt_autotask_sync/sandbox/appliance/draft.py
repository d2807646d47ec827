"""A session while its story is written. Moments are shares of it: 0.0 its start, 1.0 its end or the present."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.sandbox.appliance.record import EVERYONE, SYSTEM, Event, Party, Representative, Session, Span
from bt_autotask_sync.sandbox.appliance.sessions import ended

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from bt_autotask_sync.sandbox.appliance.record import Customer, InformationTable
    from bt_autotask_sync.sandbox.conversations import Scenario
    from bt_autotask_sync.sandbox.people import Technician

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
        return _party(self.representatives[0])

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
        event = Event(self.at(share), event_type, performed_by, destination, body, pairs, file, system_information)
        self._events.append((share, event))

    def say(self, share: float, sender: Party, text: str, to: Party = EVERYONE) -> None:
        """Note a line of chat."""
        self.log(share, "Chat Message", sender, to, body=text)

    def set(self, **traits: Any) -> None:
        """Set fields of the `Session` to be."""
        self._traits.update(traits)

    def join(self, technician: Technician, share: float, *, owner: bool, invited: bool = False) -> Party:
        """Let a technician come in and stay; an owner becomes the primary representative."""
        random = self.random
        representative = Representative(
            gsnumber=self.customer.gsnumber + 1 + len(self.representatives),
            user_id=technician.user_id,
            username=technician.username,
            public_name=technician.public_name,
            private_name=technician.private_name,
            public_ip=f"198.51.100.{random.randint(2, 250)}:{random.randint(1025, 65535)}",
            private_ip=f"10.20.0.{random.randint(2, 250)}",
            os="Windows 11 Enterprise x64 (22631)",
            hostname=f"MSP-{technician.account[:4].upper()}",
            owner=owner,
            invited=invited,
            spans=(Span(self.at(share), None),),
        )
        self.representatives.append(representative)
        party = _party(representative)
        self._arrive(share, representative)
        if party != self.lead:
            self.say(share, SYSTEM, f"{technician.public_name} has joined the session.")
        if owner:
            self._own(share, representative)
        return party

    def leave(self, party: Party, share: float) -> None:
        """Let a representative go."""
        index, representative = self._find(party)
        *earlier, last = representative.spans
        spans = (*earlier, Span(last.joined, self.at(share)))
        self.representatives[index] = replace(representative, spans=spans)
        self.log(share, "Conference Member Departed", party)

    def come_back(self, party: Party, share: float) -> None:
        """Let a representative who left join again."""
        index, representative = self._find(party)
        spans = (*representative.spans, Span(self.at(share), None))
        self.representatives[index] = replace(representative, spans=spans)
        self._arrive(share, representative)

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
                "events": tuple(event for _, event in self._events),
                **self._traits,
            }
        )
        return session if self.end is None else ended(session, self.end)

    def _open(self) -> None:
        customer = self.customer
        self.log(0, "Session Start")
        waiting = Party(SYSTEM.type, SYSTEM.gsnumber, _WAITING)
        self.log(0, "Conference Owner Changed", destination=waiting, data={"owner": _WAITING})
        data = {
            "name": customer.name,
            "private_ip": customer.private_ip,
            "public_ip": customer.public_ip,
            "hostname": customer.hostname,
            "os": customer.os,
        }
        self.log(0, "Conference Member Added", self.client, data=data)

    def _arrive(self, share: float, representative: Representative) -> None:
        data = {
            "private_name": representative.private_name,
            "username": representative.username,
            "private_ip": representative.private_ip,
            "public_ip": representative.public_ip,
            "os": representative.os,
            "user_id": str(representative.user_id),
        }
        self.log(share, "Conference Member Added", _party(representative), data=data)

    def _own(self, share: float, representative: Representative) -> None:
        party = _party(representative)
        self.log(share, "Conference Owner Changed", destination=party, data={"owner": representative.private_name})
        self.set(primary=representative.gsnumber)

    def _find(self, party: Party) -> tuple[int, Representative]:
        pairs = enumerate(self.representatives)
        return next((index, each) for index, each in pairs if each.gsnumber == party.gsnumber)


def _party(representative: Representative) -> Party:
    return Party("representative", representative.gsnumber, representative.private_name)
