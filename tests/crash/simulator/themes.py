"""What changes under the program while it runs for years: each theme with the acts and strikes that play it.

A seed's themes are drawn apart from everything else, so that a new one leaves the schedules of all seeds as they are
but for itself.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from itertools import combinations
from random import Random
from typing import TYPE_CHECKING

from tests.crash.simulator.acts import Act
from tests.crash.simulator.strikes import DATES, Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from tests.crash.simulator.schedule import Round


class Theme(StrEnum):
    """A kind of change."""

    NAMES = "names"
    SETTINGS = "settings"
    TICKETS = "tickets"
    PROFILES = "profiles"
    RETENTION = "retention"
    CLOCKS = "clocks"
    CREDENTIALS = "credentials"


OF_ACTS: dict[Act, Theme] = {
    Act.RENAME: Theme.NAMES,
    Act.CHANGE_SETTINGS: Theme.SETTINGS,
    Act.MERGE_TICKETS: Theme.TICKETS,
    Act.MOVE_RECORD: Theme.TICKETS,
    Act.SAVE_ENTRY: Theme.TICKETS,
    Act.RENAME_PROFILE: Theme.PROFILES,
    Act.PURGE_REPORTS: Theme.RETENTION,
    Act.CHANGE_PASSWORD: Theme.CREDENTIALS,
}
"""The acts that are drawn by their theme."""
_OTHER_ACTS = {
    Act.SET_OWN_CLOCK: Theme.CLOCKS,
    Act.APPLIANCE_LEAPS: Theme.CLOCKS,
    Act.AUTOTASK_LEAPS: Theme.CLOCKS,
}
"""Acts of themes that are drawn like all others."""
_OF_KINDS = {**dict.fromkeys(DATES, Theme.CLOCKS), Kind.UNAUTHORIZED: Theme.CREDENTIALS}
"""The strikes that belong to one."""
_SHARE = 0.3
"""Of the seeds that play a theme, for each."""
_FEWEST_ROUNDS = 4
_COMPANIONS = (Act.SUBMIT_SURVEY, Act.ADD_SESSION)
"""What makes a run look at a session that was delivered before, or gives it another one."""


def pairs_of(themes: Iterable[Theme]) -> list[tuple[Theme, Theme]]:
    """Return each two of them once, in one order."""
    return list(combinations(sorted(set(themes)), 2))


def struck(acts: Iterable[Act], kinds: Iterable[Kind]) -> set[Theme]:
    """Return the themes that were played by what was done and what struck."""
    of_acts = OF_ACTS | _OTHER_ACTS
    return {of_acts[act] for act in acts if act in of_acts} | {_OF_KINDS[kind] for kind in kinds if kind in _OF_KINDS}


def with_themes(
    seed: int, rounds: Sequence[Round], empty: Round, themes: Collection[Theme] = tuple(Theme)
) -> tuple[Round, ...]:
    """Return the rounds of a seed with the acts of its themes in some of them, after the first run.

    Args:
        seed: Of the schedule.
        rounds: What is played without them.
        empty: A round in which nothing happens, of which there are more where there is too little time.
        themes: Those that may be played at all.
    """
    random = Random(f"themes-{seed}")
    played_here = {theme for theme in themes if _plays(seed, theme)}
    chosen = [act for act, of in OF_ACTS.items() if of in played_here and _is_one_of_its_acts(seed, act, of)]
    if not chosen:
        return tuple(rounds)
    played = [*rounds, *[empty] * max(0, _FEWEST_ROUNDS - len(rounds))]
    for act in chosen:
        for _ in range(random.choice((1, 1, 2))):
            place = random.randrange(1, len(played))
            companions = random.sample(_COMPANIONS, random.choice((0, 1, 1)))
            if act is Act.CHANGE_PASSWORD:
                later = min(random.randrange(place, len(played)) + 1, len(played) - 1)
                played[later] = replace(played[later], acts=(*played[later].acts, Act.ENTER_PASSWORD))
            resync = played[place].resync or random.random() < 0.15
            played[place] = replace(played[place], acts=(*played[place].acts, act, *companions), resync=resync)
    return tuple(played)


def _plays(seed: int, theme: Theme) -> bool:
    return Random(f"{theme}-{seed}").random() < _SHARE


def _is_one_of_its_acts(seed: int, act: Act, theme: Theme) -> bool:
    """Tell whether a seed plays a theme with this act: one of its acts at least is among them."""
    acts = [each for each, of in OF_ACTS.items() if of is theme]
    random = Random(f"{theme}-acts-{seed}")
    return act in random.sample(acts, random.randint(1, len(acts)))
