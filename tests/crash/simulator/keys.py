"""The external keys of ticket scenes: what sessions come with, what people type, and what each stands for."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

MISSING_TICKET = "T20261101.9999"
NOT_A_TICKET = "call back after lunch"
BROKEN = '{"title": "Neuer Laptop'
UNKNOWN_CHOICE = json.dumps({"title": "Neuer Laptop", "status": "no such status"})
_NAMING = ("T2", "id:")


class Stands(StrEnum):
    """What a key stands for."""

    TICKET = "a ticket"
    NEW_TICKET = "a ticket to be made"
    NOTHING = "nothing"
    WORDS = "words"
    MISTAKE = "a mistake"


class Keys:
    """The keys of one scene.

    Args:
        tickets: Those that are there already.
        contact: The id of the contact that some key names.
    """

    def __init__(self, tickets: Sequence[dict[str, Any]], contact: int) -> None:
        self._tickets = tickets
        self.titles = {
            json.dumps({"title": "VPN Zugang", "priority": "High"}): "VPN Zugang",
            json.dumps({"Title": "Neuer Drucker", "QueueID": "5", "colour": "red"}): "Neuer Drucker",
            json.dumps({"title": "Call {{Issue}}", "contactID": contact}): "Call",
            json.dumps({"description": "{{Details}}"}): "",
        }
        """The JSON that tickets can be made from, each with the beginning of the title that it gives."""

    def of_a_session(self, random: Random) -> str:
        """Return the key that a session comes with."""
        ticket = random.choice(self._tickets)
        named = (ticket["ticketNumber"], f"id:{ticket['id']}", MISSING_TICKET)
        others = (NOT_A_TICKET, BROKEN, UNKNOWN_CHOICE)
        pick = random.random()
        if pick < 0.45:
            return random.choice(list(self.titles))
        if pick < 0.7:
            return ""
        return random.choice(named) if pick < 0.88 else random.choice(others)

    def typed_over(self, key: str, random: Random) -> str:
        """Return what a person types over a key."""
        others = [ticket for ticket in self._tickets if ticket["ticketNumber"] != key]
        ticket = random.choice(others)
        typed = (ticket["ticketNumber"], f"id:{ticket['id']}", NOT_A_TICKET, "")
        return random.choices(typed, (5, 2, 2, 2))[0]

    def names_contact(self, key: str) -> bool:
        """Tell whether a key says whose its ticket is."""
        return key in self.titles and "contactID" in json.loads(key)

    def stands_for(self, key: str) -> Stands:
        """Return what a key stands for; those of the scene's own tickets name a ticket too."""
        if key in self.titles:
            return Stands.NEW_TICKET
        if key.startswith(_NAMING):
            return Stands.TICKET
        if not key:
            return Stands.NOTHING
        return Stands.MISTAKE if key.startswith("{") else Stands.WORDS
