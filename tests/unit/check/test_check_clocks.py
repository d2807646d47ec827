"""Clocks that differ are told by how much and in which direction."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bt_autotask_sync.check.clocks import compare_with_autotask, compare_with_machine
from bt_autotask_sync.check.findings import Area, Severity


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_five_minutes_are_nothing(minutes: int) -> None:
    for compare in (compare_with_machine, compare_with_autotask):
        assert compare(timedelta(minutes=minutes)).severity is Severity.OK


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (301, "5 minutes ahead of"),
        (-301, "5 minutes behind"),
        (45 * 60, "45 minutes ahead of"),
        (-7200, "2 hours behind"),
        (86_400, "24 hours ahead of"),
    ],
)
def test_more_is_a_remark_in_words(seconds: int, words: str) -> None:
    ahead = timedelta(seconds=seconds)
    machine, autotask = compare_with_machine(ahead), compare_with_autotask(ahead)
    assert machine.what == f"The appliance's clock is {words} this machine's."
    assert autotask.what == f"The appliance's clock is {words} Autotask's."
    assert (machine.severity, machine.area) == (Severity.REMARK, Area.APPLIANCE)
    assert (autotask.severity, autotask.area) == (Severity.REMARK, Area.AUTOTASK)
    assert "NTP" in machine.mend
    assert "NTP" in autotask.mend
