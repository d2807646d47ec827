"""What records rest on besides people: the records that their defaults name, and a tenant's own rounding of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.billed_hours import read_billed_hours
from bt_autotask_sync.autotask.items import parse_billing_code
from bt_autotask_sync.check.findings import Area, ok, problem, remark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from bt_autotask_sync.autotask.billed_hours import BilledHours
    from bt_autotask_sync.autotask.client import AutotaskClient
    from bt_autotask_sync.autotask.entities import BillingCode
    from bt_autotask_sync.autotask.records import Records
    from bt_autotask_sync.check.findings import Finding

WORK_TYPE_FIELD = "billingCodeID"
REFERENCES: Mapping[str, str] = {
    WORK_TYPE_FIELD: "BillingCodes",
    "contractID": "Contracts",
    "contractServiceID": "ContractServices",
    "contractServiceBundleID": "ContractServiceBundles",
}
"""The fields of a time entry or a ticket that name another record, and its entity."""
WORK_TYPE = 1
"""Autotask: the `useType` of a billing code that work can be booked on."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """Default data: where they stand in a profile, and what a finding in them is about."""

    table: str
    area: Area

    def mend(self, field: str) -> str:
        """Return what to do about a field that names the wrong record."""
        return f"Name another one in {self.table}.{field}, or leave it out."


OF_TIME_ENTRIES = Defaults("time_entries.default_data", Area.TIME_ENTRIES)
OF_TICKETS = Defaults("tickets.default_data", Area.TICKETS)

WINDOWS = tuple(timedelta(days=days) for days in (1, 7, 30))
ENOUGH, FEWEST, MOST = 50, 5, 500
"""Time entries to judge by: so many will do, fewer tell nothing, more are not looked at."""
STEPS = (60, 30, 20, 15, 12, 10, 6, 5)
"""Minutes that tenants round to."""
ROUNDED_TWICE = (
    "Time is rounded twice: set time_entries.round_to_minutes and minimum_minutes to 0, or have Autotask's own "
    "rounding turned off."
)
LEAVE_TO_AUTOTASK = "Leave time_entries.round_to_minutes and minimum_minutes at 0, or time would be rounded twice."
TOLERANCE = 0.6
"""Minutes: hours are kept with as few as two decimals."""


def check_reference(
    client: AutotaskClient, records: Records, defaults: Defaults, field: str, value: object
) -> Iterator[Finding]:
    """Yield whether the record that a default names, by number or by name, is there and can be booked on."""
    entity = REFERENCES.get(field)
    if entity is None:
        return
    if isinstance(value, str):
        yield _judge_name(value, records.work_types_by_name([value])[value], defaults)
    elif isinstance(value, int):
        item = client.get(entity, value)
        if item is None:
            what = f"{entity} has no record {value}, which default_data names."
            yield problem(defaults.area, what, defaults.mend(field))
        elif field == WORK_TYPE_FIELD:
            yield _judge_work_type(parse_billing_code(item), defaults)
        else:
            yield ok(defaults.area, f"The {field} {value} exists.")


def check_billed_hours(client: AutotaskClient, now: datetime, *, rounds_here: bool) -> Iterator[Finding]:
    """Yield whether the tenant bills other hours than were worked, by its recent time entries.

    `rounds_here`: whether the profile rounds, or has a minimum, too.
    """
    entries: Sequence[BilledHours] = ()
    for window in WINDOWS:
        entries = read_billed_hours(client, now - window)[-MOST:]
        if len(entries) >= ENOUGH:
            break
    if len(entries) < FEWEST:
        yield ok(Area.TIME_ENTRIES, "Too few recent time entries tell whether Autotask rounds hours to bill by itself.")
        return
    changed = sum(abs(entry.billed - entry.worked) * 60 > TOLERANCE for entry in entries)
    if not changed:
        yield ok(Area.TIME_ENTRIES, f"Autotask bills hours as worked ({len(entries)} recent time entries).")
        return
    step = apparent_step(entries)
    rounds = f"apparently to {step} minutes" if step else "by no step that shows"
    yield remark(
        Area.TIME_ENTRIES,
        f"Autotask rounds hours to bill by itself, {rounds}: {changed} of {len(entries)} recent time entries.",
        ROUNDED_TWICE if rounds_here else LEAVE_TO_AUTOTASK,
    )


def apparent_step(entries: Sequence[BilledHours]) -> int | None:
    """Return the largest usual step, in minutes, to which all these hours are rounded; None when there is none."""
    pairs = [(entry.worked * 60, entry.billed * 60) for entry in entries]
    for step in STEPS:
        if all(
            abs(billed - round(billed / step) * step) <= TOLERANCE and abs(billed - worked) < step + TOLERANCE
            for worked, billed in pairs
        ):
            return step
    return None


def _judge_work_type(code: BillingCode, defaults: Defaults) -> Finding:
    """Autotask: work is booked on an active billing code whose use is work."""
    mend = defaults.mend(WORK_TYPE_FIELD)
    if code.use_type != WORK_TYPE:
        return problem(defaults.area, f"The billing code {code.id} ({code.name}) is not a work type.", mend)
    if not code.active:
        return problem(defaults.area, f"The work type {code.id} ({code.name}) is not active.", mend)
    return ok(defaults.area, f"The work type {code.id} is “{code.name}”.")


def _judge_name(name: str, found: Sequence[BillingCode], defaults: Defaults) -> Finding:
    active = [code for code in found if code.active]
    if len(active) == 1:
        return _judge_work_type(active[0], defaults)
    mend = defaults.mend(WORK_TYPE_FIELD)
    if not active:
        return problem(defaults.area, f"Autotask has no active work type with the name {name!r}.", mend)
    ids = ", ".join(str(code.id) for code in active)
    return problem(defaults.area, f"Several work types have the name {name!r}: {ids}.", mend)
