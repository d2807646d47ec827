"""Plans a batch of sessions: each alone, so that one bad one stops no other."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from bt_autotask_sync.state.states import ArtifactKind, Problem, SessionState, Stage
from bt_autotask_sync.sync.markers import told_surveys
from bt_autotask_sync.sync.plan.note_artifacts import plan_session
from bt_autotask_sync.sync.plan.session_billing import SessionBilling, assigned
from bt_autotask_sync.sync.transitions import hold_artifact

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from bt_autotask_sync.appliance.session import Session
    from bt_autotask_sync.autotask.entities import Ticket
    from bt_autotask_sync.notes.templates import Templates
    from bt_autotask_sync.sync.match.people import People
    from bt_autotask_sync.sync.plan.artifact import Artifact, Plan
    from bt_autotask_sync.sync.run_context import RunContext

_LOG = logging.getLogger(__name__)


def session_billing(
    context: RunContext, sessions: Iterable[Session], named: Collection[str] = (), *, partly: bool = False
) -> SessionBilling:
    """Return what says who is billed in these sessions; see `SessionBilling`."""
    records = context.sessions.get([session.lsid for session in sessions])
    return SessionBilling(context.profile.time_entries, context.artifacts, records, named, partly=partly)


def plan_all(
    context: RunContext,
    now: int,
    sessions: Iterable[Session],
    tickets: Mapping[str, Ticket],
    people: People,
    *,
    billing: SessionBilling,
    announced: Collection[str] = (),
) -> list[Plan]:
    """Plan each session that has a ticket; hold what cannot be planned. Events named those in `announced`."""
    plans = []
    templates, approved = context.templates, context.artifacts.approved()
    for session in sessions:
        ticket = tickets.get(session.lsid)
        if ticket is None:
            continue
        try:
            plan = _plan(
                context,
                session,
                ticket,
                people,
                billing=billing,
                templates=templates,
                approved=approved,
                announced=session.lsid in announced,
            )
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one session, it stops no other
            _LOG.debug("Session %s could not be planned", session.lsid, exc_info=True)
            context.sessions.hold(session.lsid, _unplannable(error), state=SessionState.PARKED, next_at=None)
            continue
        for blocked in plan.blocked:
            hold_artifact(context, now, session.lsid, blocked)
        plans.append(plan)
    return plans


def _plan(
    context: RunContext,
    session: Session,
    ticket: Ticket,
    people: People,
    *,
    billing: SessionBilling,
    templates: Templates,
    approved: Mapping[str, int],
    announced: bool,
) -> Plan:
    found = billing.of(session, people)
    plan = plan_session(
        session,
        ticket,
        context.profile,
        people,
        templates,
        bills=found.bills,
        told=_told(context, session),
        approved=approved,
        announced=announced,
        is_unclear=found.is_unclear,
    )
    kept = (bill for bill in found.bills if bill.assignment or bill.username in people)
    plan = replace(plan, artifacts=tuple(_without_further_parts(context, plan)))
    return replace(plan, bills=tuple(assigned(bill, people, ticket) for bill in kept), is_first=found.is_first)


def _without_further_parts(context: RunContext, plan: Plan) -> Iterator[Artifact]:
    """Yield what a plan holds, of a delivered session without further parts of a note that stands: it was whole then.

    A template, or the report, may make more of it by now. Where a person names the session, what is gone is due.
    """
    record = context.sessions.get([plan.lsid]).get(plan.lsid)
    is_whole = record is not None and record.state is SessionState.DELIVERED and not record.named
    known = context.artifacts.of([plan.lsid])[plan.lsid] if is_whole else {}
    for artifact in plan.artifacts:
        is_further = artifact.kind is ArtifactKind.NOTE and artifact.marker not in known
        if not (is_further and artifact.group in known):
            yield artifact


def _told(context: RunContext, session: Session) -> dict[int, tuple[str, ...]]:
    """Return which representatives' surveys notes tell already; without surveys nobody needs to know."""
    if not session.representative_surveys:
        return {}
    return told_surveys(context.artifacts.of([session.lsid])[session.lsid].values())


def _unplannable(error: Exception) -> Problem:
    return Problem(
        Stage.PLAN,
        f"The session's note or time could not be made ({type(error).__name__}).",
        "Run `bt-autotask-sync -vv resync LSID --dry-run` to see where, and report it; `held retry` takes it up again.",
    )
