"""Tickets at the end of sessions that have none by then, like those that only a poll finds; and rule M2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.errors import OutageError
from tests.unit.ticket_bench import JSON_KEY, JUMP, TicketBench, ticket_bench

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.bench import Bench


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> TicketBench:
    """A bench without a listener: sessions are polled, and get their tickets at their end."""
    bench = ticket_bench(make_bench)
    bench.configure(tickets={"create_on_session_start": False, "create_at_session_end": True})
    return bench


def test_a_polled_session_without_a_ticket_gets_one_and_is_on_it_in_the_same_run(bench: TicketBench) -> None:
    lsid = bench.session(JSON_KEY)
    summary = bench.run()
    assert bench.delivered_to(lsid, bench.own(lsid)["id"])
    assert dict(summary.created) == {"ticket": 1, "note": 1, "time_entry": 1}
    assert (summary.delivered, summary.no_ticket, summary.problems) == (1, 0, [])
    assert bench.asked("appliance")["set_session_attributes"] == 0
    assert bench.own(lsid)["ticketNumber"] in str(bench.record(lsid).ticket_number)


def test_C1_a_second_run_and_a_lost_checkpoint_make_no_second_one(bench: TicketBench) -> None:
    lsid = bench.session(JSON_KEY)
    bench.run()
    bench.forget_requests()
    bench.run()
    assert bench.asked("autotask") == {}
    bench.forget_ledger()
    summary = bench.run()
    assert dict(summary.adopted) == {"ticket": 1, "note": 1, "time_entry": 1}
    assert bench.delivered_to(lsid, bench.own(lsid)["id"])
    assert bench.posts(lsid) == 0


def test_many_get_theirs_together_with_few_questions(bench: TicketBench) -> None:
    bench.configure(tickets={"default_data": {"contactID": "{{emailAddress|customer_email}}", "queueID": "Post Sale"}})
    bench.run()
    bench.pass_time(300)
    bench.forget_requests()
    lsids = [bench.session(JSON_KEY) for _ in range(40)]
    bench.run()
    for lsid in lsids:
        assert bench.delivered_to(lsid, bench.own(lsid)["id"])
    asked = bench.asked("autotask")
    assert sum(asked.values()) - len(bench.creates()) <= 16, asked


def test_sessions_of_other_types_and_with_words_for_a_key_get_none(bench: TicketBench) -> None:
    bench.configure(tickets={"session_types": ["attended"]})
    unattended = bench.session(JSON_KEY, jump_group=JUMP)
    words = bench.session("call Jane back")
    without = bench.session("")
    summary = bench.run()
    assert [bench.state(lsid) for lsid in (unattended, words, without)] == ["no_ticket"] * 3
    assert (summary.no_ticket, bench.creates()) == (3, [])


def test_M2_one_that_gets_none_is_recorded_or_held_as_ever(bench: TicketBench) -> None:
    bench.configure(no_ticket="hold")
    lsid = bench.session("")
    bench.run()
    assert bench.state(lsid) == "held"
    assert "names no ticket" in bench.error(lsid)


@pytest.mark.parametrize("no_ticket", ["record", "hold"])
def test_M2_somebody_who_joined_by_an_event_that_came_late_re_opens_a_session_without_a_ticket(
    bench: TicketBench, no_ticket: str
) -> None:
    bench.configure(no_ticket=no_ticket, tickets={"create_at_session_end": False})
    lsid = bench.session(JSON_KEY)
    bench.run()
    assert bench.state(lsid) == ("held" if no_ticket == "hold" else "no_ticket")
    bench.configure(tickets={"create_on_session_start": True})
    bench.joined(lsid)
    bench.run()
    assert bench.delivered_to(lsid, bench.own(lsid)["id"])


def test_somebody_who_joined_before_the_end_by_an_event_that_came_after_it_gets_the_session_a_ticket(
    bench: TicketBench,
) -> None:
    bench.configure(tickets={"create_on_session_start": True, "create_at_session_end": False})
    joined, untold = bench.session(JSON_KEY), bench.session(JSON_KEY)
    bench.joined(joined)
    bench.joined(untold, "customer")
    bench.run()
    assert bench.delivered_to(joined, bench.own(joined)["id"])
    assert (bench.state(untold), bench.owned(untold)) == ("no_ticket", [])


def test_a_delivered_session_gets_no_ticket_by_a_late_event(bench: TicketBench) -> None:
    bench.configure(tickets={"create_on_session_start": True})
    lsid = bench.session()
    bench.run()
    bench.joined(lsid)
    bench.run()
    assert (bench.state(lsid), bench.owned(lsid)) == ("delivered", [])


def test_M5_the_note_goes_onto_the_new_ticket_although_the_time_waits_for_a_resource(bench: TicketBench) -> None:
    lsid = bench.session(JSON_KEY, username="nobody.known")
    bench.run()
    assert bench.state(lsid) == "held"
    (note,) = bench.notes(lsid)
    assert note["ticketID"] == bench.own(lsid)["id"]
    assert bench.entries(lsid) == []
    bench.run()
    assert (bench.posts(lsid), len(bench.notes(lsid))) == (1, 1)


def test_a_ticket_that_is_gone_right_after_it_was_made_is_told_and_not_called_no_ticket(bench: TicketBench) -> None:
    lsid = bench.session(JSON_KEY)
    bench.before('"field": "id", "value": [', lambda: bench.delete_ticket(bench.own(lsid)["id"]))
    summary = bench.run()
    assert (bench.state(lsid), summary.no_ticket) == ("held", 0)
    assert "does not show the ticket" in bench.error(lsid)
    bench.run()
    assert (bench.state(lsid), bench.posts(lsid)) == ("held", 1)
    bench.resync(lsid)
    assert bench.delivered_to(lsid, bench.own(lsid)["id"])


def test_a_ticket_that_somebody_deleted_is_told_and_made_again_only_by_name(bench: TicketBench) -> None:
    lsid = bench.session(JSON_KEY)
    bench.fault("status", endpoint="/Tickets/*/Notes", status=500, body="errors", text="No.")
    bench.fault("status", endpoint="/TimeEntries", status=500, body="errors", text="No.")
    bench.run()
    bench.delete_ticket(bench.own(lsid)["id"])
    bench.pass_time(61)
    bench.run()
    assert (bench.state(lsid), bench.posts(lsid)) == ("held", 1)
    assert "does not show the ticket that was made" in bench.error(lsid)
    bench.end()
    bench.run()  # something that is there shows that the look-ups can be believed
    bench.resync(lsid)
    assert bench.delivered_to(lsid, bench.own(lsid)["id"])
    assert bench.posts(lsid) == 2


def test_what_is_turned_off_makes_no_more_and_what_was_made_stays_the_sessions(bench: TicketBench) -> None:
    lsid = bench.session(JSON_KEY)
    bench.fault("outage", endpoint="/Tickets/*/Notes", status=429, times=None)
    bench.run(fails=OutageError)
    assert bench.own(lsid)
    bench.sandbox.faults.clear()
    bench.configure(tickets={"create_at_session_end": False})
    other = bench.session(JSON_KEY)
    bench.run()
    assert bench.delivered_to(lsid, bench.own(lsid)["id"])
    assert bench.state(other) == "no_ticket"
