"""Whether a session that names no ticket is to have one made, and from what: pure, no questions asked of anyone."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bt_autotask_sync.config.problems import InvalidValueError
from bt_autotask_sync.config.ticket_data import TicketData, key_ticket_data
from bt_autotask_sync.config.tickets import SessionType
from bt_autotask_sync.state.states import Problem, Stage
from bt_autotask_sync.sync.match.key_text import trimmed_key

if TYPE_CHECKING:
    from bt_autotask_sync.appliance.session import Session
    from bt_autotask_sync.config.tickets import Tickets
    from bt_autotask_sync.state.artifact_record import ArtifactRecord

KEY_ADVICE = (
    "Mend what writes the external key, like a link that starts sessions; name a ticket for this session with "
    "`resync LSID --ticket NUMBER`."
)


@dataclass(frozen=True, slots=True)
class TicketRequest:
    """A ticket that a session is to have.

    `data` is the default data, overridden by the JSON of the external key; `ignored` names in words what that JSON
    may not say.
    """

    session: Session
    data: TicketData
    ignored: tuple[str, ...] = ()


def ticket_request(session: Session, settings: Tickets, *, joined: bool) -> TicketRequest | Problem | None:
    """Return the ticket that a session which names none is to have; why that cannot be told; or None for no ticket.

    A key in words, which names no ticket and resembles none, is as good as none.

    Args:
        session: One that runs, or has ended.
        settings: When tickets are made, and from what.
        joined: An event said that a representative joined it, which counts when the report names one.
    """
    at_start = joined and settings.create_on_session_start and bool(session.representatives)
    at_end = session.ended_at is not None and settings.at_session_end
    if not (at_start or at_end) or session_type(session) not in settings.session_types:
        return None
    key = trimmed_key(session.external_key)
    if key.startswith("{"):
        return _from_json(session, key, settings)
    return TicketRequest(session, settings.default_data) if settings.create_without_external_key else None


def as_created(session: Session, own: ArtifactRecord | None) -> Session:
    """Return a session as its own ticket was made from it: since then the ticket's number may stand for its key."""
    if own is None or not own.is_written(session.external_key):
        return session
    return replace(session, external_key=own.made_from)


def session_type(session: Session) -> SessionType:
    """Return what kind of session it is. BeyondTrust: unattended ones come by a Jump group or a Jumpoint."""
    return SessionType.UNATTENDED if session.jump_group or session.jumpoint else SessionType.ATTENDED


def _from_json(session: Session, key: str, settings: Tickets) -> TicketRequest | Problem:
    try:
        table = json.loads(key)
    except (ValueError, RecursionError):
        return Problem(Stage.PLAN, "The external key begins like JSON, and is none.", KEY_ADVICE)
    try:
        data, ignored = key_ticket_data(table)
    except InvalidValueError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault.at))} {fault.message}".strip() for fault in error.faults)
        return Problem(Stage.PLAN, f"No ticket can be made from the external key: {faults}.", KEY_ADVICE)
    defaults = settings.default_data
    contact = defaults.default_contact_id if data.default_contact_id is None else data.default_contact_id
    return TicketRequest(
        session, TicketData(fields={**defaults.fields, **data.fields}, default_contact_id=contact), ignored
    )
