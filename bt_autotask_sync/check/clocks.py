"""Clocks that differ. No delivery rests on this machine's clock alone, but what people read does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bt_autotask_sync.check.findings import Area, ok, remark

if TYPE_CHECKING:
    from bt_autotask_sync.check.findings import Finding

TOLERANCE = timedelta(minutes=5)
NO_TIME = remark(
    Area.APPLIANCE,
    "The appliance's answers have no usable date.",
    "Look whether a proxy takes the Date header away, and at the appliance's clock. Until then runs go by the clock of "
    "this machine.",
)


def compare_with_machine(ahead: timedelta) -> Finding:
    """Return what to say of an appliance whose clock is `ahead` of this machine's."""
    if abs(ahead) <= TOLERANCE:
        return ok(Area.APPLIANCE, "Its clock agrees with this machine's.")
    return remark(
        Area.APPLIANCE,
        f"The appliance's clock is {_by(ahead)} this machine's.",
        "Let both take their time from NTP servers. `--since 2d` and the ages in lists go by this machine's clock.",
    )


def compare_with_autotask(ahead: timedelta) -> Finding:
    """Return what to say of an appliance whose clock is `ahead` of Autotask's."""
    if abs(ahead) <= TOLERANCE:
        return ok(Area.AUTOTASK, "Its clock agrees with the appliance's.")
    return remark(
        Area.AUTOTASK,
        f"The appliance's clock is {_by(ahead)} Autotask's.",
        "Let the appliance take its time from an NTP server: its times stand on the time entries.",
    )


def _by(ahead: timedelta) -> str:
    minutes = round(abs(ahead).total_seconds() / 60)
    length = f"{minutes} minutes" if minutes < 120 else f"{round(minutes / 60)} hours"  # noqa: PLR2004 - two hours
    return f"{length} {'ahead of' if ahead > timedelta(0) else 'behind'}"
