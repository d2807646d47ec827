"""What goes wrong with sessions in real life: keys, technicians and hours that make a delivery harder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bt_autotask_sync.sandbox.scenarios.features import COLOURS, late_customer_survey, never_closed
from bt_autotask_sync.sandbox.scenarios.people import TECHNICIANS
from bt_autotask_sync.sandbox.scenarios.utterances import chatty

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from bt_autotask_sync.sandbox.scenarios.author import TicketReference
    from bt_autotask_sync.sandbox.scenarios.features import Twist
    from bt_autotask_sync.sandbox.scenarios.people import Technician

    KeyForm = Callable[[TicketReference, TicketReference], str]

MILD_WORLD = 30
"""Up to so many sessions a world is mild: nearly everything in it is plainly deliverable."""
_FULL_WORLD = 100
_LONG_CHAT_WORLD = 12
_LONG_CHAT, _VERY_LONG_CHAT = 40_000, 100_000


def _number(ticket: TicketReference, _: TicketReference) -> str:
    return ticket.number


@dataclass(frozen=True, slots=True)
class Plot:
    """What is to happen in a session.

    `technician` is a kind of `CREWS`; `hours` is "ordinary", "midnight" (over it), "instant" (start equals end) or
    "broken" (never closed); `completed` takes a completed ticket; `key` makes the key from its ticket and another.
    """

    key: KeyForm = _number
    technician: str = "billable"
    hours: str = "ordinary"
    completed: bool = False
    twists: tuple[Twist, ...] = ()


CREWS: dict[str, tuple[Technician, ...]] = {
    "billable": tuple(each for each in TECHNICIANS if each.billable),
    "other role": tuple(each for each in TECHNICIANS if each.resource == "active" and not each.billable),
    "inactive": tuple(each for each in TECHNICIANS if each.resource == "inactive"),
    "api-only": tuple(each for each in TECHNICIANS if each.resource == "api-only"),
    "no resource": tuple(each for each in TECHNICIANS if each.resource == "none"),
}

SNAGS: tuple[Plot, ...] = (
    Plot(key=lambda _ticket, _other: ""),
    Plot(technician="no resource"),
    Plot(key=lambda ticket, _: f"Re: [{ticket.number}] {ticket.trouble.scenario.topic} - bitte zurückrufen"),
    Plot(key=lambda ticket, _: ticket.number[:9] + ".9876"),
    Plot(hours="midnight"),
    Plot(key=lambda ticket, _: ticket.number.lower()),
    Plot(key=lambda ticket, other: f"{ticket.number} / {other.number}"),
    Plot(technician="other role"),
    Plot(key=lambda ticket, _: json.dumps({"ticketNumber": ticket.number})),
    Plot(key=lambda ticket, _: f"id:{ticket.id}"),
    Plot(completed=True),
    Plot(technician="inactive"),
    Plot(hours="instant"),
    Plot(key=lambda _ticket, _other: "PO 4711 - Ersatzgerät"),
    Plot(technician="api-only"),
    Plot(key=lambda ticket, _: f"  {ticket.number}\t"),
    Plot(key=lambda ticket, _: str(ticket.id)),
    Plot(key=lambda ticket, _: json.dumps({"title": "Neu: {{Issue}}", "companyID": 1}) + ticket.number[:3]),
    Plot(key=lambda ticket, _: '{"ticketNumber": "' + ticket.number[:11]),
)
"""The sessions that are not plain, the most usual ones first."""


def plots(count: int, random: Random) -> list[Plot]:
    """Return what happens in a week of `count` ended sessions, in no order: one of five has a snag.

    From 12 sessions on there is a long chat; from 100 on every snag, a very long chat, a survey that comes late and,
    beside the ended sessions, one that was never closed.
    """
    snags = [SNAGS[position % len(SNAGS)] for position in range(count // 5)]
    colours = 1 if count <= MILD_WORLD else 3
    shown = [
        Plot(twists=tuple(COLOURS[(position * colours + step) % len(COLOURS)] for step in range(colours)))
        for position in range(count - len(snags))
    ]
    for position, twist in enumerate(_rarities(count)):
        shown[position] = Plot(twists=(*shown[position].twists, twist))
    broken = [Plot(hours="broken", twists=(never_closed,))] if count >= _FULL_WORLD else []
    week = snags + shown + broken
    random.shuffle(week)
    return week


def _rarities(count: int) -> list[Twist]:
    if count >= _FULL_WORLD:
        return [chatty(_LONG_CHAT), chatty(_VERY_LONG_CHAT), late_customer_survey]
    return [chatty(_LONG_CHAT)] if count >= _LONG_CHAT_WORLD else []
