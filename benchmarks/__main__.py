"""Measures and prints the figures: python -m benchmarks [NAME …] [--full]."""

from __future__ import annotations

import argparse
import platform
import sys
from importlib import import_module
from typing import Any

from benchmarks.figure import as_table

NAMES = ("start", "nothing_new", "requests_per_session", "parsing", "rendering", "throughput", "events", "scale")
FULL: dict[str, dict[str, Any]] = {
    "throughput": {"pairs": 3},
    "events": {"events": 50_000},
    "scale": {"sizes": (1_000, 20_000, 100_000)},
}
"""What is measured more thoroughly with --full."""


def main() -> None:
    """Measure what was named, or all, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the program's figures.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(NAMES)}; all if none is named")
    parser.add_argument("--full", action="store_true", help="100,000 sessions too, which takes half an hour")
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(NAMES):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}")
    figures = []
    for name in chosen.names or NAMES:
        print(f"{name} …", file=sys.stderr, flush=True)
        figures += import_module(f"benchmarks.{name}").measure(**(FULL.get(name, {}) if chosen.full else {}))
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}\n")
    print(as_table(figures), end="")


if __name__ == "__main__":
    main()
