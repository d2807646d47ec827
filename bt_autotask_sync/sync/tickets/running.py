"""Sessions that run still: their ticket is made while somebody works, and its number is written into the session."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from bt_autotask_sync.appliance.errors import (
    ApplianceOutage,
    ReportNotPermitted,
    UnreadableReport,
    UnusableAnswer,
)
from bt_autotask_sync.autotask.entities import Ticket
from bt_autotask_sync.state.states import SessionState
from bt_autotask_sync.sync.discover.completeness import CLOSES_WITHIN, SOONEST
from bt_autotask_sync.sync.markers import ticket_marker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bt_autotask_sync.appliance.session import Session
    from bt_autotask_sync.sync.run_context import RunContext
    from bt_autotask_sync.sync.tickets.maker import TicketMaker

_LOG = logging.getLogger(__name__)

WRITTEN_AGAIN = 60
"""Seconds after which a number that could not be written into a session is tried again, as long as it runs."""


class RunningSessions:
    """Serves running sessions that somebody joined without a ticket.

    Args:
        context: Everything the run was given.
        maker: Makes the tickets.
        now: The appliance's time at the beginning of the run (unix seconds).
    """

    def __init__(self, context: RunContext, maker: TicketMaker, now: int) -> None:
        self._context = context
        self._maker = maker
        self._now = now

    def serve(self, sessions: Sequence[Session]) -> None:
        """Make their tickets and write the numbers back; a session that names a ticket by now needs nothing.

        Raises:
            OutageError: One of the products is out of reach; the rest stays to be done.
            CredentialsError: One of them refused who we are.
            StoppedError: The run was told to stop.
        """
        unnamed = list(self._without_ticket(sessions))
        created = self._maker.make(unnamed, [session.lsid for session in unnamed])
        for session in unnamed:
            if session.lsid in created.tickets:
                self._context.sessions.set_state(session.lsid, SessionState.OPEN, next_at=self._now + WRITTEN_AGAIN)
            elif session.lsid not in created.waiting:
                self._needs_no_more(session.lsid)
        if not self._context.dry_run:
            self._write_all_back(
                {lsid: ticket for lsid, ticket in created.tickets.items() if isinstance(ticket, Ticket)}
            )

    def _without_ticket(self, sessions: Sequence[Session]) -> Iterator[Session]:
        """Yield the sessions that name no ticket, with the keys that they have at this moment.

        Where the appliance does not tell a key, the others wait as well, and what has ended goes on.
        """
        for session in sessions:
            self._context.stop.check()
            if not session.representatives:  # who joined is read back: the report lags behind, or the event was forged
                self._context.sessions.take_up(session.lsid, self._now + WRITTEN_AGAIN)
                continue
            try:
                key = session.external_key if self._may_name_ticket(session) else self._key_now(session)
            except ApplianceOutage as error:
                _LOG.warning("Sessions that run still get their tickets later: %s", error.message)
                return
            if key is None:  # it has just ended, which its report will tell
                self._context.sessions.set_state(session.lsid, SessionState.DISCOVERED, next_at=self._now + SOONEST)
            elif self._may_name_ticket(session, key):
                self._needs_no_more(session.lsid)
            else:
                yield replace(session, external_key=key)

    def _key_now(self, session: Session) -> str | None:
        """Return the external key of this moment; the report's, read just before, where the appliance does not tell."""
        try:
            return self._context.appliance.external_key(session.lsid)
        except (ReportNotPermitted, UnreadableReport, UnusableAnswer):
            return session.external_key

    def _may_name_ticket(self, session: Session, key: str | None = None) -> bool:
        named = self._context.keys.read(session, key)
        return bool(named) or named.in_doubt

    def _needs_no_more(self, lsid: str) -> None:
        """Record that a session needs nothing more while it runs; it is asked for when it would be never closed."""
        with self._context.ledger.transaction():
            self._context.sessions.has_ticket(lsid)
            self._context.sessions.set_state(lsid, SessionState.OPEN, next_at=self._now + CLOSES_WITHIN)

    def _write_all_back(self, tickets: Mapping[str, Ticket]) -> None:
        """Write the numbers into the sessions; when the appliance is out of order for that, the rest goes on."""
        for lsid, ticket in tickets.items():
            self._context.stop.check()
            try:
                self._write_back(lsid, ticket)
            except ApplianceOutage as error:
                _LOG.warning("Session %s: the number of its ticket is written into it later: %s", lsid, error.message)
                return

    def _write_back(self, lsid: str, ticket: Ticket) -> None:
        """Write the number into the session, unless somebody has typed something else there."""
        try:
            key = self._context.appliance.external_key(lsid)
            if key is None:
                return
            if key.strip() not in ("", self._made_from(lsid), ticket.number):
                _warn_of_orphan(lsid, ticket)
            elif not self._set_key(lsid, key, ticket.number):
                _LOG.info("Session %s: the number of its ticket could not be written into it yet.", lsid)
                return
        except UnreadableReport as error:
            _LOG.info("Session %s: the number of its ticket could not be written into it: %s", lsid, error.message)
            return
        except ReportNotPermitted as error:
            _LOG.warning(
                "Session %s: the number of its ticket %s cannot be written into it: %s\n  %s The session is delivered "
                "there all the same.",
                lsid,
                ticket.number,
                error.message,
                error.advice,
            )
        self._needs_no_more(lsid)

    def _set_key(self, lsid: str, key: str, number: str) -> bool:
        """Set a session's external key, and tell whether it is set.

        It is recorded first: should the answer be lost, the number is not taken for a person's words later.
        """
        marker, artifacts = ticket_marker(lsid), self._context.artifacts
        artifacts.write(lsid, marker, number)
        try:
            done = key.strip() == number or self._context.appliance.set_external_key(lsid, number)
        except ReportNotPermitted:
            artifacts.write(lsid, marker, "")
            raise
        if not done:
            artifacts.write(lsid, marker, "")
        return done

    def _made_from(self, lsid: str) -> str:
        record = self._context.artifacts.of([lsid])[lsid].get(ticket_marker(lsid))
        return record.made_from if record else ""


def _warn_of_orphan(lsid: str, ticket: Ticket) -> None:
    _LOG.warning(
        "Session %s: the ticket %s was made for it, but somebody has given the session another external key since. "
        "What the key says at the session's end counts; close the ticket in Autotask if nobody needs it.",
        lsid,
        ticket.number,
    )
