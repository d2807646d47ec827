"""The dry run is the truth for tickets too: the same requests in the same order, and nothing changed anywhere."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.cli.report import planned_requests
from bt_autotask_sync.state.states import ArtifactKind
from tests.unit.ticket_bench import JSON_KEY, TicketBench, ticket_bench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.unit.bench import Bench


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> TicketBench:
    return ticket_bench(make_bench)


def told(requests: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, list[str]]:
    """Return the requests of each session in their order, by what every marker begins with."""
    sessions: dict[str, list[str]] = defaultdict(list)
    for path, body in requests:
        text = json.dumps(body, sort_keys=True, ensure_ascii=False)
        sessions[text.rpartition("bt:")[2][:12]].append(f"{path} {text}")
    return dict(sessions)


def planned(bench: TicketBench) -> tuple[dict[str, list[str]], list[dict[str, Any]]]:
    requests = planned_requests(bench.dry_run().planned)
    assert {request["method"] for request in requests} <= {"POST"}
    return told((request["path"], request["body"]) for request in requests), requests


def sent(bench: TicketBench) -> dict[str, list[str]]:
    """What Autotask received, with a placeholder for the tickets that were new."""
    new = [row for row in bench.rows("Tickets") if (row["externalID"] or "").startswith("bt:")]
    found = told(bench.creates())
    for row in new:
        key = row["externalID"].removeprefix("bt:")[:12]
        found[key] = [
            text.replace(f"/Tickets/{row['id']}/", "/Tickets/{new}/")
            .replace(f'"ticketID": {row["id"]}', '"ticketID": "{new}"')
            .replace(row["ticketNumber"], "{new}")
            for text in found[key]
        ]
    return found


def test_it_plans_the_new_ticket_and_what_stands_on_it_as_the_real_run_sends_it(bench: TicketBench) -> None:
    lsid = bench.session(JSON_KEY)
    plan, requests = planned(bench)
    assert [(each["kind"], each["path"], each["ticket_number"]) for each in requests] == [
        ("ticket", "/Tickets", "{new}"),
        ("note", "/Tickets/{new}/Notes", "{new}"),
        ("time_entry", "/TimeEntries", "{new}"),
    ]
    assert {each["lsid"] for each in requests} == {lsid}
    assert [each["body"].get("ticketID") for each in requests] == [None, "{new}", "{new}"]
    assert bench.creates() == []
    bench.run()
    assert plan == sent(bench)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
def test_a_mixed_lot_is_sent_as_it_was_planned(bench: TicketBench, zone: str) -> None:
    role = next(row for row in bench.rows("ResourceServiceDeskRoles") if row["isActive"])
    assigned = {"assignedResourceID": role["resourceID"], "assignedResourceRoleID": role["roleID"]}
    bench.configure(
        timezone=zone,
        tickets={
            "create_without_external_key": True,
            "default_data": {
                "title": "Chat: {{Issue}}",
                "description": "{{Details}}",
                "contactID": "{{emailAddress|customer_email}}",
                "companyID": None,
                "queueID": "Post Sale",
                **assigned,
            },
        },
    )
    for number in range(6):
        bench.running(json.dumps({"title": f"Ü {number}"}))
        bench.session("" if number % 2 else json.dumps({"dueDateTime": "+2h", "priority": "High"}))
        bench.session()
        bench.session("some words")
        bench.session('{"queueID": "No such queue"}')
    before = bench.rows("Tickets")
    plan, _ = planned(bench)
    assert bench.rows("Tickets") == before
    dry = bench.dry_run()
    real = bench.run()
    assert plan == sent(bench)
    assert len(plan) == 24
    assert dry.created == real.created
    assert (dry.delivered, dry.no_ticket, dry.standing) == (real.delivered, real.no_ticket, real.standing)
    assert [(problem.lsid, problem.error) for problem in dry.problems] == [
        (problem.lsid, problem.error) for problem in real.problems
    ]


def test_nothing_is_set_in_the_session_and_no_event_is_done(
    bench: TicketBench, caplog: pytest.LogCaptureFixture
) -> None:
    running, ended = bench.running(), bench.session()
    bench.ended(ended)
    bench.run(until=bench.now - 86_400, since=bench.now - 2 * 86_400)  # the profile has begun
    bench.forget_requests()
    other = bench.running()
    bench.event("support_conference_end", ended, repeat="1")
    before = (bench.told(other), bench.waiting(), list(bench.ledger._connection.iterdump()))
    for _ in range(2):
        summary = bench.dry_run()
        assert summary.created[ArtifactKind.TICKET] == 1
        assert (bench.told(other), bench.waiting(), list(bench.ledger._connection.iterdump())) == before
    assert bench.asked("appliance")["set_session_attributes"] == 0
    assert bench.creates() == []
    assert caplog.records == []
    bench.run()
    assert bench.key(other) == bench.own(other)["ticketNumber"]
    assert bench.key(running) == bench.own(running)["ticketNumber"]


def test_it_plans_no_ticket_for_a_session_that_has_one_waits_for_one_or_names_one_by_now(bench: TicketBench) -> None:
    has, waits, names = bench.running(), bench.running(), bench.running()
    bench.fault("dropped", endpoint="POST /Tickets", skip=1)
    bench.fault("status", endpoint="POST /Tickets", status=500, body="errors", text="No.", skip=2)
    bench.run()
    bench.type_key(names, bench.ticket()["ticketNumber"])
    for lsid in (has, waits, names):
        bench.joined(lsid, username="another")
    bench.pass_time(100)
    assert bench.dry_run().planned == []
    bench.finish(has)
    assert [artifact.path for artifact in bench.dry_run().planned] == [
        f"/Tickets/{bench.own(has)['id']}/Notes",
        "/TimeEntries",
    ]


def test_a_blind_look_up_is_no_plan_either(bench: TicketBench) -> None:
    bench.running()
    bench.run()
    bench.sandbox.switches.change({"missing_rights": ["Tickets"]})
    bench.session(JSON_KEY)
    summary = bench.dry_run()
    assert summary.planned == []
    assert "look-up" in summary.problems[0].error
