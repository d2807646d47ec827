"""Reads: safe to repeat, so what may pass is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.errors import (
    budget_spent,
    credentials_refused,
    out_of_order,
    query_refused,
    unreachable,
    unusable,
)
from bt_autotask_sync.autotask.exchange import NoAnswer
from bt_autotask_sync.transport import TransientError, read_retries

if TYPE_CHECKING:
    from bt_autotask_sync.autotask.answer import Answer
    from bt_autotask_sync.autotask.exchange import Call, Exchange


class _BadAnswerError(TransientError):
    """An answer, but one that may be another the next time."""


def read(exchange: Exchange, call: Call) -> Answer:
    """Return the answer to a read: a JSON object with status 200, or a 404 for a record that is not there.

    Tried four times where it may pass: connection failures, 429, 5xx without errors, HTML, cut bodies.

    Raises:
        AutotaskOutage: No answer, or (UnusableAnswer) none that can be used.
        BudgetSpent: The hourly threshold is spent.
        AutotaskRefused: 401, or a 500 that says as much.
        QueryRefused: Autotask answered with errors.
    """
    try:
        return read_retries(exchange.clock)(_attempt, exchange, call)
    except _BadAnswerError as failure:
        raise out_of_order(call.name, str(failure)) from None
    except TransientError as failure:
        raise unreachable(call.name, str(failure)) from None


def _attempt(exchange: Exchange, call: Call) -> Answer:
    try:
        answer = exchange.send(call)
    except NoAnswer as failure:
        raise TransientError(failure.reason) from None
    _refuse(call, answer)
    if answer.may_pass:
        raise _BadAnswerError(answer.oddity, answer.retry_after)
    if not answer.usable:
        raise unusable(call.name, answer.oddity)
    return answer


def _refuse(call: Call, answer: Answer) -> None:
    """Raise what an answer means where it has a meaning of its own."""
    if answer.redirect:
        raise unusable(call.name, answer.oddity)
    if answer.credentials_refused:
        raise credentials_refused(call.name, answer.status, answer.words)
    if answer.budget_spent:
        raise budget_spent(call.name)
    if answer.busy:
        raise _BadAnswerError("too many requests at a time (429)", answer.retry_after)
    if answer.errors:
        raise query_refused(call.name, answer.words, of_the_kind=answer.of_the_kind)
