"""R1 and R2: what re-opens a session re-opens only itself, and what was planned first stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.bench import iso
from tests.unit.sync.plan.test_plan_billed_once import ANNA, DAY, ENTRIES, HOUR, NOTES, late_survey, second_person

if TYPE_CHECKING:
    from tests.unit.bench import Bench

REFUSED: dict[str, Any] = {"kind": "status", "status": 500, "body": "errors", "text": "Not today."}
EVERYBODY = {"representatives": "all"}


def session_of_two(bench: Bench, username: str = ANNA) -> str:
    """Have a session of two people end, of which one is billed as the settings are."""
    lsid = bench.session(username=username)
    second_person(bench, lsid)
    return lsid


def resource(bench: Bench, email: str) -> int:
    (found,) = (row["id"] for row in bench.rows("Resources") if row["email"] == email)
    return int(found)


def test_R1_a_late_survey_plans_its_note_and_nothing_else(bench: Bench) -> None:
    lsid = session_of_two(bench)
    bench.run()
    bench.configure(time_entries=EVERYBODY)
    late_survey(bench, lsid)
    assert (len(bench.notes(lsid)), len(bench.entries(lsid)), bench.state(lsid)) == (2, 1, "delivered")


@pytest.mark.parametrize("way", ["held", "withheld", "unsettled"])
def test_R1_what_waits_plans_itself_alone(bench: Bench, way: str) -> None:
    bench.end()
    bench.run()
    lsid = session_of_two(bench, "nobody.known" if way == "withheld" else ANNA)
    if way == "held":
        bench.fault(endpoint=NOTES, **REFUSED)
    if way == "unsettled":
        bench.fault("dropped", endpoint=NOTES)
    bench.run()
    assert bench.state(lsid) == ("held" if way == "withheld" else way)
    bench.configure(time_entries={**EVERYBODY, "resource_map": {"nobody.known": f"{ANNA}@msp.example"}})
    for _ in range(3):
        bench.pass_time(500)
        bench.run()
    assert (len(bench.notes(lsid)), len(bench.entries(lsid)), bench.state(lsid)) == (1, 1, "delivered")


def test_R1_a_window_plans_nothing_anew(bench: Bench) -> None:
    lsid = session_of_two(bench)
    bench.fault(endpoint=NOTES, **REFUSED)
    bench.run()
    bench.configure(time_entries=EVERYBODY)
    bench.pass_time(300)
    bench.resync_window(bench.now - DAY)
    assert (len(bench.notes(lsid)), len(bench.entries(lsid)), bench.state(lsid)) == (1, 1, "delivered")


def test_R2_what_was_refused_follows_the_settings_of_today(bench: Bench) -> None:
    lsid = bench.session(username=ANNA)
    bench.fault(endpoint=ENTRIES, **REFUSED)
    bench.run()
    assert (bench.entries(lsid), bench.state(lsid)) == ([], "held")
    bench.configure(time_entries={"resource_map": {ANNA: "kenji.tanaka@msp.example"}})
    bench.pass_time(300)
    bench.run()
    (entry,) = bench.entries(lsid)
    assert (entry["resourceID"], bench.state(lsid)) == (resource(bench, "kenji.tanaka@msp.example"), "delivered")


def test_R2_a_changed_setting_applies_to_sessions_that_are_planned_after_it(bench: Bench) -> None:
    first = session_of_two(bench)
    bench.run()
    bench.configure(time_entries=EVERYBODY)
    second = session_of_two(bench)
    bench.run()
    assert [len(bench.entries(lsid)) for lsid in (first, second)] == [1, 2]


def test_I1_two_numbers_of_one_resource_are_billed_as_one_person(bench: Bench) -> None:
    bench.configure(time_entries={**EVERYBODY, "resource_map": {"corp\\anna.schmidt": f"{ANNA}@msp.example"}})
    lsid = bench.session(username=ANNA)
    second_person(bench, lsid, "CORP\\anna.schmidt")
    bench.run()
    assert (len(bench.entries(lsid)), bench.state(lsid)) == (1, "delivered")


def test_I1_an_entry_of_the_session_and_resource_that_overlaps_is_held(bench: Bench) -> None:
    (lsid,) = bench.end(username=ANNA)
    bench.fault(endpoint=ENTRIES, **REFUSED)
    bench.run()
    (body,) = (body for path, body in bench.creates() if path == "/TimeEntries")
    later = datetime.fromisoformat(body["endDateTime"]) + timedelta(minutes=5)
    other = {**body, "internalNotes": f"[bt:{lsid}:{ANNA}#999]", "endDateTime": iso(later.timestamp())}
    bench.sandbox.autotask.store.insert("TimeEntries", other)
    bench.pass_time(HOUR)
    bench.run()
    assert (len(bench.entries(lsid)), bench.state(lsid)) == (1, "held")
    assert "overlaps this one" in bench.error(lsid)
