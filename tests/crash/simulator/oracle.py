"""What must stand in Autotask in the end, reckoned from what both products hold and from nothing of the program.

Counted are the minutes of each session and real person, whatever marks the entries bear.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bt_autotask_sync.sandbox.scenarios.people import ROLE_NAME, TECHNICIANS
from tests.crash.simulator.records import Held, Records
from tests.crash.simulator.spans import overlap, without
from tests.crash.simulator.terms import unclear_owner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bt_autotask_sync.sandbox.appliance.record import Session
    from tests.crash.simulator.own_tickets import OwnTickets
    from tests.crash.simulator.plans import Plan
    from tests.crash.simulator.scene import Scene
    from tests.crash.simulator.terms import Spans, Terms

_EMAILS = {technician.user_id: technician.email for technician in TECHNICIANS}
_API_ONLY = 7


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is not there yet, and what should never have been."""

    missing: tuple[str, ...]
    wrong: tuple[str, ...]


class Oracle:
    """Judges what stands in Autotask, as it was seeded and as it is now.

    Args:
        scene: Both products, before the first run.
        own_tickets: Judges the tickets that were made for sessions.
    """

    def __init__(self, scene: Scene, own_tickets: OwnTickets) -> None:
        self._scene = scene
        self._own_tickets = own_tickets
        self._store = scene.sandbox.autotask.store
        self._records = Records(self._store, scene.deeds)

    def judge(self) -> Verdict:
        """Compare what is there with what must be."""
        missing = list(self._own_tickets.missing())
        wrong = [*self._own_tickets.wrong(), *self._records.altered()]
        sessions = {session.lsid: session for session in self._scene.sessions()}
        held, strays = self._records.by_session(sessions)
        wrong += [f"{stray} belongs to no session" for stray in strays]
        for lsid, session in sessions.items():
            there = held.get(lsid, Held())
            wrong += [*self._wrong_notes(session, there), *self._wrong_time(session, there)]
            wrong += self._misplaced(session, there)
            if not self._scene.is_purged(session):
                missing += [*self._missing_notes(session, there), *self._missing_time(session, there)]
        return Verdict(tuple(missing), tuple(wrong))

    def standing(self) -> tuple[set[str], set[str]]:
        """Return the lsids of which a note stands in Autotask, and those of which a time entry does."""
        held, _ = self._records.by_session(session.lsid for session in self._scene.sessions())
        noted = {lsid for lsid, there in held.items() if there.notes}
        return noted, {lsid for lsid, there in held.items() if there.entries}

    def states(self, session: Session) -> set[str]:
        """Return where the ledger may have a session in the end; empty where that is open."""
        if session.ended_at is None or self._scene.is_purged(session):
            return set()
        if not self._tickets(session):
            named = self._scene.names_ticket(session.external_key)
            state = "held" if named else self._own_tickets.state_without(session)
            return {state} if state else set()
        plan = self._scene.plans.of(session.lsid)
        states = {"held" if self._waits(session, terms) else "delivered" for terms in plan.terms}
        return (states or {"delivered"}) | ({"held"} if plan.lenient else set())

    def _waits(self, session: Session, terms: Terms) -> bool:
        """Tell whether some time of a session cannot be entered under these terms."""
        unclear = terms.bills != "nobody" and unclear_owner(session)
        return unclear or any(self._resource(user) is None for user in terms.bill(session))

    def _bill(self, session: Session, terms: Terms) -> dict[int, Spans]:
        """Return what must be entered, by resource."""
        users = terms.bill(session).items()
        return {resource: spans for user, spans in users if (resource := self._resource(user)) is not None}

    def _wrong_notes(self, session: Session, there: Held) -> Iterator[str]:
        expected = set() if session.ended_at is None else set(self._notes(session))
        for suffix, rows in there.notes.items():
            if suffix not in expected:
                yield f"a note {suffix!r} of {session.lsid} must not be there: {_ids(rows)}"
            elif len(rows) > 1:
                yield f"the note {suffix!r} of {session.lsid} is there {len(rows)} times: {_ids(rows)}"

    def _missing_notes(self, session: Session, there: Held) -> Iterator[str]:
        if session.ended_at is None or not self._tickets(session):
            return
        deleted = self._records.deleted(session.lsid)
        for suffix in self._notes(session):
            if suffix not in there.notes and suffix not in deleted.notes:
                yield f"the note {suffix!r} of {session.lsid}"

    def _wrong_time(self, session: Session, there: Held) -> Iterator[str]:
        for resource, rows in there.entries.items():
            if overlap(self._records.times(rows)):
                yield f"time of {session.lsid} and resource {resource} is billed twice: {_entries(rows)}"
        plan = self._scene.plans.of(session.lsid)
        if there.entries and not self._fitting(session, plan, there):
            entries = [_entries(rows) for rows in there.entries.values()]
            yield f"no settings under which {session.lsid} was planned bill {'; '.join(entries)}: {plan.terms}"

    def _missing_time(self, session: Session, there: Held) -> Iterator[str]:
        plan = self._scene.plans.of(session.lsid)
        if session.ended_at is None or not self._tickets(session) or plan.lenient:
            return
        fitting = self._fitting(session, plan, there) or [self._bill(session, terms) for terms in plan.terms]
        deleted = self._records.deleted(session.lsid)
        left = [_left(self._records, bill, there, deleted) for bill in fitting]
        if left and all(left):
            yield f"time of {session.lsid}: {min(left, key=len)}"

    def _fitting(self, session: Session, plan: Plan, there: Held) -> list[dict[int, Spans]]:
        """Return the bills under which nothing of what is there is too much: person by person after a `resync`."""
        bills = [self._bill(session, terms) for terms in plan.terms]
        if plan.named:
            fits = all(any(self._within(bill, resource, rows) for bill in bills) for resource, rows in _of(there))
            return bills if fits else []
        return [bill for bill in bills if all(self._within(bill, resource, rows) for resource, rows in _of(there))]

    def _within(self, bill: dict[int, Spans], resource: int, rows: list[dict[str, object]]) -> bool:
        return not without(self._records.times(rows), bill.get(resource, ()))

    def _misplaced(self, session: Session, there: Held) -> Iterator[str]:
        tickets = self._tickets(session)
        for row in there.rows():
            if row["ticketID"] not in tickets:
                yield f"the record {row['id']} of {session.lsid} stands on the ticket {row['ticketID']}"

    def _notes(self, session: Session) -> Iterator[str]:
        yield ""
        survey = session.customer_survey
        if survey is not None and survey.submitted_at <= self._scene.clock.now():
            yield ":customer-survey"
        if session.representative_surveys:
            yield ":representative-survey"

    def _tickets(self, session: Session) -> frozenset[int]:
        """Return where a session may be: on what its key named at its end, or later, or else on its own ticket.

        Or where people have moved something of it.
        """
        keys = self._scene.keys_since_end(session)
        rows = self._store.scan("Tickets")
        named = {row["id"] for row in rows if row["ticketNumber"] in keys or f"id:{row['id']}" in keys}
        if not all(map(self._scene.names_ticket, keys)):
            named.update(self._own_tickets.of(session.lsid))
        return frozenset(named | self._scene.moved_to.get(session.lsid, set()))

    def _resource(self, user: int) -> int | None:
        """Return who bills: an active person with the address, who holds the role on the service desk."""
        email = _EMAILS[user]
        people = [row for row in self._store.scan("Resources") if row["email"] == email and row["isActive"]]
        roles = {row["id"] for row in self._store.scan("Roles") if row["name"] == ROLE_NAME}
        held = {row["resourceID"] for row in self._store.scan("ResourceServiceDeskRoles") if row["roleID"] in roles}
        usable = [row["id"] for row in people if row["licenseType"] != _API_ONLY and row["id"] in held]
        return usable[0] if usable else None


def _left(records: Records, bill: dict[int, Spans], there: Held, deleted: Held) -> dict[int, Spans]:
    """Return what of a bill is not entered, and was not deleted, by resource."""
    left = {
        resource: without(spans, records.times([*there.entries.get(resource, ()), *deleted.entries.get(resource, ())]))
        for resource, spans in bill.items()
    }
    return {resource: spans for resource, spans in left.items() if spans}


def _of(there: Held) -> list[tuple[int, list[dict[str, object]]]]:
    return list(there.entries.items())


def _entries(rows: list[dict[str, object]]) -> str:
    return ", ".join(f"{row['id']} ({row['startDateTime']} to {row['endDateTime']})" for row in rows)


def _ids(rows: list[dict[str, object]]) -> str:
    return ", ".join(str(row["id"]) for row in rows)
