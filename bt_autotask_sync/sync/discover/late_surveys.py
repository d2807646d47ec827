"""Surveys that are given after their session was delivered: the session is taken up again for them."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bt_autotask_sync.config.models import OutboundEvent, PollEvent
from bt_autotask_sync.errors import OutageError
from bt_autotask_sync.state.states import SessionState
from bt_autotask_sync.sync.markers import CUSTOMER_SURVEY, note_marker, told_surveys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bt_autotask_sync.appliance.client import SubmittedSurvey
    from bt_autotask_sync.appliance.session import Survey
    from bt_autotask_sync.state.artifact_record import ArtifactRecord
    from bt_autotask_sync.sync.run_context import RunContext

_LOG = logging.getLogger(__name__)


def take_up_customers(context: RunContext, now: int) -> dict[str, Survey]:
    """Take up the delivered sessions whose customer has given a survey since; a report that fails never fails the run.

    Args:
        context: Everything the run was given.
        now: The appliance's time at the beginning of the run (unix seconds).

    Returns:
        The customers' surveys within the look-back, by lsid: a session's own report may lack a late one.

    Raises:
        CredentialsError: The appliance does not accept the OAuth client any more.
    """
    within = now - context.profile.lookback_hours * 3600
    announced = OutboundEvent.CUSTOMER_SURVEY in context.profile.outbound_events and context.sessions.looks_again(
        within
    )
    if PollEvent.CUSTOMER_SURVEY not in context.profile.poll_events and not announced:
        return {}
    submitted = _listed(context, now, "Customer", context.appliance.customer_surveys)
    surveys = {each.lsid: each.survey for each in submitted}
    for lsid, records in _delivered(context, surveys):
        if note_marker(lsid, CUSTOMER_SURVEY) not in {record.marker for record in records}:
            context.sessions.take_up(lsid)
    return surveys


def take_up_representatives(context: RunContext, now: int) -> None:
    """Take up the delivered sessions of which more representatives' surveys are there than our notes tell.

    BeyondTrust: a session ends only when its representative has given the survey, so this is rare: once a day will do.
    """
    if not context.sessions.counts().get(SessionState.DELIVERED):
        return
    given = Counter(
        each.lsid for each in _listed(context, now, "Representative", context.appliance.representative_surveys)
    )
    for lsid, records in _delivered(context, given):
        told = told_surveys(records).values()
        if all(told) and sum(map(len, told)) < given[lsid]:
            context.sessions.take_up(lsid)


def _listed(
    context: RunContext, now: int, whose: str, ask: Callable[[datetime], tuple[SubmittedSurvey, ...]]
) -> tuple[SubmittedSurvey, ...]:
    since = datetime.fromtimestamp(now, UTC) - timedelta(hours=context.profile.lookback_hours)
    try:
        return ask(since)
    except OutageError as error:
        _LOG.warning("%s surveys could not be listed this time: %s", whose, error.message)
        return ()


def _delivered(context: RunContext, lsids: Iterable[str]) -> Iterator[tuple[str, tuple[ArtifactRecord, ...]]]:
    """Yield those of `lsids` that are delivered, with their artifacts."""
    known = context.sessions.get(list(lsids))
    delivered = [lsid for lsid, record in known.items() if record.state is SessionState.DELIVERED]
    for lsid, records in context.artifacts.of(delivered).items():
        yield lsid, tuple(records.values())
