"""C11: the manual one-shot, for named sessions and for a window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.errors import OutageError, UsageError
from bt_autotask_sync.state.states import SessionState
from bt_autotask_sync.sync.resync import read_beginning

if TYPE_CHECKING:
    from tests.unit.bench import Bench

NOTES, ENTRIES = "/Tickets/*/Notes", "POST /TimeEntries"
DAY = 86_400
MISSING = "T20990101.0001"


def counts(bench: Bench, lsid: str) -> tuple[int, int]:
    return len(bench.notes(lsid)), len(bench.entries(lsid))


def delete(bench: Bench, lsid: str, what: str = "note") -> None:
    """Delete something of a session in Autotask, as a person might."""
    entity, rows = ("TicketNotes", bench.notes(lsid)) if what == "note" else ("TimeEntries", bench.entries(lsid))
    bench.sandbox.autotask.store.delete(entity, rows[0]["id"])


def test_C11_a_session_of_long_ago_is_delivered_by_name_although_it_ended_before_start_at(bench: Bench) -> None:
    bench.run()
    mark, old = bench.progress.watermark, bench.session(ended_ago=90 * DAY)
    bench.pass_time(60)
    bench.resync(old)
    assert (counts(bench, old), bench.state(old)) == ((1, 1), "delivered")
    assert bench.progress.watermark == mark


@pytest.mark.parametrize("hurdle", ["no ticket", "no resource", "outage", "unclear"])
def test_C11_a_named_session_of_before_start_at_is_delivered_by_a_later_run_when_it_has_to_wait(
    bench: Bench, hurdle: str
) -> None:
    bench.end()
    bench.run()
    username = "priya.nair" if hurdle == "no resource" else None
    old = bench.session(MISSING if hurdle == "no ticket" else None, ended_ago=90 * DAY, username=username)
    if hurdle == "outage":
        bench.fault("429", endpoint=ENTRIES, times=None)
    elif hurdle == "unclear":
        bench.fault("dropped", endpoint=ENTRIES)
    bench.resync(old, fails=OutageError if hurdle == "outage" else None)
    bench.sandbox.faults.clear()
    bench.ticket(ticketNumber=MISSING)
    bench.configure(time_entries={"resource_map": {"priya.nair": "anna.schmidt@msp.example"}})
    bench.pass_time(500)
    bench.run()
    assert (counts(bench, old), bench.state(old)) == ((1, 1), "delivered")


def test_C11_known_artifacts_are_asked_for_by_id_first_and_nothing_is_doubled(bench: Bench) -> None:
    lsids = bench.end(3)
    bench.run()
    bench.forget_requests()
    bench.resync(*lsids)
    assert bench.creates() == []
    # Notes twice: whether they are there, and on which tickets they stand by now.
    assert (bench.asked("autotask")["/TicketNotes/query"], bench.asked("autotask")["/TimeEntries/query"]) == (2, 1)


def test_C11_what_was_there_already_is_not_told_as_delivered(bench: Bench) -> None:
    (lsid,) = bench.end()
    bench.run()
    summary = bench.resync(lsid)
    assert (summary.delivered, summary.already) == (0, 1)


def test_C11_present_under_any_title_is_present(bench: Bench) -> None:
    (lsid,) = bench.end()
    bench.run()
    (note,), (entry,) = bench.notes(lsid), bench.entries(lsid)
    bench.sandbox.autotask.store.update("TicketNotes", note["id"], {"title": "tidied up"})
    bench.sandbox.autotask.store.update("TimeEntries", entry["id"], {"internalNotes": ""})
    bench.forget_requests()
    bench.resync(lsid)
    bench.resync_window(bench.now - DAY)
    assert bench.creates() == []


@pytest.mark.parametrize("what", ["note", "time_entry"])
def test_C11_what_is_gone_is_created_again_only_for_a_named_lsid(bench: Bench, what: str) -> None:
    lsid, other = bench.end(2)
    bench.run()
    delete(bench, lsid, what)
    bench.run()
    summary = bench.resync_window(bench.now - DAY)
    assert [(one.lsid, one.kind, one.state) for one in summary.missing] == [(lsid, what, "missing")]
    assert f"resync {lsid}" in summary.missing[0].advice
    assert counts(bench, lsid) == ((0, 1) if what == "note" else (1, 0))
    bench.resync(lsid)
    assert (counts(bench, lsid), counts(bench, other)) == ((1, 1), (1, 1))


@pytest.mark.parametrize("reason", ["query lag", "non-billable"])
def test_C11_what_a_query_does_not_show_is_asked_by_id_before_it_counts_as_gone(bench: Bench, reason: str) -> None:
    bench.end()
    bench.run()
    (lsid,) = bench.end()
    bench.pass_time(600)
    if reason == "query lag":
        bench.sandbox.switches.change({"query_lag_seconds": 300.0})
    else:
        bench.sandbox.switches.change({"non_billable_hidden": True})
        bench.configure(time_entries={"default_data": {"isNonBillable": True}})
    bench.run()
    bench.resync(lsid)
    assert counts(bench, lsid) == (1, 1)


def test_C11_a_window_delivers_what_is_not_delivered_and_moves_no_watermark(bench: Bench) -> None:
    bench.run()
    mark = bench.progress.watermark
    inside, outside = bench.session(ended_ago=20 * DAY), bench.session(ended_ago=22 * DAY)
    bench.resync_window(bench.now - 21 * DAY, bench.now - 19 * DAY)
    assert (counts(bench, inside), counts(bench, outside)) == ((1, 1), (0, 0))
    assert bench.progress.watermark == mark


@pytest.mark.parametrize(
    ("state", "taken"),
    [
        (SessionState.OPEN, True),
        (SessionState.DISCOVERED, True),
        (SessionState.HELD, True),
        (SessionState.NO_TICKET, True),
        (SessionState.UNSETTLED, True),
        (SessionState.PARKED, False),
        (SessionState.SKIPPED, False),
        (SessionState.BEFORE_START, False),
        (SessionState.DELIVERED, False),
    ],
)
def test_C11_a_window_leaves_alone_what_is_done_or_a_persons_decision(
    bench: Bench, state: SessionState, taken: bool
) -> None:
    (lsid,) = bench.end()
    bench.sessions.store_ended([lsid], now=bench.now, origin=bench.now - DAY, watermark=None)
    bench.sessions.set_state(lsid, state)
    bench.resync_window(bench.now - DAY)
    assert counts(bench, lsid) == ((1, 1) if taken else (0, 0))
    assert bench.state(lsid) == ("delivered" if taken else state)


@pytest.mark.parametrize("state", list(SessionState))
def test_C11_a_named_session_is_delivered_from_every_state(bench: Bench, state: SessionState) -> None:
    (lsid,) = bench.end()
    bench.sessions.store_ended([lsid], now=bench.now, origin=bench.now - DAY, watermark=None)
    bench.sessions.set_state(lsid, state)
    bench.resync(lsid)
    assert (counts(bench, lsid), bench.state(lsid)) == ((1, 1), "delivered")


def test_C11_a_skipped_session_that_is_named_is_delivered(bench: Bench) -> None:
    (lsid,) = bench.end(username="priya.nair")
    bench.run()
    bench.held.skip([lsid], by="ida", at=1, reason="too hard")
    bench.configure(time_entries={"resource_map": {"priya.nair": "anna.schmidt@msp.example"}})
    bench.resync(lsid)
    assert (counts(bench, lsid), bench.state(lsid)) == ((1, 1), "delivered")


def test_C11_naming_a_session_releases_what_pauses_or_is_parked(bench: Bench) -> None:
    bench.configure(retry_limit=0)
    bench.sandbox.switches.change({"completed_ticket_time": "refused"})
    lsid = bench.session(bench.ticket(status=5)["ticketNumber"])
    bench.run()
    assert bench.state(lsid) == "parked"
    bench.sandbox.switches.change({"completed_ticket_time": "allowed"})
    bench.resync(lsid)
    assert (counts(bench, lsid), bench.state(lsid)) == ((1, 1), "delivered")


def test_C11_naming_a_session_settles_nothing_before_its_time(bench: Bench) -> None:
    bench.end()
    bench.run()
    (lsid,) = bench.end()
    bench.fault("late_commit", endpoint=NOTES, seconds=200.0)
    bench.run()
    bench.resync(lsid)
    assert (bench.state(lsid), counts(bench, lsid)) == ("unsettled", (0, 1))
    bench.pass_time(600)
    bench.resync(lsid)
    assert (bench.state(lsid), counts(bench, lsid)) == ("delivered", (1, 1))


def test_C11_an_unknown_lsid_is_a_usage_error(bench: Bench) -> None:
    bench.end()
    bench.resync("0" * 32, fails=UsageError)
    assert bench.creates() == []
    assert bench.sessions.get(["0" * 32]) == {}


def test_C11_a_delivered_session_whose_report_is_purged_stays_delivered(bench: Bench) -> None:
    (lsid,) = bench.end()
    bench.run()
    bench.pass_time(3600)
    bench.sandbox.appliance._sessions._sessions.clear()
    bench.resync(lsid, fails=UsageError)
    assert bench.state(lsid) == "delivered"


def test_C11_ticket_sends_a_session_there_and_the_ledger_remembers_it(bench: Bench) -> None:
    lsid, ticket = bench.session(MISSING), bench.ticket()
    bench.run()
    bench.sandbox.switches.change({"creates_refused": ("TimeEntries",)})
    bench.resync(lsid, ticket=ticket["ticketNumber"].lower())
    bench.sandbox.switches.change({"creates_refused": ()})
    bench.ticket(ticketNumber=MISSING)
    bench.run()
    (note,), (entry,) = bench.notes(lsid), bench.entries(lsid)
    assert note["ticketID"] == entry["ticketID"] == ticket["id"]
    assert bench.record(lsid).pinned_ticket == ticket["ticketNumber"]


@pytest.mark.parametrize("number", ["T20990101.0009", "nonsense", ""])
def test_C11_ticket_must_exist(bench: Bench, number: str) -> None:
    lsid = bench.session(MISSING)
    bench.run()
    if number:
        bench.resync(lsid, ticket=number, fails=UsageError)
    else:
        bench.resync(lsid)
    assert (bench.state(lsid), bench.record(lsid).pinned_ticket) == ("held", "")


@pytest.mark.parametrize("known", [True, False], ids=["by the ledger", "by the key"])
def test_C11_ticket_is_refused_while_an_entry_stands_on_another_ticket_and_its_link_is_printed(
    bench: Bench, known: bool
) -> None:
    (lsid,), ticket = bench.end(), bench.ticket()
    bench.run()
    if known:
        bench.change(lsid, external_key="")
    else:
        bench.forget_ledger()
    first = bench.entries(lsid)[0]["ticketID"]
    summary = bench.resync(lsid, ticket=ticket["ticketNumber"], fails=UsageError)
    assert str(first) in str(summary.error)
    assert "http" in str(summary.error)
    assert counts(bench, lsid) == (1, 1)
    delete(bench, lsid, "time_entry")
    bench.resync(lsid, ticket=ticket["ticketNumber"])
    assert [row["ticketID"] for row in bench.entries(lsid)] == [ticket["id"]]
    assert ticket["id"] in [row["ticketID"] for row in bench.notes(lsid)]


def test_C11_ticket_is_refused_while_an_entry_for_another_ticket_is_unsettled(bench: Bench) -> None:
    bench.end()
    bench.run()
    (lsid,), ticket = bench.end(), bench.ticket()
    bench.fault("late_commit", endpoint=ENTRIES, seconds=200.0)
    bench.run()
    bench.resync(lsid, ticket=ticket["ticketNumber"], fails=UsageError)
    bench.pass_time(500)
    bench.run()
    assert (counts(bench, lsid), bench.state(lsid)) == ((1, 1), "delivered")


def test_C11_ticket_is_refused_while_the_look_up_cannot_be_believed(bench: Bench) -> None:
    bench.sandbox.switches.change({"non_billable_hidden": True})
    bench.configure(time_entries={"default_data": {"isNonBillable": True}})
    (lsid,), ticket = bench.end(), bench.ticket()
    bench.run()
    bench.resync(lsid, ticket=ticket["ticketNumber"], fails=UsageError)
    bench.sandbox.switches.change({"non_billable_hidden": False})
    bench.run()
    assert counts(bench, lsid) == (1, 1)


def test_C11_a_note_that_was_unsettled_on_the_old_ticket_does_not_count_for_the_new_one(bench: Bench) -> None:
    bench.configure(time_entries={"enabled": False})
    bench.end()
    bench.run()
    (lsid,), ticket = bench.end(), bench.ticket()
    bench.fault("late_commit", endpoint=NOTES, seconds=200.0)
    bench.run()
    bench.resync(lsid, ticket=ticket["ticketNumber"])
    for _ in range(3):
        bench.pass_time(500)
        bench.run()
    assert ticket["id"] in [row["ticketID"] for row in bench.notes(lsid)]


def test_C11_a_ticket_for_a_session_whose_report_is_gone_is_refused_or_remembered(bench: Bench) -> None:
    lsid, ticket = bench.session(MISSING), bench.ticket()
    bench.run()
    bench.change(lsid, visible_from=bench.now + DAY)
    try:
        bench.resync(lsid, ticket=ticket["ticketNumber"])
    except UsageError:
        return
    assert bench.record(lsid).pinned_ticket == ticket["ticketNumber"]


def test_C11_a_refused_ticket_for_one_of_several_sessions_moves_none(bench: Bench) -> None:
    (delivered,), waiting, ticket = bench.end(), bench.session(MISSING), bench.ticket()
    bench.run()
    bench.resync(waiting, delivered, ticket=ticket["ticketNumber"], fails=UsageError)
    assert bench.record(waiting).pinned_ticket == ""
    assert bench.state(waiting) == "held"


def test_C11_a_window_takes_in_its_listing_in_one_transaction(bench: Bench) -> None:
    bench.end(40)
    bench.run()
    bench.forget_ledger()
    commits: list[str] = []
    bench.ledger._connection.set_trace_callback(lambda text: commits.append(text) if text == "COMMIT" else None)
    bench.fault("outage", side="autotask", times=None)
    bench.resync_window(bench.now - DAY, fails=OutageError)
    assert len(bench.sessions.in_state(*SessionState)) == 40
    assert len(commits) < 20


def test_C11_an_interrupted_window_is_finished_by_the_next_run(bench: Bench) -> None:
    bench.run()
    lsids = bench.end(3, ended_ago=20 * DAY)
    bench.fault("outage", endpoint="SupportSession")
    bench.resync_window(bench.now - 21 * DAY, fails=OutageError)
    bench.sandbox.faults.clear()
    bench.run()
    assert [counts(bench, lsid) for lsid in lsids] == [(1, 1)] * 3


def test_a_beginning_of_an_lsid_is_read_in_any_case() -> None:
    assert read_beginning(" ABCDEF012345 ") == "abcdef012345"
    assert read_beginning("A" * 32) == "a" * 32
    for wrong in ("abcdef01234", "a" * 33, "x" * 32, "", "abcdef01234g", "%" * 12):
        with pytest.raises(UsageError, match="is not an lsid"):
            read_beginning(wrong)


def test_a_beginning_finds_the_one_session_that_it_fits(bench: Bench) -> None:
    for lsid in ("a" * 31 + "1", "a" * 31 + "2", "ab" * 16):
        bench.sessions.add(lsid, now=1)
    assert len(bench.sessions.starting_with("a" * 12)) == 2
    assert bench.sessions.starting_with("ab" * 6) == ["ab" * 16]
    assert bench.sessions.starting_with("f" * 12) == []
