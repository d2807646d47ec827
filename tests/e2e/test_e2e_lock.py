"""One run at a time: the second start leaves at once, whatever becomes of the first."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading

    from tests.conftest import Site
    from tests.e2e.conftest import Start


NOTES = "POST /Tickets/*/Notes"


def test_overlapping_starts_deliver_once_and_the_second_leaves_with_75(
    gated: Site, gate: threading.Event, start: Start
) -> None:
    lsids = gated.add(9)
    gated.sandbox.faults.add("latency", endpoint=NOTES, seconds=1)
    first = start(*gated.options, "run", "--json")
    gated.wait_until(gated.creates)
    asked = gated.counts()["appliance"]
    for arguments in (["run"], ["run", "--dry-run"], ["resync", lsids[0]]):
        second = gated.json(*arguments, code=75)
        assert "Another run" in second.stderr
        assert str(gated.state) in second.stderr
        assert "error" in second.report
    assert gated.counts()["appliance"] == asked
    gate.set()
    assert first.wait(60) == 0
    gated.see_each_once(lsids)
    assert gated.run().profile["sessions"]["found"] == 0


def test_the_lock_dies_with_a_killed_run(gated: Site, gate: threading.Event, start: Start) -> None:
    lsids = gated.add(6)
    gated.sandbox.faults.add("latency", endpoint=NOTES, seconds=1)
    first = start(*gated.options, "run")
    gated.wait_until(gated.creates)
    first.kill()
    assert first.wait(60) == -signal.SIGKILL
    gate.set()
    assert gated.run(code=None).code in {0, 3}
    gated.pass_time(430)
    gated.run()
    gated.see_each_once(lsids)
