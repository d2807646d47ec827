"""What an audit asks Autotask: in bulk, within the hourly budget, and never believing an empty answer too soon."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

from bt_autotask_sync.autotask.errors import QueryRefused
from bt_autotask_sync.state.states import ArtifactKind
from bt_autotask_sync.sync.budget import Budget

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from bt_autotask_sync.autotask.entities import Ticket, TicketNote, TimeEntry
    from bt_autotask_sync.autotask.records import Records
    from bt_autotask_sync.sync.run_context import RunContext

Found = TypeVar("Found")

_LOG = logging.getLogger(__name__)

CONFIRMED = 25
"""Records of a kind that a look-up does not show and that are asked for one by one: what is true of these is of all."""


class AuditLookups:
    """The questions of one audit.

    Args:
        context: Everything the audit was given.
        now: The appliance's time in unix seconds.

    Every question may raise what `Records` raises, `BudgetSpentError`, and `StoppedError`.
    """

    def __init__(self, context: RunContext, now: int) -> None:
        self._context = context
        self._records: Records = context.records
        self._budget = Budget(context.profile.autotask.request_share, context.runs.requests_since(now - 3600))
        self._opened = False
        self.blind: set[ArtifactKind] = set()
        """The kinds whose look-ups do not show what is there."""

    def permit(self) -> Records:
        """Return what questions are put to, if another one may be asked."""
        self._context.stop.check()
        if not self._opened:
            self._budget.read(self._context.client)
            self._opened = True
        self._budget.check(self._context.client.requests_sent)
        return self._records

    def tickets(self, ids: Collection[int], external_ids: Collection[str]) -> list[Ticket]:
        """Return the tickets with these ids, and those with these external ids."""
        kind = ArtifactKind.TICKET
        known = self._ask(kind, lambda records: records.tickets((), ids))
        others = self._ask(kind, lambda records: records.tickets_with(external_ids).items)
        hidden = self._hidden(kind, set(ids) - {ticket.id for ticket in known}, self._records.ticket)
        found = [*known, *others, *hidden]
        if ids and not found and not self.permit().any_ticket():
            self.blind.add(kind)
        return found

    def notes(
        self, ids: Collection[int], ticket_ids: Collection[int], made: tuple[datetime, datetime]
    ) -> list[TicketNote]:
        """Return the notes with these ids, ours on these tickets, and ours that were made from then to then."""
        kind = ArtifactKind.NOTE
        known = self._ask(kind, lambda records: records.notes(ids).items)
        others = [
            *self._ask(kind, lambda records: records.notes_on(ticket_ids).items),
            *self._ask(kind, lambda records: records.notes_made(*made).items),
        ]
        hidden = self._hidden(kind, set(ids) - {note.id for note in known}, self._records.note)
        found = [*known, *others, *hidden]
        if ids and not found and not self.permit().any_note():
            self.blind.add(kind)
        return found

    def time_entries(
        self, ids: Collection[int], ticket_ids: Collection[int], during: tuple[datetime, datetime]
    ) -> list[TimeEntry]:
        """Return the time entries with these ids, all on these tickets, and ours in that time."""
        kind = ArtifactKind.TIME_ENTRY
        known = self._ask(kind, lambda records: records.time_entries(ids).items)
        others = [
            *self._ask(kind, lambda records: records.time_entries_on(ticket_ids).items),
            *self._ask(kind, lambda records: records.time_entries_during(*during).items),
        ]
        hidden = self._hidden(kind, set(ids) - {entry.id for entry in known}, self._records.time_entry)
        found = [*known, *others, *hidden]
        if ids and not found and not self._shows_any_entry():
            self.blind.add(kind)
        return found

    def time_entries_of(self, resource_ids: Collection[int], during: tuple[datetime, datetime]) -> list[TimeEntry]:
        """Return all time entries of these resources in that time."""
        kind = ArtifactKind.TIME_ENTRY
        return [*self._ask(kind, lambda records: records.time_entries_of(resource_ids, *during).items)]

    def _ask(self, kind: ArtifactKind, question: Callable[[Records], tuple[Found, ...]]) -> tuple[Found, ...]:
        try:
            return question(self.permit())
        except QueryRefused as error:
            _LOG.warning("%s: %s", error.message, error.words)
            self.blind.add(kind)
            return ()

    def _hidden(self, kind: ArtifactKind, missing: Collection[int], get: Callable[[int], Found | None]) -> list[Found]:
        """Return records that a look-up did not show and that are there all the same when they are asked for alone."""
        there: list[Found] = []
        for record_id in sorted(missing)[:CONFIRMED]:
            self.permit()
            record = get(record_id)
            if record is not None:
                there.append(record)
        if there:
            self.blind.add(kind)
        return there

    def _shows_any_entry(self) -> bool:
        return any(self.permit().any_time_entry(non_billable=hidden) for hidden in (False, True))
