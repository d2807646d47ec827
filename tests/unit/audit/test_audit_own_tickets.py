"""Audits where sessions have tickets of their own: clean when nothing happened, and exactly the damage when it did."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.audit.findings import FindingKind, Status
from tests.unit.audit.test_audit_damage import audit
from tests.unit.bench import DAY
from tests.unit.ticket_bench import JSON_KEY, JUMP, ticket_bench

if TYPE_CHECKING:
    from collections.abc import Callable

    from bt_autotask_sync.audit.findings import AuditResult, Finding
    from tests.unit.bench import Bench
    from tests.unit.ticket_bench import TicketBench

OFF = {"create_on_session_start": False}
AT_END = {"create_on_session_start": False, "create_at_session_end": True}


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> TicketBench:
    return ticket_bench(make_bench)


def audited(bench: TicketBench) -> AuditResult:
    bench._read_only = True
    with ExitStack() as bench._opened:
        return audit(bench)


def found(bench: TicketBench) -> Counter[FindingKind]:
    return Counter(finding.kind for finding in audited(bench).findings)


def only(bench: TicketBench) -> Finding:
    (finding,) = audited(bench).findings
    return finding


def delivered(bench: TicketBench, **changes: Any) -> str:
    """Deliver a session to a ticket that is made for it at its end."""
    lsid = bench.session(JSON_KEY, **changes)
    bench.run()
    assert bench.delivered_to(lsid, bench.own(lsid)["id"])
    return lsid


def double(bench: TicketBench, ticket: dict[str, Any], **changes: Any) -> int:
    unnamed = {"id": None, "ticketNumber": None}
    made: int = bench.sandbox.autotask.store.insert("Tickets", {**ticket, **unnamed, **changes})
    return made


def test_sessions_with_tickets_made_at_their_start_and_at_their_end_are_clean(bench: TicketBench) -> None:
    started = bench.running()
    bench.run()
    bench.finish(started)
    delivered(bench)
    assert bench.key(started) == bench.own(started)["ticketNumber"]
    result = audited(bench)
    assert not result.findings
    assert result.sessions() == {Status.DELIVERED: 2}


def test_with_the_ledger_lost_tickets_are_found_by_their_external_ids_until_a_run_has_adopted_them(
    bench: TicketBench,
) -> None:
    lsids = [delivered(bench) for _ in range(3)]
    bench.forget_ledger()
    result = audited(bench)
    assert Counter(finding.kind for finding in result.findings) == {FindingKind.UNKNOWN: 9}
    assert {finding.fix for finding in result.findings} == {f"resync {lsid}" for lsid in lsids}
    assert result.sessions() == {Status.DELIVERED: 3}
    bench.run()
    assert not found(bench)
    assert [bench.posts(lsid) for lsid in lsids] == [1, 1, 1]


def test_with_the_ledger_lost_and_no_more_tickets_made_the_commands_name_the_ticket(bench: TicketBench) -> None:
    lsid = delivered(bench)
    bench.forget_ledger()
    bench.configure(tickets=OFF)
    number = bench.own(lsid)["ticketNumber"]
    assert found(bench) == {FindingKind.UNKNOWN: 3, FindingKind.NO_TICKET: 1}
    bench.run()
    commands = {one.fix for one in audited(bench).findings if one.kind is FindingKind.UNKNOWN}
    assert commands == {f"resync {lsid} --ticket {number}"}
    bench.resync(lsid, ticket=number)
    assert not found(bench)


def test_with_the_ledger_lost_a_ticket_whose_number_its_session_has_is_where_the_session_is_due(
    bench: TicketBench,
) -> None:
    lsid = bench.running()
    bench.run()
    bench.finish(lsid)
    bench.run()
    bench.forget_ledger()
    assert found(bench) == {FindingKind.UNKNOWN: 2}
    bench.resync(lsid)
    assert not found(bench)


def test_with_the_ledger_lost_a_session_is_due_on_the_older_one_of_two(bench: TicketBench) -> None:
    lsid = delivered(bench)
    own = bench.own(lsid)
    copy = double(bench, own)
    bench.forget_ledger()
    result = audited(bench)
    assert Counter(finding.kind for finding in result.findings) == {FindingKind.UNKNOWN: 3, FindingKind.DOUBLED: 1}
    (doubled,) = (finding for finding in result.findings if finding.kind is FindingKind.DOUBLED)
    assert doubled.link.endswith(f"TicketID={copy}")


@pytest.mark.parametrize(
    ("key", "due"),
    [(JSON_KEY, ["is due on {own}", "is due on {own}"]), ("4711", ["digits alone"])],
    ids=["nothing else is named", "a person typed something"],
)
def test_what_ended_since_is_due_on_the_ticket_made_at_its_start_unless_somebody_typed_another_key(
    bench: TicketBench, key: str, due: list[str]
) -> None:
    bench.sandbox.switches.set_attributes = "forbidden"
    lsid = bench.running()
    bench.run()
    own = bench.own(lsid)
    bench.sandbox.autotask.store.update("Tickets", own["id"], {"externalID": "edited by hand"})
    bench.type_key(lsid, key)
    bench.finish(lsid)
    findings = audited(bench).findings
    assert [finding.kind for finding in findings] == [FindingKind.MISSING] * len(due)
    for finding, text in zip(findings, due, strict=True):
        assert text.format(own=own["ticketNumber"]) in finding.text


@pytest.mark.parametrize("key", [JSON_KEY, '{"ticketNumber": "T20200101.0001"}'], ids=["by a person", "by its key"])
def test_a_session_to_which_a_missing_ticket_was_named_gets_none_of_its_own(bench: TicketBench, key: str) -> None:
    lsid = bench.session(key)
    if key == JSON_KEY:
        bench.configure(tickets=OFF)
        bench.run()
        other = bench.ticket(externalID="")
        bench.resync(lsid, ticket=other["ticketNumber"])
        bench.delete_ticket(other["id"])
        bench.configure(tickets={"create_on_session_start": True})
    bench.resync(lsid)
    finding = only(bench)
    assert (finding.kind, finding.fix) == (FindingKind.HELD, f"resync {lsid} --ticket NUMBER")


@pytest.mark.parametrize("hold", [False, True], ids=["recorded", "held"])
def test_a_session_without_ticket_to_which_todays_settings_give_one_is_mended_by_the_command(
    bench: TicketBench, hold: bool
) -> None:
    bench.configure(tickets=OFF, no_ticket="hold" if hold else "record")
    lsid, jumped = bench.session(JSON_KEY), bench.session(JSON_KEY, jump_group=JUMP)
    bench.run()
    kind = FindingKind.HELD if hold else FindingKind.NO_TICKET
    assert {finding.fix for finding in audited(bench).findings} == {
        f"resync {lsid} --ticket NUMBER",
        f"resync {jumped} --ticket NUMBER",
    }
    bench.configure(tickets={**AT_END, "session_types": ["attended"]})
    assert {(finding.kind, finding.fix) for finding in audited(bench).findings} == {
        (kind, f"resync {lsid}"),
        (kind, f"resync {jumped} --ticket NUMBER"),
    }
    bench.resync(lsid)
    assert [finding.lsid for finding in audited(bench).findings] == [jumped]


def test_a_session_that_was_never_taken_up_misses_its_ticket_and_all_that_belongs_on_it(bench: TicketBench) -> None:
    bench.configure(tickets=AT_END)
    lsids = [bench.session(JSON_KEY) for _ in range(2)]
    result = audited(bench)
    assert Counter(finding.kind for finding in result.findings) == {FindingKind.MISSING: 6}
    assert {finding.fix for finding in result.findings} == {f"resync {lsid}" for lsid in lsids}
    assert {finding.link for finding in result.findings} == {""}
    assert result.seconds() == {Status.MISSING: 2400}
    bench.run(limit=1)
    rest = audited(bench).findings
    assert {finding.fix for finding in rest} == {"run"}
    assert len(rest) == 3
    bench.run()
    assert not found(bench)


def test_only_where_somebody_joined_a_ticket_is_due_if_they_are_made_at_the_start_alone(bench: TicketBench) -> None:
    bench.configure(tickets={"create_at_session_end": False})
    bench.session(JSON_KEY)
    joined = bench.session(JSON_KEY)
    bench.joined(joined)
    bench.run(limit=0)
    result = audited(bench)
    assert {(finding.kind, finding.lsid == joined) for finding in result.findings} == {
        (FindingKind.NO_TICKET, False),
        (FindingKind.MISSING, True),
    }


def test_why_a_ticket_cannot_be_made_is_told_before_any_run(bench: TicketBench) -> None:
    bench.configure(tickets={"default_data": {"companyID": None}})
    bench.session(JSON_KEY)
    broken = bench.session("{ no JSON")
    texts = {finding.lsid == broken: finding.text for finding in audited(bench).findings}
    assert "has no company" in texts[False]
    assert "begins like JSON" in texts[True]
    assert found(bench) == {FindingKind.MISSING: 2}


def test_why_nobody_knows_what_a_ticket_needs_is_told_and_ends_no_audit(bench: TicketBench) -> None:
    bench.configure(tickets={"default_data": {"defaultContactID": 1}})
    bench.session(JSON_KEY)
    bench.fault("status", endpoint="/Contacts/query", status=500, body="errors", text="Not for you.", times=None)
    finding = only(bench)
    assert finding.kind is FindingKind.MISSING
    assert "refuses to look up" in finding.text


def test_a_ticket_that_is_held_has_the_command_that_tries_it_again(bench: TicketBench) -> None:
    bench.sandbox.switches.creates_refused = ("Tickets",)
    lsid = bench.session(JSON_KEY)
    bench.run()
    finding = only(bench)
    assert (finding.kind, finding.fix, finding.seconds) == (FindingKind.HELD, f"held retry {lsid}", 1200)
    bench.sandbox.switches.creates_refused = ()
    bench.held.retry([lsid])
    bench.run()
    assert not found(bench)


def test_a_ticket_that_no_key_can_make_has_the_command_that_names_one(bench: TicketBench) -> None:
    lsid = bench.session("{ no JSON")
    bench.run()
    finding = only(bench)
    assert (finding.kind, finding.fix) == (FindingKind.HELD, f"resync {lsid} --ticket NUMBER")
    bench.resync(lsid, ticket=bench.ticket(externalID="")["ticketNumber"])
    assert not found(bench)


def test_a_ticket_that_is_unsettled_is_told_and_a_run_settles_it(bench: TicketBench) -> None:
    bench.fault("lost_answer", endpoint="/Tickets")
    lsid = bench.session(JSON_KEY)
    bench.run()
    assert bench.state(lsid) == "unsettled"
    finding = only(bench)
    assert (finding.kind, finding.fix) == (FindingKind.UNSETTLED, "run")
    bench.run()
    assert not found(bench)
    assert bench.posts(lsid) == 1


def test_a_running_session_whose_ticket_is_held_is_told(bench: TicketBench) -> None:
    bench.sandbox.switches.creates_refused = ("Tickets",)
    lsid = bench.running()
    bench.run()
    finding = only(bench)
    assert (finding.kind, finding.lsid) == (FindingKind.HELD, lsid)


def test_C2_missing_rights_are_told_and_no_ticket_is_called_deleted(bench: TicketBench) -> None:
    delivered(bench)
    bench.sandbox.switches.missing_rights = ("Tickets",)
    assert found(bench) == {FindingKind.BLIND: 1}


def test_C2_a_look_up_that_hides_some_tickets_is_told_and_none_is_called_deleted(bench: TicketBench) -> None:
    delivered(bench)
    bench.pass_time(DAY)
    delivered(bench)
    bench.sandbox.switches.query_lag_seconds = DAY / 2
    assert FindingKind.BLIND in found(bench)
    assert FindingKind.DELETED not in found(bench)
    assert any("all tickets" in finding.text for finding in audited(bench).findings)


def test_it_makes_nothing_and_asks_for_tickets_in_bulk(bench: TicketBench) -> None:
    for number in range(40):
        bench.session(JSON_KEY, ended_ago=600 + 1300 * number)
    bench.run()
    assert len(bench.creates()) == 120
    for _ in ("with the ledger", "without"):
        bench.forget_requests()
        audited(bench)
        assert bench.asked("autotask")["/Tickets/query"] == 2
        assert not bench.creates()
        bench.forget_ledger()
