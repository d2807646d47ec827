"""What must stand in Autotask in the end, reckoned from what both products hold and from nothing of the program."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.sandbox.people import ROLE_NAME, TECHNICIANS
from tests.crash.simulator.scene import DAY, MARKED, marker_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bt_autotask_sync.sandbox.appliance.record import Representative, Session
    from tests.crash.simulator.own_tickets import OwnTickets
    from tests.crash.simulator.scene import Scene

_EMAILS = {technician.username: technician.email for technician in TECHNICIANS}
_API_ONLY = 7
_SHORTEST_GAP = 60


@dataclass(frozen=True, slots=True)
class Expected:
    """A record that must be there once: its marker, the tickets that it may stand on, and for an entry whose time."""

    entity: str
    marker: str
    tickets: frozenset[int]
    resource: int | None = None
    start: int | None = None
    end: int | None = None


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
        self._seeded = {entity: {row["id"]: row for row in self._store.rows(entity)} for entity in MARKED}

    def judge(self) -> Verdict:
        """Compare what is there with what must be."""
        missing = list(self._own_tickets.missing())
        wrong = [*self._own_tickets.wrong(), *self._altered()]
        expected = {(each.entity, each.marker): each for session in self._ended() for each in self._expected(session)}
        found = self._new_records()
        for key, records in found.items():
            if key not in expected:
                wrong.append(f"{key[0]} with {key[1] or 'no marker'} belongs nowhere: {_ids(records)}")
        for key, each in expected.items():
            records = found.get(key, [])
            if not records:
                missing += [] if each.marker in self._scene.deleted_markers else [f"{each.entity} {each.marker}"]
            elif len(records) > 1:
                wrong.append(f"{each.entity} {each.marker} is there {len(records)} times: {_ids(records)}")
            else:
                wrong.extend(_faults(each, records[0]))
        return Verdict(tuple(missing), tuple(wrong))

    def state(self, session: Session) -> str:
        """Return where the ledger must have a session in the end; empty where that is open."""
        if session.ended_at is None:
            return ""
        if self._tickets(session):
            complete = all(self._resource(person) for person, _ in self._present(session))
            return "delivered" if complete else "held"
        return "held" if self._scene.names_ticket(session.external_key) else self._own_tickets.state_without(session)

    def _ended(self) -> Iterator[Session]:
        yield from (session for session in self._scene.sessions() if session.ended_at is not None)

    def _expected(self, session: Session) -> Iterator[Expected]:
        tickets = self._tickets(session)
        if not tickets or session.ended_at is None:
            return
        for suffix in self._notes(session):
            yield Expected("TicketNotes", f"[bt:{session.lsid[:12]}{suffix}]", tickets)
        for representative, stays in self._present(session):
            resource = self._resource(representative)
            if resource is not None:
                yield from _entries(session.lsid, representative.username, stays, tickets, resource)

    def _present(self, session: Session) -> Iterator[tuple[Representative, list[tuple[int, int]]]]:
        """Yield whose time is entered, and from when to when they were there."""
        began, ended = session.started_at, session.ended_at or session.started_at
        if not self._scene.bills_all:
            if session.owner is not None:
                yield session.owner, [(began, ended)]
            return
        stays: dict[str, list[tuple[int, int]]] = defaultdict(list)
        people = {person.username: person for person in session.representatives if not person.invited}
        for person in session.representatives:
            spans = [(max(span.joined, began), min(span.left or ended, ended)) for span in person.spans]
            stays[person.username] += [(joined, left) for joined, left in spans if joined < left]
        for username, person in people.items():
            if stays[username]:
                yield person, _joined(stays[username])

    def _notes(self, session: Session) -> Iterator[str]:
        yield ""
        survey = session.customer_survey
        if survey is not None and survey.submitted_at <= self._scene.clock.now():
            yield ":customer-survey"
        if session.representative_surveys:
            yield ":representative-survey"

    def _tickets(self, session: Session) -> frozenset[int]:
        """Return where a session may be: on what its key named at its end, or later, or else on its own ticket."""
        keys = self._scene.keys_since_end(session)
        rows = self._store.scan("Tickets")
        named = {row["id"] for row in rows if row["ticketNumber"] in keys or f"id:{row['id']}" in keys}
        if not all(map(self._scene.names_ticket, keys)):
            named.update(self._own_tickets.of(session.lsid))
        return frozenset(named)

    def _resource(self, representative: Representative) -> int | None:
        """Return who bills: an active person with the address, who holds the role on the service desk."""
        email = _EMAILS[representative.username]
        people = [row for row in self._store.scan("Resources") if row["email"] == email and row["isActive"]]
        roles = {row["id"] for row in self._store.scan("Roles") if row["name"] == ROLE_NAME}
        held = {row["resourceID"] for row in self._store.scan("ResourceServiceDeskRoles") if row["roleID"] in roles}
        usable = [row["id"] for row in people if row["licenseType"] != _API_ONLY and row["id"] in held]
        return usable[0] if usable else None

    def _new_records(self) -> dict[tuple[str, str], list[dict[str, Any]]]:
        found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for entity in MARKED:
            for row in self._store.scan(entity):
                if row["id"] not in self._seeded[entity]:
                    found[entity, marker_of(entity, row)].append(row)
        return found

    def _altered(self) -> Iterator[str]:
        for entity, rows in self._seeded.items():
            for key, row in rows.items():
                if self._store.get(entity, key) != row:
                    yield f"{entity} {key}, which was there before, was changed"


def _entries(
    lsid: str, username: str, stays: list[tuple[int, int]], tickets: frozenset[int], resource: int
) -> Iterator[Expected]:
    parts = [(start, min(start + DAY, end)) for began, end in stays for start in range(began, end, DAY)]
    for number, (start, end) in enumerate(parts, start=1):
        marker = f"[bt:{lsid}:{username}{f':{number}' if number > 1 else ''}]"
        yield Expected("TimeEntries", marker, tickets, resource, start, end)


def _joined(stays: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return stays less than a minute apart as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(stays):
        if joined and start - joined[-1][1] < _SHORTEST_GAP:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _faults(expected: Expected, record: dict[str, Any]) -> Iterator[str]:
    if record["ticketID"] not in expected.tickets:
        yield f"{expected.entity} {expected.marker} stands on the ticket {record['ticketID']}"
    if expected.start is None:
        return
    if (_seconds(record["startDateTime"]), _seconds(record["endDateTime"])) != (expected.start, expected.end):
        yield f"{expected.marker} has the wrong time: {record['startDateTime']} to {record['endDateTime']}"
    if record["resourceID"] != expected.resource:
        yield f"{expected.marker} belongs to the resource {record['resourceID']}, not {expected.resource}"


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def _ids(records: list[dict[str, Any]]) -> str:
    return ", ".join(str(record["id"]) for record in records)
