"""Finds each session's ticket, in bulk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.state.states import Problem, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bt_autotask_sync.autotask.entities import Ticket
    from bt_autotask_sync.autotask.records import Records
    from bt_autotask_sync.sync.match.external_key import NamedTickets, Unread


TicketMatch = Problem | None
"""What `choose_tickets` says where there is no ticket: a trouble, or None when no ticket is named at all."""


def find_tickets(named: Iterable[NamedTickets], records: Records) -> tuple[Ticket, ...]:
    """Look up all named tickets together."""
    named = list(named)
    numbers = {number for tickets in named for number in tickets.numbers}
    ids = {ticket_id for tickets in named for ticket_id in tickets.ids}
    return records.tickets(sorted(numbers), sorted(ids))


def choose_tickets(named: Mapping[str, NamedTickets], found: Iterable[Ticket]) -> dict[str, Ticket | TicketMatch]:
    """Return by lsid: the ticket; why there is none; or None when the session names none."""
    by_id = {ticket.id: ticket for ticket in found}
    by_number = {ticket.number.upper(): ticket for ticket in by_id.values()}
    return {lsid: _choose(tickets, by_number, by_id) for lsid, tickets in named.items()}


def _choose(named: NamedTickets, by_number: Mapping[str, Ticket], by_id: Mapping[int, Ticket]) -> Ticket | TicketMatch:
    if named.stray_digits:
        return Problem(
            Stage.MATCH,
            "The external key is digits alone, which may be any number.",
            "If your external keys are ticket ids, set autotask.numeric_keys = true; else name the ticket with "
            "`resync LSID --ticket NUMBER`.",
        )
    if named.unread is not None:
        return _unread(named.unread)
    if not named:
        return None
    found = {ticket.id: ticket for ticket in (by_number.get(number) for number in named.numbers) if ticket}
    found |= {ticket_id: by_id[ticket_id] for ticket_id in named.ids if ticket_id in by_id}
    if len(found) == 1:
        return next(iter(found.values()))
    if found:
        return _waiting(
            f"The external key names several tickets: {', '.join(ticket.number for ticket in found.values())}.",
            "Name the right one with `resync LSID --ticket NUMBER`.",
        )
    wanted = ", ".join((*named.numbers, *(f"id {ticket_id}" for ticket_id in named.ids)))
    read_from = f", as which the external key “{named.repaired_from}” is read" if named.repaired_from else ""
    return _waiting(
        f"Autotask has no ticket {wanted}{read_from}.",
        "If the number is mistyped, name the right ticket with `resync LSID --ticket NUMBER`; if the ticket is hidden "
        "from the API user, let its security level see it.",
    )


def _unread(key: Unread) -> Problem:
    """Say what keeps a key from being read, and what its writer probably meant."""
    if key.is_own:
        return _waiting(
            f"The external key “{key.shown}” links to Autotask, and which ticket is meant cannot be read from it.",
            "Name the ticket with `resync LSID --ticket NUMBER`, or skip the session with `held skip`.",
        )
    if key.is_link:
        return _waiting(
            f"The external key “{key.shown}” holds a link, and where the tenant's web pages are is not known.",
            "Correct autotask.services_url or leave it empty (`check` says whether Autotask answers there); or name "
            "the ticket with `resync LSID --ticket NUMBER`.",
        )
    other = "ame the right ticket with `resync LSID --ticket NUMBER`, or skip the session with `held skip`."
    meant = (
        f"If {key.candidate} is meant, run `resync LSID --ticket {key.candidate}`; if not, n" if key.candidate else ""
    )
    return _waiting(f"The external key “{key.shown}” resembles a ticket number and is none.", f"{meant or 'N'}{other}")


def _waiting(error: str, advice: str) -> Problem:
    return Problem(Stage.MATCH, error, advice)
