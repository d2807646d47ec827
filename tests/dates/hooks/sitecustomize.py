"""Python imports this first in a process whose PYTHONPATH names its directory: it sleeps under libfaketime, too.

libfaketime refuses the absolute deadline that Python 3.11 sleeps until (OSError 22); select takes a duration.
"""

from __future__ import annotations

import os
import select
import time
from typing import SupportsIndex


def _sleep(seconds: float | SupportsIndex, /) -> None:
    duration = float(seconds)
    if duration < 0:
        raise ValueError("sleep length must be non-negative")
    select.select([], [], [], duration)


if "faketime" in os.environ.get("LD_PRELOAD", ""):
    time.sleep = _sleep
