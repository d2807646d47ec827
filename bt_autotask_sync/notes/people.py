"""Who took part in a session, joined by gsnumber, and by which name a text calls them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from bt_autotask_sync.appliance.session import ActorType
from bt_autotask_sync.notes.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bt_autotask_sync.appliance.session import Actor, Customer, Representative, Session

UNNAMED_REPRESENTATIVE = "Representative"
"""How a representative is called who has no name that may be told."""


def public_name(representative: Representative) -> str:
    """Return the public display name.

    BeyondTrust: `display_name` is deprecated since API 1.10 and holds the public one.
    """
    name = representative.public_display_name or representative.display_name
    return one_line(name) or UNNAMED_REPRESENTATIVE


def private_name(representative: Representative) -> str:
    """Return the name that colleagues know: the private display name where there is one."""
    return one_line(representative.private_display_name) or public_name(representative)


@dataclass(frozen=True, slots=True)
class People:
    """The people of one session; `primary_…` are None where the report names none."""

    representatives: Mapping[str, Representative]
    customers: Mapping[str, Customer]
    primary_representative: Representative | None
    primary_customer: Customer | None

    @classmethod
    def of(cls, session: Session) -> Self:
        """Join the people of `session` by gsnumber."""
        representatives = {person.gsnumber: person for person in session.representatives if person.gsnumber}
        customers = {person.gsnumber: person for person in session.customers if person.gsnumber}
        owner = next((person for person in session.representatives if person.session_owner), None)
        helped = next((person for person in session.customers if person.primary), None)
        return cls(
            representatives,
            customers,
            representatives.get(_number(session.primary_representative))
            or owner
            or next(iter(session.representatives), None),
            customers.get(_number(session.primary_customer)) or helped or next(iter(session.customers), None),
        )

    def is_representative(self, actor: Actor) -> bool:
        """Tell whether `actor` is a representative, by the list before the event's own word."""
        return actor.gsnumber in self.representatives or actor.type is ActorType.REPRESENTATIVE

    def name(self, actor: Actor) -> str:
        """Return what colleagues call `actor`: the private name of a representative, else the event's own text."""
        representative = self.representatives.get(actor.gsnumber)
        if representative is not None:
            return private_name(representative)
        return one_line(actor.name) or self._nameless(actor)

    def public_name(self, actor: Actor) -> str:
        """Return what customers may call `actor`.

        An event's text for a representative, or for someone of unknown type, may be a private name and is not used.
        """
        representative = self.representatives.get(actor.gsnumber)
        if representative is not None:
            return public_name(representative)
        if actor.type in {ActorType.CUSTOMER, ActorType.SYSTEM, ActorType.EVERYONE}:
            return one_line(actor.name) or self._nameless(actor)
        return UNNAMED_REPRESENTATIVE if actor.type is ActorType.REPRESENTATIVE else "Participant"

    def _nameless(self, actor: Actor) -> str:
        customer = self.customers.get(actor.gsnumber)
        return one_line(customer.username) if customer and customer.username else actor.type.value.capitalize()


def _number(actor: Actor | None) -> str:
    return actor.gsnumber if actor else ""
