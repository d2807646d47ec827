"""A pytest plugin: with NO_SKIPS=1 a skipped test fails the run, unless ALLOWED names it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

ALLOWED = {
    "tests/unit/state/test_state_ledger.py::test_a_directory_that_cannot_be_written_is_told_with_another_way": (
        "root may write everywhere, and a container runs the tests as root"
    ),
    "tests/unit/state/test_state_lock.py::test_a_directory_that_cannot_be_written_cannot_be_locked": (
        "root may write everywhere, and a container runs the tests as root"
    ),
}
"""The tests that may be skipped, each with the reason; everything else that a test needs is to be installed."""


def unexpected(skipped: Iterable[str]) -> list[str]:
    """Return the skipped tests that may not be."""
    return sorted(test for test in skipped if test not in ALLOWED)


def _found(config: pytest.Config) -> list[str]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("NO_SKIPS") != "1" or reporter is None:
        return []
    return unexpected(report.nodeid for report in reporter.stats.get("skipped", ()))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run."""
    if _found(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name what was skipped."""
    for test in _found(config):
        terminalreporter.write_line(f"{test} was skipped. Install what it needs, or name it in tests/skips.py.")
