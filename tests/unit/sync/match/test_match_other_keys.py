"""R2: a session stays on the ticket where its records stand; a key that names another one is reported."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.bench import Bench


def keys_for(ticket: dict[str, Any]) -> list[str]:
    """Every way in which a key names a ticket."""
    return [
        ticket["ticketNumber"],
        f"id:{ticket['id']}",
        json.dumps({"ticketID": ticket["id"]}),
        f"http://127.0.0.1/TicketDetail.mvc?ticketId={ticket['id']}",
    ]


def reports(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [text for text in caplog.messages if "stays where it is" in text]


@pytest.mark.parametrize("way", range(4))
def test_R2_a_key_that_names_another_ticket_is_reported_once_however_it_names_it(
    bench: Bench, way: int, caplog: pytest.LogCaptureFixture
) -> None:
    (lsid,) = bench.end()
    bench.run()
    before, other = bench.told(lsid).external_key, bench.ticket()
    bench.change(lsid, external_key=keys_for(other)[way])
    for _ in range(2):
        bench.resync(lsid)
    (report,) = reports(caplog)
    assert f"names {other['ticketNumber']} now" in report
    assert report.endswith(f"bt-autotask-sync resync {lsid} --ticket {other['ticketNumber']}")
    assert before in report
    assert len(bench.notes(lsid)) == 1


@pytest.mark.parametrize("way", range(4))
def test_R2_a_key_that_names_the_same_ticket_in_another_way_is_not_reported(
    bench: Bench, way: int, caplog: pytest.LogCaptureFixture
) -> None:
    ticket = bench.ticket()
    lsid = bench.session(ticket["ticketNumber"])
    bench.run()
    bench.change(lsid, external_key=keys_for(ticket)[way])
    bench.resync(lsid)
    assert reports(caplog) == []


def test_R2_an_id_that_no_ticket_has_is_not_reported(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    (lsid,) = bench.end()
    bench.run()
    bench.change(lsid, external_key="id:99999999")
    bench.resync(lsid)
    assert reports(caplog) == []
