"""What a representative's stays in a session are billed as: rounded first, then cut into entries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import TYPE_CHECKING

from bt_autotask_sync.config.time_entries import SplitAt
from bt_autotask_sync.sync.plan.attendance import attendances, merged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import tzinfo
    from zoneinfo import ZoneInfo

    from bt_autotask_sync.appliance.session import Representative, Session
    from bt_autotask_sync.config.time_entries import TimeEntries
    from bt_autotask_sync.sync.plan.attendance import Stay

LONGEST_ENTRY = timedelta(hours=23)
"""Autotask: its pages say both that an entry of 24 hours is taken and that it is refused."""


@dataclass(frozen=True, slots=True)
class BilledSpan:
    """Work that is billed in one piece from its start on; in seconds, as it was worked and as it is billed."""

    start: datetime
    worked: int
    billed: int

    @property
    def end(self) -> datetime:
        """Where the billed time ends."""
        return self.start + timedelta(seconds=self.billed)


@dataclass(frozen=True, slots=True)
class Assignment:
    """Under whom and as what time stands in Autotask already: what follows of the same person goes with it."""

    resource_id: int
    role_id: int | None
    work_type_id: int | None = None


@dataclass(frozen=True, slots=True)
class BilledTime:
    """What one representative's time in one session is billed as; its stretches stand in order and never overlap.

    `gsnumbers` are those of the person in the session's report; the first one stands in the markers. Of what stands in
    Autotask in part, `cut` keeps the entries of each stretch, and `assignment` whose they are. Time that is `withheld`
    is known to belong there and waits until a person asks for it. Of time that is not `judged` it could not be seen yet
    whether it has to wait so.
    """

    representative: Representative
    stretches: tuple[BilledSpan, ...]
    gsnumbers: tuple[str, ...] = ()
    cut: tuple[tuple[Part, ...], ...] = ()
    assignment: Assignment | None = None
    withheld: bool = False
    judged: bool = True

    @property
    def username(self) -> str:
        """The username as the report has it."""
        return self.representative.username

    @property
    def worked(self) -> int:
        """Seconds of work."""
        return sum(span.worked for span in self.stretches)

    @property
    def billed(self) -> int:
        """Seconds that are billed."""
        return sum(span.billed for span in self.stretches)


@dataclass(frozen=True, slots=True)
class Part:
    """One time entry: `worked` of its seconds were work. `number` counts a person's in the session from 1."""

    number: int
    start: datetime
    end: datetime
    worked: int

    @property
    def billed(self) -> int:
        """Seconds that are billed."""
        return int((self.end - self.start).total_seconds())


def bills(
    session: Session, settings: TimeEntries, resources: Mapping[str, int] | None = None
) -> tuple[BilledTime, ...]:
    """Return what the time in an ended session is billed as, person by person; nothing where no time is entered.

    Args:
        session: An ended session.
        settings: Whose time is entered, and how it is billed.
        resources: The ids of the representatives' resources, as far as they are known, by username: several names of
            one resource are one person.
    """
    if not settings.enabled:
        return ()
    people = merged(attendances(session, settings.representatives), resources or {})
    found = (BilledTime(each.representative, _stretches(each.stays, settings), each.gsnumbers) for each in people)
    return tuple(bill for bill in found if bill.stretches)


def together(one: BilledTime, other: BilledTime) -> BilledTime:
    """Return two bills of one resource as one, whose minutes are billed once where both have them."""
    stretches: list[BilledSpan] = []
    for each in sorted((*one.stretches, *other.stretches), key=lambda span: span.start):
        if stretches and each.start < stretches[-1].end:
            last = stretches.pop()
            billed = int((max(last.end, each.end) - last.start).total_seconds())
            stretches.append(BilledSpan(last.start, min(last.worked + each.worked, billed), billed))
        else:
            stretches.append(each)
    numbers = tuple(dict.fromkeys((*one.gsnumbers, *other.gsnumbers)))
    return replace(one, stretches=tuple(stretches), gsnumbers=numbers, cut=())


def billed_seconds(worked: int, settings: TimeEntries) -> int:
    """Return what so many seconds of work are billed as: no less than the minimum, and rounded up.

    What is billed is billed as itself, so that nothing grows when it is done again.
    """
    seconds = max(worked, settings.minimum_minutes * 60)
    step = settings.round_to_minutes * 60
    return -(-seconds // step) * step if step else seconds


def parts(bill: BilledTime, split_at: SplitAt, zone: ZoneInfo) -> Iterator[tuple[BilledSpan, tuple[Part, ...]]]:
    """Yield each stretch of a bill with the entries that it is cut into, numbered through; `zone` is the profile's.

    The padding of a rounded stretch is at its end. What stands in Autotask in part stays cut as it was.
    """
    if bill.cut:
        yield from zip(bill.stretches, bill.cut, strict=True)
        return
    midnights = {SplitAt.MIDNIGHT: zone, SplitAt.MIDNIGHT_UTC: UTC}.get(split_at)
    numbers = count(1)
    for span in bill.stretches:
        cut = []
        left = span.worked
        for start, end in _cut(span.start, span.end, midnights):
            worked = min(left, int((end - start).total_seconds()))
            left -= worked
            cut.append(Part(next(numbers), start, end, worked))
        yield span, tuple(cut)


def whole_minutes(seconds: int) -> int:
    """Return seconds in minutes for people to read: the nearest number, and never none of what was some."""
    return max(1, (seconds + 30) // 60) if seconds else 0


def _stretches(stays: Iterable[Stay], settings: TimeEntries) -> tuple[BilledSpan, ...]:
    """Return what stays are billed as. Who comes back within time that is billed already adds to that time."""
    stretches: list[BilledSpan] = []
    for stay in stays:
        if stay.seconds < settings.ignore_below_seconds:
            continue
        start, worked = stay.start, stay.seconds
        if stretches and stay.start < stretches[-1].end:
            last = stretches.pop()
            start, worked = last.start, last.worked + stay.seconds
        stretches.append(BilledSpan(start, worked, billed_seconds(worked, settings)))
    return tuple(stretches)


def _cut(start: datetime, end: datetime, midnights: tzinfo | None) -> Iterator[tuple[datetime, datetime]]:
    while start < end:
        stop = min(start + LONGEST_ENTRY, end)
        if midnights is not None:
            stop = min(stop, _midnight_after(start, midnights))
        yield start, stop
        start = stop


def _midnight_after(moment: datetime, zone: tzinfo) -> datetime:
    """Return the next midnight after a moment, in UTC; where the clock skips it, the moment when it does.

    In an evening that a clock set back over midnight repeats, that is the second of two.
    """
    day = moment.astimezone(zone).date() + timedelta(days=1)
    midnight = datetime.combine(day, time(), zone)
    first = midnight.astimezone(UTC)
    return first if first > moment else midnight.replace(fold=1).astimezone(UTC)
