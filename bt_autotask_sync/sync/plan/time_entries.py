"""From what a representative's time is billed as to the time entries on the ticket."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bt_autotask_sync.notes.templates import Templates
from bt_autotask_sync.notes.text import clip, utf16_length
from bt_autotask_sync.state.states import ArtifactKind, Problem, Stage
from bt_autotask_sync.sync.markers import entry_key, entry_marker, marker_number
from bt_autotask_sync.sync.match.people import Technician
from bt_autotask_sync.sync.plan.artifact import LONGEST_TEXT, Artifact, Blocked, address
from bt_autotask_sync.sync.plan.billing import parts, whole_minutes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from bt_autotask_sync.appliance.session import Session
    from bt_autotask_sync.autotask.entities import Ticket
    from bt_autotask_sync.config.models import Profile
    from bt_autotask_sync.notes.context import NoteContext
    from bt_autotask_sync.sync.match.people import People
    from bt_autotask_sync.sync.plan.billing import BilledSpan, BilledTime, Part

LONGEST_STRETCH = 31 * 24 * 3600
"""Seconds of work at a stretch that a report can be believed in."""
BLANK_SUMMARY = "Remote session"

PARTLY = Problem(
    Stage.COMPARE,
    "Autotask holds a part of this session already, and this checkpoint file does not know how its time was billed.",
    "If this time is missing on the ticket, have it entered with `bt-autotask-sync resync LSID`, or for all such "
    "sessions with `bt-autotask-sync resync --since T --partly`; else give it up with `held skip`.",
)
INDISTINCT = Problem(
    Stage.PLAN,
    "The report gives two representatives of this session one number, so that their time cannot be told apart.",
    "Look at the session in the appliance's reports; enter this time by hand and skip it here.",
)
UNCLEAR = Problem(
    Stage.PLAN,
    "The report does not say whose time the session is: it names no primary representative, or one who is not in it.",
    'Enter the time by hand and skip it here; or bill every representative, with time_entries.representatives = "all".',
)


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

    def plan(self, bills: Iterable[BilledTime], people: People) -> tuple[tuple[Artifact, ...], tuple[Blocked, ...]]:
        """Return the entries of those who are known to Autotask, and what of the others waits.

        Who is not in `people` is left out.
        """
        artifacts: list[Artifact] = []
        withheld: list[Blocked] = []
        numbers: set[str] = set()
        for bill in bills:
            who = self._who(bill, people)
            if who is None:
                continue
            key, number = self._key(bill), marker_number(_first(bill))
            if number in numbers:
                # The ledger knows the other's entries by this key: what waits here needs one of its own.
                key, who = f"{key} {bill.representative.user_id or bill.username}", INDISTINCT
            numbers.add(number)
            who = _unbelievable(bill) or who
            if isinstance(who, Problem):
                withheld.append(Blocked(key, ArtifactKind.TIME_ENTRY, who))
            else:
                artifacts.extend(self._entries(bill, who))
        return tuple(artifacts), tuple(withheld)

    def unclear(self) -> Blocked:
        """Return what waits of a session whose report does not say whose time it is."""
        return Blocked(entry_key(self.session.lsid, "unclear"), ArtifactKind.TIME_ENTRY, UNCLEAR)

    def _who(self, bill: BilledTime, people: People) -> Technician | Problem | None:
        """Return under whom time is entered: where a part of it stands already, as it stands there."""
        if bill.assignment is None:
            return people.get(bill.username)
        roles: tuple[int, ...] = () if bill.assignment.role_id is None else (bill.assignment.role_id,)
        known = people.get(bill.username)
        if not roles and isinstance(known, Technician):
            roles = known.role_ids
        return Technician(bill.assignment.resource_id, roles, bill.assignment.work_type_id) if roles else known

    def _key(self, bill: BilledTime, part: int = 1) -> str:
        return entry_key(self.session.lsid, _first(bill), part)

    def _entries(self, bill: BilledTime, technician: Technician) -> Iterator[Artifact]:
        for span, cut in parts(bill, self.profile.time_entries.split_at, self.profile.zone):
            entries = [self._entry(bill, technician, part) for part in cut]
            key = entries[0].marker
            review = Blocked(key, ArtifactKind.TIME_ENTRY, PARTLY) if bill.withheld else self._review(span, key)
            yield replace(entries[0], review=review)
            yield from entries[1:]

    def _review(self, span: BilledSpan, marker: str) -> Blocked | None:
        """Return what a person has to say to work that is longer than the settings let pass."""
        minutes, limit = -(-span.billed // 60), self.profile.time_entries.hold_above_minutes
        if not limit or span.billed <= limit * 60 or self.approved.get(marker, 0) >= minutes:
            return None
        return Blocked(
            marker,
            ArtifactKind.TIME_ENTRY,
            Problem(
                Stage.PLAN,
                f"The time from {span.start:%Y-%m-%d %H:%M} UTC on would be {minutes} min, "
                f"more than hold_above_minutes = {limit}.",
                "See whether somebody forgot to close the session: `held retry` enters the time as it is, "
                "`held skip` gives it up.",
            ),
            minutes,
        )

    def _entry(self, bill: BilledTime, technician: Technician, part: Part) -> Artifact:
        person, lsid = bill.representative, self.session.lsid
        defaults = self.profile.time_entries.default_data
        key = self._key(bill, part.number)
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
            "internalNotes": self._internal_notes(part, entry_marker(key, bill.username)),
        }
        return Artifact(
            lsid=lsid,
            kind=ArtifactKind.TIME_ENTRY,
            marker=key,
            group=self._key(bill),
            ticket_id=self.ticket.id,
            ticket_number=self.ticket.number,
            path="/TimeEntries",
            body={**defaults.fields, **work_type, **own},
            technician=person.private_display_name or person.display_name or person.username,
            username=bill.username,
            gsnumbers=bill.gsnumbers,
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


def _unbelievable(bill: BilledTime) -> Problem | None:
    longest = max(span.billed for span in bill.stretches)
    if longest <= LONGEST_STRETCH:
        return None
    return Problem(
        Stage.PLAN,
        f"By the report the work took {longest // 86_400} days without a break.",
        "Look at the session in the appliance's reports; enter the time by hand and skip it here.",
    )


def _first(bill: BilledTime) -> str:
    """Return the gsnumber that stands in a bill's markers."""
    return bill.gsnumbers[0] if bill.gsnumbers else bill.representative.gsnumber


def _wire_time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
