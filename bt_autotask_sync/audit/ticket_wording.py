"""Findings on tickets that were made for sessions, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.audit.findings import Finding, FindingKind
from bt_autotask_sync.audit.wording import deliver, place, reason, release, send_to, time_of
from bt_autotask_sync.autotask.links import ticket_link
from bt_autotask_sync.state.states import Stage

if TYPE_CHECKING:
    from bt_autotask_sync.audit.snapshot import AuditedSession, Expected, Snapshot
    from bt_autotask_sync.autotask.entities import Ticket


class TicketWords:
    """Says what is wrong with the tickets that were made for sessions.

    Args:
        snapshot: Where Autotask's pages are.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._web_url = snapshot.web_url

    def waiting(self, kind: FindingKind, session: AuditedSession, expected: Expected) -> Finding:
        """A ticket that is held, unsettled or parked; as long as there is nothing else, everybody's time waits for it.

        An external key that no ticket can be made from stays as it is: only a person can name a ticket then.
        """
        problem = expected.problem
        totals = time_of(session) if session.expected == (expected,) else {}
        hopeless = problem is not None and problem.stage is Stage.PLAN
        return Finding(
            kind,
            reason(problem) if problem else "The ticket waits.",
            send_to(session) if hopeless else release(kind, session, unplaced=False),
            lsid=session.lsid,
            ticket_number=session.ticket_number,
            technician=", ".join(totals),
            seconds=sum(totals.values()),
        )

    def absent(self, session: AuditedSession, expected: Expected) -> Finding:
        """A ticket that should be in Autotask."""
        if expected.state is None:
            text = "The session names no ticket; one of its own is due, and is not there."
            return Finding(FindingKind.MISSING, text, deliver(session), lsid=session.lsid)
        text = f"The ticket made for the session (id {expected.autotask_id}) is not in Autotask any more."
        return Finding(
            FindingKind.DELETED, text, place(session), lsid=session.lsid, ticket_number=session.ticket_number
        )

    def doubled(self, session: AuditedSession, double: Ticket, first: Ticket | None) -> Finding:
        """A ticket with the external id of another one."""
        beside = f", as has {_named(first)}" if first else ""
        page = self._page(first) if first else ""
        text = f"The ticket {_named(double)} has the external id {double.external_id}{beside}{page and f': {page}'}"
        mend = "Merge it into the other one in Autotask, or close it, if nobody needs it."
        return self._of(FindingKind.DOUBLED, session, double, text, mend)

    def left_over(self, session: AuditedSession, ticket: Ticket) -> Finding:
        """A ticket on which nothing of its session stands, while the session goes to another one."""
        text = f"The ticket {_named(ticket)} was made for the session, which goes to {session.ticket_number}."
        return self._of(FindingKind.LEFT_OVER, session, ticket, text, "Close it in Autotask, if nobody needs it.")

    def unknown(self, session: AuditedSession, expected: Expected, found: Ticket) -> Finding:
        """A ticket that is the session's own, under an id that the ledger does not have."""
        known = "" if expected.autotask_id is None else f" in place of the one with the id {expected.autotask_id}"
        text = f"The ticket {_named(found)} was made for the session{known}, and the ledger does not know it."
        return self._of(FindingKind.UNKNOWN, session, found, text, f"resync {session.lsid}")

    def unplaced(self, session: AuditedSession, ticket: Ticket) -> Finding:
        """A ticket that the ledger does not know, of a session that goes to none."""
        text = f"The ticket {_named(ticket)} was made for the session, which the ledger has on no ticket."
        return self._of(FindingKind.UNKNOWN, session, ticket, text, send_to(session, ticket.number))

    def _of(self, kind: FindingKind, session: AuditedSession, ticket: Ticket, text: str, mend: str) -> Finding:
        return Finding(kind, text, mend, lsid=session.lsid, ticket_number=ticket.number, link=self._page(ticket))

    def _page(self, ticket: Ticket) -> str:
        return ticket_link(self._web_url, ticket.id)


def _named(ticket: Ticket) -> str:
    return f"{ticket.number} (id {ticket.id})"
