"""From a wish and what Autotask holds to the ticket that is to be created: pure, no questions asked of anyone."""

from __future__ import annotations

import logging
from datetime import UTC
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.autotask.errors import QueryRefused
from bt_autotask_sync.config import ticket_data
from bt_autotask_sync.config.models import OutboundEvent
from bt_autotask_sync.notes.text import clean, clip, one_line
from bt_autotask_sync.state.states import ArtifactKind, Problem, Stage
from bt_autotask_sync.sync.markers import ticket_marker
from bt_autotask_sync.sync.plan.artifact import NEW, PLACEHOLDER, Artifact
from bt_autotask_sync.sync.tickets.contact import choose_contact
from bt_autotask_sync.sync.tickets.looked_up import COMPANY, CONTACT, WORK_TYPE, is_label, look_up

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bt_autotask_sync.appliance.session import IssueForm, Session
    from bt_autotask_sync.autotask.metadata import Choice
    from bt_autotask_sync.autotask.records import Records
    from bt_autotask_sync.sync.tickets.looked_up import LookedUp
    from bt_autotask_sync.sync.tickets.request import TicketRequest

_LOG = logging.getLogger(__name__)

LONGEST_TITLE = 255
LONGEST_DESCRIPTION = 8_000
"""UTF-16 units. Autotask: the lengths of a ticket's title and description."""
USUAL_TITLE = "Remote support session"
"""Of a ticket to which nothing gives a title: Autotask takes none without."""
_NO_COMPANY = (
    "The ticket of this session has no company: nothing names one, and no contact was found that would bring it.",
    "Give tickets.default_data a companyID, or a defaultContactID whose company is taken.",
)


class _NotYetError(Exception):
    """Something that the ticket needs is not there."""

    def __init__(self, error: str, advice: str) -> None:
        super().__init__(error)
        self.problem = Problem(Stage.MATCH, error, advice)


def plan_ticket(request: TicketRequest, looked_up: LookedUp) -> Artifact | Problem:
    """Return the ticket to create, or what keeps it from being created.

    Args:
        request: What the session is to have.
        looked_up: What Autotask holds of what it names.
    """
    session = request.session
    try:
        body = _body(request, looked_up)
    except _NotYetError as error:
        return error.problem
    for ignored in request.ignored:  # told when it is sent, not in every run that waits for a label
        _LOG.warning("Session %s: its external key cannot give %s; that is left out.", session.lsid, ignored)
    marker = ticket_marker(session.lsid)
    return Artifact(
        lsid=session.lsid,
        kind=ArtifactKind.TICKET,
        marker=marker,
        group=marker,
        ticket_id=NEW,
        ticket_number=PLACEHOLDER,
        path="/Tickets",
        body={**body, "externalID": marker},
        event=OutboundEvent.MEMBER_ADDED if session.ended_at is None else OutboundEvent.SESSION_END,
        made_from=session.external_key.strip(),
    )


def _body(request: TicketRequest, looked_up: LookedUp) -> dict[str, Any]:
    given: dict[str, Any] = {name: value for name, value in request.data.fields.items() if name != CONTACT}
    given = _numbers(given, looked_up)
    given |= _texts(given, request.session)
    if isinstance(due := given.get("dueDateTime"), str):
        given["dueDateTime"] = _due(due, request.session)
    return _people(request, given.get(COMPANY), looked_up) | given


def _people(request: TicketRequest, company: int | None, looked_up: LookedUp) -> dict[str, int]:
    """Return the contact, and the company that it brings where none is given.

    Raises:
        _NotYetError: There is no company at all.
    """
    chosen = choose_contact(request, company, looked_up)
    if chosen.remark:
        _LOG.warning("Session %s: %s", request.session.lsid, chosen.remark)
    brought = company if company is not None else chosen.company_id
    if brought is None:
        raise _NotYetError(*_NO_COMPANY)
    return {COMPANY: brought} | ({} if chosen.contact_id is None else {CONTACT: chosen.contact_id})


def _texts(given: Mapping[str, Any], session: Session) -> dict[str, str]:
    """Return title and description with what the customer filled in; nothing in that is a placeholder again."""
    form = _form(session)
    title = clip(one_line(_filled(str(given.get("title", "")), form)), LONGEST_TITLE) or USUAL_TITLE
    if "description" not in given:
        return {"title": title}
    return {"title": title, "description": clip(clean(_filled(given["description"], form)), LONGEST_DESCRIPTION)}


def _filled(text: str, form: IssueForm | None) -> str:
    said = {"issue": form.issue.strip(), "details": form.details.strip()} if form else {}
    return ticket_data.PLACEHOLDER.sub(lambda found: said.get(found[1].lower(), ""), text)


def _form(session: Session) -> IssueForm | None:
    """Return what the customer filled in on the public site, the primary customer first."""
    forms = [person.form for person in sorted(session.customers, key=lambda person: not person.primary)]
    return next((form for form in forms if form.issue or form.details), None)


def _due(text: str, session: Session) -> str:
    """Return the due date: an offset counts from the session's start."""
    offset = ticket_data.due_offset(text)
    if offset is None:
        return text
    if session.started_at is None:
        raise _NotYetError("The report tells no start of the session, which the due date counts from.", "")
    return f"{(session.started_at + offset).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _numbers(given: dict[str, Any], looked_up: LookedUp) -> dict[str, Any]:
    """Return the fields with the numbers that labels and names stand for, parents before what depends on them."""
    numbers = dict(given)
    depends = {name: _parent(name, looked_up) for name in given}
    for name in sorted(given, key=lambda name: bool(depends[name])):
        if is_label(name, given[name]):
            parent = next((numbers[other] for other in given if other.lower() == depends[name].lower()), None)
            numbers[name] = _number(name, str(given[name]), parent, looked_up)
    work_type = given.get(WORK_TYPE)
    if isinstance(work_type, str):
        numbers[WORK_TYPE] = _work_type(work_type, looked_up)
    return numbers


def _parent(name: str, looked_up: LookedUp) -> str:
    field = looked_up.fields.get(name.lower())
    return field.parent_field if field else ""


def _number(name: str, label: str, parent: int | None, looked_up: LookedUp) -> int:
    """Return the number of a picklist's entry, of those that belong to the chosen parent where they have one."""
    field = looked_up.fields.get(name.lower())
    alike = [choice for choice in field.choices if _is_labelled(choice, label)] if field else []
    active = [choice for choice in alike if choice.active and choice.value.lstrip("-").isdecimal()]
    belonging = [choice for choice in active if choice.parent in ("", str(parent))]
    if len(belonging) == 1:
        return int(belonging[0].value)
    if belonging:
        values = ", ".join(choice.value for choice in belonging)
        raise _NotYetError(f"Several entries of {name} are called {label!r}: {values}.", "Give the number instead.")
    raise _NotYetError(
        f"Autotask has no active {name} with the label {label!r}" + (" for this parent." if active else "."),
        f"Mend {name} in tickets.default_data or in the external key, or activate the entry in Autotask.",
    )


def _is_labelled(choice: Choice, label: str) -> bool:
    return choice.label.strip().casefold() == label.strip().casefold()


def _work_type(name: str, looked_up: LookedUp) -> int:
    active = [code for code in looked_up.work_types.get(name, ()) if code.active]
    if len(active) == 1:
        return active[0].id
    how_many = "Several work types have" if active else "Autotask has no active work type with"
    raise _NotYetError(f"{how_many} the name {name!r}.", "Give its number in tickets.default_data.billingCodeID.")


REFUSED = "Autotask refuses to look up what the ticket of this session names."
REFUSED_ADVICE = (
    "`bt-autotask-sync -vv run` shows its words. Mend what contactID asks by, or name a ticket for this session with "
    "`resync LSID --ticket NUMBER`."
)
REFUSED_ALONE = 10
"""When Autotask refuses to look up so many wishes one by one, the cause is not in them: the others are not tried."""


def plan_tickets(wishes: Sequence[TicketRequest], records: Records) -> dict[str, Artifact | Problem]:
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


def _planned_one_by_one(wishes: Iterable[TicketRequest], records: Records) -> dict[str, Artifact | Problem]:
    planned: dict[str, Artifact | Problem] = {}
    refused: list[Problem] = []
    for request in wishes:
        if len(refused) == REFUSED_ALONE:
            planned[request.session.lsid] = refused[-1]
            continue
        try:
            planned |= _planned([request], look_up([request], records))
        except QueryRefused as error:
            refused.append(_refused(error))
            planned[request.session.lsid] = refused[-1]
    return planned


def _planned(wishes: Iterable[TicketRequest], looked_up: LookedUp) -> dict[str, Artifact | Problem]:
    return {request.session.lsid: _planned_alone(request, looked_up) for request in wishes}


def _planned_alone(request: TicketRequest, looked_up: LookedUp) -> Artifact | Problem:
    try:
        return plan_ticket(request, looked_up)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one session, it stops no other
        _LOG.debug("The ticket of session %s could not be planned", request.session.lsid, exc_info=True)
        return Problem(
            Stage.PLAN,
            f"The session's ticket could not be planned ({type(error).__name__}).",
            "Name a ticket for this session with `resync LSID --ticket NUMBER`, and report it.",
        )


def _refused(error: QueryRefused) -> Problem:
    """Say what was refused; words that are not about rights may hold what a customer filled in."""
    if error.of_the_kind:
        return Problem(Stage.MATCH, error.message, error.advice)
    _LOG.debug("%s", error.message)
    return Problem(Stage.MATCH, REFUSED, REFUSED_ADVICE)
