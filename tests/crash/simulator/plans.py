"""With which terms each session may have been planned: known from the wire, from nothing that the program keeps.

A session is planned from its first complete report that a run reads, with the settings of that run; a run that ends
before it has sent anything of the session may have kept that plan, or not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.crash.simulator.terms import Terms


@dataclass
class Plan:
    """The terms under which a session may have been planned.

    Attributes:
        terms: All of them, the earliest first.
        begun: Whether something of it was sent: from then on they stand.
        begun_before: Whether that was so before somebody named it.
        named: Whether a person named it in a `resync`, which plans it again.
        partly: Whether a ledger that had lost the session found some of it in Autotask: the rest of its time may wait
            for a person.
    """

    terms: list[Terms] = field(default_factory=list)
    begun: bool = False
    begun_before: bool = False
    named: bool = False
    partly: bool = False

    @property
    def lenient(self) -> bool:
        """Whether some of its time may wait for a person: what is there and what is planned may differ."""
        return self.partly or (self.named and len(self.terms) > 1)


class Plans:
    """Keeps the plans of a trial."""

    def __init__(self) -> None:
        self._plans: dict[str, Plan] = {}

    def of(self, lsid: str) -> Plan:
        """Return the plan of a session; one without terms for a session that no run has read."""
        return self._plans.setdefault(lsid, Plan())

    def read(self, lsid: str, terms: Terms) -> None:
        """Take note that a run with these terms has read a complete report of a session."""
        plan = self.of(lsid)
        if not plan.begun and terms not in plan.terms:
            plan.terms.append(terms)

    def sent(self, lsid: str) -> None:
        """Take note that a run has sent a note or time entry of a session."""
        self.of(lsid).begun = True

    def named(self, lsid: str) -> None:
        """Take note that a person plans a session again."""
        plan = self.of(lsid)
        plan.begun_before, plan.begun, plan.named = plan.begun_before or plan.begun, False, True

    def resynced(self, lsid: str) -> None:
        """Take note that this is done: of a session that was begun before, the terms of that run stand."""
        plan = self.of(lsid)
        plan.begun = plan.begun or plan.begun_before

    def deleted(self, lsid: str) -> None:
        """Take note that people deleted something of a session: a ledger that has lost it may plan it again."""
        plan = self.of(lsid)
        if plan.partly:
            plan.begun = plan.begun_before = False

    def forgotten(self, noted: Iterable[str], billed: Iterable[str], *, entirely: bool) -> None:
        """Take note that the ledger has lost what it knew, or all that is newer than a copy of it.

        Args:
            noted: The sessions of which a note stands in Autotask.
            billed: The sessions of which a time entry does: no other terms can come to be theirs.
            entirely: Whether it knows nothing at all.
        """
        known, settled = set(noted) | set(billed), set(billed)
        for lsid, plan in self._plans.items():
            plan.partly = plan.partly or lsid in known
            plan.begun = plan.begun_before = lsid in settled
            if entirely and lsid not in known:
                plan.terms.clear()
