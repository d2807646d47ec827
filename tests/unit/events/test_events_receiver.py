"""E1: what the receiver answers, stores and tells: everything authentic is kept, everything else is refused once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlencode

import pytest

from bt_autotask_sync.appliance.outbound_event import EventName
from tests.unit.events.receiving import LSID, NOW, STORED, TOKEN, access, event, networks, short, variables

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.events.receiving import Desk

    OpenDesk = Callable[..., Desk]

IN_BODY = {"outbound_event_token": TOKEN}


def test_E1_an_event_is_on_disk_before_it_is_answered_and_then_told_on(desk: Desk) -> None:
    assert short(desk.post()) == STORED
    assert desk.waiting() == [LSID]
    assert desk.told == [(event(), ("default",))]
    row = desk.inbox._connection.execute("SELECT variables, received_at FROM event").fetchone()
    assert (json.loads(row[0]), row[1]) == (variables(), NOW)


@pytest.mark.parametrize("name", [*EventName, "support_conference_of_the_future"])
def test_every_event_is_stored_known_or_not(desk: Desk, name: str) -> None:
    assert short(desk.post(body=variables(name, custom="Grüße & Küsse"))) == STORED
    assert [each.name for each in desk.inbox.waiting("default")] == [name]
    assert desk.told[0][0].variables["custom"] == "Grüße & Küsse"


def test_an_event_that_comes_again_is_answered_and_not_told_on_again(desk: Desk) -> None:
    assert [short(desk.post()) for _ in range(3)] == [STORED] * 3
    assert desk.waiting() == [LSID]
    assert len(desk.told) == 1


@pytest.mark.parametrize(
    ("path", "more", "profiles"),
    [
        ("/ERS", "", ("default",)),
        ("/ERSPost", "", ("default",)),
        ("/erspost/", "", ("default",)),
        ("/ERSPOST/Default", "", ("default",)),
        ("/ERSPost/MSP.One", "", ("first", "second")),
        ("/ers/msp.one/", "", ("first", "second")),
        ("/ERSPost", "ApplianceID=Msp.One", ("first", "second")),
        ("/ERS", "applianceid=old_site-2", ("disabled",)),
        ("/ERSPost/old_site-2", "ApplianceID=msp.one", ("disabled",)),
        ("/ERSPost", "ApplianceID=", ("default",)),
    ],
)
def test_the_id_in_the_path_or_the_query_leads_to_the_profiles(
    desk: Desk, path: str, more: str, profiles: tuple[str, ...]
) -> None:
    query = urlencode({"outbound_event_token": TOKEN}) + (f"&{more}" if more else "")
    assert short(desk.post(path, query=query)) == STORED
    assert [each[1] for each in desk.told] == [profiles]
    assert [desk.waiting(profile) for profile in profiles] == [[LSID]] * len(profiles)


@pytest.mark.parametrize(
    ("query", "more"),
    [
        (f"outbound_event_token={quote_plus(TOKEN)}", {}),
        (f"OUTBOUND_EVENT_TOKEN={quote_plus(TOKEN)}", {}),
        ("", IN_BODY),
        ("outbound_event_token=wrong", IN_BODY),
        (f"x=1&outbound_event_token={quote_plus(TOKEN)}&x=2", {"outbound_event_token": "wrong"}),
    ],
)
def test_the_token_stands_in_the_address_or_among_the_variables(desk: Desk, query: str, more: dict[str, str]) -> None:
    assert short(desk.post(query=query, body=variables(**more))) == STORED
    assert desk.told == [(event(), ("default",))]


def test_without_a_token_in_the_configuration_none_is_asked_for(open_desk: OpenDesk) -> None:
    assert short(open_desk(token=None).post(query="")) == STORED


@pytest.mark.parametrize(
    ("options", "status", "log"),
    [
        ({"query": ""}, 401, ("no parameter outbound_event_token", '"default"')),
        ({"query": "outbound_event_token=gu3ss"}, 401, ("outbound_event_token is wrong", '"default"')),
        ({"query": "", "body": variables(outbound_event_token="gu3ss")}, 401, ("outbound_event_token is wrong",)),
        ({"path": "/ERSPost/strange"}, 404, ("appliance id", '"strange"', "default, msp.one, old_site-2")),
        ({"path": "/ERSPost/strange", "query": ""}, 404, ("appliance id",)),
        ({"path": "/ERSPost/\n ERROR: all is lost"}, 404, ("that no appliance can have",)),
        ({"path": "/ERSPost/default/more"}, 404, ("nothing at this path",)),
        ({"path": "/"}, 404, ("nothing at this path", "/ERSPost")),
        ({"path": "/ERSPosting"}, 404, ("nothing at this path",)),
        ({"body": b"x" * 65_537}, 413, ("larger than 64 KiB", '"default"')),
        ({"body": b"x" * 65_537, "path": "/ERSPost/strange", "query": ""}, 413, ("larger than 64 KiB",)),
        ({"peer": "198.51.100.1"}, 403, ("address is not accepted", "accepted_addresses", "trusted_proxies")),
        ({"peer": "198.51.100.1", "body": b"x" * 65_537, "path": "/x"}, 403, ("address is not accepted",)),
        ({"peer": ""}, 403, ("address is not accepted",)),
    ],
)
def test_what_is_refused_is_told_once_with_its_mend_and_stored_nowhere(
    open_desk: OpenDesk, caplog: pytest.LogCaptureFixture, options: dict[str, Any], status: int, log: tuple[str, ...]
) -> None:
    desk = open_desk(accepted=networks("192.0.2.0/24"))
    answer = desk.post(**options)
    assert answer.status == status
    assert not desk.inbox.waits()
    assert not desk.quarantined()
    assert not desk.told
    (told,) = caplog.messages
    assert all(words in told for words in (str(status), *log)), told
    assert f"from {options.get('peer', '192.0.2.7')}" in told or not options.get("peer", "x")
    assert "\n" not in told
    for secret in (TOKEN, quote_plus(TOKEN), "gu3ss", LSID):
        assert secret not in told + answer.text + str(answer.headers)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "post", "TRACE"])
def test_events_are_posted_and_nothing_else(desk: Desk, method: str, caplog: pytest.LogCaptureFixture) -> None:
    answer = desk.send(method, "/ERSPost", query=f"outbound_event_token={quote_plus(TOKEN)}")
    assert answer.status == 405
    assert answer.headers["allow"] == "POST"
    assert len(caplog.messages) == 1


def test_a_refusal_for_the_token_says_how_to_ask(desk: Desk) -> None:
    assert desk.post(query="").headers["www-authenticate"] == "outbound_event_token"


def test_a_body_in_pieces_is_one_body(desk: Desk) -> None:
    body = urlencode(variables(**IN_BODY)).encode()
    assert short(desk.send("POST", "/ERS", pieces=[body[i : i + 7] for i in range(0, len(body), 7)])) == STORED
    assert desk.waiting() == [LSID]


def test_the_largest_body_is_64_kib(desk: Desk) -> None:
    body = urlencode(variables()).encode()
    body += b"&x=" + b"x" * (65_536 - len(body) - 3)
    assert short(desk.post(body=body)) == STORED
    assert desk.post(body=body + b"x").status == 413


def test_of_a_body_without_end_only_so_much_is_read(desk: Desk) -> None:
    answer = desk.send("POST", "/ERSPost", pieces=[b"x" * 65_536] * 100)
    assert answer.status == 413
    assert answer.unread == 83
    assert answer.headers["connection"] == "close"


def test_a_body_that_says_it_is_huge_is_not_read(desk: Desk) -> None:
    answer = desk.send("POST", "/ERSPost", pieces=[], headers={"Content-Length": str(2**60)})
    assert answer.status == 413


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded; charset=utf-8", "", "image/png"])
def test_a_form_is_a_form_whatever_it_is_called(desk: Desk, kind: str) -> None:
    assert short(desk.post(headers={"Content-Type": kind})) == STORED
    assert desk.waiting() == [LSID]


def test_a_variable_may_be_empty(desk: Desk) -> None:
    assert short(desk.post(body=variables(external_key=""))) == STORED
    assert desk.told[0][0].variables == variables(external_key="")


def test_a_name_that_is_not_utf_8_does_not_cost_the_event(desk: Desk) -> None:
    body = urlencode(variables()).encode() + b"&name=M%FCller&conference_name=M\xfcller"
    assert short(desk.post(body=body)) == STORED
    assert desk.told[0][0].variables["name"] == "M\ufffdller"
    assert desk.waiting() == [LSID]


def test_who_may_send_is_exchanged_while_it_runs(desk: Desk) -> None:
    assert desk.post("/ERSPost/new").status == 404
    desk.receiver.access = access(token="other", profiles={"new": ("made",)})
    assert desk.post("/ERSPost/new").status == 401
    assert short(desk.post("/ERSPost/new", query="outbound_event_token=other")) == STORED
    assert desk.told[0][1] == ("made",)


def test_behind_a_reverse_proxy_the_appliance_s_own_address_counts(
    open_desk: OpenDesk, caplog: pytest.LogCaptureFixture
) -> None:
    desk = open_desk(accepted=networks("192.0.2.7"), trusted_proxies=networks("127.0.0.1"))
    assert short(desk.post(peer="127.0.0.1", headers={"X-Forwarded-For": "192.0.2.7"})) == STORED
    assert desk.post(peer="127.0.0.1", headers={"X-Forwarded-For": "192.0.2.7, 198.51.100.1"}).status == 403
    assert desk.post(peer="192.0.2.8", headers={"X-Forwarded-For": "192.0.2.7"}).status == 403
    assert "from 198.51.100.1" in caplog.text
    assert "from 192.0.2.8" in caplog.text


def test_an_answer_says_nothing_of_the_program(desk: Desk) -> None:
    answers = [desk.post(), desk.post(query=""), desk.send("GET", "/docs"), desk.send("GET", "/health")]
    assert not any("server" in answer.headers for answer in answers)
    assert {answer.headers["date"] for answer in answers} == {"Sun, 22 Nov 2026 11:00:00 GMT"}
