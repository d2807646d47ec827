"""Python imports this first in a process whose PYTHONPATH names its directory."""

import machine_clock  # type: ignore[import-not-found]  # noqa: F401 - it sets the clock
