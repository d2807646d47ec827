"""What a command's exit code says, and which of several counts."""

from __future__ import annotations

import signal
from itertools import permutations

import pytest

from bt_autotask_sync.appliance.errors import ApplianceOutage, ApplianceRefused, UnreadableReport, UnusableAnswer
from bt_autotask_sync.autotask.errors import AutotaskRefused, BudgetSpent, QueryRefused
from bt_autotask_sync.errors import CredentialsError, LockedError, OutageError, SyncError, UsageError
from bt_autotask_sync.exit_code import ExitCode, code_for, worst
from bt_autotask_sync.state.ledger import LedgerError, LedgerWriteError
from bt_autotask_sync.stop import StoppedError
from bt_autotask_sync.sync.budget import BudgetSpentError
from bt_autotask_sync.sync.discover.listing import NoStartingPointError, UnbelievableListingError

WORST_FIRST = [130, 143, 1, 2, 5, 4, 3, 75, 0]


def test_the_codes_are_those_that_are_promised() -> None:
    assert sorted(map(int, ExitCode)) == sorted(WORST_FIRST)


def test_of_several_profiles_the_worst_counts() -> None:
    codes = [ExitCode(number) for number in WORST_FIRST]
    for place, code in enumerate(codes):
        for other in codes[place:]:
            for both in permutations((code, other)):
                assert worst(both) is code
    assert worst([]) is ExitCode.DONE


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x"), 2),
        (NoStartingPointError("default"), 2),
        (LedgerError("x"), 2),
        (CredentialsError("x"), 5),
        (ApplianceRefused("x"), 5),
        (AutotaskRefused("x"), 5),
        (OutageError("x"), 4),
        (ApplianceOutage("x"), 4),
        (UnusableAnswer("x"), 4),
        (UnbelievableListingError("x"), 4),
        (BudgetSpent("x"), 4),
        (BudgetSpentError("x"), 4),
        (QueryRefused("x", words="no", of_the_kind=True), 4),
        (LockedError("x"), 75),
        (StoppedError(signal.SIGINT), 130),
        (StoppedError(signal.SIGTERM), 143),
        (KeyboardInterrupt(), 130),
        (LedgerWriteError("x"), 1),
        (SyncError("x"), 1),
        (RuntimeError("x"), 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
def test_every_temperament_has_its_code(error: BaseException, code: int) -> None:
    assert code_for(error) == code


def test_a_report_that_breaks_off_is_an_answer_that_cannot_be_used() -> None:
    assert code_for(UnreadableReport("x")) == ExitCode.ENDED_EARLY
