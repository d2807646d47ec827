"""Who is billed in a session: as it was planned first, whatever the settings, the names and the report say later."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bt_autotask_sync.config.time_entries import Representatives
from bt_autotask_sync.state.states import ArtifactKind, ArtifactState, SessionState
from bt_autotask_sync.sync.markers import entry_key, is_entry_key, marker_name, read_entry_marker
from bt_autotask_sync.sync.match.people import Technician
from bt_autotask_sync.sync.plan.attendance import attendances, is_unclear
from bt_autotask_sync.sync.plan.billing import Assignment, bills, together
from bt_autotask_sync.sync.plan.billing_record import UNCLEAR, read_bills, uncut

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from bt_autotask_sync.appliance.session import Session
    from bt_autotask_sync.autotask.entities import Ticket
    from bt_autotask_sync.config.time_entries import TimeEntries
    from bt_autotask_sync.state.artifact_record import ArtifactRecord
    from bt_autotask_sync.state.artifacts import Artifacts
    from bt_autotask_sync.state.session_record import SessionRecord
    from bt_autotask_sync.sync.match.people import People
    from bt_autotask_sync.sync.plan.billing import BilledTime


@dataclass(frozen=True, slots=True)
class Billing:
    """The time of a session. `is_first` and `is_unclear` as `Plan` has them."""

    bills: tuple[BilledTime, ...]
    is_first: bool = False
    is_unclear: bool = False


class SessionBilling:
    """Reads and plans the billing of a batch of sessions.

    Args:
        settings: Whose time is entered, and how it is billed.
        artifacts: The ledger's artifacts.
        records: The ledger's sessions, by lsid.
        named: The lsids of the sessions that a person named: these are planned from today's settings.
        partly: A person asks for the time that is withheld, because Autotask holds a part of it that the ledger does
            not know.
    """

    def __init__(
        self,
        settings: TimeEntries,
        artifacts: Artifacts,
        records: Mapping[str, SessionRecord],
        named: Collection[str] = (),
        *,
        partly: bool = False,
    ) -> None:
        self._settings = settings
        self._artifacts = artifacts
        self._records = records
        self._named = frozenset(named)
        self._partly = partly
        self._everybody = settings.model_copy(update={"enabled": True, "representatives": Representatives.ALL})
        """Settings that leave nobody out whose time an earlier version may have planned."""

    def usernames(self, sessions: Iterable[Session]) -> set[str]:
        """Return the representatives whose resources have to be known; nobody where what is kept is garbled."""
        names: set[str] = set()
        for session in sessions:
            with suppress(ValueError):
                names |= self._usernames(session)
        return names

    def of(self, session: Session, people: People) -> Billing:
        """Return what is billed of an ended session.

        Args:
            session: Its report.
            people: Under whom and as what time is billed, by username.

        Raises:
            ValueError: What the ledger keeps of its billing is garbled.
        """
        entries = self._entries(session.lsid)
        kept = self._kept(session)
        resources = {name: who.resource_id for name, who in people.items() if isinstance(who, Technician)}
        if kept is not None:
            unjudged = not self._partly and any(not bill.judged for bill in kept)
            placed = [_as_it_stands(bill, session.lsid, entries) for bill in kept]
            return Billing(_joined(placed, session.lsid, entries, resources), is_first=unjudged)
        if self._settings.enabled and is_unclear(session, self._settings.representatives):
            return Billing((), is_unclear=True)
        planned = bills(session, self._settings, resources)
        if session.lsid in self._named or self._is_open(session.lsid):
            return Billing(tuple(_as_it_stands(bill, session.lsid, entries) for bill in planned))
        if self._stands(session.lsid):
            return Billing(self._of_earlier_version(session, planned, resources))
        return Billing(planned, is_first=not self._partly)

    def _usernames(self, session: Session) -> set[str]:
        kept = self._kept(session)
        if kept is None:
            settings = self._everybody if self._stands(session.lsid) else self._settings
            found = attendances(session, settings.representatives) if settings.enabled else ()
            return {each.representative.username for each in found}
        entries = self._entries(session.lsid)
        placed = (_as_it_stands(bill, session.lsid, entries) for bill in kept)
        return {bill.username for bill in placed if bill.assignment is None or bill.assignment.role_id is None}

    def _kept(self, session: Session) -> tuple[BilledTime, ...] | None:
        """Return the bills that were planned first; None where there are none yet, or where a person asks for new."""
        record = self._records.get(session.lsid)
        if record is None or record.billing is None or record.billing == UNCLEAR or session.lsid in self._named:
            return None
        kept = read_bills(record.billing, session)
        return tuple(replace(bill, withheld=False) for bill in kept) if self._partly else kept

    def _is_open(self, lsid: str) -> bool:
        """Return whether it could not be said so far whose time a session is."""
        record = self._records.get(lsid)
        return record is not None and record.billing == UNCLEAR

    def _is_unfinished(self, lsid: str) -> bool:
        """Return whether a run ended before it reached everything of a session."""
        record = self._records.get(lsid)
        return record is not None and record.state is SessionState.DISCOVERED

    def _entries(self, lsid: str) -> dict[str, ArtifactRecord]:
        records = self._artifacts.of([lsid])[lsid]
        return {marker: each for marker, each in records.items() if each.kind is ArtifactKind.TIME_ENTRY}

    def _stands(self, lsid: str) -> bool:
        """Return whether anything but a ticket of its own was ever sent for a session."""
        records = self._artifacts.of([lsid])[lsid].values()
        return any(record.stands() and record.kind is not ArtifactKind.TICKET for record in records)

    def _of_earlier_version(
        self, session: Session, planned: Sequence[BilledTime], resources: Mapping[str, int]
    ) -> tuple[BilledTime, ...]:
        """Return the bills of which the ledger of an earlier version has entries; it kept no others.

        Such entries were known by the username. They are known by the number from here on. Of a session that was not
        finished all are due.
        """
        known, lsid = [], session.lsid
        numbers = {number for bill in planned for number in bill.gsnumbers}
        others = (bill for bill in bills(session, self._everybody, resources) if numbers.isdisjoint(bill.gsnumbers))
        for bill in (*planned, *others):
            entries = self._entries(lsid)
            old = {
                record: part
                for record in entries.values()
                if (part := _old_part(record, bill, resources.get(bill.username)))
            }
            for record, part in old.items():
                self._artifacts.rename(lsid, record.marker, entry_key(lsid, bill.gsnumbers[0], part))
            if old or (self._is_unfinished(lsid) and bill in planned):
                known.append(_as_it_stands(bill, lsid, self._entries(lsid)))
        return tuple(known)


def assigned(bill: BilledTime, people: People, ticket: Ticket) -> BilledTime:
    """Return a bill with the resource, role and work type that its entries are sent with now, for the ledger."""
    who = people.get(bill.username)
    if bill.assignment is not None or not isinstance(who, Technician):
        return bill
    return replace(bill, assignment=Assignment(who.resource_id, who.role_on(ticket), who.work_type_id))


def _as_it_stands(bill: BilledTime, lsid: str, entries: Mapping[str, ArtifactRecord]) -> BilledTime:
    """Return a bill as far as it is settled: nothing of it stands, or whose it is where a part stands already."""
    first = entry_key(lsid, bill.gsnumbers[0])
    standing = [each for marker, each in entries.items() if each.stands() and _is_of_group(marker, first)]
    resource = next((each.resource_id for each in standing if each.resource_id is not None), None)
    if resource is None:
        return uncut(bill)
    known = bill.assignment if bill.assignment and bill.assignment.resource_id == resource else None
    return replace(bill, assignment=known or Assignment(resource, None))


def _joined(
    bills: Iterable[BilledTime], lsid: str, entries: Mapping[str, ArtifactRecord], resources: Mapping[str, int]
) -> tuple[BilledTime, ...]:
    """Return the bills with those of one resource as one, as far as nothing of them stands or was given up.

    When they were planned first, nobody knew yet whose they are.
    """
    joined: dict[object, BilledTime] = {}
    for number, bill in enumerate(bills):
        first = entry_key(lsid, bill.gsnumbers[0])
        skipped = any(each.state is ArtifactState.SKIPPED for key, each in entries.items() if _is_of_group(key, first))
        resource = None if skipped or bill.assignment else resources.get(bill.username)
        key = (number,) if resource is None else (resource, bill.withheld)
        joined[key] = together(joined[key], bill) if key in joined else bill
    return tuple(joined.values())


def _is_of_group(marker: str, first: str) -> bool:
    return marker == first or (marker.startswith(f"{first[:-1]}:") and is_entry_key(marker))


def _old_part(record: ArtifactRecord, bill: BilledTime, resource_id: int | None) -> int | None:
    """Return which part of a bill a row of an earlier version is; None where it is another's.

    It is recognised by the username in its marker, else by the resource.
    """
    if is_entry_key(record.marker):
        return None
    name = re.escape(marker_name(bill.username))
    found = re.fullmatch(rf"\[bt:{record.lsid}:{name}(?::([0-9]+))?\]", record.marker, re.IGNORECASE)
    if found:
        return int(found[1] or 1)
    marker = read_entry_marker(record.marker)
    same = resource_id is not None and record.resource_id == resource_id
    return marker.part if marker is not None and same else None
