"""M1 to M5: what waits for a ticket, a resource or a role, and heals by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.notes.templates import Templates

if TYPE_CHECKING:
    from tests.unit.bench import Bench

DAY = 86_400
MISSING = "T20990101.0001"


def test_M1_an_id_a_lower_case_number_and_a_number_in_a_sentence_reach_their_ticket(bench: Bench) -> None:
    tickets = [bench.ticket() for _ in range(4)]
    keys = [
        f"id:{tickets[0]['id']}",
        tickets[1]["ticketNumber"].lower(),
        f"see {tickets[2]['ticketNumber']}, thanks",
        f'{{"ticketID": {tickets[3]["id"]}}}',
    ]
    lsids = [bench.session(key) for key in keys]
    bench.run()
    assert [bench.record(lsid).ticket_id for lsid in lsids] == [ticket["id"] for ticket in tickets]
    assert [bench.notes(lsid)[0]["ticketID"] for lsid in lsids] == [ticket["id"] for ticket in tickets]
    assert bench.asked("autotask")["/Tickets/query"] == 1


def test_M1_digits_alone_are_held_with_advice_until_the_profile_allows_them(bench: Bench) -> None:
    ticket = bench.ticket()
    lsid = bench.session(str(ticket["id"]))
    bench.run()
    assert (bench.state(lsid), bench.notes(lsid)) == ("held", [])
    assert "numeric_keys" in bench.held.problems()[0].advice
    bench.configure(autotask={"numeric_keys": True})
    bench.run()
    assert bench.notes(lsid)[0]["ticketID"] == ticket["id"]


def test_M1_two_different_existing_tickets_are_held_and_one_of_two_that_exists_is_taken(bench: Bench) -> None:
    one, two = bench.ticket()["ticketNumber"], bench.ticket()["ticketNumber"]
    both, half = bench.session(f"{one} {two}"), bench.session(f"{MISSING} {two}")
    bench.run()
    assert (bench.state(both), bench.state(half)) == ("held", "delivered")
    assert f"several tickets: {one}, {two}" in bench.error(both)


def test_M1_tickets_of_a_batch_are_looked_up_together(bench: Bench) -> None:
    bench.configure(time_entries={"enabled": False})
    lsids = bench.end(8)
    bench.run()
    assert bench.asked("autotask")["/Tickets/query"] == 1
    assert {bench.state(lsid) for lsid in lsids} == {"delivered"}


@pytest.mark.parametrize(("setting", "state"), [("record", "no_ticket"), ("hold", "held")])
def test_M2_a_session_that_names_no_ticket_is_recorded_or_held(bench: Bench, setting: str, state: str) -> None:
    bench.configure(no_ticket=setting)
    lsid = bench.session("just a chat")
    summary = bench.run()
    assert bench.state(lsid) == state
    assert summary.no_ticket == (state == "no_ticket")
    assert not bench.asked("autotask")["/Tickets/query"]


def test_M2_held_for_want_of_a_ticket_it_is_delivered_once_it_names_one(bench: Bench) -> None:
    bench.configure(no_ticket="hold")
    lsid = bench.session("")
    bench.run()
    bench.change(lsid, external_key=bench.ticket()["ticketNumber"])
    bench.run()
    assert bench.state(lsid) == "delivered"


def test_M2_a_resync_reopens_a_session_without_a_ticket(bench: Bench) -> None:
    one, two = bench.end(2, key="")
    bench.run()
    for lsid in (one, two):
        bench.change(lsid, external_key=bench.ticket()["ticketNumber"])
    bench.resync(one)
    assert (bench.state(one), bench.state(two)) == ("delivered", "no_ticket")
    bench.resync_window(bench.now - DAY)
    assert bench.state(two) == "delivered"


def test_M2_a_ticket_that_is_named_later_reopens_the_session(bench: Bench) -> None:
    lsid = bench.session("")
    bench.run()
    bench.change(lsid, external_key=bench.ticket()["ticketNumber"])
    bench.pass_time(DAY)
    bench.run()
    assert bench.state(lsid) == "delivered"


def test_M3_a_missing_ticket_is_looked_up_in_every_run_costs_no_attempt_and_heals(bench: Bench) -> None:
    bench.configure(retry_limit=0, retry_poll_events=[])
    lsids = bench.end(3, key=MISSING)
    for _ in range(3):
        bench.forget_requests()
        bench.run()
        assert bench.asked("autotask")["/Tickets/query"] == 1
        assert [(bench.state(lsid), bench.record(lsid).attempts) for lsid in lsids] == [("held", 0)] * 3
        bench.pass_time(4 * DAY)
    bench.ticket(ticketNumber=MISSING)
    bench.run()
    assert [bench.state(lsid) for lsid in lsids] == ["delivered"] * 3


@pytest.mark.parametrize(("days", "state"), [(13, "held"), (14, "parked")])
def test_M3_what_waits_is_parked_after_fourteen_days(bench: Bench, days: int, state: str) -> None:
    ticketless, personless = bench.session(MISSING), bench.session(username="priya.nair")
    bench.run()
    bench.run_daily(days)
    assert (bench.state(ticketless), bench.state(personless)) == (state, state)
    assert bench.artifact(personless, "time_entry").state == state
    assert len(bench.notes(personless)) == 1


def test_M3_what_is_parked_is_left_alone_until_a_person_releases_it(bench: Bench) -> None:
    ticketless, personless = bench.session(MISSING), bench.session(username="priya.nair")
    bench.run()
    bench.run_daily(14)
    bench.ticket(ticketNumber=MISSING)
    bench.configure(time_entries={"resource_map": {"priya.nair": "anna.schmidt@msp.example"}})
    bench.run()
    assert (bench.state(ticketless), bench.state(personless)) == ("parked", "parked")
    bench.held.retry([ticketless, personless])
    bench.run()
    assert (bench.state(ticketless), bench.state(personless)) == ("delivered", "delivered")


@pytest.mark.parametrize(
    ("username", "words"),
    [
        ("priya.nair", "No resource in Autotask has the address priya.nair@msp.example"),
        ("tom.becker", "is inactive"),
        ("service.desk", "is an API user"),
        ("sofia.lindqvist", "does not hold the role 'Technician'"),
    ],
)
def test_M3_a_representative_who_cannot_have_time_waits_and_heals_while_the_note_is_there(
    bench: Bench, username: str, words: str
) -> None:
    (lsid,) = bench.end(username=username)
    bench.run()
    assert words in bench.error(lsid)
    assert (bench.state(lsid), bench.artifact(lsid, "time_entry").attempts) == ("held", 0)
    assert (len(bench.notes(lsid)), bench.entries(lsid)) == (1, [])
    bench.configure(time_entries={"resource_map": {username: "anna.schmidt@msp.example"}})
    bench.run()
    assert (bench.state(lsid), len(bench.notes(lsid)), len(bench.entries(lsid))) == ("delivered", 1, 1)


def test_M3_people_are_looked_up_in_bulk_and_once_a_run(bench: Bench) -> None:
    bench.end(8)
    bench.run()
    asked = bench.asked("autotask")
    assert (asked["/Resources/query"], asked["/ResourceServiceDeskRoles/query"], asked["/Roles/query"]) == (1, 1, 1)


def test_with_time_entries_off_nobody_is_looked_up(bench: Bench) -> None:
    bench.configure(time_entries={"enabled": False})
    (lsid,) = bench.end()
    bench.run()
    assert bench.state(lsid) == "delivered"
    asked = bench.asked("autotask")
    assert asked["/Resources/query"] + asked["/ResourceServiceDeskRoles/query"] + asked["/Roles/query"] == 0


def test_M5_a_note_goes_out_although_its_entry_is_held_and_the_entry_although_its_note_is(bench: Bench) -> None:
    bench.sandbox.switches.change({"completed_ticket_time": "refused"})
    noted = bench.session(bench.ticket(status=5)["ticketNumber"])
    bench.run()
    assert (len(bench.notes(noted)), len(bench.entries(noted)), bench.state(noted)) == (1, 0, "held")
    bench.fault("status", endpoint="/Tickets/*/Notes", status=500, body="errors", text="No, thank you.")
    (timed,) = bench.end()
    bench.run()
    assert (len(bench.notes(timed)), len(bench.entries(timed)), bench.state(timed)) == (0, 1, "held")


def test_M5_one_refused_session_stops_no_other(bench: Bench) -> None:
    bench.sandbox.switches.change({"completed_ticket_time": "refused"})
    good, bad = bench.end(2), bench.session(bench.ticket(status=5)["ticketNumber"])
    more = bench.end(2)
    bench.run()
    assert [bench.state(lsid) for lsid in (*good, bad, *more)] == ["delivered"] * 2 + ["held"] + ["delivered"] * 2


def test_a_session_that_cannot_be_planned_is_parked_alone(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = bench.end(2)
    whole = Templates.note

    def note(self: Templates, kind: Any, session: Any, *given: Any, **named: Any) -> Any:
        if session.lsid == bad:
            raise RuntimeError("boom")
        return whole(self, kind, session, *given, **named)

    monkeypatch.setattr(Templates, "note", note)
    bench.run()
    assert (bench.state(good), bench.state(bad)) == ("delivered", "parked")
    assert "RuntimeError" in bench.error(bad)
    monkeypatch.undo()
    bench.held.retry([bad])
    bench.run()
    assert bench.state(bad) == "delivered"


def test_a_key_that_changes_never_splits_a_session_over_two_tickets(bench: Bench) -> None:
    (lsid,) = bench.end(username="priya.nair")
    bench.run()
    bench.change(lsid, external_key=bench.ticket()["ticketNumber"])
    bench.configure(time_entries={"resource_map": {"priya.nair": "anna.schmidt@msp.example"}})
    bench.run()
    tickets = {row["ticketID"] for row in (*bench.notes(lsid), *bench.entries(lsid))}
    assert len(tickets) == 1


def test_a_key_that_changes_before_anything_is_delivered_counts(bench: Bench) -> None:
    lsid = bench.session(MISSING)
    bench.run()
    ticket = bench.ticket()
    bench.change(lsid, external_key=ticket["ticketNumber"])
    bench.run()
    assert bench.notes(lsid)[0]["ticketID"] == bench.entries(lsid)[0]["ticketID"] == ticket["id"]
    assert bench.record(lsid).external_key == ticket["ticketNumber"]


def test_a_summary_that_is_empty_once_filled_in_still_gives_a_time_entry(bench: Bench) -> None:
    bench.configure(time_entries={"default_data": {"summaryNotes": "{{issue}}"}})
    (lsid,) = bench.end()
    bench.change(lsid, customer=replace(bench.told(lsid).customer, form=None))
    bench.run()
    assert len(bench.entries(lsid)) == 1
