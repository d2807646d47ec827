"""From what a representative's time is billed as to the time entries on the ticket."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bt_autotask_sync.notes.templates import Templates
from bt_autotask_sync.notes.text import clip, utf16_length
from bt_autotask_sync.sync.billing import parts, whole_minutes
from bt_autotask_sync.sync.planned import (
    LONGEST_TEXT,
    Artifact,
    Withheld,
    address,
    marker_name,
    time_entry_marker,
)
from bt_autotask_sync.sync.states import ArtifactKind, Stage, Trouble

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from bt_autotask_sync.appliance.session import Session
    from bt_autotask_sync.autotask.entities import Ticket
    from bt_autotask_sync.config.models import Profile
    from bt_autotask_sync.notes.context import NoteContext
    from bt_autotask_sync.sync.billing import Bill, Part, Stretch
    from bt_autotask_sync.sync.match import People, Technician

LONGEST_STRETCH = 31 * 24 * 3600
"""Seconds of work at a stretch that a report can be believed in."""
BLANK_SUMMARY = "Remote session"
_PART_NUMBERS = re.compile(r"(?::[0-9]+)+$")


@dataclass(frozen=True, slots=True)
class EntryPlanner:
    """Plans the time entries of one session.

    Args:
        session: An ended session.
        ticket: Its ticket.
        profile: The settings.
        context: What its texts may show.
        approved: The minutes that a person has let through, by the marker of the stretch's first entry.
    """

    session: Session
    ticket: Ticket
    profile: Profile
    context: NoteContext
    approved: Mapping[str, int]

    def plan(self, bills: Iterable[Bill], people: People) -> tuple[tuple[Artifact, ...], tuple[Withheld, ...]]:
        """Return the entries of those who are known to Autotask, and what of the others waits.

        Who is not in `people` is left out.
        """
        artifacts: list[Artifact] = []
        withheld: list[Withheld] = []
        names: set[str] = set()
        for bill in bills:
            who = people.get(bill.username)
            if who is None:
                continue
            marker = time_entry_marker(self.session.lsid, bill.username)
            name = _PART_NUMBERS.sub("", marker_name(bill.username))
            if name in names:
                # The ledger knows the other's entries by this marker: what waits here needs one of its own.
                marker = f"{marker} {bill.representative.gsnumber}"
                who = _indistinct(bill.username)
            names.add(name)
            who = _unbelievable(bill) or who
            if isinstance(who, Trouble):
                withheld.append(Withheld(marker, ArtifactKind.TIME_ENTRY, who))
            else:
                artifacts.extend(self._entries(bill, who))
        return tuple(artifacts), tuple(withheld)

    def _entries(self, bill: Bill, technician: Technician) -> Iterator[Artifact]:
        for stretch, cut in parts(bill, self.profile.time_entries.split_at, self.profile.zone):
            entries = [self._entry(bill, technician, part) for part in cut]
            yield replace(entries[0], review=self._review(stretch, entries[0].marker))
            yield from entries[1:]

    def _review(self, stretch: Stretch, marker: str) -> Withheld | None:
        """Return what a person has to say to work that is longer than the settings let pass."""
        minutes, limit = -(-stretch.billed // 60), self.profile.time_entries.hold_above_minutes
        if not limit or stretch.billed <= limit * 60 or self.approved.get(marker, 0) >= minutes:
            return None
        return Withheld(
            marker,
            ArtifactKind.TIME_ENTRY,
            Trouble(
                Stage.PLAN,
                f"The time from {stretch.start:%Y-%m-%d %H:%M} UTC on would be {minutes} min, "
                f"more than hold_above_minutes = {limit}.",
                "See whether somebody forgot to close the session: `held retry` enters the time as it is, "
                "`held skip` gives it up.",
            ),
            minutes,
        )

    def _entry(self, bill: Bill, technician: Technician, part: Part) -> Artifact:
        person, lsid = bill.representative, self.session.lsid
        defaults = self.profile.time_entries.default_data
        marker = time_entry_marker(lsid, bill.username, part.number)
        work_type = {} if technician.work_type_id is None else {"billingCodeID": technician.work_type_id}
        own = {
            "ticketID": address(self.ticket.id),
            "resourceID": technician.resource_id,
            "roleID": technician.role_on(self.ticket),
            "dateWorked": f"{part.start.astimezone(self.profile.zone):%Y-%m-%d}T00:00:00Z",
            "startDateTime": _wire_time(part.start),
            "endDateTime": _wire_time(part.end),
            "hoursWorked": round(part.billed / 3600, 4),
            "summaryNotes": self._summary(part),
            "internalNotes": self._internal_notes(part, marker),
        }
        return Artifact(
            lsid=lsid,
            kind=ArtifactKind.TIME_ENTRY,
            marker=marker,
            group=time_entry_marker(lsid, bill.username),
            ticket_id=self.ticket.id,
            ticket_number=self.ticket.number,
            path="/TimeEntries",
            body={**defaults.fields, **work_type, **own},
            technician=person.private_display_name or person.display_name or person.username,
            start=part.start,
            end=part.end,
            worked=part.worked,
        )

    def _summary(self, part: Part) -> str:
        """Return the summary notes; the minutes that they may show are those of this entry.

        Autotask: they must not be blank, which a template may be once it is filled in.
        """
        context = replace(
            self.context, actual_minutes=whole_minutes(part.worked), billed_minutes=whole_minutes(part.billed)
        )
        template = self.profile.time_entries.default_data.summary_notes
        return clip(Templates.summary(template, self.session, context) or BLANK_SUMMARY, LONGEST_TEXT)

    def _internal_notes(self, part: Part, marker: str) -> str:
        given = str(self.profile.time_entries.default_data.fields.get("internalNotes", ""))
        worked, billed = whole_minutes(part.worked), whole_minutes(part.billed)
        ending = f"Actual {worked} min, billed {billed} min\n{marker}"
        kept = clip(given, LONGEST_TEXT - utf16_length(ending) - 1).rstrip()
        return f"{kept}\n{ending}" if kept else ending


def _unbelievable(bill: Bill) -> Trouble | None:
    longest = max(stretch.billed for stretch in bill.stretches)
    if longest <= LONGEST_STRETCH:
        return None
    return Trouble(
        Stage.PLAN,
        f"By the report the work took {longest // 86_400} days without a break.",
        "Look at the session in the appliance's reports; enter the time by hand and skip it here.",
    )


def _indistinct(username: str) -> Trouble:
    return Trouble(
        Stage.PLAN,
        f"In a time entry's marker the username {marker_name(username)} cannot be told from another in this session.",
        "Rename one of the two representatives in the appliance; enter the time of this session by hand and skip it.",
    )


def _wire_time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
