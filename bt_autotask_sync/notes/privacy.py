"""What customers may read of a session.

`published` names everything that passes, so that whatever a session learns to hold later stays private until
someone decides otherwise here.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bt_autotask_sync.appliance.session import Actor, ActorType, Customer, Representative, Session
from bt_autotask_sync.notes.people import People, private_name, public_name

if TYPE_CHECKING:
    from bt_autotask_sync.appliance.session import ChatMessage, FileEvent, SessionNote, Transfer

_FOLDERS = re.compile(r".*[\\/:]", re.DOTALL)


def published(session: Session, *, with_notes: bool) -> Session:
    """Return `session` as a customer may know it; technicians' notes only `with_notes`.

    Private are: chat that went neither to everyone nor to the customer, representative surveys, private display
    names, user names, computers, addresses, folders of files, system information, chat and recording links, and
    Jumpoint and jump group (BeyondTrust: a personal jump group bears its owner's private display name).
    """
    people = People.of(session)
    return Session(
        lsid=session.lsid,
        started_at=session.started_at,
        ended_at=session.ended_at,
        has_end_event=session.has_end_event,
        last_event_at=session.last_event_at,
        session_type=session.session_type,
        lseq=session.lseq,
        duration_seconds=session.duration_seconds,
        public_site=session.public_site,
        external_key=session.external_key,
        team=session.team,
        custom_attributes=session.custom_attributes,
        primary_customer=_actor(session.primary_customer, people),
        primary_representative=_actor(session.primary_representative, people),
        customers=tuple(_customer(customer) for customer in session.customers),
        representatives=tuple(_representative(representative) for representative in session.representatives),
        transfers=_transfers(session),
        chat=tuple(_message(message, people) for message in session.chat if _is_public(message, people)),
        notes=tuple(_note(note, people) for note in session.notes) if with_notes else (),
        files=tuple(_file(event, people) for event in session.files),
        files_transferred=session.files_transferred,
        files_moved=session.files_moved,
        files_deleted=session.files_deleted,
        customer_surveys=session.customer_surveys,
    )


def base_name(path: str) -> str:
    r"""Return the name of a file without its folders, for Windows (`C:\a\b.txt`) and other systems (`/a/b.txt`)."""
    return _FOLDERS.sub("", path.rstrip("\\/"))


def _actor(actor: Actor | None, people: People) -> Actor | None:
    return replace(actor, name=people.public_name(actor)) if actor else None


def _customer(customer: Customer) -> Customer:
    return Customer(
        gsnumber=customer.gsnumber, username=customer.username, primary=customer.primary, form=customer.form
    )


def _representative(representative: Representative) -> Representative:
    return Representative(
        gsnumber=representative.gsnumber,
        user_id="",
        username="",
        public_display_name=public_name(representative),
        session_owner=representative.session_owner,
        invited=representative.invited,
        seconds_involved=representative.seconds_involved,
        spans=representative.spans,
    )


def _is_public(message: ChatMessage, people: People) -> bool:
    to = message.recipient
    return to.type in {ActorType.EVERYONE, ActorType.CUSTOMER} and not people.is_representative(to)


def _message(message: ChatMessage, people: People) -> ChatMessage:
    by_system = message.sender.type is ActorType.SYSTEM and not people.is_representative(message.sender)
    return replace(
        message,
        sender=replace(message.sender, name=people.public_name(message.sender)),
        recipient=replace(message.recipient, name=people.public_name(message.recipient)),
        text=_with_public_names(message.text, people) if by_system else message.text,
    )


def _note(note: SessionNote, people: People) -> SessionNote:
    return replace(note, author=replace(note.author, name=people.public_name(note.author)))


def _file(event: FileEvent, people: People) -> FileEvent:
    performed_by = replace(event.performed_by, name=people.public_name(event.performed_by))
    return replace(event, name=base_name(event.name), performed_by=performed_by)


def _transfers(session: Session) -> tuple[Transfer, ...]:
    """Return the transfers to known people and to the session's team; another name may be someone's private one."""
    known = {session.team: session.team}
    for person in session.representatives:
        for name in (person.username, person.display_name, person.public_display_name, person.private_display_name):
            known[name] = public_name(person)
    known.pop("", None)
    return tuple(
        replace(transfer, owner=known[transfer.owner]) for transfer in session.transfers if transfer.owner in known
    )


def _with_public_names(text: str, people: People) -> str:
    """Return what the product itself wrote ("Pat Rep has joined") with public names for private ones."""
    names = {private_name(person): public_name(person) for person in people.representatives.values()}
    longest_first = sorted(names, key=len, reverse=True)
    if not longest_first:
        return text
    pattern = "|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in longest_first)
    return re.sub(pattern, lambda found: names[found[0]], text)
