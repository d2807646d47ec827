"""Rule R2: of a ledger of an earlier version the rows are the plan, and nothing of it is dropped by the upgrade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.sync.plan.test_plan_billed_once import ANNA, ENTRIES, HOUR, second_person

if TYPE_CHECKING:
    from tests.unit.bench import Bench


def age(bench: Bench, lsid: str) -> None:
    """Make a session's rows what an earlier version wrote: entries by username, and nothing of who is billed."""
    names = {str(person.gsnumber): person.username for person in bench.told(lsid).representatives}
    for row in bench.artifacts.of([lsid])[lsid].values():
        if row.kind == "time_entry":
            number = row.marker.partition("#")[2].rstrip("]")
            bench.artifacts.rename(lsid, row.marker, f"[bt:{lsid}:{names[number]}]")
    bench.ledger.execute("UPDATE session SET billing = NULL")
    bench.ledger.execute("UPDATE artifact SET unclear_sends = 0, answer = '', given_up_at = NULL")


def test_R2_an_unsettled_entry_of_an_earlier_version_that_is_not_there_is_sent_again(bench: Bench) -> None:
    bench.end()
    bench.run()
    (lsid,) = bench.end(username=ANNA)
    bench.fault("dropped", endpoint=ENTRIES)
    bench.run()
    age(bench, lsid)
    for _ in range(3):
        bench.pass_time(500)
        bench.run()
    assert (len(bench.entries(lsid)), bench.state(lsid)) == (1, "delivered")


@pytest.mark.parametrize("settings", [{"representatives": "primary"}, {"enabled": False}])
def test_R2_a_held_entry_of_an_earlier_version_is_sent_although_today_nobody_would_plan_it(
    bench: Bench, settings: dict[str, Any]
) -> None:
    bench.configure(time_entries={"representatives": "all"})
    lsid = bench.session(username=ANNA)
    second_person(bench, lsid)
    bench.fault("status", endpoint=ENTRIES, status=500, body="errors", text="Not now.", skip=1)
    bench.run()
    assert (len(bench.entries(lsid)), bench.state(lsid)) == (1, "held")
    age(bench, lsid)
    bench.configure(time_entries=settings)
    bench.pass_time(HOUR)
    bench.run()
    assert (len(bench.entries(lsid)), bench.state(lsid)) == (2, "delivered")


def test_R2_time_that_a_run_of_an_earlier_version_did_not_reach_is_entered(bench: Bench) -> None:
    (lsid,) = bench.end(username=ANNA)
    bench.fault("status", endpoint=ENTRIES, status=500, body="errors", text="Not now.")
    bench.run()
    bench.artifacts.forget(lsid, bench.artifact(lsid, "time_entry").marker)
    age(bench, lsid)
    bench.ledger.execute("UPDATE session SET state = 'discovered', next_at = 0")
    bench.run()
    assert (len(bench.entries(lsid)), len(bench.notes(lsid)), bench.state(lsid)) == (1, 1, "delivered")
