"""Schedules: which scene, what strikes at which step, what people do between runs. A seed names one for ever."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Protocol

from tests.crash.simulator.acts import LATER, ON_CHECKPOINT, Act
from tests.crash.simulator.acts import WITH_TICKETS as ACTS_WITH_TICKETS
from tests.crash.simulator.scene import Setting
from tests.crash.simulator.strikes import BLINDING, LASTING, LATE, WITH_TICKETS, Aim, Kind, Strike
from tests.crash.simulator.themes import Theme, with_themes

if TYPE_CHECKING:
    from collections.abc import Collection

USUAL_PAUSE = 300.0
"""Seconds between two runs."""
_PAUSES = (1.0, 20.0, USUAL_PAUSE, USUAL_PAUSE, USUAL_PAUSE, 1_000.0, 9_000.0)
_AIMS = (Aim.CREATE, Aim.TICKET, Aim.WRITING, Aim.INBOX)
_DELAYS = (1.0, 100.0, 299.0, LATE, 415.0)


@dataclass(frozen=True, slots=True)
class Round:
    """A pause of some seconds, what people do in it, and a run; or a `resync` of one session by its lsid.

    The run has `limit` as its `--limit`, and as `--until` the time `until` seconds ago.
    """

    pause: float = USUAL_PAUSE
    acts: tuple[Act, ...] = ()
    limit: int | None = None
    until: float | None = None
    resync: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """One trial. After the rounds, usual runs follow until quiet; strikes strike whenever their step comes."""

    setting: Setting
    strikes: tuple[Strike, ...]
    rounds: tuple[Round, ...] = ()

    @property
    def replay(self) -> str:
        """The command that plays it again, telling every step."""
        told = f"--seed {self.setting.seed}" if self.setting.varied else " ".join(f"--strike {s}" for s in self.strikes)
        world = "--tickets " if self.setting.tickets and not self.setting.varied else ""
        return f"python -m tests.crash.simulator {world}{told}"


class World(Protocol):
    """A small world: the same schedule each time but for the strikes."""

    def __call__(self, *strikes: Strike) -> Schedule:
        """Return the schedule with these strikes."""
        ...


def small_world(*strikes: Strike) -> Schedule:
    """Return a schedule on the small world: three sessions, two of them on one ticket, one with a survey."""
    return Schedule(Setting(), strikes)


def ticket_world(*strikes: Strike) -> Schedule:
    """Return a schedule on the small world of tickets: a session runs, gets one by its key, and ends."""
    return Schedule(Setting(sessions=1, tickets=True), strikes)


def random_schedule(seed: int, themes: Collection[Theme] = tuple(Theme)) -> Schedule:
    """Return the schedule of a seed; tickets are made in about half of them, some of these themes are played."""
    random = Random(f"schedule-{seed}")
    tickets = makes_tickets(seed)
    setting = Setting(
        seed,
        sessions=random.randint(1, 5),
        varied=True,
        non_billable=random.random() < 0.3,
        lookback_hours=random.choice((1, 24, 168)),
        tickets=tickets,
    )
    with_checkpoint = random.random() < 0.3
    setting = replace(setting, loses_checkpoint=with_checkpoint)
    if tickets and not with_checkpoint and random.random() < 0.25:
        setting = replace(setting, polls=False)
    acts = _acts(setting, with_checkpoint=with_checkpoint)
    rounds = tuple(_round(random, acts) for _ in range(random.randint(1, 7)))
    kinds = _kinds(setting, with_checkpoint=with_checkpoint)
    strikes = tuple(_strikes(random, kinds, tickets=tickets))
    return Schedule(setting, strikes, with_themes(seed, rounds, Round(), themes))


def makes_tickets(seed: int) -> bool:
    """Tell whether tickets are made in the schedule of a seed."""
    return Random(f"tickets-{seed}").random() < 0.5


def _acts(setting: Setting, *, with_checkpoint: bool) -> list[Act]:
    """Return what may be done: after its checkpoint was lost, a session is sought on the ticket that it names now."""
    left_out = LATER | ({Act.CHANGE_KEY} if with_checkpoint else ON_CHECKPOINT)
    if not setting.tickets:
        left_out = left_out | ACTS_WITH_TICKETS
    return [act for act in Act if act not in left_out]


def _kinds(setting: Setting, *, with_checkpoint: bool) -> list[Kind]:
    """Return what may go wrong: not two things at once that no program could tell from an ordinary day.

    Without a checkpoint nothing is known by which blindness shows; an appliance that leaves out sessions must be
    asked for the same time again; and who does not poll never hears what an event that is lost would have told.
    """
    kinds = [kind for kind in Kind if setting.tickets or kind not in WITH_TICKETS | {Kind.TICKETS_HIDDEN}]
    if with_checkpoint:
        kinds = [kind for kind in kinds if kind not in BLINDING]
    elif setting.non_billable:
        kinds += [Kind.HIDDEN] * 3
    else:
        kinds.remove(Kind.HIDDEN)
    if not setting.looks_far_back:
        kinds.remove(Kind.NOTHING)
    if setting.tickets:
        kinds += [*sorted(WITH_TICKETS)] * 2
    return [kind for kind in kinds if setting.polls or kind is not Kind.EVENT_LOST]


def _round(random: Random, acts: list[Act]) -> Round:
    return Round(
        pause=random.choice(_PAUSES),
        acts=tuple(random.sample(acts, random.choice((0, 0, 1, 1, 2)))),
        limit=random.choice((1, 2)) if random.random() < 0.15 else None,
        until=random.choice((100.0, 700.0)) if random.random() < 0.1 else None,
        resync=random.random() < 0.15,
    )


def _strikes(random: Random, kinds: list[Kind], *, tickets: bool) -> list[Strike]:
    strikes, step = [], 0
    for _ in range(random.randint(1, 14 if tickets else 8)):
        step += random.randint(1, 35)
        kind = random.choice(kinds)
        aim = _aim(random, kind, tickets=tickets)
        strikes.append(Strike(step, kind, random.choice(_DELAYS), _length(random, kind), aim))
    return strikes


def _aim(random: Random, kind: Kind, *, tickets: bool) -> Aim:
    aims = [aim for aim in (_AIMS if tickets else _AIMS[:1]) if aim.suits(kind)]
    if not aims or random.random() >= 0.5:
        return Aim.ANYTHING
    return random.choice(aims) if tickets else aims[0]


def _length(random: Random, kind: Kind) -> int:
    """Return for how many steps a strike lasts: rights that are taken away stay away for some runs."""
    lengths = (2, 15, 60) if kind in BLINDING else (1, 2, 5, 12)
    return random.choice(lengths) if kind in LASTING else 1
