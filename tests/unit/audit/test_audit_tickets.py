"""The audit's pure core on tickets that were made for sessions: what is wrong with them, and what mends it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.audit.findings import FindingKind, Status
from bt_autotask_sync.audit.reconcile import audit
from bt_autotask_sync.audit.snapshot import Expected
from bt_autotask_sync.autotask.entities import Ticket
from bt_autotask_sync.state.states import ArtifactKind, ArtifactState, Problem, Stage
from bt_autotask_sync.sync.markers import ticket_marker
from bt_autotask_sync.sync.transitions import NAMES_NO_TICKET
from tests.unit.audit.test_audit_reconcile import (
    OTHER_TICKET,
    TICKET,
    TROUBLE,
    WEB,
    entry,
    evidence,
    kinds,
    lsid,
    note,
    session,
)

if TYPE_CHECKING:
    from bt_autotask_sync.audit.findings import Finding
    from bt_autotask_sync.audit.snapshot import AuditedSession, Snapshot

LSID = lsid(1)
OPEN, COMPLETE = 1, 5
MADE = Expected(ArtifactKind.TICKET, ticket_marker(LSID), ArtifactState.CREATED, autotask_id=TICKET)
ON_OTHER = [replace(expected, ticket_id=OTHER_TICKET) for expected in session().expected]


def own(**changes: Any) -> Ticket:
    return replace(Ticket(TICKET, "T20261122.0001", OPEN, external_id=f"bt:{LSID}"), **changes)


def on_own_ticket(**changes: Any) -> AuditedSession:
    """A session that was delivered to a ticket that was made for it."""
    return replace(session(expected=(MADE, *session().expected), ticket_id=TICKET), **changes)


def on_other_ticket(**changes: Any) -> AuditedSession:
    """A session that was delivered to a ticket that somebody named after one had been made for it."""
    there: dict[str, Any] = {"expected": (MADE, *ON_OTHER), "ticket_id": OTHER_TICKET}
    return session(**{**there, "ticket_number": "T20261122.0002", **changes})


def without_ticket(**changes: Any) -> AuditedSession:
    return session(**{"expected": (), "ticket_number": "", "status": Status.NO_TICKET, **changes})


def on_own(**changes: Any) -> Snapshot:
    return evidence(**{"sessions": (on_own_ticket(),), "tickets": (own(),), **changes})


def on_other(**changes: Any) -> Snapshot:
    there = {"notes": (note(ticket_id=OTHER_TICKET),), "entries": (entry(ticket_id=OTHER_TICKET),)}
    return evidence(**{"sessions": (on_other_ticket(),), "tickets": (own(),), **there, **changes})


def only(whole: Snapshot) -> Finding:
    (finding,) = audit(whole).findings
    assert finding.lsid == LSID
    return finding


def test_a_session_on_its_own_ticket_is_clean_and_its_time_counts_once() -> None:
    result = audit(on_own())
    assert not result.findings
    assert not result.remarks
    assert result.seconds() == {Status.DELIVERED: 600}


def test_a_ticket_is_recognised_by_its_id_whatever_became_of_its_external_id() -> None:
    assert not audit(on_own(tickets=(own(external_id=""),))).findings


@pytest.mark.parametrize(("gets_ticket", "mend"), [(True, f"resync {LSID}"), (False, f"resync {LSID} --ticket NUMBER")])
def test_a_ticket_that_is_gone_is_mended_with_all_that_was_on_it(gets_ticket: bool, mend: str) -> None:
    sessions = (on_own_ticket(gets_ticket=gets_ticket),)
    result = audit(on_own(sessions=sessions, tickets=(), notes=(), entries=()))
    assert kinds(result) == [FindingKind.DELETED] * 3
    assert {finding.fix for finding in result.findings} == {mend}
    assert f"(id {TICKET})" in result.findings[0].text


def test_a_note_that_is_gone_from_an_own_ticket_is_mended_as_ever() -> None:
    finding = only(on_own(notes=()))
    assert (finding.kind, finding.fix) == (FindingKind.DELETED, f"resync {LSID}")


@pytest.mark.parametrize(
    "sessions",
    [(on_other_ticket(),), (on_own_ticket(status=Status.SKIPPED, expected=(MADE,)),)],
    ids=["on another ticket", "skipped"],
)
def test_a_ticket_that_nobody_needs_may_be_deleted(sessions: tuple[AuditedSession, ...]) -> None:
    assert FindingKind.DELETED not in kinds(audit(on_other(sessions=sessions, tickets=())))


def test_C2_where_tickets_are_not_shown_none_is_called_deleted() -> None:
    result = audit(on_own(tickets=(), notes=(), blind=frozenset({ArtifactKind.TICKET})))
    assert kinds(result) == [FindingKind.BLIND, FindingKind.DELETED]
    assert "all tickets" in result.findings[0].text
    assert "note" in result.findings[1].text
    assert result.findings[1].fix == f"resync {LSID}"


def test_two_tickets_with_one_external_id_are_doubled_with_both_links() -> None:
    finding = only(on_own(tickets=(own(), own(id=9, number="T20261122.0009"))))
    assert (finding.kind, finding.ticket_number) == (FindingKind.DOUBLED, "T20261122.0009")
    assert f"bt:{LSID}" in finding.text
    assert "T20261122.0001 (id 7): " + WEB in finding.text
    assert finding.text.endswith(f"TicketID={TICKET}")
    assert finding.link.endswith("TicketID=9")
    assert not finding.is_command


def test_of_two_tickets_the_one_that_the_ledger_knows_is_the_one() -> None:
    assert only(on_own(tickets=(own(id=3, number="T1"), own()))).ticket_number == "T1"


def test_a_double_that_is_closed_is_information() -> None:
    result = audit(on_own(tickets=(own(), own(id=9, status=COMPLETE))))
    assert not result.findings
    (remark,) = result.remarks
    assert remark.text.endswith("It is closed.")


def test_a_ticket_is_left_over_when_its_session_is_on_another_one() -> None:
    finding = only(on_other())
    assert (finding.kind, finding.ticket_number) == (FindingKind.LEFT_OVER, "T20261122.0001")
    assert "T20261122.0002" in finding.text
    assert "Close it" in finding.fix
    assert finding.link == f"{WEB}/Autotask/AutotaskExtend/ExecuteCommand.aspx?Code=OpenTicketDetail&TicketID={TICKET}"


def test_a_ticket_left_over_is_found_though_the_ledger_does_not_know_it() -> None:
    assert only(on_other(sessions=(on_other_ticket(expected=tuple(ON_OTHER)),))).kind is FindingKind.LEFT_OVER


def test_a_ticket_left_over_that_is_closed_is_information() -> None:
    result = audit(on_other(tickets=(own(status=COMPLETE),)))
    assert not result.findings
    assert [remark.lsid for remark in result.remarks] == [LSID]


@pytest.mark.parametrize(
    "whole",
    [
        on_other(notes=(note(ticket_id=OTHER_TICKET), note(id=500))),
        on_other(entries=(entry(),)),
        on_other(
            entries=(),
            notes=(note(ticket_id=OTHER_TICKET),),
            sessions=(
                on_other_ticket(
                    expected=(
                        MADE,
                        *(
                            replace(one, ticket_id=TICKET, state=ArtifactState.UNSETTLED, autotask_id=None)
                            for one in ON_OTHER[1:]
                        ),
                    )
                ),
            ),
        ),
    ],
    ids=["a double of the note", "an entry that was moved", "an entry that may come to stand there"],
)
def test_a_ticket_on_which_something_of_the_session_stands_is_not_left_over(whole: Snapshot) -> None:
    assert FindingKind.LEFT_OVER not in kinds(audit(whole))


@pytest.mark.parametrize("kind", [ArtifactKind.NOTE, ArtifactKind.TIME_ENTRY])
def test_C2_where_notes_or_entries_are_not_shown_no_ticket_is_called_left_over(kind: ArtifactKind) -> None:
    assert kinds(audit(on_other(blind=frozenset({kind})))) == [FindingKind.BLIND]


def test_where_a_copy_with_the_same_external_id_has_the_session_only_the_first_one_is_too_many() -> None:
    copy = own(id=OTHER_TICKET, number="T20261122.0002")
    assert only(on_other(tickets=(own(), copy))).kind is FindingKind.LEFT_OVER


@pytest.mark.parametrize(
    ("state", "problem", "mend"),
    [
        (ArtifactState.HELD, TROUBLE, f"held retry {LSID}"),
        (ArtifactState.PARKED, replace(TROUBLE, stage=Stage.DELIVER), f"held retry {LSID}"),
        (ArtifactState.PARKED, replace(TROUBLE, stage=Stage.PLAN), f"resync {LSID} --ticket NUMBER"),
        (ArtifactState.UNSETTLED, None, "run"),
    ],
    ids=["no company yet", "refused", "a key that is no JSON", "no answer"],
)
def test_a_ticket_that_waits_is_a_finding_and_everybodys_time_waits_with_it(
    state: ArtifactState, problem: Problem | None, mend: str
) -> None:
    waits = replace(MADE, state=state, autotask_id=None, problem=problem)
    waiting = without_ticket(expected=(waits,), status=Status(state), gets_ticket=True)
    result = audit(evidence(sessions=(waiting,), notes=(), entries=()))
    (finding,) = result.findings
    assert (finding.kind, finding.fix) == (state.value, mend)
    assert (finding.technician, finding.seconds) == ("Anna Schmidt", 600)
    assert result.seconds() == {Status(state): 600}


def test_what_keeps_the_whole_session_is_told_once() -> None:
    waits = replace(MADE, state=ArtifactState.HELD, autotask_id=None, problem=TROUBLE)
    held = without_ticket(expected=(waits,), status=Status.HELD, problem=TROUBLE)
    assert only(evidence(sessions=(held,), notes=(), entries=())).kind is FindingKind.HELD


def test_an_unsettled_ticket_of_a_session_that_is_on_another_one_has_no_time_to_it() -> None:
    waits = replace(MADE, state=ArtifactState.UNSETTLED, autotask_id=None)
    waiting = on_other_ticket(expected=(waits, *ON_OTHER), status=Status.UNSETTLED)
    finding = only(on_other(sessions=(waiting,), tickets=()))
    assert (finding.kind, finding.seconds) == (FindingKind.UNSETTLED, 0)


def test_a_ticket_in_place_of_the_known_one_is_unknown() -> None:
    known = replace(MADE, autotask_id=6)
    finding = only(on_own(sessions=(on_own_ticket(expected=(known, *session().expected)),)))
    assert (finding.kind, finding.fix) == (FindingKind.UNKNOWN, f"resync {LSID}")
    assert "id 6" in finding.text


def test_a_ticket_of_a_session_that_is_on_none_is_named_with_its_number_and_so_is_what_stands_on_it() -> None:
    result = audit(evidence(sessions=(without_ticket(),), tickets=(own(),)))
    assert [(finding.kind, finding.fix) for finding in result.findings] == [
        *[(FindingKind.UNKNOWN, f"resync {LSID} --ticket T20261122.0001")] * 3,
        (FindingKind.NO_TICKET, f"resync {LSID} --ticket NUMBER"),
    ]


def test_no_number_gets_into_a_command_that_could_be_anything_else() -> None:
    strange = own(number="4711; reboot")
    mends = {finding.fix for finding in audit(evidence(sessions=(without_ticket(),), tickets=(strange,))).findings}
    assert mends == {f"resync {LSID} --ticket NUMBER"}


def test_a_ticket_that_a_person_sent_the_session_to_needs_nothing_more() -> None:
    sent = on_own_ticket(expected=session().expected)
    assert not audit(on_own(sessions=(sent,))).findings


def test_a_skipped_session_leaves_its_ticket_alone() -> None:
    skipped = without_ticket(status=Status.SKIPPED)
    assert not audit(evidence(sessions=(skipped,), tickets=(own(),), notes=(), entries=())).findings


def test_an_external_id_that_only_looks_like_ours_is_not() -> None:
    others = [own(id=500 + n, external_id=text) for n, text in enumerate(["bt:", "bt:12", f"bt:{LSID}0", f"x:{LSID}"])]
    assert not audit(on_own(tickets=(own(), *others))).findings


def test_a_known_ticket_with_a_strangers_external_id_is_told() -> None:
    stranger = own(external_id=f"bt:{lsid(7)}")
    (finding,) = audit(on_own(tickets=(stranger,))).findings
    assert (finding.kind, finding.lsid) == (FindingKind.UNKNOWN, lsid(7))
    assert not audit(on_own(tickets=(stranger,), known_keys=frozenset({lsid(7)[:12]}))).findings


def test_a_session_without_ticket_to_which_the_settings_would_give_one_is_mended_by_a_command_alone() -> None:
    finding = only(evidence(sessions=(without_ticket(gets_ticket=True),), notes=(), entries=()))
    assert (finding.kind, finding.fix) == (FindingKind.NO_TICKET, f"resync {LSID}")
    assert "settings make it one" in finding.text


@pytest.mark.parametrize("status", [Status.HELD, Status.PARKED])
def test_so_is_one_that_is_held_for_want_of_a_ticket(status: Status) -> None:
    held = without_ticket(status=status, problem=NAMES_NO_TICKET, gets_ticket=True)
    finding = only(evidence(sessions=(held,), notes=(), entries=()))
    assert (finding.kind, finding.fix) == (status.value, f"resync {LSID}")
    assert "settings make it one" in finding.text
    assert NAMES_NO_TICKET.advice not in finding.text


def test_what_else_keeps_a_session_from_its_own_ticket_is_told_as_it_is() -> None:
    held = without_ticket(status=Status.HELD, problem=TROUBLE, gets_ticket=True)
    finding = only(evidence(sessions=(held,), notes=(), entries=()))
    assert (finding.text, finding.fix) == (f"{TROUBLE.error} {TROUBLE.advice}", f"resync {LSID}")


DUE = (
    replace(MADE, state=None, autotask_id=None),
    *(replace(one, state=None, autotask_id=None, ticket_id=None) for one in session().expected),
)


@pytest.mark.parametrize(("in_ledger", "mend"), [(True, "run"), (False, f"resync {LSID}")])
def test_a_ticket_that_is_due_is_missing_with_all_that_belongs_on_it(in_ledger: bool, mend: str) -> None:
    due = without_ticket(expected=DUE, status=Status.MISSING, in_ledger=in_ledger, gets_ticket=True)
    result = audit(evidence(sessions=(due,), notes=(), entries=()))
    assert kinds(result) == [FindingKind.MISSING] * 3
    assert {finding.fix for finding in result.findings} == {mend}
    assert {finding.link for finding in result.findings} == {""}
    assert any("on a ticket of its own" in finding.text for finding in result.findings)
    assert result.seconds() == {Status.MISSING: 600}


def test_what_keeps_a_ticket_from_being_made_is_told_with_its_own_advice() -> None:
    kept = without_ticket(status=Status.MISSING, problem=TROUBLE, gets_ticket=True, in_ledger=False)
    finding = only(evidence(sessions=(kept,), notes=(), entries=()))
    assert (finding.kind, finding.fix) == (FindingKind.MISSING, f"resync {LSID}")
    assert TROUBLE.advice in finding.text


def test_with_the_ledger_lost_a_ticket_is_unknown_and_its_session_delivered() -> None:
    due = on_own_ticket(expected=DUE, status=Status.MISSING, in_ledger=False)
    result = audit(on_own(sessions=(due,)))
    assert kinds(result) == [FindingKind.UNKNOWN] * 3
    assert {finding.fix for finding in result.findings} == {f"resync {LSID}"}
    assert result.sessions() == {Status.DELIVERED: 1}


def test_links_are_left_out_where_autotasks_pages_are_not_known() -> None:
    finding = only(on_own(tickets=(own(), own(id=9)), web_url=""))
    assert finding.link == ""
    assert finding.text.endswith("(id 7)")
