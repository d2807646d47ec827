"""What a tenant bills of the hours worked: many round by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.autotask.items import parse_time
from bt_autotask_sync.autotask.query import Condition, Operator

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bt_autotask_sync.autotask.client import AutotaskClient

FIELDS = ("hoursWorked", "hoursToBill", "offsetHours", "isNonBillable", "createDateTime")


@dataclass(frozen=True, slots=True)
class BilledHours:
    """The hours of one time entry, as worked and as billed."""

    worked: float
    billed: float


def read_billed_hours(client: AutotaskClient, since: datetime) -> tuple[BilledHours, ...]:
    """Return the hours of the billable time entries made since a time (UTC), of anybody, oldest first.

    Left out are those whose hours to bill a person changed by `offsetHours`.

    Raises:
        As `AutotaskClient.query`.
    """
    made = Condition(Operator.GTE, "createDateTime", f"{since:%Y-%m-%dT%H:%M:%SZ}")
    items = client.query("TimeEntries", [made], FIELDS).items
    found = (_billed_hours(item) for item in items if _is_later(item, since))
    return tuple(hours for hours in found if hours is not None)


def _is_later(item: Mapping[str, Any], since: datetime) -> bool:
    made_at = parse_time(item.get("createDateTime"))
    return made_at is not None and made_at >= since.replace(microsecond=0)


def _billed_hours(item: Mapping[str, Any]) -> BilledHours | None:
    worked, billed = item.get("hoursWorked"), item.get("hoursToBill")
    if item.get("isNonBillable") is True or item.get("offsetHours"):
        return None
    if not isinstance(worked, int | float) or not isinstance(billed, int | float):
        return None
    return BilledHours(float(worked), float(billed))
