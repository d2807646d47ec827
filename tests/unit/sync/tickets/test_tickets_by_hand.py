"""What a person does about tickets of sessions' own: `resync`, `resync --ticket`, and the queue of what is held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.errors import UsageError
from bt_autotask_sync.sync.compare.lookup_state import BlindLookUpError
from tests.unit.ticket_bench import JSON_KEY, TicketBench, ticket_bench

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.bench import Bench

SETTLE = 420


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> TicketBench:
    """A bench whose look-ups have been seen to see."""
    bench = ticket_bench(make_bench)
    bench.running()
    bench.end()
    bench.run()
    return bench


def orphans(caplog: pytest.LogCaptureFixture, lsid: str) -> int:
    return sum(lsid in message and "is left over" in message for message in caplog.messages)


def refused(bench: TicketBench, *, retry_limit: int = 10) -> str:
    """Leave a session that ended without the ticket that it is to have."""
    bench.configure(retry_limit=retry_limit)
    lsid = bench.session(JSON_KEY)
    bench.fault("status", endpoint="POST /Tickets", status=500, body="errors", text="The moon is wrong.")
    bench.run()
    return lsid


class TestResync:
    def test_it_makes_the_ticket_of_a_session_that_was_recorded_without_one(self, bench: TicketBench) -> None:
        bench.configure(tickets={"create_on_session_start": False})
        lsid = bench.session(JSON_KEY)
        bench.run()
        assert bench.state(lsid) == "no_ticket"
        bench.resync(lsid)
        assert bench.state(lsid) == "no_ticket"
        bench.configure(tickets={"create_at_session_end": True})
        summary = bench.resync(lsid)
        assert bench.delivered_to(lsid, bench.own(lsid)["id"])
        assert dict(summary.created) == {"ticket": 1, "note": 1, "time_entry": 1}

    @pytest.mark.parametrize("retry_limit", [10, 0], ids=["held", "parked"])
    def test_it_makes_one_that_was_refused_at_once(self, bench: TicketBench, retry_limit: int) -> None:
        lsid = refused(bench, retry_limit=retry_limit)
        assert bench.state(lsid) == ("held" if retry_limit else "parked")
        bench.resync(lsid)
        assert bench.delivered_to(lsid, bench.own(lsid)["id"])

    def test_it_makes_the_ticket_again_that_somebody_deleted_with_all_that_stood_on_it(
        self, bench: TicketBench
    ) -> None:
        lsid = bench.session(JSON_KEY)
        bench.run()
        first = bench.own(lsid)["id"]
        bench.delete_ticket(first)
        bench.run()
        assert (bench.state(lsid), bench.owned(lsid)) == ("delivered", [])
        summary = bench.resync(lsid)
        assert dict(summary.created) == {"ticket": 1, "note": 1, "time_entry": 1}
        assert bench.own(lsid)["id"] != first
        assert bench.delivered_to(lsid, bench.own(lsid)["id"])
        bench.resync(lsid)
        assert bench.posts(lsid) == 2

    @pytest.mark.parametrize("fault", ["", "dropped", "lost_answer", "status"])
    def test_one_whose_number_stands_in_the_session_is_made_again_from_the_key_that_it_was_made_from(
        self, bench: TicketBench, fault: str
    ) -> None:
        bench.configure(tickets={"create_at_session_end": False})
        lsid = bench.running()
        bench.run()
        bench.finish(lsid)
        bench.run()
        first = bench.own(lsid)
        assert bench.key(lsid) == first["ticketNumber"]
        bench.delete_ticket(first["id"])
        if fault:
            bench.fault(fault, endpoint="POST /Tickets", **({"body": "errors"} if fault == "status" else {}))
        bench.resync(lsid)
        bench.pass_time(SETTLE + 5)
        bench.run()
        assert bench.own(lsid)["title"] == first["title"] == "Printer is on fire"
        assert bench.delivered_to(lsid, bench.own(lsid)["id"])
        assert bench.posts(lsid) == (3 if fault in ("dropped", "status") else 2)
        bench.resync(lsid)
        assert bench.delivered_to(lsid, bench.own(lsid)["id"])

    def test_E5_nor_is_it_made_again_for_a_session_that_a_person_gave_another_key(self, bench: TicketBench) -> None:
        lsid, chosen = bench.running(), bench.ticket()
        bench.run()
        bench.delete_ticket(bench.own(lsid)["id"])
        bench.type_key(lsid, chosen["ticketNumber"])
        bench.finish(lsid)
        bench.resync(lsid)
        assert bench.delivered_to(lsid, chosen["id"])
        assert bench.owned(lsid) == []

    def test_C11_a_window_only_tells_of_the_deleted_ticket(self, bench: TicketBench) -> None:
        lsid = bench.session(JSON_KEY)
        bench.run()
        bench.delete_ticket(bench.own(lsid)["id"])
        summary = bench.resync_window(bench.now - 7200)
        assert sorted(problem.kind for problem in summary.missing) == ["note", "ticket", "time_entry"]
        assert bench.owned(lsid) == []

    def test_C2_what_a_blind_look_up_does_not_show_is_not_made_again(self, bench: TicketBench) -> None:
        lsid = bench.session(JSON_KEY)
        bench.run()
        bench.sandbox.switches.change({"missing_rights": ["Tickets", "TicketNotes", "TimeEntries"]})
        bench.resync(lsid, fails=BlindLookUpError)
        bench.sandbox.switches.change({"missing_rights": []})
        bench.resync(lsid)
        assert (bench.posts(lsid), bench.delivered_to(lsid, bench.own(lsid)["id"])) == (1, True)

    def test_it_sends_a_create_of_unknown_outcome_again_once_it_cannot_come_to_be_any_more(
        self, bench: TicketBench
    ) -> None:
        lsid = bench.session(JSON_KEY)
        bench.fault("dropped", endpoint="POST /Tickets")
        bench.run()
        bench.resync(lsid)
        assert (bench.state(lsid), bench.posts(lsid)) == ("unsettled", 1)
        bench.pass_time(SETTLE + 5)
        bench.resync(lsid)
        assert bench.delivered_to(lsid, bench.own(lsid)["id"])

    def test_of_a_session_that_runs_it_makes_and_sets_nothing(
        self, bench: TicketBench, caplog: pytest.LogCaptureFixture
    ) -> None:
        lsid = bench.session(JSON_KEY, ended_ago=None)
        bench.resync(lsid)
        assert (bench.owned(lsid), bench.key(lsid)) == ([], JSON_KEY)
        assert "no complete report yet" in caplog.text
        bench.finish(lsid)
        bench.run()
        assert bench.delivered_to(lsid, bench.own(lsid)["id"])


class TestAnotherTicket:
    def test_time_that_stands_on_the_own_ticket_must_be_taken_away_first(self, bench: TicketBench) -> None:
        lsid = bench.session(JSON_KEY)
        bench.run()
        number = bench.ticket()["ticketNumber"]
        bench.resync(lsid, ticket=number, fails=UsageError)
        assert bench.delivered_to(lsid, bench.own(lsid)["id"])
        bench.sandbox.autotask.store.delete("TimeEntries", bench.entries(lsid)[0]["id"])
        bench.resync(lsid, ticket=number)
        assert bench.entries(lsid)[0]["ticketID"] != bench.own(lsid)["id"]

    def test_a_session_without_time_moves_and_its_own_ticket_is_reported_as_left_over_once(
        self, bench: TicketBench, caplog: pytest.LogCaptureFixture
    ) -> None:
        bench.configure(time_entries={"enabled": False})
        lsid, chosen = bench.session(JSON_KEY), bench.ticket()
        bench.run()
        for _ in range(2):
            bench.resync(lsid, ticket=chosen["ticketNumber"])
        assert [note["ticketID"] for note in bench.notes(lsid)] == [bench.own(lsid)["id"], chosen["id"]]
        assert bench.record(lsid).ticket_number == chosen["ticketNumber"]
        assert orphans(caplog, lsid) == 1

    @pytest.mark.parametrize("retry_limit", [10, 0], ids=["held", "parked"])
    def test_a_session_that_waits_for_its_ticket_needs_none_any_more(
        self, bench: TicketBench, retry_limit: int
    ) -> None:
        lsid, chosen = refused(bench, retry_limit=retry_limit), bench.ticket()
        summary = bench.resync(lsid, ticket=chosen["ticketNumber"])
        assert bench.delivered_to(lsid, chosen["id"])
        assert (summary.problems, bench.owned(lsid)) == ([], [])

    @pytest.mark.parametrize("there", [True, False], ids=["it comes to be", "it never does"])
    def test_one_whose_create_is_of_unknown_outcome_goes_there_at_once_and_what_comes_of_it_is_told(
        self, bench: TicketBench, there: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        lsid, chosen = bench.session(JSON_KEY), bench.ticket()
        bench.fault("late_commit" if there else "dropped", endpoint="POST /Tickets", seconds=300.0)
        bench.run()
        bench.resync(lsid, ticket=chosen["ticketNumber"])
        assert [note["ticketID"] for note in bench.notes(lsid)] == [chosen["id"]]
        assert bench.state(lsid) == "unsettled"
        bench.pass_time(SETTLE + 5)
        bench.run()
        assert bench.delivered_to(lsid, chosen["id"])
        bench.resync(lsid)
        assert len(bench.owned(lsid)) == orphans(caplog, lsid) == there

    def test_a_running_session_that_a_person_sent_to_a_ticket_goes_there(self, bench: TicketBench) -> None:
        lsid, chosen = bench.session(JSON_KEY, ended_ago=None), bench.ticket()
        bench.resync(lsid, ticket=chosen["ticketNumber"])
        bench.joined(lsid)
        bench.run()
        assert bench.owned(lsid) == []
        bench.finish(lsid)
        bench.run()
        assert bench.delivered_to(lsid, chosen["id"])


class TestHeld:
    def test_the_list_names_the_ticket_with_autotasks_words(self, bench: TicketBench) -> None:
        lsid = refused(bench)
        (problem,) = bench.held.problems()
        assert (problem.lsid, problem.kind, problem.error) == (lsid, "ticket", "The moon is wrong.")

    def test_retry_makes_it_in_the_next_run(self, bench: TicketBench) -> None:
        lsid = refused(bench)
        bench.held.retry([lsid])
        bench.run()
        assert bench.delivered_to(lsid, bench.own(lsid)["id"])

    def test_retry_of_a_running_session_makes_it_while_it_runs(self, bench: TicketBench) -> None:
        bench.configure(retry_limit=0)
        lsid = bench.running()
        bench.fault("status", endpoint="POST /Tickets", status=500, body="errors", text="The moon is wrong.")
        bench.run()
        assert bench.state(lsid) == "parked"
        bench.held.retry([lsid])
        bench.run()
        assert bench.key(lsid) == bench.own(lsid)["ticketNumber"]
        assert bench.state(lsid) == "open"

    @pytest.mark.parametrize("running", [True, False])
    def test_what_is_skipped_gets_no_ticket_and_no_note(self, bench: TicketBench, running: bool) -> None:
        lsid = bench.running('{"queueID": "None"}') if running else refused(bench)
        bench.run()
        bench.held.skip([lsid], by="me", at=0, reason="not billable")
        bench.joined(lsid, username="another")
        if running:
            bench.finish(lsid)
        bench.ended(lsid)
        bench.pass_time(3600)
        assert bench.run().problems == []
        assert (bench.state(lsid), bench.owned(lsid), bench.notes(lsid)) == ("skipped", [], [])

    def test_what_was_skipped_is_made_after_all_when_it_is_named(self, bench: TicketBench) -> None:
        lsid = refused(bench)
        bench.held.skip([lsid], by="me", at=0, reason="a mistake")
        bench.resync(lsid)
        assert bench.delivered_to(lsid, bench.own(lsid)["id"])

    def test_what_may_still_come_to_be_is_not_skipped(self, bench: TicketBench) -> None:
        lsid = bench.session(JSON_KEY)
        bench.fault("dropped", endpoint="POST /Tickets")
        bench.run()
        with pytest.raises(UsageError):
            bench.held.skip([lsid], by="me", at=0, reason="impatient")
