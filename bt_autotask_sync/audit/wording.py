"""Findings in words: what is wrong, with which record, and what mends it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bt_autotask_sync.audit.findings import Finding, FindingKind
from bt_autotask_sync.audit.snapshot import lsid_in, marker_in, ticket_of, username_of
from bt_autotask_sync.autotask.entities import TimeEntry
from bt_autotask_sync.autotask.links import ticket_link, time_entry_link
from bt_autotask_sync.state.artifacts import seconds
from bt_autotask_sync.state.states import ArtifactKind, Stage
from bt_autotask_sync.sync.markers import kind_of
from bt_autotask_sync.sync.match.external_key import read_external_key
from bt_autotask_sync.sync.match.key_text import shown_key
from bt_autotask_sync.sync.transitions import NAMES_NO_TICKET

if TYPE_CHECKING:
    from bt_autotask_sync.audit.snapshot import AuditedSession, Expected, Record, Snapshot
    from bt_autotask_sync.state.states import Problem

_NOUNS = {ArtifactKind.NOTE: "note", ArtifactKind.TIME_ENTRY: "time entry", ArtifactKind.TICKET: "ticket"}
_REMOVE = {
    ArtifactKind.NOTE: "Delete the note on its ticket's page, if it is not wanted: no program can delete notes.",
    ArtifactKind.TIME_ENTRY: "Delete the time entry in Autotask, if it is not wanted.",
    ArtifactKind.TICKET: "Close the ticket in Autotask, if nobody needs it.",
}
_MADE_BY_SETTINGS = "Today's settings make it one."


class Wording:
    """Says what is wrong.

    Args:
        snapshot: Names of resources, and where Autotask's pages are.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._names = snapshot.names
        self._web_url = snapshot.web_url

    def no_ticket(self, session: AuditedSession) -> Finding:
        """A session that names no ticket, with everybody's time."""
        totals = time_of(session)
        told = ", ".join(f"{name} {duration(length)}" for name, length in totals.items())
        text = f"The session names no ticket{_typed(session)}{f': {told}' if told else ''}."
        return Finding(
            FindingKind.NO_TICKET,
            f"{text} {_MADE_BY_SETTINGS}" if session.gets_ticket else text,
            place(session),
            lsid=session.lsid,
            technician=", ".join(totals),
            seconds=sum(totals.values()),
            external_key=session.external_key,
        )

    def waiting(self, kind: FindingKind, session: AuditedSession, problem: Problem) -> Finding:
        """A session that cannot be delivered."""
        totals = time_of(session)
        changed = session.gets_ticket and problem == NAMES_NO_TICKET
        typed = _typed(session) if problem.stage is Stage.MATCH and "“" not in problem.error else ""
        return Finding(
            kind,
            f"{problem.error} {_MADE_BY_SETTINGS}" if changed else f"{reason(problem)}{typed}",
            release(kind, session, unplaced=problem.stage is Stage.MATCH),
            lsid=session.lsid,
            ticket_number=session.ticket_number,
            technician=", ".join(totals),
            seconds=sum(totals.values()),
            external_key=session.external_key,
        )

    def waiting_artifact(self, kind: FindingKind, session: AuditedSession, expected: Expected) -> Finding:
        """A note or time entry that is held, unsettled or parked."""
        problem = expected.problem
        text = reason(problem) if problem else f"The {_NOUNS[expected.kind]} waits."
        return self._finding(kind, session, expected, text, release(kind, session, unplaced=False))

    def absent(self, session: AuditedSession, expected: Expected, *, with_ticket: bool) -> Finding:
        """A record that should be in Autotask; `with_ticket` where it went with the session's own ticket."""
        noun, ticket = _NOUNS[expected.kind], session.ticket_number or "a ticket of its own"
        if expected.state is not None:
            text = f"The {noun} with the id {expected.autotask_id} was on {ticket}, and is not in Autotask any more."
            mend = place(session) if with_ticket else f"resync {session.lsid}"
            return self._finding(FindingKind.DELETED, session, expected, text, mend)
        if expected.problem is not None:
            text = f"The {noun} is due, and cannot be made: {reason(expected.problem)}"
        else:
            text = f"The {noun} is due on {ticket}, and is not there."
        return self._finding(FindingKind.MISSING, session, expected, text, deliver(session))

    def doubled(self, session: AuditedSession, expected: Expected, double: Record, first: Record | None) -> Finding:
        """A record that says it is one that is there already."""
        beside = "" if first is None else f", beside the one with the id {first.id}"
        text = f"A second {_NOUNS[expected.kind]} says it is the same (id {double.id}){beside}."
        mend = _REMOVE[expected.kind]
        return self._finding(FindingKind.DOUBLED, session, expected, text, mend, record=double)

    def other_ticket(self, session: AuditedSession, expected: Expected, found: Record) -> Finding:
        """A record that was sent to one ticket and stands on another."""
        noun, ticket_id = _NOUNS[expected.kind], ticket_of(found)
        where = "on no ticket" if ticket_id is None else f"on the ticket with the id {ticket_id}"
        text = f"The {noun} (id {found.id}) belongs on {session.ticket_number}, and stands {where}."
        mend = f"Move it back; or delete it there and name the right ticket: resync {session.lsid} --ticket NUMBER"
        return self._finding(FindingKind.OTHER_TICKET, session, expected, text, mend, record=found)

    def time_differs(self, session: AuditedSession, expected: Expected, entry: TimeEntry) -> Finding:
        """A time entry that does not say what was sent."""
        sent = self._says(expected.starts_at, expected.ends_at, expected.resource_id)
        now = self._says(seconds(entry.start), seconds(entry.end), entry.resource_id)
        text = f"The time entry (id {entry.id}) was sent as {sent}, and says {now}."
        mend = "If that was not meant, correct it in Autotask."
        return self._finding(FindingKind.TIME_DIFFERS, session, expected, text, mend, record=entry)

    def overlap(
        self, session: AuditedSession, expected: Expected, entry: TimeEntry, other: TimeEntry, length: int
    ) -> Finding:
        """Two time entries of one technician at the same time."""
        return Finding(
            FindingKind.OVERLAP,
            f"The time entries with the ids {entry.id} and {other.id} overlap by {duration(length)}.",
            "Shorten or delete one of the two in Autotask.",
            lsid=session.lsid,
            ticket_number=session.ticket_number,
            technician=session.technician(expected.marker),
            seconds=length,
            link=self._link(other),
        )

    def unknown_record(self, session: AuditedSession, expected: Expected, found: Record) -> Finding:
        """A record that is what is expected, under an id that the ledger does not have."""
        noun = _NOUNS[expected.kind]
        known = "" if expected.autotask_id is None else f" in place of the one with the id {expected.autotask_id}"
        text = f"The {noun} with the id {found.id} stands there{known}, and the ledger does not know it."
        return self._finding(FindingKind.UNKNOWN, session, expected, text, f"resync {session.lsid}", record=found)

    def stray(self, record: Record, session: AuditedSession, own_ticket: str) -> Finding:
        """A record with a marker of a session that expects no such record; `own_ticket` where it stands on that one."""
        kind, marker = kind_of(record), marker_in(record)
        text = f"The {_NOUNS[kind]} with the id {record.id} bears {marker}, which the ledger does not know."
        return Finding(
            FindingKind.UNKNOWN,
            text,
            send_to(session, own_ticket) if own_ticket else _REMOVE[kind] if session.in_ledger else deliver(session),
            lsid=session.lsid,
            ticket_number=session.ticket_number,
            technician=session.technician(marker),
            seconds=_length(record),
            link=self._link(record),
        )

    def unknown_session(self, record: Record) -> Finding:
        """A record with a marker of a session that neither the window nor the ledger knows."""
        kind, marker = kind_of(record), marker_in(record)
        return Finding(
            FindingKind.UNKNOWN,
            f"The {_NOUNS[kind]} with the id {record.id} bears {marker}, a session that the ledger does not know: was "
            "it delivered with another state directory?",
            _REMOVE[kind],
            lsid=lsid_in(marker),
            technician=username_of(marker),
            seconds=_length(record),
            link=self._link(record),
        )

    def _finding(
        self,
        kind: FindingKind,
        session: AuditedSession,
        expected: Expected,
        text: str,
        mend: str,
        *,
        record: Record | None = None,
    ) -> Finding:
        return Finding(
            kind,
            text,
            mend,
            lsid=session.lsid,
            ticket_number=session.ticket_number,
            technician=session.technician(expected.marker),
            seconds=_expected_length(session, expected),
            link=self._link(record) if record else self._ticket(expected.ticket_id),
        )

    def _link(self, record: Record) -> str:
        if isinstance(record, TimeEntry):
            return time_entry_link(self._web_url, record.id)
        return self._ticket(ticket_of(record))

    def _ticket(self, ticket_id: int | None) -> str:
        return "" if ticket_id is None else ticket_link(self._web_url, ticket_id)

    def _says(self, start: int | None, end: int | None, resource_id: int | None) -> str:
        who = self._names.get(resource_id or 0) or f"resource {resource_id}"
        return f"{_moment(start)} to {_moment(end)} UTC of {who}"


def _typed(session: AuditedSession) -> str:
    """Return the external key that was typed into a session, in brackets; nothing where there is none."""
    shown = shown_key(session.external_key)
    return f" (external key “{shown}”)" if shown else ""


def duration(length: int) -> str:
    """Return seconds as a person says them: `12 min`, `12 min 30 s`, `45 s`."""
    minutes, rest = divmod(length, 60)
    parts = [f"{minutes} min"] if minutes else []
    return " ".join([*parts, f"{rest} s"] if rest or not minutes else parts)


def reason(problem: Problem) -> str:
    """Return why something waits, and what can be done about it."""
    return f"{problem.error} {problem.advice}".strip()


def release(kind: FindingKind, session: AuditedSession, *, unplaced: bool) -> str:
    """Return what has something that waits tried again; of what is `unplaced`, what gives the session a ticket."""
    if kind is FindingKind.MISSING:
        return deliver(session)
    if kind is FindingKind.UNSETTLED:
        return "run"
    return place(session) if unplaced else f"held retry {session.lsid}"


def place(session: AuditedSession) -> str:
    """Return what gives a session a ticket: its own where the settings make it one, else one that a person names."""
    return f"resync {session.lsid}" if session.gets_ticket else send_to(session)


def send_to(session: AuditedSession, number: str = "") -> str:
    """Return what sends a session to a ticket; a person has to name it where this is no usual ticket number."""
    usual = read_external_key(number, numeric_keys=False).numbers
    return f"resync {session.lsid} --ticket {usual[0] if usual else 'NUMBER'}"


def deliver(session: AuditedSession) -> str:
    """Return what delivers a session: the next run when the ledger has it queued."""
    return "run" if session.in_ledger else f"resync {session.lsid}"


def time_of(session: AuditedSession) -> dict[str, int]:
    """Return everybody's seconds in a session as they are billed, by name."""
    totals: dict[str, int] = {}
    for work in session.billed:
        totals[work.technician] = totals.get(work.technician, 0) + work.end - work.start
    return totals


def _expected_length(session: AuditedSession, expected: Expected) -> int:
    """Return the seconds of a time entry as it was sent, else as it would be."""
    if expected.length:
        return expected.length
    return next((work.end - work.start for work in session.billed if work.marker == expected.marker), 0)


def _length(record: Record) -> int:
    if not isinstance(record, TimeEntry) or record.start is None or record.end is None:
        return 0
    return int((record.end - record.start).total_seconds())


def _moment(moment: int | None) -> str:
    return "no time" if moment is None else f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S}"
