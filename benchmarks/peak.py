"""Runs the program in this process and writes its peak memory into a file.

`python -m benchmarks.peak FILE ARGUMENT…`, the file getting KiB. The kernel's figure for a child that has ended is of
no use: it begins at what its parent held when it was started.
"""

from __future__ import annotations

import atexit
import sys

STATUS = "/proc/self/status"


def _write_peak(target: str) -> None:
    with open(STATUS, encoding="ascii") as status, open(target, "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib
        # would be one more module than the program itself needs
        file.write(next(line.split()[1] for line in status if line.startswith("VmHWM:")))


def main() -> None:
    """Take the file off the arguments and run the program with the others."""
    atexit.register(_write_peak, sys.argv.pop(1))
    from bt_autotask_sync.cli import main as run_program  # noqa: PLC0415 - what it imports counts

    run_program()


if __name__ == "__main__":
    main()
