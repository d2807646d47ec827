"""The clocks of a trial: whose goes wrong for a while, and what becomes of the dates of answers."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING

from bt_autotask_sync.state.ledger import FILE_NAME

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from pathlib import Path
    from random import Random

HOUR, DAY = 3_600.0, 86_400.0
LEAPS = (-15 * DAY, -3 * HOUR, -700.0, 700.0, 3 * HOUR, 15 * DAY)
"""Seconds by which a clock leaps."""
NINES = "Fri, 31 Dec 9999 23:59:59 GMT"
_LARGEST_SKEW = 400 * DAY


@dataclass
class Clocks:
    """How far the clocks of a trial are from the world's time.

    Attributes:
        own: The seconds by which this machine's is ahead: always the same, until somebody sets it.
        autotask: The seconds by which Autotask's dates are ahead, in the whole trial.
        leaps: By side: the seconds by which the dates of its answers are ahead in the next run alone.
    """

    own: float = 0.0
    autotask: float = 0.0
    leaps: dict[str, float] = field(default_factory=dict)

    @classmethod
    def drawn(cls, random: Random, autotask: float) -> Clocks:
        """Return clocks of which this machine's is wrong by up to a year."""
        return cls(own=random.uniform(-_LARGEST_SKEW, _LARGEST_SKEW), autotask=autotask)

    def set_own(self, random: Random) -> bool:
        """Have somebody set this machine's clock, ahead or back."""
        self.own += random.choice(LEAPS)
        return True

    def leap(self, side: str, random: Random) -> bool:
        """Let the dates of a side leap in the next run."""
        self.leaps[side] = random.choice(LEAPS)
        return True

    def date(self, headers: MutableMapping[str, str], side: str) -> None:
        """Date an answer as this side's clock has it."""
        ahead = self.leaps.get(side, 0.0) + (self.autotask if side == "autotask" else 0.0)
        shift(headers, ahead)


def knows_clocks(directory: Path) -> bool:
    """Tell whether the checkpoint knows what the appliance's clock said: nothing else shows that it has leapt."""
    checkpoint = directory / FILE_NAME
    if not checkpoint.exists():
        return False
    with closing(sqlite3.connect(checkpoint)) as connection, suppress(sqlite3.OperationalError):
        return bool(connection.execute("SELECT 1 FROM clock WHERE foreign_time IS NOT NULL LIMIT 1").fetchone())
    return False


def shift(headers: MutableMapping[str, str], seconds: float) -> None:
    """Move the date of an answer, if it has one."""
    if "Date" in headers:
        moment = parsedate_to_datetime(headers["Date"]) + timedelta(seconds=seconds)
        headers["Date"] = format_datetime(moment, usegmt=True)
