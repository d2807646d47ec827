"""Runs the tests at other times, in other zones and orders: `python -m tests.dates [--fast] [pytest's arguments]`."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

HOOKS = Path(__file__).with_name("hooks")
DAY = 86_400
FAST = (
    "tests/unit/cli",
    "tests/integration/test_job_dry_run.py",
    "tests/integration/test_audit_main.py",
)
"""What shows soonest that a test rests on today's date, this machine's zone or the order."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where the tests believe that they run.

    Attributes:
        name: What it is called in the output.
        when: ISO 8601, or so many days from now.
        zone: TZ.
        locale: LC_ALL.
        seed: Of the order of the tests.
        fast: It is one of those of `--fast`.
    """

    name: str
    when: str | int
    zone: str = "UTC"
    locale: str = "C.UTF-8"
    seed: int = 1
    fast: bool = False

    def offset(self) -> int:
        """Return how many seconds from now that is."""
        if isinstance(self.when, int):
            return self.when * DAY
        return int(datetime.fromisoformat(self.when).astimezone(UTC).timestamp() - time.time())


MOMENTS = (
    Moment("in 9 days", 9),
    Moment("in 400 days", 400, fast=True),
    Moment("before the end of a leap day", "2028-02-29T23:58:00+00:00", seed=2, fast=True),
    Moment("New York begins DST", "2028-03-12T01:59:00-05:00", "America/New_York", seed=3),
    Moment("New York ends DST", "2028-11-05T01:59:00-04:00", "America/New_York", "C", seed=4),
    Moment("Berlin begins DST", "2028-03-26T01:59:00+01:00", "Europe/Berlin", seed=5),
    Moment("Berlin ends DST", "2028-10-29T02:59:00+02:00", "Europe/Berlin", "POSIX", seed=6),
)


def run(moment: Moment, arguments: list[str]) -> int:
    """Run pytest at a moment; return its exit code."""
    environment = os.environ | {
        "PYTHONPATH": str(HOOKS),
        # Time-outs are real: only the calendar is another one. Threads would wait for ever on a false monotonic clock.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "TZ": moment.zone,
        "LC_ALL": moment.locale,
        "TESTS_SHUFFLED_BY": str(moment.seed),
    }
    sys.stdout.write(f"== {moment.name} ({moment.when}, {moment.zone}, {moment.locale}, order {moment.seed})\n")
    sys.stdout.flush()
    pytest = [sys.executable, "-m", "pytest", "-q", *arguments]
    return subprocess.run(["faketime", "-f", f"{moment.offset():+d}", *pytest], env=environment, check=False).returncode


def main(arguments: list[str]) -> int:
    """Run all moments, or the fast ones; return 1 if a test failed."""
    fast = "--fast" in arguments
    rest = [argument for argument in arguments if argument != "--fast"]
    given = [*(rest or ["-n", "auto", "-m", "not soak"]), *(FAST if fast else ())]
    failed = [moment.name for moment in MOMENTS if (moment.fast or not fast) and run(moment, given) != 0]
    sys.stdout.write(f"Failed: {', '.join(failed)}.\n" if failed else "All passed at every moment.\n")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
