"""Creates: sent once. Autotask has no idempotency key, so an unclear answer stays unclear until somebody looks."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.entities import Created, CreateOutcome, Refused, Unclear
from bt_autotask_sync.autotask.errors import budget_spent, unreachable
from bt_autotask_sync.autotask.exchange import NoAnswer
from bt_autotask_sync.errors import OutageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bt_autotask_sync.autotask.answer import Answer
    from bt_autotask_sync.autotask.exchange import Call, Exchange

LONGEST_BUSY = 60.0
"""Seconds of waiting, in all, for a create that Autotask turns away as too many at a time."""
LONGEST_WAIT = 30.0
FIRST_WAIT = 1.0
LONGEST_OWN_WAIT = 16.0


def create(exchange: Exchange, call: Call, judge_credentials: Callable[[], None]) -> CreateOutcome:
    """Send a create and return what came of it. Whatever this raises, nothing was made.

    It is sent again only after a 429, which Autotask does not execute.

    Args:
        exchange: Sends requests.
        call: The create.
        judge_credentials: Reads something cheap with the same credentials, and raises CredentialsError when they are
            refused. The answer to a create alone never proves it: its words may be a customer's, its 401 a firewall's.

    Raises:
        AutotaskOutage: No connection could be made, or Autotask was too busy for 60 seconds.
        BudgetSpent: The hourly threshold is spent.
        CredentialsError: The create was answered as for refused credentials, and so was the read.
    """
    try:
        answer = _send_when_free(exchange, call)
    except NoAnswer as failure:
        if failure.nothing_sent:
            raise unreachable(call.name, failure.reason) from None
        return Unclear(f"{call.name}: {failure.reason}")
    if answer.item_id is None and answer.credentials_refused:
        with suppress(OutageError):  # whatever else the read meets, it does not confirm a refusal
            judge_credentials()
    return _outcome(call, answer)


def made_nothing(outcome: CreateOutcome) -> bool:
    """Return whether a create was refused, or turned away as not authorized."""
    unauthorized = isinstance(outcome, Unclear) and outcome.status == HTTPStatus.UNAUTHORIZED
    return unauthorized or isinstance(outcome, Refused)


def _send_when_free(exchange: Exchange, call: Call) -> Answer:
    """Send until Autotask has a thread for it: `Retry-After` up to 30 seconds, else 1 second doubling to 16."""
    waited, pause = 0.0, FIRST_WAIT
    while _turned_away(answer := exchange.send(call)):
        if waited >= LONGEST_BUSY:
            raise unreachable(call.name, f"too many requests at a time (429) for {waited:g} seconds")
        asked = pause if answer.retry_after is None else min(max(answer.retry_after, FIRST_WAIT), LONGEST_WAIT)
        wait = min(asked, LONGEST_BUSY - waited)
        exchange.clock.sleep(wait)
        waited, pause = waited + wait, min(pause * 2, LONGEST_OWN_WAIT)
    return answer


def _turned_away(answer: Answer) -> bool:
    told_more = answer.redirect or answer.item_id or answer.credentials_refused or answer.budget_spent
    return answer.busy and not told_more


def _outcome(call: Call, answer: Answer) -> CreateOutcome:
    if answer.item_id is not None:
        return Created(answer.item_id)
    if answer.redirect:
        return Unclear(f"{call.name}: {answer.oddity}", answer.status)
    if answer.budget_spent:
        raise budget_spent(call.name)
    if answer.errors:
        return Refused(answer.words, of_the_kind=answer.of_the_kind)
    return Unclear(f"{call.name}: {answer.oddity}", answer.status)
