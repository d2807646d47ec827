"""This machine's clock in a process of its own: ahead by the seconds that the file `MACHINE_AHEAD` names holds.

Time that passes for the products in a test must pass for the program as well.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from bt_autotask_sync.clock import SystemClock

_FILE = Path(os.environ["MACHINE_AHEAD"])
_now = SystemClock.now


def now(self: SystemClock) -> datetime:
    """Return the present as this machine has it."""
    ahead = float(_FILE.read_text(encoding="utf-8")) if _FILE.exists() else 0.0
    return _now(self) + timedelta(seconds=ahead)


SystemClock.now = now  # type: ignore[method-assign]
