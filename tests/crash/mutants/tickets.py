"""The mutants of ticket creation, write-back and outbound events."""

from __future__ import annotations

import dataclasses
from dataclasses import replace as changed
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.appliance.client import ApplianceClient
from bt_autotask_sync.autotask.bulk import read_bulk
from bt_autotask_sync.autotask.query import Condition, Operator
from bt_autotask_sync.autotask.tickets import TICKETS as TICKET_READS
from bt_autotask_sync.autotask.tickets import TicketReads
from bt_autotask_sync.state.inbox import InboxError
from bt_autotask_sync.state.states import ArtifactKind, SessionState
from bt_autotask_sync.sync.compare import unsettled as settling
from bt_autotask_sync.sync.compare.lookups import Existing
from bt_autotask_sync.sync.deliver import delivery
from bt_autotask_sync.sync.discover import outbound_events
from bt_autotask_sync.sync.discover.intake import Intake
from bt_autotask_sync.sync.markers import ticket_marker
from bt_autotask_sync.sync.match.external_key import NamedTickets
from bt_autotask_sync.sync.tickets.choice import TicketChoice
from bt_autotask_sync.sync.tickets.maker import TicketMaker
from bt_autotask_sync.sync.tickets.running import RunningSessions
from tests.crash.mutants.infection import Mutant, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bt_autotask_sync.appliance.session import Session
    from bt_autotask_sync.autotask.entities import Ticket
    from bt_autotask_sync.state.session_record import SessionRecord
    from bt_autotask_sync.sync.discover.reports import Reading
    from bt_autotask_sync.sync.run_context import RunContext

_ALIKE = len("bt:") + 12
"""So many characters are compared of external ids that are taken for the same."""


def _no_compare() -> None:
    """Take no ticket for there that was not created by this ledger; settling still looks."""
    find = Existing.find

    def only_settled(settle: Any) -> Any:
        def settle_with_looking(*given: Any) -> Any:
            Existing.find = find  # type: ignore[method-assign]
            try:
                return settle(*given)
            finally:
                Existing.find = blind  # type: ignore[method-assign]

        return settle_with_looking

    def blind(self: Existing, wanted: Any) -> Any:
        return None if wanted.kind is ArtifactKind.TICKET else find(self, wanted)

    Existing.find = blind  # type: ignore[method-assign]
    replace(delivery, "resolve_unsettled", only_settled)


def _written_without_reading() -> None:
    def write(self: RunningSessions, lsid: str, ticket: Ticket) -> None:
        if self._context.appliance.set_external_key(lsid, ticket.number):
            self._context.sessions.has_ticket(lsid)

    replace(RunningSessions, "_write_back", lambda _: write)


def _made_without_reading() -> None:
    """Make tickets from the keys that sessions had when they were first looked at."""
    first: dict[str, str] = {}

    def without_reading(self: RunningSessions, sessions: Sequence[Session]) -> Iterator[Session]:
        for session in sessions:
            key = first.setdefault(session.lsid, session.external_key)
            if self._may_name_ticket(session, key):
                self._context.sessions.has_ticket(session.lsid)
            else:
                yield changed(session, external_key=key)

    replace(RunningSessions, "_without_ticket", lambda _: without_reading)


def _done_before_committed() -> None:
    """Take events out of the inbox before the ledger has them."""

    def done_first(take_in: Any) -> Any:
        def take_in_later(context: RunContext, now: int) -> bool:
            inbox, name = context.inbox, context.profile.name
            if inbox is None:
                return False
            try:
                events = inbox.waiting(name)
                inbox.done(name, [event.id for event in events])
            except InboxError:
                return False
            took: bool = take_in(dataclasses.replace(context, inbox=_Kept(events)), now)  # type: ignore[arg-type]
            return took

        return take_in_later

    replace(outbound_events, "take_in", done_first)


class _Kept:
    """Events in memory."""

    def __init__(self, events: Sequence[Any]) -> None:
        self._events = list(events)

    def waiting(self, profile: str, *, after: int, limit: int) -> list[Any]:
        return [event for event in self._events if event.id > after]

    def done(self, profile: str, ids: Sequence[int]) -> None:
        """Do nothing: they were done before."""


def _let_go() -> None:
    """Take tickets of unknown outcome for never made as soon as they are not seen."""

    def at_once(is_over: Any) -> Any:
        return lambda record, *given: record.kind is ArtifactKind.TICKET or is_over(record, *given)

    replace(settling, "_is_over", at_once)


def _end_believed() -> None:
    """Take a session for over, and its report for whole, when an event says that it has ended."""

    def sort_believing(sort: Any) -> Any:
        def with_ends(self: Intake, records: Sequence[SessionRecord], reading: Reading) -> Any:
            told = {record.lsid for record in records if record.announced and record.state is SessionState.DISCOVERED}
            for lsid in told & reading.sessions.keys():
                session = reading.sessions[lsid]
                if session.ended_at is None:
                    now = datetime.fromtimestamp(self._now, UTC)
                    reading.sessions[lsid] = changed(session, ended_at=now)
            return sort(self, records, reading)

        return with_ends

    replace(Intake, "_sort", sort_believing)
    replace(Intake, "_is_complete", lambda _: lambda self, session: session.ended_at is not None)


def _alike_is_same() -> None:
    """Take a ticket for a session's own when its external id begins alike."""

    def beginning_alike(_: Any) -> Any:
        def tickets_with(self: TicketReads, external_ids: Iterable[str]) -> Any:
            beginnings = {external_id[:_ALIKE] for external_id in external_ids}
            questions = [Condition(Operator.BEGINS_WITH, "externalID", beginning) for beginning in sorted(beginnings)]
            return read_bulk(self._client, TICKET_READS, questions, partial(_begins_alike, beginnings))

        return tickets_with

    def find_alike(find: Any) -> Any:
        def find_any(self: Existing, wanted: Any) -> Any:
            if wanted.kind is not ArtifactKind.TICKET:
                return find(self, wanted)
            marker = wanted.marker
            tickets = (ticket for tickets in self.records.values() for ticket in tickets)
            return next((ticket for ticket in tickets if ticket.external_id[:_ALIKE] == marker[:_ALIKE]), None)  # type: ignore[union-attr]

        return find_any

    replace(TicketReads, "tickets_with", beginning_alike)
    replace(Existing, "find", find_alike)


def _begins_alike(beginnings: set[str], ticket: Ticket) -> bool:
    return ticket.external_id[:_ALIKE] in beginnings


def _refusal_ignored() -> None:
    """Take a number for written whatever the appliance says."""

    def always_written(set_key: Any) -> Any:
        def set_and_believe(self: ApplianceClient, lsid: str, key: str) -> bool:
            set_key(self, lsid, key)
            return True

        return set_and_believe

    replace(ApplianceClient, "set_external_key", always_written)


def _own_ticket_first() -> None:
    """Leave a session on its own ticket, whatever somebody has typed since."""

    def own_first(named: Any) -> Any:
        def prefer_own(self: TicketChoice, session: Session, *given: Any) -> NamedTickets:
            own = self._context.artifacts.of([session.lsid])[session.lsid].get(ticket_marker(session.lsid))
            if own is None or own.autotask_id is None:
                found: NamedTickets = named(self, session, *given)
                return found
            return NamedTickets(ids=(own.autotask_id,))

        return prefer_own

    replace(TicketChoice, "_named", own_first)


def _never_adopted() -> None:
    """Never look for the ticket of a session of which the ledger knows none."""
    replace(TicketMaker, "_adopt", lambda _: lambda self, sessions: None)


TICKETS = {
    "no-ticket-compare": Mutant("C1 tickets compared by external id before create", _no_compare, tickets=True),
    "alike-is-same": Mutant("C1 a ticket is adopted by its whole external id", _alike_is_same, tickets=True),
    "never-adopted": Mutant("E5 the end finds the ticket by its external id", _never_adopted, tickets=True),
    "written-unread": Mutant("E5 the key is read before the write-back", _written_without_reading, tickets=True),
    "made-unread": Mutant("E5 the key is read before a re-create", _made_without_reading, tickets=True),
    "own-ticket-first": Mutant("E5 what a person typed wins", _own_ticket_first, tickets=True),
    "refusal-ignored": Mutant("E5 a number that is refused is written later", _refusal_ignored, tickets=True),
    "ticket-let-go": Mutant("C5 a ticket is settled before it is made again", _let_go, tickets=True),
    "done-first": Mutant("E3 ledger first, then inbox", _done_before_committed, tickets=True),
    "end-believed": Mutant("E4 an end is read back from the report", _end_believed, tickets=True),
}
