"""Rules I1, R1 and R2: what the ledger keeps of a session's billing goes to the right person, once, and stays apart."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from bt_autotask_sync.appliance.session import Representative
from bt_autotask_sync.sync.plan.billing import BilledSpan, BilledTime, together
from tests.unit.sync.plan.test_plan_billed_once import ANNA, ENTRIES, HOUR, second_person, survey

if TYPE_CHECKING:
    from tests.unit.bench import Bench

ANNAS = "anna.schmidt@msp.example"
START = datetime(2026, 11, 22, 8, tzinfo=UTC)


def strangers(bench: Bench) -> str:
    """Let a session end whose two representatives, both there all the time, Autotask does not know."""
    bench.configure(time_entries={"representatives": "all"})
    lsid = bench.session(username="nobody.one")
    second_person(bench, lsid, "nobody.two")
    bench.run()
    assert bench.state(lsid) == "held"
    return lsid


def test_I1_two_representatives_who_turn_out_to_be_one_resource_are_never_billed_side_by_side(bench: Bench) -> None:
    lsid = strangers(bench)
    bench.configure(time_entries={"resource_map": {"nobody.one": ANNAS, "nobody.two": ANNAS}})
    bench.run()
    made = bench.entries(lsid)
    assert (len(made), bench.state(lsid)) == (1, "delivered")
    assert made[0]["hoursWorked"] * 60 == pytest.approx(20, abs=0.1)
    survey(bench, lsid)
    bench.run()
    bench.forget_ledger()
    bench.run()
    assert bench.entries(lsid) == made


def test_I1_of_two_bills_of_one_resource_what_both_have_is_billed_once_and_the_rest_stays_apart() -> None:
    one = BilledTime(Representative("1", "", "anna"), (BilledSpan(START, 600, 900),), ("1",))
    later, much_later = START + timedelta(minutes=10), START + timedelta(hours=1)
    other = BilledTime(
        Representative("2", "", "a.s"), (BilledSpan(later, 600, 600), BilledSpan(much_later, 60, 60)), ("2",)
    )
    joined = together(other, one)
    assert joined.stretches == (BilledSpan(START, 1200, 1200), BilledSpan(much_later, 60, 60))
    assert (joined.username, joined.gsnumbers) == ("a.s", ("2", "1"))
    assert together(one, one).stretches == (BilledSpan(START, 900, 900),)


def test_I1_two_representatives_of_different_resources_keep_their_own_time(bench: Bench) -> None:
    lsid = strangers(bench)
    bench.configure(time_entries={"resource_map": {"nobody.one": ANNAS, "nobody.two": "kenji.tanaka@msp.example"}})
    bench.run()
    assert len({entry["resourceID"] for entry in bench.entries(lsid)}) == 2


def test_I1_what_a_person_gave_up_of_one_of_them_stays_given_up(bench: Bench) -> None:
    lsid = strangers(bench)
    second = [row for row in bench.artifacts.of([lsid])[lsid].values() if row.kind == "time_entry"][-1]
    bench.ledger.execute("UPDATE artifact SET state = 'skipped' WHERE marker = ?", (second.marker,))
    bench.configure(time_entries={"resource_map": {"nobody.one": ANNAS, "nobody.two": ANNAS}})
    bench.run()
    assert (len(bench.entries(lsid)), bench.state(lsid)) == (1, "delivered")
    assert bench.artifacts.of([lsid])[lsid][second.marker].state == "skipped"


def test_I1_of_two_representatives_with_one_number_the_first_stays_the_one_who_is_billed(bench: Bench) -> None:
    bench.configure(time_entries={"representatives": "all"})
    before = bench.session(username=ANNA)
    bench.run()
    lsid = bench.session(username=ANNA)
    second_person(bench, lsid)
    first, second = bench.told(lsid).representatives
    bench.change(lsid, representatives=(first, replace(second, gsnumber=first.gsnumber)))
    bench.fault("status", endpoint=ENTRIES, status=500, body="errors", text="Not now.")
    bench.run()
    waiting = set(bench.artifacts.of([lsid])[lsid])
    bench.pass_time(300)
    bench.run()
    assert [entry["resourceID"] for entry in bench.entries(lsid)] == [bench.entries(before)[0]["resourceID"]]
    assert set(bench.artifacts.of([lsid])[lsid]) == waiting


@pytest.mark.parametrize("primary", [0, 1])
@pytest.mark.parametrize("refused", [False, True])
def test_I1_of_two_representatives_with_one_number_the_one_whom_the_report_names_is_billed(
    bench: Bench, primary: int, refused: bool
) -> None:
    names = ANNA, "kenji.tanaka"
    before = bench.session(username=names[primary])
    bench.run()
    lsid = bench.session(username=ANNA)
    second_person(bench, lsid)
    first, second = bench.told(lsid).representatives
    people = replace(first, private_name="Anna"), replace(second, private_name="Kenji", gsnumber=first.gsnumber)
    bench.change(lsid, representatives=people)
    named = people[primary].private_name.encode()
    bench.rewrite = lambda _, body: re.sub(rb"(<primary_rep [^>]*>)[^<]*", rb"\1" + named, body)
    if refused:
        bench.fault("status", endpoint=ENTRIES, status=500, body="errors", text="Not now.")
    bench.run()
    bench.pass_time(300)
    bench.run()
    assert [entry["resourceID"] for entry in bench.entries(lsid)] == [bench.entries(before)[0]["resourceID"]]


@pytest.mark.parametrize("garbled", ["garbled", '[{"gs":[],"cut":[]}]', '[{"gs":["1"],"cut":[[1,[]]]}]', "7"])
def test_a_session_whose_kept_billing_is_garbled_is_parked_and_stops_no_other(bench: Bench, garbled: str) -> None:
    lsid, other = bench.end(2)
    bench.run()
    bench.ledger.execute("UPDATE session SET billing = ? WHERE lsid = ?", (garbled, lsid))
    for each in (lsid, other):
        survey(bench, each)
    bench.run()
    assert (bench.state(lsid), bench.state(other), len(bench.notes(other))) == ("parked", "delivered", 2)


def test_R1_a_note_that_would_be_longer_by_now_gets_no_further_parts(bench: Bench) -> None:
    lsid = bench.session()
    bench.run()
    survey(bench, lsid)
    with patch("bt_autotask_sync.sync.plan.note_artifacts.LONGEST_TEXT", 300):
        bench.run()
    assert (len(bench.notes(lsid)), bench.state(lsid)) == (2, "delivered")
    assert not [note for note in bench.notes(lsid) if " of " in note["title"]]


def test_R1_the_further_parts_of_a_note_are_sent_although_a_run_ended_between_them(bench: Bench) -> None:
    lsid = bench.session()
    with patch("bt_autotask_sync.sync.plan.note_artifacts.LONGEST_TEXT", 300):
        bench.fault("status", endpoint="/Tickets/*/Notes", status=500, body="errors", text="Not now.", skip=1)
        bench.run()
        assert (len(bench.notes(lsid)), bench.state(lsid)) == (1, "held")
        bench.pass_time(HOUR)
        bench.run()
    assert (len(bench.notes(lsid)), bench.state(lsid)) == (3, "delivered")
