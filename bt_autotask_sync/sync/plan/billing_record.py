"""What the ledger keeps of a session's billing: later runs bill the same, whatever the settings say by then."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.appliance.session import Representative
from bt_autotask_sync.sync.plan.billing import Assignment, BilledSpan, BilledTime, Part, parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

    from bt_autotask_sync.appliance.session import Session
    from bt_autotask_sync.config.time_entries import SplitAt

UNCLEAR = '"unclear"'
"""What the ledger keeps of a session whose report does not say whose time it is: nothing is billed yet."""


def write_bills(bills: Iterable[BilledTime], split_at: SplitAt, zone: ZoneInfo) -> str:
    """Return bills as the ledger keeps them: JSON, with times in unix seconds, without names."""
    return json.dumps([_written(bill, split_at, zone) for bill in bills], separators=(",", ":"))


def read_bills(text: str, session: Session) -> tuple[BilledTime, ...]:
    """Return the bills that the ledger keeps, cut as they were then, with the people as the report has them now.

    Raises:
        ValueError: It is not what `write_bills` wrote.
    """
    people = _by_number(session)
    try:
        return tuple(_read(each, people) for each in json.loads(text))
    except (LookupError, TypeError, AttributeError, OverflowError, OSError) as error:
        raise ValueError(f"the billing in the ledger is garbled: {error}") from error


def uncut(bill: BilledTime) -> BilledTime:
    """Return a bill of which nothing stands in Autotask: whose time it is, and the cut, follow today's settings."""
    return replace(bill, cut=(), assignment=None)


def _written(bill: BilledTime, split_at: SplitAt, zone: ZoneInfo) -> dict[str, Any]:
    cut = [
        [span.worked, [[_seconds(part.start), _seconds(part.end), part.worked] for part in entries]]
        for span, entries in parts(bill, split_at, zone)
    ]
    assigned = bill.assignment
    whose = {} if assigned is None else {"as": [assigned.resource_id, assigned.role_id, assigned.work_type_id]}
    person = {"id": bill.representative.user_id} if bill.representative.user_id else {}
    flags = {"withheld": bill.withheld, "unjudged": not bill.judged}
    return {"gs": list(bill.gsnumbers), "cut": cut} | person | whose | {name: True for name in flags if flags[name]}


def _read(written: dict[str, Any], people: dict[str, list[Representative]]) -> BilledTime:
    numbers = tuple(str(number) for number in written["gs"])
    person = _take(numbers, str(written.get("id", "")), people)
    cut, stretches, count = [], [], 0
    for worked, entries in written["cut"]:
        made = [Part(count + n, _moment(one), _moment(two), int(work)) for n, (one, two, work) in enumerate(entries, 1)]
        count += len(made)
        cut.append(tuple(made))
        stretches.append(_stretch(int(worked), made))
    return BilledTime(
        person or Representative(numbers[0], "", ""),
        tuple(stretches),
        numbers,
        tuple(cut),
        Assignment(*written["as"]) if "as" in written else None,
        withheld=bool(written.get("withheld")),
        judged=not written.get("unjudged"),
    )


def _by_number(session: Session) -> dict[str, list[Representative]]:
    people: dict[str, dict[str, Representative]] = {}
    for person in sorted(session.representatives, key=lambda each: each.invited):
        people.setdefault(person.gsnumber, {}).setdefault(person.username.casefold(), person)
    return {number: list(named.values()) for number, named in people.items()}


def _take(numbers: Iterable[str], user_id: str, people: dict[str, list[Representative]]) -> Representative | None:
    """Return the person with one of these numbers: of several with one number who has the id, else the next one."""
    found = next((people[number] for number in numbers if people.get(number)), [])
    chosen = next((each for each in found if user_id and each.user_id == user_id), found[0] if found else None)
    if chosen is not None and len(found) > 1:
        found.remove(chosen)
    return chosen


def _stretch(worked: int, entries: Sequence[Part]) -> BilledSpan:
    billed = int((entries[-1].end - entries[0].start).total_seconds())
    return BilledSpan(entries[0].start, worked, billed)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
