"""The settings about time that a person changes between runs, and what they make of a session: of nothing of ours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.sandbox.scenarios.people import DEFAULT_DOMAIN, ROLE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from random import Random

    from bt_autotask_sync.sandbox.appliance.record import Representative, Session

Spans = tuple[tuple[int, int], ...]
"""Times from one unix second to another, in order and apart."""
_SHORTEST_GAP = 60


class Bills(StrEnum):
    """Whose time is entered."""

    NOBODY = "nobody"
    PRIMARY = "primary"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Terms:
    """How time is billed: rounded up to `round_to` minutes, no less than `minimum`, and cut at `split_at`."""

    bills: Bills = Bills.PRIMARY
    round_to: int = 0
    minimum: int = 0
    split_at: str = "never"

    def changed(self, random: Random) -> Terms:
        """Return other terms."""
        others = [bills for bills in Bills if bills is not self.bills]
        chosen = Terms(
            random.choice(others) if random.random() < 0.7 else self.bills,
            random.choice((0, 0, 15)),
            random.choice((0, 0, 20)),
            random.choice(("never", "never", "midnight-utc")),
        )
        return chosen if chosen != self else Terms(random.choice(others))

    def table(self, *, non_billable: bool, resource_map: Mapping[str, str]) -> dict[str, Any]:
        """Return them as the table of a profile."""
        return {
            "enabled": self.bills is not Bills.NOBODY,
            "representatives": "all" if self.bills is Bills.ALL else "primary",
            "round_to_minutes": self.round_to,
            "minimum_minutes": self.minimum,
            "split_at": self.split_at,
            "hold_above_minutes": 10_000,
            "resource_map": dict(resource_map),
            "default_data": {
                "defaultDomain": DEFAULT_DOMAIN,
                "roleName": ROLE_NAME,
                "summaryNotes": "Remote support session",
                "isNonBillable": non_billable,
            },
        }

    def bill(self, session: Session) -> dict[int, Spans]:
        """Return what the people of an ended session are billed, by user id; the time of no two entries overlaps."""
        present = _present(session, self.bills)
        return {user: self._billed(stays) for user, stays in present.items() if stays}

    def _billed(self, stays: Iterable[tuple[int, int]]) -> Spans:
        billed: list[tuple[int, int]] = []
        worked = 0
        for start, end in stays:
            # Who comes back within time that is billed already adds to it.
            adds = bool(billed) and start < billed[-1][1]
            began = billed.pop()[0] if adds else start
            worked = end - start + (worked if adds else 0)
            billed.append((began, began + self._seconds(worked)))
        return tuple(billed)

    def _seconds(self, worked: int) -> int:
        seconds, step = max(worked, self.minimum * 60), self.round_to * 60
        return -(-seconds // step) * step if step else seconds


def unclear_owner(session: Session) -> bool:
    """Tell whether a report leaves open whose the session was: then its time waits for a person."""
    shown = session.primary_shown == "listed" and session.lists_representatives
    return session.primary != 0 and not shown and _only(session) is None


def _present(session: Session, bills: Bills) -> dict[int, list[tuple[int, int]]]:
    """Return who was there when, as far as it is billed, by user id."""
    if session.ended_at is None or bills is Bills.NOBODY:
        return {}
    began, ended = session.started_at, session.ended_at
    if bills is Bills.PRIMARY:
        owner = session.owner if session.primary_shown == "listed" and session.lists_representatives else _only(session)
        return {} if owner is None else {owner.user_id: [(began, ended)]}
    stays: dict[int, list[tuple[int, int]]] = {}
    for person in session.representatives if session.lists_representatives else ():
        spans = [(max(span.joined, began), min(span.left or ended, ended)) for span in person.spans]
        if not person.invited:
            stays.setdefault(person.user_id, []).extend((joined, left) for joined, left in spans if joined < left)
    return {user: _joined(spans) for user, spans in stays.items()}


def _only(session: Session) -> Representative | None:
    """Return the only representative of a report that does not say whose the session was."""
    listed = [each for each in session.representatives if not each.invited] if session.lists_representatives else []
    return listed[0] if len(listed) == 1 and session.primary else None


def _joined(stays: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return stays less than a minute apart as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(stays):
        if joined and start - joined[-1][1] < _SHORTEST_GAP:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
