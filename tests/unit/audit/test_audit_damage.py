"""Weeks that were delivered, audited: clean when nothing happened, and exactly the damage when something did."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests

from bt_autotask_sync.audit.findings import AuditResult, FindingKind, Status
from bt_autotask_sync.audit.gather import gather
from bt_autotask_sync.audit.reconcile import audit as audit_evidence
from bt_autotask_sync.sandbox.application import Sandbox
from bt_autotask_sync.sandbox.autotask.moments import wire
from bt_autotask_sync.state.runs import Runs
from bt_autotask_sync.stop import Stop
from bt_autotask_sync.sync.budget import BudgetSpentError
from tests.unit.bench import DAY, NOW, ImmediateWorkers, RewritingAdapter

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.bench import Bench

Row = dict[str, Any]

HOUR = 3600

UNDELIVERABLE = {FindingKind.HELD, FindingKind.NO_TICKET}
"""What a seeded week holds that nobody can deliver, and that every run reports."""


def audit(bench: Bench, since: float = NOW - 30 * DAY, until: float | None = None) -> AuditResult:
    """Audit a window on a copy of the ledger, as the command does."""
    end = None if until is None else datetime.fromtimestamp(until, UTC)
    copy = bench.ledger.copy()
    with requests.Session() as http:
        http.trust_env = False
        http.mount("http://", RewritingAdapter(bench.sandbox, bench.rewrite or (lambda _, body: body)))
        context = bench.world(http, ImmediateWorkers(), Stop(), copy)
        snapshot = gather(context, datetime.fromtimestamp(since, UTC), end)
    copy.close()
    return audit_evidence(snapshot)


def found(bench: Bench) -> Counter[FindingKind]:
    return Counter(finding.kind for finding in audit(bench).findings)


def length(row: Row) -> int:
    start, end = (datetime.fromisoformat(row[name]) for name in ("startDateTime", "endDateTime"))
    return int((end - start).total_seconds())


class Damage:
    """What people do to our records in Autotask, or another program; each time to one that nothing happened to yet."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._store = bench.sandbox.autotask.store
        self._used: set[int] = set()

    def note(self) -> Row:
        return self._fresh(self._bench.notes())

    def entry(self) -> Row:
        return self._fresh(self._bench.entries())

    def delete(self, entity: str, row: Row) -> None:
        self._store.delete(entity, row["id"])

    def change(self, entity: str, row: Row, **changes: Any) -> None:
        self._store.update(entity, row["id"], changes)

    def insert(self, entity: str, row: Row, **changes: Any) -> None:
        self._store.insert(entity, {**row, "id": None, **changes})

    def another_ticket(self) -> int:
        """A ticket that nothing of ours stands on."""
        made: int = self._bench.ticket()["id"]
        return made

    def stranger(self) -> int:
        """A resource that has no time of ours."""
        taken = {entry["resourceID"] for entry in self._bench.entries()}
        other: int = next(each["id"] for each in self._bench.rows("Resources") if each["id"] not in taken)
        return other

    def another_resource(self, row: Row) -> int:
        other: int = min({entry["resourceID"] for entry in self._bench.entries()} - {row["resourceID"]})
        return other

    def _fresh(self, rows: list[Row]) -> Row:
        row = next(row for row in rows if row["id"] not in self._used)
        self._used.add(row["id"])
        return row


def delete_note(damage: Damage) -> None:
    damage.delete("TicketNotes", damage.note())


def delete_entry(damage: Damage) -> None:
    damage.delete("TimeEntries", damage.entry())


def double_note(damage: Damage) -> None:
    damage.insert("TicketNotes", damage.note())


def double_note_elsewhere(damage: Damage) -> None:
    note = damage.note()
    damage.insert("TicketNotes", note, ticketID=damage.another_ticket())


def double_entry(damage: Damage) -> None:
    damage.insert("TimeEntries", damage.entry())


def double_entry_elsewhere(damage: Damage) -> None:
    entry = damage.entry()
    damage.insert("TimeEntries", entry, ticketID=damage.another_ticket())


def move_note(damage: Damage) -> None:
    note = damage.note()
    damage.change("TicketNotes", note, ticketID=damage.another_ticket())


def move_entry(damage: Damage) -> None:
    entry = damage.entry()
    damage.change("TimeEntries", entry, ticketID=damage.another_ticket())


def edit_end(damage: Damage) -> None:
    entry = damage.entry()
    damage.change("TimeEntries", entry, endDateTime=shifted(entry["endDateTime"], 61))


def edit_times(damage: Damage) -> None:
    entry = damage.entry()
    damage.change("TimeEntries", entry, **shifted_times(entry, 600))


def edit_times_to_another_year(damage: Damage) -> None:
    entry = damage.entry()
    damage.change("TimeEntries", entry, **shifted_times(entry, 400 * DAY))


def edit_resource(damage: Damage) -> None:
    entry = damage.entry()
    damage.change("TimeEntries", entry, resourceID=damage.another_resource(entry))


def make_anew(damage: Damage) -> None:
    entry = damage.entry()
    damage.delete("TimeEntries", entry)
    damage.insert("TimeEntries", entry)


def add_unknown_note(damage: Damage) -> None:
    damage.insert("TicketNotes", damage.note(), title="Remote support [bt:0123456789ab]")


def add_unknown_note_elsewhere(damage: Damage) -> None:
    note = damage.note()
    ticket = damage.another_ticket()
    damage.insert("TicketNotes", note, title="Remote support [bt:0123456789ab]", ticketID=ticket)


def add_unknown_entry(damage: Damage) -> None:
    marker = f"[bt:{'0123456789abcdef' * 2}:anna.schmidt]"
    damage.insert("TimeEntries", damage.entry(), internalNotes=marker)


def add_further_part(damage: Damage) -> None:
    entry = damage.entry()
    damage.insert("TimeEntries", entry, internalNotes=entry["internalNotes"].rstrip("]") + ":2]")


def add_overlap(damage: Damage) -> None:
    entry = damage.entry()
    damage.insert("TimeEntries", entry, internalNotes="typed by hand", ticketID=damage.another_ticket())


def double_note_long_after(damage: Damage) -> None:
    damage.insert("TicketNotes", damage.note(), createDateTime=NOW + 90 * DAY)


def double_entry_at_another_time(damage: Damage) -> None:
    entry = damage.entry()
    damage.insert("TimeEntries", entry, **shifted_times(entry, 400 * DAY))


def double_entry_elsewhere_for_another(damage: Damage) -> None:
    """Find it neither on the session's ticket nor among the time of its technicians."""
    entry = damage.entry()
    stranger = damage.stranger()
    damage.insert("TimeEntries", entry, ticketID=damage.another_ticket(), resourceID=stranger)


DAMAGES: dict[Callable[[Damage], None], FindingKind] = {
    delete_note: FindingKind.DELETED,
    delete_entry: FindingKind.DELETED,
    double_note: FindingKind.DOUBLED,
    double_note_elsewhere: FindingKind.DOUBLED,
    double_entry: FindingKind.DOUBLED,
    double_entry_elsewhere: FindingKind.DOUBLED,
    double_note_long_after: FindingKind.DOUBLED,
    double_entry_at_another_time: FindingKind.DOUBLED,
    double_entry_elsewhere_for_another: FindingKind.DOUBLED,
    move_note: FindingKind.OTHER_TICKET,
    move_entry: FindingKind.OTHER_TICKET,
    edit_end: FindingKind.TIME_DIFFERS,
    edit_times: FindingKind.TIME_DIFFERS,
    edit_times_to_another_year: FindingKind.TIME_DIFFERS,
    edit_resource: FindingKind.TIME_DIFFERS,
    make_anew: FindingKind.UNKNOWN,
    add_unknown_note: FindingKind.UNKNOWN,
    add_unknown_note_elsewhere: FindingKind.UNKNOWN,
    add_unknown_entry: FindingKind.UNKNOWN,
    add_further_part: FindingKind.DOUBLED,
    add_overlap: FindingKind.OVERLAP,
}


def shifted(moment: str, seconds: int) -> str:
    return wire(datetime.fromisoformat(moment) + timedelta(seconds=seconds))


def shifted_times(row: Row, seconds: int) -> dict[str, str]:
    return {name: shifted(row[name], seconds) for name in ("startDateTime", "endDateTime")}


def week(bench: Bench, sessions: int, seed: int = 1) -> None:
    """Put a provider's week in both products' place."""
    bench.sandbox = Sandbox(sessions, seed, clock=bench.clock)
    bench.configure()


@pytest.fixture
def delivered(bench: Bench) -> Bench:
    """Twelve sessions in a row were delivered, each with a note and a time entry on a ticket of its own."""
    for hours in range(12, 0, -1):
        bench.session(ended_ago=hours * HOUR)
    bench.run()
    return bench


@pytest.mark.parametrize("seed", [1, 2])
def test_a_delivered_week_is_clean_but_for_what_nobody_can_deliver(bench: Bench, seed: int) -> None:
    week(bench, 30, seed)
    summary = bench.run()
    result = audit(bench)
    assert {finding.kind for finding in result.findings} == UNDELIVERABLE
    sessions, seconds = result.sessions(), result.seconds()
    assert sessions[Status.DELIVERED] == summary.delivered
    assert sessions[Status.NO_TICKET] == summary.no_ticket
    assert sessions.total() == summary.found
    assert seconds[Status.DELIVERED] == sum(map(length, bench.entries()))


@pytest.mark.parametrize(("damage", "kind"), DAMAGES.items(), ids=[damage.__name__ for damage in DAMAGES])
def test_damage_is_found_exactly(delivered: Bench, damage: Callable[[Damage], None], kind: FindingKind) -> None:
    damage(Damage(delivered))
    assert found(delivered) == {kind: 1}


def test_all_damages_at_once_are_found_exactly(delivered: Bench) -> None:
    damage = Damage(delivered)
    # One beside the other: what damages an entry takes another session's than what damages a note.
    for each in DAMAGES:
        each(damage)
    assert found(delivered) == Counter(DAMAGES.values())


def test_what_people_may_do_is_no_finding(delivered: Bench) -> None:
    damage = Damage(delivered)
    damage.change("TicketNotes", damage.note(), title="Mailbox repaired")
    damage.change("TimeEntries", damage.entry(), internalNotes="see the ticket", summaryNotes="better words")
    damage.insert("TicketNotes", damage.note(), title="Called back")
    entry = damage.entry()
    damage.insert("TimeEntries", entry, internalNotes="on site", **shifted_times(entry, 20 * 60))
    assert not found(delivered)


def test_with_the_ledger_lost_all_is_unknown_until_a_run_has_adopted_it(delivered: Bench) -> None:
    delivered.forget_ledger()
    result = audit(delivered)
    assert Counter(finding.kind for finding in result.findings) == {FindingKind.UNKNOWN: 24}
    assert result.seconds() == {Status.DELIVERED: sum(map(length, delivered.entries()))}
    delivered.run()
    assert not found(delivered)


def test_before_any_run_all_is_missing(bench: Bench) -> None:
    lsids = bench.end(3)
    bench.session(username="nobody")
    result = audit(bench)
    assert Counter(finding.kind for finding in result.findings) == {FindingKind.MISSING: 8}
    assert {f"resync {lsid}" for lsid in lsids} < {finding.fix for finding in result.findings}
    assert result.sessions() == {Status.MISSING: 4}


def test_before_any_run_a_session_without_a_usable_key_is_told_as_what_it_is(bench: Bench) -> None:
    bench.session(key="")
    bench.session(key="T20200101.0001")
    assert found(bench) == {FindingKind.NO_TICKET: 1, FindingKind.MISSING: 1}


def test_what_a_limited_run_left_is_missing_and_the_next_run_mends_it(bench: Bench) -> None:
    bench.end(3)
    bench.run(limit=1)
    result = audit(bench)
    assert {(finding.kind, finding.fix) for finding in result.findings} == {(FindingKind.MISSING, "run")}
    assert result.sessions() == {Status.DELIVERED: 1, Status.MISSING: 2}
    bench.run()
    assert not found(bench)


def test_what_ended_since_the_last_run_is_not_due_yet(delivered: Bench) -> None:
    delivered.pass_time(7200)
    lsid = delivered.session()
    result = audit(delivered)
    assert not result.findings
    assert result.sessions()[Status.PENDING] == 1
    assert [remark.lsid for remark in result.remarks] == [lsid]


def test_what_the_last_run_overlooked_is_missing(delivered: Bench) -> None:
    delivered.session(ended_ago=HOUR)
    assert found(delivered) == {FindingKind.MISSING: 2}


def test_what_another_state_directory_delivered_meanwhile_is_unknown(delivered: Bench) -> None:
    """C12: two hosts for one profile are not supported; the audit shows them."""
    ours = delivered.ledger
    delivered.ledger = ours.copy()
    delivered.pass_time(7200)
    delivered.session()
    delivered.run()
    delivered.ledger.close()
    delivered.ledger = ours
    assert found(delivered) == {FindingKind.UNKNOWN: 2}


def test_what_ended_before_the_starting_point_is_not_ours(delivered: Bench) -> None:
    delivered.forget_ledger()
    delivered.configure(start_at="2100-01-01T00:00:00Z")
    assert audit(delivered).sessions() == {Status.BEFORE_START: 12}


def test_a_session_that_never_closed_waits(bench: Bench) -> None:
    bench.session(ended_ago=None)
    bench.pass_time(3 * DAY)
    bench.run()
    assert found(bench) == {FindingKind.HELD: 1}


def test_an_entry_that_nobody_can_have_is_held_with_its_minutes(bench: Bench) -> None:
    lsid = bench.session(username="nobody", minutes=20)
    bench.run()
    result = audit(bench)
    (finding,) = result.findings
    assert (finding.kind, finding.lsid, finding.seconds) == (FindingKind.HELD, lsid, 1200)
    assert finding.fix == f"held retry {lsid}"
    assert result.seconds() == {Status.HELD: 1200}


def test_with_time_entries_off_the_minutes_are_not_entered(bench: Bench) -> None:
    bench.configure(time_entries={"enabled": False})
    bench.session(minutes=20)
    bench.run()
    result = audit(bench)
    assert not result.findings
    assert result.seconds() == {Status.NOT_ENTERED: 1200}


def test_purged_reports_leave_the_ledger_and_autotask_to_be_compared(delivered: Bench) -> None:
    delivered.sandbox.appliance._sessions._sessions.clear()
    delete_note(Damage(delivered))
    result = audit(delivered)
    assert [finding.kind for finding in result.findings] == [FindingKind.DELETED]
    assert any("12 of the sessions" in remark.text for remark in result.remarks)


def test_the_window_is_kept_to(delivered: Bench) -> None:
    for _ in range(2):
        delete_note(Damage(delivered))
    assert audit(delivered, NOW - 6.5 * HOUR).sessions().total() == 6
    assert audit(delivered, NOW - 30 * DAY, NOW - 6.5 * HOUR).sessions().total() == 6
    parts = [audit(delivered, NOW - 30 * DAY, NOW - 6.5 * HOUR), audit(delivered, NOW - 6.5 * HOUR)]
    assert sum(len(part.findings) for part in parts) == 2


def test_a_session_over_the_edge_of_the_window_is_no_stranger(delivered: Bench) -> None:
    result = audit(delivered, NOW - 6 * HOUR - 600)
    assert not result.findings


def test_C2_missing_rights_are_told_and_nothing_is_called_deleted(delivered: Bench) -> None:
    delivered.sandbox.switches.missing_rights = ("TicketNotes", "TimeEntries")
    assert found(delivered) == {FindingKind.BLIND: 2}


def test_C2_a_look_up_that_hides_some_entries_is_told_and_nothing_is_called_deleted(delivered: Bench) -> None:
    damage = Damage(delivered)
    for _ in range(3):
        damage.change("TimeEntries", damage.entry(), isNonBillable=True)
    delivered.sandbox.switches.non_billable_hidden = True
    assert found(delivered) == {FindingKind.BLIND: 1}


def test_the_last_note_of_a_tenant_may_be_deleted(bench: Bench) -> None:
    bench.end()
    bench.run()
    delete_note(Damage(bench))
    assert found(bench) == {FindingKind.DELETED: 1}


def test_it_asks_in_bulk(bench: Bench) -> None:
    for number in range(40):
        bench.session(ended_ago=600 + 1300 * number)
    bench.run()
    bench.forget_requests()
    audit(bench)
    asked = bench.asked("autotask")
    assert asked.total() <= 11
    assert asked["/TicketNotes/query"] <= 3


def test_a_spent_share_of_the_budget_ends_it_before_anything_is_asked(delivered: Bench) -> None:
    delivered.configure(autotask={"request_share": 0.0001})
    Runs(delivered.ledger, "default").add("run", at=NOW, outcome="done", autotask_requests=500)
    delivered.forget_requests()
    with pytest.raises(BudgetSpentError):
        audit(delivered)
    assert delivered.asked("autotask") == {"/ThresholdInformation": 1}


def test_work_that_began_before_the_window_is_compared_with_what_was_done_then(delivered: Bench) -> None:
    entry = delivered.entries()[5]
    began = datetime.fromisoformat(entry["startDateTime"]).timestamp()
    times = {"startDateTime": began - 300, "endDateTime": began + 300}
    Damage(delivered).insert(
        "TimeEntries", entry, internalNotes="typed by hand", ticketID=delivered.ticket()["id"], **times
    )
    result = audit(delivered, began + 600)
    assert [(finding.kind, finding.seconds) for finding in result.findings] == [(FindingKind.OVERLAP, 300)]


def test_what_is_half_delivered_is_due_where_its_other_half_stands(bench: Bench) -> None:
    lsid = bench.session()
    bench.run()
    (entry,), (note,) = bench.entries(), bench.notes()
    bench.sandbox.autotask.store.delete("TimeEntries", entry["id"])
    bench.ledger.execute("DELETE FROM artifact WHERE kind = 'time_entry'")
    bench.ledger.execute("UPDATE session SET state = 'discovered', next_at = 0")
    bench.change(lsid, external_key=bench.ticket()["ticketNumber"])
    (finding,) = audit(bench).findings
    assert (finding.kind, finding.fix, finding.seconds) == (FindingKind.MISSING, "run", 1200)
    assert finding.link.endswith(f"TicketID={note['ticketID']}")


def test_what_a_person_sent_to_a_ticket_is_due_there(bench: Bench) -> None:
    lsid, ticket = bench.session(), bench.ticket()
    bench.sessions.add(lsid, now=bench.now)
    bench.sessions.pin_ticket(lsid, ticket["ticketNumber"])
    result = audit(bench)
    assert [finding.kind for finding in result.findings] == [FindingKind.MISSING] * 2
    assert {finding.ticket_number for finding in result.findings} == {ticket["ticketNumber"]}


def test_a_report_that_no_run_can_read_waits_and_ends_no_audit(bench: Bench) -> None:
    lsid = bench.session(ended_ago=2 * DAY)
    bench.end(2)
    bench.poison([lsid])
    bench.run()
    result = audit(bench, NOW - 3 * DAY, NOW - DAY)
    assert [(finding.kind, finding.lsid) for finding in result.findings] == [(FindingKind.HELD, lsid)]


def test_an_unreadable_report_leaves_the_rest_to_be_audited(delivered: Bench) -> None:
    (lsid, *_) = delivered.sandbox.appliance._sessions._sessions
    delivered.session(ended_ago=DAY)
    delivered.poison([lsid])
    assert found(delivered) == {FindingKind.MISSING: 2}


@pytest.mark.parametrize("public", [False, True])
@pytest.mark.parametrize("split", ["never", "midnight", "midnight-utc"])
@pytest.mark.parametrize("rounding", [0, 15])
@pytest.mark.parametrize("representatives", ["primary", "all"])
def test_under_all_combinations_of_settings_a_week_is_clean_and_its_damage_found(
    bench: Bench, representatives: str, rounding: int, split: str, public: bool
) -> None:
    week(bench, 11)
    for midnight in (11 * HOUR, 16.5 * HOUR):  # in UTC, and in the profile's zone
        bench.session(ended_ago=midnight - 600)
    times = {"representatives": representatives, "round_to_minutes": rounding, "split_at": split}
    bench.configure(timezone="Asia/Kolkata", time_entries=times, autotask={"publish_notes_as_public": public})
    bench.run()
    assert any(row["internalNotes"].endswith(":2]") for row in bench.entries()) == (
        split != "never" or representatives == "all"
    )
    result = audit(bench)
    undelivered = Counter(finding.kind for finding in result.findings)
    assert set(undelivered) == UNDELIVERABLE
    assert result.seconds()[Status.DELIVERED] == sum(map(length, bench.entries()))
    damage = Damage(bench)
    for each in (delete_note, move_note, delete_entry, double_entry, edit_end, add_unknown_note):
        each(damage)
    caused = (FindingKind.OTHER_TICKET, FindingKind.DOUBLED, FindingKind.TIME_DIFFERS, FindingKind.UNKNOWN)
    assert found(bench) - undelivered == Counter({FindingKind.DELETED: 2, **dict.fromkeys(caused, 1)})
