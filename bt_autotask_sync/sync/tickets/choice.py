"""Which ticket each session goes to: the one that a person or its external key names, or its own."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.entities import Ticket
from bt_autotask_sync.config.models import NoTicket
from bt_autotask_sync.state.states import DONE, ArtifactKind, Problem, SessionState
from bt_autotask_sync.sync.markers import ticket_marker
from bt_autotask_sync.sync.match.external_key import NamedTickets
from bt_autotask_sync.sync.match.tickets import choose_tickets
from bt_autotask_sync.sync.plan.artifact import NEW
from bt_autotask_sync.sync.tickets.maker import HIDDEN
from bt_autotask_sync.sync.transitions import NAMES_NO_TICKET, hold_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bt_autotask_sync.appliance.session import Session
    from bt_autotask_sync.state.artifact_record import ArtifactRecord
    from bt_autotask_sync.state.session_record import SessionRecord
    from bt_autotask_sync.sync.deliver.delivery import Delivery
    from bt_autotask_sync.sync.match.tickets import TicketMatch
    from bt_autotask_sync.sync.run_context import RunContext
    from bt_autotask_sync.sync.tickets.maker import TicketMaker

_LOG = logging.getLogger(__name__)


class TicketChoice:
    """Finds the tickets of a run's sessions.

    Args:
        context: Everything the run was given.
        desk: Opens Autotask.
        maker: Makes tickets for sessions that name none.
        now: The appliance's time at the beginning of the run (unix seconds).
    """

    def __init__(self, context: RunContext, desk: Callable[[], Delivery], maker: TicketMaker, now: int) -> None:
        self._context = context
        self._delivery = desk
        self._maker = maker
        self._now = now
        self.no_ticket = 0
        """How many sessions were found to name none, and get none."""

    def choose(self, sessions: Sequence[Session], records: Iterable[SessionRecord]) -> dict[str, Ticket]:
        """Return the tickets of these sessions by lsid, and record what becomes of a session without one.

        Args:
            sessions: They have ended, and their reports are complete.
            records: What the ledger knows of them, and of others.
        """
        known = {record.lsid: record for record in records}
        standing = self._standing([session.lsid for session in sessions])
        named = {
            session.lsid: self._named(session, known[session.lsid], standing.get(session.lsid)) for session in sessions
        }
        found = self._delivery().tickets(named.values()) if any(named.values()) else ()
        chosen = choose_tickets(named, found)
        matches = {lsid: self._judged(lsid, named[lsid], match) for lsid, match in chosen.items()}
        unnamed = [
            session for session in sessions if matches[session.lsid] is None and _may_have_own(known[session.lsid])
        ]
        created = self._maker.make(unnamed, [lsid for lsid, record in known.items() if record.ticket_wanted])
        placed = {
            lsid: created.tickets.get(lsid, match) for lsid, match in matches.items() if lsid not in created.waiting
        }
        self._report_other_keys(sessions, known, standing, placed)
        with self._context.ledger.transaction():
            return self._recorded(placed, known)

    def _standing(self, lsids: Sequence[str]) -> dict[str, int]:
        """Return the tickets on which the oldest records of sessions stand now: people move records and merge tickets.

        One that is not there any more stands nowhere. A create of unknown outcome may come to stand on the ticket of
        its intent. Where nothing is there, it is the ticket that the oldest record stood on.
        """
        artifacts = self._context.artifacts.of(lsids)
        asked = {lsid: records for lsid in lsids if (records := _oldest_first(artifacts[lsid].values()))}
        tickets = {lsid: records[0].ticket_id or NEW for lsid, records in asked.items()}
        while asked:
            now = self._where_now([records[0] for records in asked.values()])
            tickets |= {lsid: now[records[0]] for lsid, records in asked.items() if records[0] in now}
            asked = {lsid: records[1:] for lsid, records in asked.items() if records[0] not in now and records[1:]}
        return tickets

    def _where_now(self, records: Sequence[ArtifactRecord]) -> dict[ArtifactRecord, int]:
        """Return the tickets on which these stand now; what is not there is left out."""
        now: dict[tuple[ArtifactKind, int | None], int] = {}
        for kind in (ArtifactKind.NOTE, ArtifactKind.TIME_ENTRY):
            ids = {one.autotask_id for one in records if one.kind is kind and one.autotask_id is not None}
            if ids:
                now |= {(kind, key): ticket for key, ticket in self._delivery().stands_on(kind, ids).items()}
        intents = {one: one.ticket_id or NEW for one in records if one.autotask_id is None}
        there = {one: now[one.kind, one.autotask_id] for one in records if (one.kind, one.autotask_id) in now}
        return intents | there

    def _report_other_keys(
        self,
        sessions: Iterable[Session],
        known: Mapping[str, SessionRecord],
        standing: Mapping[str, int],
        placed: Mapping[str, Ticket | TicketMatch],
    ) -> None:
        """Warn, once, of a key that names another ticket than the one on which the session stands."""
        named: dict[str, tuple[Ticket, NamedTickets]] = {}
        for session in sessions:
            match, before = placed.get(session.lsid), known[session.lsid]
            is_new = session.external_key != before.external_key
            if session.lsid not in standing or not isinstance(match, Ticket) or before.pinned_ticket or not is_new:
                continue
            key = self._context.keys.read(session, session.external_key)
            if key and match.number.upper() not in key.numbers and match.id not in key.ids:
                named[session.lsid] = match, key
        by_id = {ticket.id: ticket.number for ticket in self._numbers_of(key for _, key in named.values())}
        for lsid, (match, key) in named.items():
            numbers = [*key.numbers, *(by_id[ticket_id] for ticket_id in key.ids if ticket_id in by_id)]
            if numbers:
                _LOG.warning(
                    "Session %s stands on the ticket %s; its external key names %s now, and it stays where it is. To "
                    "move it, run: bt-autotask-sync resync %s --ticket %s",
                    lsid,
                    match.number,
                    ", ".join(numbers),
                    lsid,
                    numbers[0],
                )

    def _numbers_of(self, keys: Iterable[NamedTickets]) -> Sequence[Ticket]:
        """Return the tickets that keys name by their ids."""
        by_id = [NamedTickets(ids=key.ids) for key in keys if key.ids]
        return self._delivery().tickets(by_id) if by_id else ()

    def _named(self, session: Session, record: SessionRecord, standing: int | None) -> NamedTickets:
        """Return the tickets that a session names: where something of it stands, it stays, unless a person moved it.

        Its own ticket is its own as long as nobody names another.
        """
        if record.pinned_ticket:
            return NamedTickets(numbers=(record.pinned_ticket,))
        if standing is not None:
            return NamedTickets(ids=(standing,))
        artifacts = self._context.artifacts.of([session.lsid])[session.lsid]
        own = artifacts.get(ticket_marker(session.lsid))
        key = "" if own is not None and own.is_written(session.external_key) else session.external_key
        named = self._context.keys.read(session, key)
        if named or named.in_doubt or own is None or own.state not in DONE or own.autotask_id is None:
            return named
        return NamedTickets(ids=(own.autotask_id,))

    def _judged(self, lsid: str, named: NamedTickets, match: Ticket | TicketMatch) -> Ticket | TicketMatch:
        """Return what was found for a session; of its own ticket that does not show, what that means."""
        if not isinstance(match, Problem):
            return match
        own = self._context.artifacts.of([lsid])[lsid].get(ticket_marker(lsid))
        return HIDDEN if own is not None and own.autotask_id in named.ids else match

    def _recorded(
        self, placed: Mapping[str, Ticket | TicketMatch], known: Mapping[str, SessionRecord]
    ) -> dict[str, Ticket]:
        """Record each session's ticket, or what becomes of it without one; return the tickets by lsid."""
        tickets = {}
        for lsid, match in placed.items():
            record = known[lsid]
            if isinstance(match, Problem):
                hold_session(self._context, self._now, record, match)
            elif match is not None:
                self._context.sessions.name_ticket(lsid, match.id, match.number)
                self._tell_orphan(record, match)
                tickets[lsid] = match
            elif self._context.profile.no_ticket is NoTicket.HOLD:
                hold_session(self._context, self._now, record, NAMES_NO_TICKET)
            else:
                self._context.sessions.set_state(lsid, SessionState.NO_TICKET)
                self.no_ticket += record.state is not SessionState.NO_TICKET
        return tickets

    def _tell_orphan(self, record: SessionRecord, ticket: Ticket) -> None:
        """Warn, once, of a ticket that was made for a session which goes to another one."""
        own = self._context.artifacts.of([record.lsid])[record.lsid].get(ticket_marker(record.lsid))
        elsewhere = own is not None and own.state in DONE and own.autotask_id not in (None, ticket.id)
        if elsewhere and (record.ticket_id != ticket.id or record.state is SessionState.UNSETTLED):
            _LOG.warning(
                "Session %s goes to the ticket %s that was named for it; the ticket with the id %s, which was made for "
                "it, is left over. Close that one in Autotask if nobody needs it.",
                record.lsid,
                ticket.number,
                own.autotask_id if own else "",
            )


def _may_have_own(record: SessionRecord) -> bool:
    """Tell whether a ticket may be made for a session that names none.

    That it gets none is decided once: switching the creation on later must not bill what people have booked by hand.
    """
    return record.state is not SessionState.NO_TICKET or record.ticket_wanted or record.named


def _oldest_first(artifacts: Iterable[ArtifactRecord]) -> list[ArtifactRecord]:
    """Return the notes, then the time entries, of a session that stand somewhere or may come to, the oldest first."""
    standing = [
        artifact
        for artifact in artifacts
        if artifact.kind is not ArtifactKind.TICKET and artifact.stands() and artifact.ticket_id not in (None, NEW)
    ]
    return sorted(
        standing,
        key=lambda artifact: (
            artifact.autotask_id is None,
            artifact.kind is ArtifactKind.TIME_ENTRY,
            artifact.autotask_id or artifact.ticket_id or NEW,
        ),
    )
