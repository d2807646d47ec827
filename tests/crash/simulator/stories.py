"""The sessions of a scene: what has happened in them when they are added, and what is yet to happen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.sandbox.appliance.record import Named
from bt_autotask_sync.sandbox.scenarios.author import Story
from bt_autotask_sync.sandbox.scenarios.features import (
    EVERYDAY,
    customer_survey,
    invited,
    late_customer_survey,
    nothing_more,
    rejoined,
    representative_survey,
    shared,
    transferred,
)
from bt_autotask_sync.sandbox.scenarios.people import TECHNICIANS
from tests.crash.simulator.keys import MISSING_TICKET

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from bt_autotask_sync.sandbox.appliance.record import Session
    from bt_autotask_sync.sandbox.scenarios.author import Author
    from tests.crash.simulator.keys import Keys
    from tests.crash.simulator.scene import Setting

LATEST = 40 * 60
"""Seconds after its end within which a late session shows; less than the shortest look-back."""
NEW_CUSTOMER = "neu@kunde.example"
"""The address of somebody who is no contact yet."""
_TWISTS = ((nothing_more,), (customer_survey,), (nothing_more,))
_TURNS = (shared, rejoined, invited, transferred, customer_survey, representative_survey)
_LENGTHS = (400, 700)


class Stories:
    """Writes the sessions of one scene.

    Args:
        author: The appliance's.
        setting: What the scene is made from.
        tickets: What sessions can be about.
        keys: What sessions of ticket scenes come with.
        random: Draws what is varied.
    """

    def __init__(
        self, author: Author, setting: Setting, tickets: Sequence[dict[str, Any]], keys: Keys | None, random: Random
    ) -> None:
        self._author = author
        self._setting = setting
        self._tickets = tickets
        self._keys = keys
        self._random = random

    def ended(self, number: int, now: int) -> Session:
        """Return a session that has ended; those of even numbers share a ticket."""
        end = now - 120 - self._random.randint(0, 600)
        ticket = self._tickets[number % 2]
        trouble = self._author.trouble()
        story = Story(end - 900, end, now, TECHNICIANS[number % 3], trouble, ticket["ticketNumber"], (nothing_more,))
        story = self._varied(story) if self._setting.varied else replace(story, twists=_TWISTS[number % len(_TWISTS)])
        session = self._author.write(story)
        late = self._setting.varied and self._random.random() < 0.2
        return replace(session, visible_from=now + self._random.randint(0, LATEST - 720) if late else now)

    def running(self, number: int, now: int) -> Session:
        """Return a session that runs: somebody joins soon, or has joined, and mostly its end is set."""
        assert self._keys is not None
        if not self._setting.varied:
            end = now + _LENGTHS[number % len(_LENGTHS)]
            key = (next(iter(self._keys.titles)), "")[number % 2]
            return self._author.write(Story(now - 20, end, now, TECHNICIANS[number], self._author.trouble(), key))
        random = self._random
        story = Story(
            start=now - random.randint(0, 600),
            end=None if random.random() < 0.2 else now + random.randint(30, 2_400),
            now=now,
            technician=None if random.random() < 0.15 else random.choice(TECHNICIANS[:8]),
            trouble=self._author.trouble(),
            external_key=self._keys.of_a_session(random),
        )
        if story.technician is not None:
            story = replace(story, twists=(random.choice((*EVERYDAY, *_TURNS)),))
        return self._of_some_kind(self._author.write(story))

    def _of_some_kind(self, session: Session) -> Session:
        """Return a session that was started unattended, perhaps, or with a customer who is no contact yet."""
        if self._random.random() < 0.2:
            customer = replace(session.customer, form=None)
            session = replace(session, customer=customer, jump_group=Named(7, "Servers", "shared"))
        if self._random.random() < 0.25:
            session = replace(session, custom_attributes={"customer_email": NEW_CUSTOMER})
        return session

    def _varied(self, story: Story) -> Story:
        random = self._random
        ticket = random.choice(self._tickets)
        keys = (ticket["ticketNumber"], f"id:{ticket['id']}", "", MISSING_TICKET)
        start = story.start - 30 * 3600 if random.random() < 0.1 else story.start
        twists = [*EVERYDAY, customer_survey, representative_survey, transferred, shared, rejoined, invited]
        if self._setting.looks_far_back:
            twists.append(late_customer_survey)
        varied = replace(
            story,
            start=start,
            technician=random.choice(TECHNICIANS) if random.random() < 0.2 else story.technician,
            external_key=story.external_key if random.random() < 0.6 else random.choices(keys, (4, 2, 2, 2))[0],
            twists=(random.choice(twists),),
        )
        return replace(varied, external_key=self._keys.of_a_session(random)) if self._keys is not None else varied
