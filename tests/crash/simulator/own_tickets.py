"""Which sessions must have a ticket of their own, which may, and what it must say: of nothing of the program."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tests.crash.simulator.keys import Stands
from tests.crash.simulator.rules import ATTENDED, DEFAULT_TITLE, UNATTENDED
from tests.crash.simulator.witness import TICKET_MARK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bt_autotask_sync.sandbox.appliance.record import Session
    from tests.crash.simulator.post import Post
    from tests.crash.simulator.rules import TicketRules
    from tests.crash.simulator.scene import Scene
    from tests.crash.simulator.witness import Evidence

Whose = tuple[int | None, int]
"""A contact, if any, and a company."""


class OwnTickets:
    """Judges the tickets that were made for sessions.

    Args:
        scene: Both products, before the first run.
        post: Knows of whom the inbox was told.
        evidence: What was seen on the wire.
    """

    def __init__(self, scene: Scene, post: Post, evidence: Evidence) -> None:
        self._scene = scene
        self._post = post
        self._evidence = evidence
        self._store = scene.sandbox.autotask.store
        self._seeded = {row["id"] for row in self._store.scan("Tickets")}

    def of(self, lsid: str) -> list[int]:
        """Return the ids of the tickets that were made for a session."""
        return [row["id"] for row in self._made().get(lsid, ())]

    def missing(self) -> Iterator[str]:
        """Yield what is not there yet: tickets, and their numbers in running sessions."""
        rules, made = self._scene.rules, self._made()
        for session in self._scene.sessions() if rules is not None else ():
            if self._scene.is_purged(session):
                continue
            if session.lsid not in made:
                if rules is not None and self._must_have(session, rules):
                    yield f"the ticket of {session.lsid}"
            elif self._must_show(session):
                yield f"the number {made[session.lsid][0]['ticketNumber']} in {session.lsid}"

    def wrong(self) -> Iterator[str]:
        """Yield what should never have been."""
        yield from self._evidence.wrong
        sessions = {session.lsid: session for session in self._scene.sessions()}
        for lsid, rows in self._made().items():
            if lsid not in sessions or self._scene.rules is None:
                yield f"a ticket is made for {lsid}, which is no session that has one"
                continue
            if len(rows) > 1:
                yield f"{len(rows)} tickets are made for {lsid}: {', '.join(str(row['id']) for row in rows)}"
            yield from self._faults(sessions[lsid], rows[0], self._scene.rules)

    def state_without(self, session: Session) -> str:
        """Return where the ledger must have a session that ended and names no ticket, nor has one; empty: open."""
        rules = self._scene.rules
        if rules is None or _type(session) not in rules.types:
            return "no_ticket"
        stands_for = self._scene.keys.stands_for(session.external_key)
        troubled = stands_for is Stands.MISTAKE or rules.make(stands_for)
        if troubled and rules.at_session_end:
            return "held"
        return "" if session.lsid in self._post.joined else "no_ticket"

    def _made(self) -> dict[str, list[dict[str, Any]]]:
        made: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in self._store.scan("Tickets"):
            if row["id"] not in self._seeded and row["externalID"]:
                made[row["externalID"].removeprefix(TICKET_MARK)].append(row)
        return made

    def _must_have(self, session: Session, rules: TicketRules) -> bool:
        """Tell whether nothing stands against a ticket for a session that has none."""
        key = session.external_key
        if _type(session) not in rules.types or not self._can_be_made(session, key, rules):
            return False
        at_end = session.ended_at is not None and rules.at_session_end
        all_along = all(self._can_be_made(session, each, rules) for each in self._scene.typed[session.lsid].keys)
        return at_end or (rules.at_start and all_along and self._is_heard(session))

    def _can_be_made(self, session: Session, key: str, rules: TicketRules) -> bool:
        changed = len(self._scene.keys_since_end(session)) > 1
        makes = rules.make(self._scene.keys.stands_for(key)) and not changed
        return makes and bool(self._whose(session, key))

    def _must_show(self, session: Session) -> bool:
        """Tell whether a running session that has a ticket must say its number, and does not."""
        made_from = self._evidence.made_from.get(session.lsid, ())
        as_made = session.external_key in made_from and not self._scene.is_typed(session)
        kept_out = session.lsid in self._evidence.kept_out
        return session.active and as_made and not kept_out and self._is_heard(session)

    def _is_heard(self, session: Session) -> bool:
        """Tell whether the ledger must know that somebody has joined."""
        joined = self._post.joined.get(session.lsid)
        return joined is not None and joined > self._evidence.forgotten_at

    def _faults(self, session: Session, row: dict[str, Any], rules: TicketRules) -> Iterator[str]:
        joined = rules.at_start and session.lsid in self._post.joined
        if not (joined or (session.ended_at is not None and rules.at_session_end)):
            yield f"the ticket of {session.lsid} is made too early"
        if _type(session) not in rules.types:
            yield f"the ticket of {session.lsid} is made for a session of that type"
        made_from = self._evidence.made_from.get(session.lsid, set())
        fitting = [key for key in made_from if rules.make(self._scene.keys.stands_for(key))]
        if not any(row["title"].startswith(self._scene.keys.titles.get(key) or DEFAULT_TITLE) for key in fitting):
            yield f"the ticket of {session.lsid} has the title {row['title']!r}, made from {made_from}"
        whose = (row["contactID"], row["companyID"])
        if not any(whose in self._whose(session, key) for key in fitting):
            yield f"the ticket of {session.lsid} belongs to {whose}"

    def _whose(self, session: Session, key: str) -> list[Whose]:
        """Return whose a ticket made from a key may be: somebody may have become a contact only later."""
        rules = self._scene.rules
        assert rules is not None
        contact = self._scene.contact
        if self._scene.keys.names_contact(key):
            return [(contact["id"], contact["companyID"])]
        if not rules.asks_contact:
            return [] if rules.company is None else [(None, rules.company)]
        address = session.custom_attributes.get("customer_email", "").casefold()
        known = [row for row in self._store.scan("Contacts") if (row["emailAddress"] or "").casefold() == address]
        active = [row for row in known if row["isActive"]]
        found: list[Whose] = [(row["id"], row["companyID"]) for row in active[-1:]]
        return found if rules.contact is None else [*found, (contact["id"], contact["companyID"])]


def _type(session: Session) -> str:
    return UNATTENDED if session.jump_group or session.jumpoint else ATTENDED
