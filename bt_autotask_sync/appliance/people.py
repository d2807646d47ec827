"""Who took part: actors of events, customers with their issue form, representatives with their stays."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from bt_autotask_sync.appliance.element import Parts, children_named
from bt_autotask_sync.appliance.session import Actor, ActorType, Customer, IssueForm, Representative, Span
from bt_autotask_sync.appliance.values import address, known

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from lxml.etree import _Element as Element

_ACTOR_TYPES = {kind.value: kind for kind in ActorType} | {
    "rep": ActorType.REPRESENTATIVE,
    "cust": ActorType.CUSTOMER,
}
NOBODY = Actor(ActorType.OTHER, "", "")


def read_actor(element: Element | None, kind: ActorType | None = None) -> Actor:
    """Return who the element names, of the type that it says itself unless `kind` is given."""
    if element is None:
        return NOBODY
    return _actor(kind, element.get("type"), element.get("gsnumber"), element.text)


@lru_cache(maxsize=64)
def _actor(kind: ActorType | None, word: str | None, gsnumber: str | None, name: str | None) -> Actor:
    """Return one object for the same person in all events of a session."""
    return Actor(
        kind or _ACTOR_TYPES.get((word or "").lower(), ActorType.OTHER),
        (gsnumber or "").strip(),
        (name or "").strip(),
    )


def read_customers(customer_list: Element | None) -> tuple[Customer, ...]:
    """Return the customers of a `customer_list`."""
    return tuple(_customer(element) for element in children_named(customer_list, "customer"))


def read_representatives(rep_list: Element | None, stays: Stays) -> tuple[Representative, ...]:
    """Return the representatives of a `rep_list`, with their stays."""
    spans = stays.by_gsnumber()
    return tuple(_representative(element, spans) for element in children_named(rep_list, "representative"))


def primary_customer(element: Element | None, customers: Sequence[Customer]) -> Actor | None:
    """Return whom `primary_customer` names, else the customer marked as primary, else None."""
    named = read_actor(element, ActorType.CUSTOMER)
    for customer in customers:
        if _is_meant(named, customer.gsnumber, {customer.username}, marked=customer.primary):
            return Actor(ActorType.CUSTOMER, customer.gsnumber, named.name or customer.username)
    return named if named.gsnumber or named.name else None


def primary_representative(element: Element | None, representatives: Sequence[Representative]) -> Actor | None:
    """Return the representative who owned the session, as one of `representatives` wherever that is clear.

    It is whom `primary_rep` names: by number, else by user id, else by a name that only one person has. Where it names
    nobody, it is the one who is marked as owner; and the only one who was not invited, where there is no other. Where
    none of that is clear, what `primary_rep` says is returned as it is, or None.
    """
    named = read_actor(element, ActorType.REPRESENTATIVE)
    user_id = "" if element is None else (element.get("id") or "").strip()
    if named.gsnumber or named.name or user_id:
        person = _named_representative(named, user_id, representatives)
    else:
        person = _only_person([each for each in representatives if each.session_owner])
    if person is not None:
        return Actor(ActorType.REPRESENTATIVE, person.gsnumber, named.name or _name(person))
    only = _only_person([each for each in representatives if not each.invited])
    if only is not None:
        return Actor(ActorType.REPRESENTATIVE, only.gsnumber, _name(only))
    return named if named.gsnumber or named.name else None


def _named_representative(named: Actor, user_id: str, people: Sequence[Representative]) -> Representative | None:
    """Return whom a number, a user id or a name means; None where that is nobody, or several."""
    if named.gsnumber:
        for person in people:
            if person.gsnumber == named.gsnumber:
                return person
    by_id = [person for person in people if user_id and person.user_id == user_id]
    return _only_person(by_id or [person for person in people if named.name and named.name in _names(person)])


def _name(person: Representative) -> str:
    return person.private_display_name or person.display_name or person.username


def _names(person: Representative) -> set[str]:
    return {person.display_name, person.public_display_name, person.private_display_name, person.username}


def _is_meant(named: Actor, gsnumber: str, names: set[str], *, marked: bool) -> bool:
    """Return whether this is the named person: by number, else by name; where nobody is named, the marked one."""
    if named.gsnumber:
        return gsnumber == named.gsnumber
    return named.name in names if named.name else marked


def _only_person(people: Sequence[Representative]) -> Representative | None:
    """Return the first of these if all are one person: who connected twice stands in the list under two numbers."""
    who = {person.username.casefold() or person.gsnumber for person in people}
    return people[0] if len(who) == 1 else None


@dataclass(slots=True)
class Stays:
    """The comings and goings of representatives, as `Conference Member Added` and `… Departed` tell them.

    A customer's `Conference Member State Changed` and a lost connection are not leaving.
    """

    _changes: list[tuple[datetime, bool, str]] = field(default_factory=list)

    def add(self, at: datetime, actor: Actor, *, joined: bool) -> None:
        """Remember that somebody joined or left; others than representatives are passed over."""
        if actor.type is ActorType.REPRESENTATIVE and actor.gsnumber:
            self._changes.append((at, joined, actor.gsnumber))

    def by_gsnumber(self) -> dict[str, tuple[Span, ...]]:
        """Return everyone's spans in order. A second joining or leaving without the other in between counts once."""
        spans: dict[str, list[Span]] = {}
        for at, joined, gsnumber in sorted(self._changes, key=lambda change: change[0]):
            stays = spans.setdefault(gsnumber, [])
            present = bool(stays) and stays[-1].left_at is None
            if joined and not present:
                stays.append(Span(at, None))
            elif not joined and present:
                stays[-1] = Span(stays[-1].joined_at, at)
            elif not joined and not stays:
                stays.append(Span(None, at))
        return {gsnumber: tuple(stays) for gsnumber, stays in spans.items()}


def _gsnumber(element: Element) -> str:
    return (element.get("gsnumber") or "").strip()


def _customer(element: Element) -> Customer:
    parts = Parts(element)
    form = parts.get("info")
    return Customer(
        gsnumber=_gsnumber(element),
        username=parts.text("username"),
        public_ip=address(parts.text("public_ip")),
        private_ip=address(parts.text("private_ip")),
        hostname=known(parts.text("hostname")),
        os=known(parts.text("os")),
        primary=parts.flag("primary_cust"),
        form=IssueForm() if form is None else _issue_form(Parts(form)),
    )


def _issue_form(parts: Parts) -> IssueForm:
    return IssueForm(
        name=parts.text("name"),
        company=parts.text("company"),
        company_code=parts.text("company_code"),
        issue=parts.text("issue"),
        details=parts.text("details"),
    )


def _representative(element: Element, spans: dict[str, tuple[Span, ...]]) -> Representative:
    parts = Parts(element)
    gsnumber = _gsnumber(element)
    return Representative(
        gsnumber=gsnumber,
        user_id=(element.get("id") or "").strip(),
        username=parts.text("username"),
        display_name=parts.text("display_name"),
        public_display_name=parts.text("public_display_name"),
        private_display_name=parts.text("private_display_name"),
        public_ip=address(parts.text("public_ip")),
        private_ip=address(parts.text("private_ip")),
        hostname=known(parts.text("hostname")),
        os=known(parts.text("os")),
        session_owner=parts.flag("session_owner") or parts.flag("primary_rep"),
        invited=parts.flag("invited"),
        seconds_involved=parts.number("seconds_involved"),
        spans=spans.get(gsnumber, ()),
    )
