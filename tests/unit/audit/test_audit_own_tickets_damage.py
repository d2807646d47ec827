"""What becomes of tickets that were made for sessions, by people's hands: exactly that is found, with what mends it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.audit.findings import FindingKind
from tests.unit.audit.test_audit_own_tickets import OFF, audited, delivered, double, found, only
from tests.unit.bench import DAY
from tests.unit.ticket_bench import JSON_KEY, ticket_bench

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.bench import Bench
    from tests.unit.ticket_bench import TicketBench

COMPLETE = 5


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> TicketBench:
    return ticket_bench(make_bench)


def delivered_elsewhere(bench: TicketBench) -> str:
    """Deliver a session to a ticket that a person typed while it ran, after one had been made for it."""
    lsid = bench.running()
    bench.run()
    other = bench.ticket(externalID="")
    bench.type_key(lsid, other["ticketNumber"])
    bench.finish(lsid)
    bench.run()
    assert bench.delivered_to(lsid, other["id"])
    return lsid


def stranger(bench: TicketBench) -> int:
    """A resource that has no time of ours."""
    taken = {entry["resourceID"] for entry in bench.entries()}
    other: int = next(row["id"] for row in bench.rows("Resources") if row["id"] not in taken)
    return other


def delivered_from_its_start(bench: TicketBench) -> str:
    """Deliver a session to a ticket that was made while it ran, and whose number stands in it."""
    lsid = bench.running()
    bench.run()
    assert bench.key(lsid) == bench.own(lsid)["ticketNumber"]
    bench.finish(lsid)
    bench.run()
    return lsid


def delivered_by_hand(bench: TicketBench) -> str:
    """Deliver a session to a ticket that was made while it ran, and whose number a person typed."""
    bench.sandbox.switches.set_attributes = "forbidden"
    lsid = bench.running()
    bench.run()
    bench.type_key(lsid, bench.own(lsid)["ticketNumber"])
    bench.finish(lsid)
    bench.run()
    return lsid


@pytest.mark.parametrize("deliver", [delivered, delivered_from_its_start])
@pytest.mark.parametrize("at_end", [True, False])
def test_a_ticket_that_was_deleted_is_made_again_by_the_command(
    bench: TicketBench, deliver: Callable[[TicketBench], str], at_end: bool
) -> None:
    lsid = deliver(bench)
    bench.configure(tickets={"create_at_session_end": at_end})
    bench.delete_ticket(bench.own(lsid)["id"])
    result = audited(bench)
    assert Counter(finding.kind for finding in result.findings) == {FindingKind.DELETED: 3}
    assert {finding.fix for finding in result.findings} == {f"resync {lsid}"}
    bench.resync(lsid)
    assert bench.delivered_to(lsid, bench.own(lsid)["id"])
    assert not found(bench)


def test_a_ticket_that_was_deleted_while_its_session_ran_is_made_again_by_the_command(bench: TicketBench) -> None:
    lsid = bench.running()
    bench.run()
    gone = bench.own(lsid)["id"]
    bench.delete_ticket(gone)
    bench.finish(lsid)
    missing, deleted = audited(bench).findings
    assert (missing.kind, deleted.kind) == (FindingKind.MISSING, FindingKind.DELETED)
    assert f"id {gone}" in missing.text
    assert deleted.fix == f"resync {lsid}"
    bench.resync(lsid)
    assert not found(bench)


@pytest.mark.parametrize(
    ("deliver", "settings"),
    [(delivered_by_hand, {}), (delivered, OFF)],
    ids=["a person typed its number", "none are made any more"],
)
def test_where_it_would_not_be_made_again_the_command_asks_for_another_ticket(
    bench: TicketBench, deliver: Callable[[TicketBench], str], settings: dict[str, bool]
) -> None:
    lsid = deliver(bench)
    bench.configure(tickets=settings)
    bench.delete_ticket(bench.own(lsid)["id"])
    assert {finding.fix for finding in audited(bench).findings} == {f"resync {lsid} --ticket NUMBER"}
    bench.resync(lsid, ticket=bench.ticket(externalID="")["ticketNumber"])
    assert not found(bench)


def test_two_tickets_with_one_external_id_are_found_until_one_is_closed(bench: TicketBench) -> None:
    lsid = delivered(bench)
    copy = double(bench, bench.own(lsid))
    finding = only(bench)
    assert finding.kind is FindingKind.DOUBLED
    assert finding.link.endswith(f"TicketID={copy}")
    bench.sandbox.autotask.store.update("Tickets", copy, {"status": COMPLETE})
    result = audited(bench)
    assert not result.findings
    assert [remark.lsid for remark in result.remarks] == [lsid]


@pytest.mark.parametrize("with_ledger", [True, False])
def test_a_ticket_that_a_person_named_another_after_is_left_over_until_it_is_closed(
    bench: TicketBench, with_ledger: bool
) -> None:
    lsid = delivered_elsewhere(bench)
    if not with_ledger:
        bench.forget_ledger()
        bench.run()
    finding = only(bench)
    assert (finding.kind, finding.ticket_number) == (FindingKind.LEFT_OVER, bench.own(lsid)["ticketNumber"])
    assert finding.link.endswith(f"TicketID={bench.own(lsid)['id']}")
    bench.sandbox.autotask.store.update("Tickets", bench.own(lsid)["id"], {"status": COMPLETE})
    assert not found(bench)


def test_a_ticket_left_over_may_be_deleted(bench: TicketBench) -> None:
    bench.delete_ticket(bench.own(delivered_elsewhere(bench))["id"])
    assert not found(bench)


def test_a_session_that_a_person_moved_leaves_its_note_and_then_its_ticket(bench: TicketBench) -> None:
    bench.configure(time_entries={"enabled": False})
    lsid = bench.session(JSON_KEY)
    bench.run()
    own = bench.own(lsid)["id"]
    bench.resync(lsid, ticket=bench.ticket(externalID="")["ticketNumber"])
    assert found(bench) == {FindingKind.DOUBLED: 1}
    (left,) = (note["id"] for note in bench.notes(lsid) if note["ticketID"] == own)
    bench.sandbox.autotask.store.delete("TicketNotes", left)
    assert found(bench) == {FindingKind.LEFT_OVER: 1}


@pytest.mark.parametrize("entity", ["TicketNotes", "TimeEntries"])
def test_a_double_is_found_on_a_ticket_left_over_whenever_it_was_made(bench: TicketBench, entity: str) -> None:
    lsid = delivered_elsewhere(bench)
    (note,), (entry,) = bench.notes(lsid), bench.entries(lsid)
    late, own = bench.now + 90 * DAY, bench.own(lsid)["id"]
    stray = {"id": None, "ticketID": own, "createDateTime": late}
    times = {"resourceID": stranger(bench), "startDateTime": late, "endDateTime": late + 600}
    row = {**note, **stray} if entity == "TicketNotes" else {**entry, **stray, **times}
    bench.sandbox.autotask.store.insert(entity, row)
    assert found(bench) == {FindingKind.DOUBLED: 1}
