"""SIGTERM and Ctrl-C: the request under way is finished and recorded, and the next run goes on without a double."""

from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess
    import threading

    from tests.conftest import Site
    from tests.e2e.conftest import Start

TERMINATED, INTERRUPTED = (signal.SIGTERM, 143), (signal.SIGINT, 130)
NOTES = "POST /Tickets/*/Notes"


def tell(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Send a signal, and leave the process the time to take note of it."""
    process.send_signal(number)
    time.sleep(0.4)


@pytest.mark.parametrize("told", [TERMINATED, INTERRUPTED], ids=["SIGTERM", "SIGINT"])
def test_C10_a_run_told_to_stop_finishes_and_records_what_is_under_way(
    gated: Site, gate: threading.Event, start: Start, told: tuple[signal.Signals, int]
) -> None:
    lsids = gated.add(9)
    gated.sandbox.faults.add("latency", endpoint=NOTES, times=3, skip=1, seconds=1)
    process = start(*gated.options, "run", "--json")
    gated.wait_until(lambda: sum(path.endswith("/Notes") for path, _ in gated.creates()) >= 4)
    tell(process, told[0])
    assert process.poll() is None
    gate.set()
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == told[1]
    assert "Traceback" not in stderr
    report = json.loads(stdout)
    assert report["exit_code"] == told[1]
    (profile,) = report["profiles"]
    assert profile["outcome"] == "interrupted"
    assert "Interrupted" in profile["error"]
    assert {entry.status for entry in gated.sandbox.log.entries("autotask")} == {200}
    made = {"tickets": 0, "notes": len(gated.notes()), "time_entries": len(gated.entries())}
    assert profile["created"] == made
    assert made["notes"] == 4

    rest = gated.run().profile
    assert rest["adopted"] == {"tickets": 0, "notes": 0, "time_entries": 0}
    assert rest["created"]["time_entries"] == 9 - made["time_entries"]
    gated.see_each_once(lsids)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("appliance", "SupportSession"), INTERRUPTED),
        (("autotask", "/Tickets/query"), TERMINATED),
    ],
)
def test_C10_a_run_told_to_stop_while_it_reads_sends_nothing_more(
    gated: Site, gate: threading.Event, start: Start, asked: tuple[str, str], told: tuple[signal.Signals, int]
) -> None:
    side, endpoint = asked
    lsids = gated.add(3)
    gated.sandbox.faults.add("latency", endpoint=endpoint, seconds=1)
    process = start(*gated.options, "run")
    gated.wait_until(lambda: gated.asked(side)[endpoint])
    tell(process, told[0])
    gate.set()
    assert process.wait(60) == told[1]
    assert gated.creates() == []
    assert gated.run().profile["sessions"]["delivered"] == 3
    gated.see_each_once(lsids)


def test_C10_a_wait_between_two_attempts_ends_at_once(site: Site, start: Start) -> None:
    lsids = site.add(2)
    site.sandbox.faults.add("429", endpoint="/Tickets/query", times=None, retry_after=30)
    process = start(*site.options, "run")
    site.wait_until(lambda: site.asked("autotask")["/Tickets/query"])
    process.terminate()
    assert process.wait(10) == 143
    site.sandbox.faults.clear()
    site.run()
    site.see_each_once(lsids)


def test_a_second_signal_ends_a_run_that_hangs_and_nothing_is_doubled(
    gated: Site, gate: threading.Event, start: Start
) -> None:
    lsids = gated.add(2)
    gated.sandbox.faults.add("latency", endpoint=NOTES, seconds=1)
    process = start(*gated.options, "run")
    gated.wait_until(gated.creates)
    tell(process, signal.SIGTERM)
    tell(process, signal.SIGTERM)
    assert process.wait(10) == -signal.SIGTERM
    gate.set()
    gated.run(code=None)
    gated.pass_time(430)
    gated.run()
    gated.see_each_once(lsids)
