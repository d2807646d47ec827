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
    """Return whom `primary_rep` names, else the first representative who owned the session, else None."""
    named = read_actor(element, ActorType.REPRESENTATIVE)
    for person in representatives:
        names = {person.display_name, person.public_display_name, person.private_display_name, person.username}
        if _is_meant(named, person.gsnumber, names, marked=person.session_owner):
            name = named.name or person.private_display_name or person.display_name or person.username
            return Actor(ActorType.REPRESENTATIVE, person.gsnumber, name)
    return named if named.gsnumber or named.name else None


def _is_meant(named: Actor, gsnumber: str, names: set[str], *, marked: bool) -> bool:
    """Return whether this is the named person: by number, else by name; where nobody is named, the marked one."""
    if named.gsnumber:
        return gsnumber == named.gsnumber
    return named.name in names if named.name else marked


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
