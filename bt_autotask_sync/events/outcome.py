"""What came of a run that the listener started, read from its exit code and its JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bt_autotask_sync.exit_code import ExitCode

_GOOD_CODES: Final = (ExitCode.DONE, ExitCode.WAITING)
_GOOD_WORDS: Final = ("done", "held")
_STATES: Final = ("held", "unsettled", "parked")


@dataclass(frozen=True, slots=True)
class ProfileOutcome:
    """What came of one profile.

    Attributes:
        profile: Its name.
        ended_well: Whether its run did not end early.
        watermark: The appliance's time up to which everything is listed: that of this run, if it listed anything.
        next_due: When the next run is due, in the appliance's time; None: nothing waits for a time.
        changes: What was done, in words: `("1 session delivered", "2 notes created")`.
        standing: What waits in the ledger, in words: `("3 held",)`.
    """

    profile: str
    ended_well: bool
    watermark: datetime | None
    next_due: datetime | None
    changes: tuple[str, ...]
    standing: tuple[str, ...]

    def wait(self, began: datetime) -> float | None:
        """Return how many seconds after its beginning the run wants the next one; None: it does not say.

        The time is the appliance's. It is measured against the watermark, which may be old, and against this machine's
        clock, which may be wrong: the shorter wait counts. A run too early does no harm, and asks again.

        Args:
            began: When the run began, by this machine's clock.
        """
        if not self.ended_well or self.next_due is None:
            return None
        return (self.next_due - max(self.watermark or began, began)) / timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run: its exit code, or minus the number of the signal that ended it; and of each profile."""

    code: int
    profiles: tuple[ProfileOutcome, ...] = ()

    @property
    def ended_well(self) -> bool:
        """Whether everything was done that could be done now."""
        return self.code in _GOOD_CODES

    @property
    def did_work(self) -> bool:
        """Whether anything was delivered, created or found."""
        return any(profile.changes for profile in self.profiles)

    def wait(self, began: datetime) -> float | None:
        """Return how many seconds after its beginning the run wants the next one; None: it does not say."""
        waits = (profile.wait(began) for profile in self.profiles)
        return min((wait for wait in waits if wait is not None), default=None)


def read_outcome(code: int, stdout: bytes) -> Outcome:
    """Return what came of a run.

    Args:
        code: Its exit code, negative when a signal ended it.
        stdout: What it printed: one JSON object, or anything when it was killed. Of that only the code counts.
    """
    try:
        report = json.loads(stdout)
        return Outcome(code, tuple(_profile(told) for told in report["profiles"]))
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError):
        return Outcome(code)


def _profile(told: Any) -> ProfileOutcome:
    sessions = told["sessions"]
    figures = [
        (sessions["delivered"], "sessions", "delivered"),
        (sessions["no_ticket"], "sessions", "without a ticket"),
        *((count, kind.replace("_", " "), "created") for kind, count in told["created"].items()),
        *((count, kind.replace("_", " "), "adopted") for kind, count in told["adopted"].items()),
    ]
    return ProfileOutcome(
        profile=str(told["profile"]),
        ended_well=told["outcome"] in _GOOD_WORDS,
        watermark=_moment(told["watermark"]),
        next_due=_moment(told["next_due"]),
        changes=tuple(f"{count} {_counted(count, words)} {what}" for count, words, what in figures if count),
        standing=tuple(f"{sessions[state]} {state}" for state in _STATES if sessions[state]),
    )


def _counted(count: int, words: str) -> str:
    """Return plural words as they stand behind a count."""
    if count != 1:
        return words
    return words[:-3] + "y" if words.endswith("ies") else words.removesuffix("s")


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
