"""Creates of unknown outcome: looked up before anything else, adopted or, once it is safe, let go."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.entities import Ticket, TicketNote
from bt_autotask_sync.state.states import ArtifactKind, ArtifactState, Problem, Stage
from bt_autotask_sync.sync.advice import NOT_THERE, SENT_AGAIN, advice_for_parked
from bt_autotask_sync.sync.compare.lookup_state import LookupState, record_class_of
from bt_autotask_sync.sync.compare.lookups import place_of
from bt_autotask_sync.sync.compare.tenant_search import span_of, uncertain

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bt_autotask_sync.state.artifact_record import ArtifactRecord
    from bt_autotask_sync.sync.compare.lookups import Comparison
    from bt_autotask_sync.sync.compare.tenant_search import Elsewhere, Span, TenantSearch
    from bt_autotask_sync.sync.markers import Found
    from bt_autotask_sync.sync.run_context import RunContext


def resolve_unsettled(
    context: RunContext, comparison: Comparison, search: TenantSearch, named_by_person: Collection[str]
) -> list[ArtifactRecord]:
    """Settle what can be settled of the creates of unknown outcome, on the tickets of their intents.

    What is found is adopted. What is not found may be sent again only after a look-up that was itself answered more
    than `settle_seconds` after the create was given up, by Autotask's time and by our own: until then it may still come
    to exist. Where no two clocks agree nothing is sent again. Then it is looked for on the whole tenant: its ticket may
    have been merged into another. A look-up that was not seen to see anything proves nothing, unless a person insists
    on the session. What was sent in vain too often is parked instead. The sessions concerned are taken up again.

    Args:
        context: Everything the run was given.
        comparison: The run's look-ups.
        search: Looks on the whole tenant.
        named_by_person: The lsids of the sessions that a person named.

    Returns:
        What was adopted.
    """
    open_ones = context.artifacts.in_state(ArtifactState.UNSETTLED)
    adopted = []
    for kind in ArtifactKind:
        records = [record for record in open_ones if record.kind is kind]
        existing = comparison.existing(kind, map(place_of, records))
        if records:
            context.clocks.read_autotask(existing.answered_at)
        for record_class in {record_class_of(record) for record in records}:
            comparison.probe(record_class)
        found = {record: existing.find(record) for record in records}
        over = [
            record
            for record in records
            if found[record] is None
            and _is_believed(record, comparison, named_by_person)
            and _is_over(context, record, context.profile.autotask.settle_seconds)
        ]
        elsewhere = search.search(kind, _spans(context, over))
        for record, here in found.items():
            there = here or (elsewhere.find(record) if record in over else None)
            if there is not None and (isinstance(there, Ticket) or here is not None or elsewhere.is_certain(there)):
                _adopt(context, record, there)
                adopted.append(record)
            elif record in over:
                _let_go(context, record, there, elsewhere)
    return adopted


def _spans(context: RunContext, records: Sequence[ArtifactRecord]) -> dict[str, Span]:
    """Return when the sessions of these records took place; a time entry may begin days before its session ends."""
    spans: dict[str, Span] = {}
    sessions = context.sessions.get([record.lsid for record in records])
    for record in records:
        session = sessions.get(record.lsid)
        if session is not None:
            ended = session.ended_at or session.seen_at
            span = span_of(_moment(record.starts_at), _moment(record.ends_at), ended)
            spans[record.lsid] = span.with_other(spans.get(record.lsid, span))
    return spans


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _adopt(context: RunContext, record: ArtifactRecord, found: Found) -> None:
    session = context.sessions.get([record.lsid]).get(record.lsid)
    # Where a person sent the session, its intent says whether this is the note on that ticket.
    pinned = session is not None and bool(session.pinned_ticket)
    ticket_id = record.ticket_id if pinned or isinstance(found, Ticket) else found.ticket_id
    # Taken up first: a kill in between must not leave a session that nobody looks at again.
    context.sessions.take_up(record.lsid)
    context.artifacts.adopted(record.lsid, record.marker, record.kind, found, ticket_id=ticket_id)


def _let_go(context: RunContext, record: ArtifactRecord, note: Found | None, elsewhere: Elsewhere) -> None:
    """Have what does not exist sent again; a search that shows too little, or a note that may be it, keeps it."""
    if elsewhere.problem is not None:
        return
    context.sessions.take_up(record.lsid)
    if isinstance(note, TicketNote):
        problem = uncertain(note, context.client.web_url())
        context.artifacts.hold(record.lsid, record.marker, record.kind, problem)
    else:
        _send_again(context, record)


def _is_believed(record: ArtifactRecord, comparison: Comparison, named_by_person: Collection[str]) -> bool:
    state = comparison.lookup_states.of(record_class_of(record))
    return state is LookupState.VERIFIED or (state is LookupState.UNVERIFIED and record.lsid in named_by_person)


def _send_again(context: RunContext, record: ArtifactRecord) -> None:
    """Have a create sent again that is known to have made nothing, or park it: each time may have come to nothing.

    That it is sent again counts as an attempt when the last answer was a 4xx, or when others of its kind were taken.
    """
    artifacts, status = context.artifacts, record.answer_status
    turned_away = status is not None and HTTPStatus(400) <= status < HTTPStatus(500)
    if not (turned_away or record.unclear_counted):
        artifacts.withdraw(record.lsid, record.marker, NOT_THERE)
    elif record.attempts >= context.profile.retry_limit:
        words = f"It is not in Autotask after {record.unclear_sends} creates. The last one: {record.answer}"
        problem = Problem(Stage.DELIVER, words, advice_for_parked(status))
        artifacts.hold(record.lsid, record.marker, record.kind, problem, state=ArtifactState.PARKED)
    else:
        attempts = record.attempts + turned_away
        problem = Problem(Stage.DELIVER, f"It is not in Autotask. The last create: {record.answer}", SENT_AGAIN)
        artifacts.hold(record.lsid, record.marker, record.kind, problem, attempts=attempts)


def _is_over(context: RunContext, record: ArtifactRecord, settle_seconds: int) -> bool:
    """Tell whether enough had been waited when the latest look-up was answered."""
    if record.given_up_at is None or place_of(record) is None or not context.clocks.settles:
        return False
    return context.clocks.waited > record.given_up_at + settle_seconds
