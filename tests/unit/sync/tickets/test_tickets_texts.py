"""M1 and M2: keys in words, and keys that resemble a ticket number, where sessions get tickets of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.errors import UsageError
from tests.unit.ticket_bench import TicketBench, ticket_bench

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.bench import Bench

WORDS = ["walk-in", "call Jane back", "20261122 0010", "https://desk.example/ticket?ticketId=1"]
RESEMBLING = ["20261101.0042", "T20261101.00421", "see T20261101-0042", "20261101-0042"]
WEB_PAGE = "/Mvc/ServiceDesk/TicketDetail.mvc?ticketId="


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> TicketBench:
    bench = ticket_bench(make_bench)
    bench.configure(tickets={"create_without_external_key": True})
    return bench


@pytest.mark.parametrize("key", WORDS)
def test_M2_a_key_that_names_and_resembles_nothing_keeps_no_ticket_from_being_made(
    bench: TicketBench, key: str
) -> None:
    lsid = bench.session(key)
    bench.run()
    assert bench.delivered_to(lsid, bench.own(lsid)["id"])


def test_M2_while_a_session_with_words_runs_its_ticket_is_made_and_the_number_takes_their_place(
    bench: TicketBench,
) -> None:
    lsid = bench.running("walk-in")
    bench.run()
    assert bench.key(lsid) == bench.own(lsid)["ticketNumber"]
    bench.finish(lsid)
    bench.run()
    assert bench.delivered_to(lsid, bench.own(lsid)["id"])


@pytest.mark.parametrize("key", WORDS)
def test_M2_without_that_setting_words_stay_without_a_ticket(make_bench: Callable[..., Bench], key: str) -> None:
    bench = ticket_bench(make_bench)
    lsid = bench.session(key)
    assert bench.run().no_ticket == 1
    assert (bench.owned(lsid), bench.state(lsid)) == ([], "no_ticket")


@pytest.mark.parametrize("key", RESEMBLING)
@pytest.mark.parametrize("runs", [False, True], ids=["ended", "running"])
def test_M1_a_key_that_resembles_a_number_gets_no_ticket_of_its_own_and_is_held(
    bench: TicketBench, key: str, runs: bool
) -> None:
    lsid = bench.running(key) if runs else bench.session(key)
    summary = bench.run()
    if runs:
        assert bench.owned(lsid) == []
        bench.finish(lsid)
        summary = bench.run()
    (problem,) = summary.problems
    assert (problem.lsid, problem.state) == (lsid, "held")
    assert f"“{key}”" in problem.error
    assert "resync LSID --ticket" in problem.advice
    assert (bench.owned(lsid), bench.notes(lsid), bench.key(lsid)) == ([], [], key)


def test_M1_the_candidate_in_the_advice_is_where_the_session_can_be_sent(bench: TicketBench) -> None:
    ticket = bench.ticket()
    lsid = bench.session(ticket["ticketNumber"][1:])
    (problem,) = bench.run().problems
    assert f"`resync LSID --ticket {ticket['ticketNumber']}`" in problem.advice
    bench.resync(lsid, ticket=ticket["ticketNumber"])
    assert bench.delivered_to(lsid, ticket["id"])


def test_M1_a_link_names_a_ticket_only_on_the_tenants_own_pages(bench: TicketBench) -> None:
    ticket = bench.ticket()
    own_host = bench.profile.autotask.services_url.rpartition("/")[0]
    mine = bench.session(f"{own_host}{WEB_PAGE}{ticket['id']}")
    others = bench.session(f"https://desk.example{WEB_PAGE}{ticket['id']}")
    bench.run()
    assert bench.delivered_to(mine, ticket["id"])
    assert bench.delivered_to(others, bench.own(others)["id"])


@pytest.mark.parametrize("key", ["walk-in", "20261122 0010", "20261101.0042", "https://desk.example/7", "7042"])
def test_M1_a_key_without_a_link_to_a_ticket_asks_autotask_nothing(make_bench: Callable[..., Bench], key: str) -> None:
    bench = ticket_bench(make_bench)
    bench.configure(tickets={"create_on_session_start": False})
    bench.session(key)
    bench.run()
    assert sum(bench.asked("autotask").values()) == 0


@pytest.mark.parametrize("typed", ["{}", "\u200b{}\ufeff", "see {} please"])
def test_M1_resync_takes_an_exact_number_however_it_is_pasted(bench: TicketBench, typed: str) -> None:
    ticket, lsid = bench.ticket(), bench.session("walk-in", ended_ago=30)
    bench.pass_time(90)
    bench.resync(lsid, ticket=typed.format(ticket["ticketNumber"]))
    assert bench.delivered_to(lsid, ticket["id"])


def test_M1_resync_names_the_candidate_for_a_mistyped_number(bench: TicketBench) -> None:
    ticket, lsid = bench.ticket(), bench.session("walk-in")
    with pytest.raises(UsageError) as refused:
        bench.resync(lsid, ticket=ticket["ticketNumber"].replace(".", "-"))
    assert f"--ticket {ticket['ticketNumber']}," in refused.value.advice
