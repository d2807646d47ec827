"""Plans a batch of tickets: looks up what they name, then plans each alone, so that one bad one stops no other."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.errors import QueryRefused
from bt_autotask_sync.state.states import Stage, Trouble
from bt_autotask_sync.sync.tickets.known import look_up
from bt_autotask_sync.sync.tickets.plan import plan_ticket

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bt_autotask_sync.autotask.records import Records
    from bt_autotask_sync.sync.plan.artifact import Artifact
    from bt_autotask_sync.sync.tickets.known import Known
    from bt_autotask_sync.sync.tickets.wish import Wish

_LOG = logging.getLogger(__name__)

REFUSED = "Autotask refuses to look up what the ticket of this session names."
REFUSED_ADVICE = (
    "`bt-autotask-sync -vv run` shows its words. Mend what contactID asks by, or name a ticket for this session with "
    "`resync LSID --ticket NUMBER`."
)
REFUSED_ALONE = 10
"""When Autotask refuses to look up so many wishes one by one, the cause is not in them: the others are not tried."""


def plan_tickets(wishes: Sequence[Wish], records: Records) -> dict[str, Artifact | Trouble]:
    """Return by lsid the ticket to create, or what keeps it from being created.

    What customers fill in is looked up: a text that Autotask will not search for must not keep others waiting.

    Raises:
        AutotaskOutage: Autotask is out of reach; and whatever else its reads raise.
    """
    try:
        return _planned(wishes, look_up(wishes, records))
    except QueryRefused as error:
        if len(wishes) == 1:
            return {wishes[0].session.lsid: _refused(error)}
    return _planned_one_by_one(wishes, records)


def _planned_one_by_one(wishes: Iterable[Wish], records: Records) -> dict[str, Artifact | Trouble]:
    planned: dict[str, Artifact | Trouble] = {}
    refused: list[Trouble] = []
    for wish in wishes:
        if len(refused) == REFUSED_ALONE:
            planned[wish.session.lsid] = refused[-1]
            continue
        try:
            planned |= _planned([wish], look_up([wish], records))
        except QueryRefused as error:
            refused.append(_refused(error))
            planned[wish.session.lsid] = refused[-1]
    return planned


def _planned(wishes: Iterable[Wish], known: Known) -> dict[str, Artifact | Trouble]:
    return {wish.session.lsid: _planned_alone(wish, known) for wish in wishes}


def _planned_alone(wish: Wish, known: Known) -> Artifact | Trouble:
    try:
        return plan_ticket(wish, known)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one session, it stops no other
        _LOG.debug("The ticket of session %s could not be planned", wish.session.lsid, exc_info=True)
        return Trouble(
            Stage.PLAN,
            f"The session's ticket could not be planned ({type(error).__name__}).",
            "Name a ticket for this session with `resync LSID --ticket NUMBER`, and report it.",
        )


def _refused(error: QueryRefused) -> Trouble:
    """Say what was refused; words that are not about rights may hold what a customer filled in."""
    if error.of_the_kind:
        return Trouble(Stage.MATCH, error.message, error.advice)
    _LOG.debug("%s", error.message)
    return Trouble(Stage.MATCH, REFUSED, REFUSED_ADVICE)
