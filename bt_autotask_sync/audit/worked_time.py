"""Where every second of a session stands: on its ticket, held, without a ticket, and so on."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bt_autotask_sync.audit.findings import Status, TimeRow
from bt_autotask_sync.audit.snapshot import marker_in, username_of
from bt_autotask_sync.autotask.entities import TimeEntry
from bt_autotask_sync.state.artifacts import seconds
from bt_autotask_sync.state.states import ArtifactKind, ArtifactState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bt_autotask_sync.audit.records import Match, SessionMatch

_STANDINGS = {
    ArtifactState.HELD: Status.HELD,
    ArtifactState.UNSETTLED: Status.UNSETTLED,
    ArtifactState.PARKED: Status.PARKED,
    ArtifactState.SKIPPED: Status.SKIPPED,
}
_WAITING = (Status.PARKED, Status.UNSETTLED, Status.HELD, Status.SKIPPED)


def time_rows(matched: SessionMatch) -> Iterator[TimeRow]:
    """Yield a row for every representative with time in a session; one without any, where nobody has."""
    session = matched.session
    markers = [match.expected.marker for match in matched.matches if match.expected.kind is ArtifactKind.TIME_ENTRY]
    known = {work.person: work for work in (*session.worked, *session.billed)}
    markers += [marker_in(record) for record in matched.strays if isinstance(record, TimeEntry)]
    named = {session.person(marker): username_of(marker) for marker in markers}
    people = dict.fromkeys((*known, *named))
    status = session_standing(matched)
    for person in people or [""]:
        work = known.get(person)
        yield TimeRow(
            lsid=session.lsid,
            ended_at=session.ended_at,
            external_key=session.external_key,
            ticket_number=session.ticket_number,
            session_standing=status,
            username=work.username if work else named.get(person, ""),
            technician=work.technician if work else named.get(person, ""),
            worked=sum(each.end - each.start for each in session.worked if each.person == person),
            standing=_standings(matched, person),
            in_autotask=sum(map(_length, _held_there(matched, person))),
        )


def session_standing(matched: SessionMatch) -> Status:
    """Return where a session stands: one that the ledger does not know is delivered if all of it is there."""
    session = matched.session
    if session.status is Status.MISSING and session.problem is None and matched.matches:
        return Status.DELIVERED if all(match.found for match in matched.matches) else Status.MISSING
    return session.status


def _standings(matched: SessionMatch, person: str) -> Counter[Status]:
    """Return a representative's seconds that are due, by where they stand."""
    session, entries = matched.session, _entries(matched, person)
    billed = [work for work in session.billed if work.person == person]
    lengths = {work.marker: work.end - work.start for work in billed}
    standings: Counter[Status] = Counter()
    for match in entries:
        length = match.expected.length or lengths.get(match.expected.marker, 0)
        standings[_standing(match)] += length
    if not entries:
        standings[_unentered(session_standing(matched))] += sum(lengths.values())
    else:
        # Parts that were never sent, because an earlier one waits, wait with it.
        waits = next((status for status in _WAITING if status in standings), None)
        unsent = set(lengths) - {match.expected.marker for match in entries}
        if waits is not None:
            standings[waits] += sum(lengths[marker] for marker in unsent)
    return Counter({status: length for status, length in standings.items() if length})


def _standing(match: Match) -> Status:
    state = match.expected.state
    if state in _STANDINGS:
        return _STANDINGS[state]
    return Status.MISSING if match.found is None else Status.DELIVERED


def _unentered(status: Status) -> Status:
    """Return where time stands for which there is no entry: the settings make none where the session is delivered."""
    return Status.NOT_ENTERED if status is Status.DELIVERED else status


def _entries(matched: SessionMatch, person: str) -> list[Match]:
    return [
        match
        for match in matched.matches
        if match.expected.kind is ArtifactKind.TIME_ENTRY and matched.session.person(match.expected.marker) == person
    ]


def _held_there(matched: SessionMatch, person: str) -> list[TimeEntry]:
    """Return all of Autotask's time entries of a representative in the session, doubles and strays too."""
    found = [record for match in _entries(matched, person) for record in (match.found, *match.doubles)]
    strays = [record for record in matched.strays if matched.session.person(marker_in(record)) == person]
    return [record for record in (*found, *strays) if isinstance(record, TimeEntry)]


def _length(entry: TimeEntry) -> int:
    start, end = seconds(entry.start), seconds(entry.end)
    return 0 if start is None or end is None else end - start
