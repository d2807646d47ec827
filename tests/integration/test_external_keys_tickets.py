"""M1: external keys as people type them, each in a session of its own, and the ticket that the note is on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Site

FIRST, SECOND, RECURRING, DONE = "T20261101.0042", "T20261101.0043", "T20261101.0044.005", "T20261101.0045"
NONE = "T20261101.9999"
COMPLETE = 5
BIDI = "\u202e"
ARABIC_ZERO = "\u0660"


@dataclass(frozen=True)
class Typed:
    """A key, with the number of the ticket that it means, or what becomes of the session and in which words."""

    key: str
    ticket: str = ""
    state: str = "no_ticket"
    words: str = ""


def typed(ids: dict[str, int]) -> list[Typed]:
    first = ids[FIRST]
    return [
        Typed(FIRST, FIRST),
        Typed(FIRST.lower(), FIRST),
        Typed(f"  {FIRST}\t\n", FIRST),
        Typed(f"RE: [{FIRST}] Drucker - bitte zurückrufen", FIRST),
        Typed(f"ticket={FIRST};prio=2", FIRST),
        Typed(f"{FIRST}, {FIRST.lower()}", FIRST),
        Typed(f"{BIDI}{FIRST}", FIRST),
        Typed(f"{FIRST} / {NONE}", FIRST),
        Typed(RECURRING, RECURRING),
        Typed(f"#{RECURRING}.", RECURRING),
        Typed(DONE, DONE),
        Typed(f"id:{first}", FIRST),
        Typed(f" ID : {first} ", FIRST),
        Typed(json.dumps({"ticketNumber": SECOND}), SECOND),
        Typed(json.dumps({"TicketID": ids[SECOND]}), SECOND),
        Typed(json.dumps({"id": str(ids[SECOND]), "title": "Neu"}), SECOND),
        Typed('{"ticketNumber": "' + SECOND, SECOND),
        Typed(f"{FIRST} and {SECOND}", state="held", words="several tickets"),
        Typed(NONE, state="held", words=f"no ticket {NONE}"),
        Typed("id:999999999", state="held", words="no ticket id 999999999"),
        Typed(RECURRING[:14], state="held", words="no ticket"),
        Typed(str(first), state="held", words="digits alone"),
        Typed(""),
        Typed("PO 4711 - Ersatzgerät"),
        Typed(f"Ticket #{SECOND[:9]}-{SECOND[10:]}", SECOND),
        Typed(f"T2O{SECOND[3:]}", SECOND),
        Typed(f"{NONE[:9]},{NONE[10:]}", state="held", words=f"no ticket {NONE}, as which the external key"),
        Typed(FIRST[1:], state="held", words=f"“{FIRST[1:]}” resembles a ticket number"),
        Typed(f"{FIRST}7", state="held", words="resembles a ticket number"),
        Typed(f"X{FIRST}", state="held", words="resembles a ticket number"),
        Typed(FIRST.replace("0", ARABIC_ZERO), state="held", words="resembles a ticket number"),
        Typed(f"T20250101-0042 {BIDI}now", state="held", words="“T20250101-0042 now” resembles"),
        Typed(f"Ticket ID: {first}", state="held", words="digits alone"),
        Typed(f"http://desk.example/Mvc/ServiceDesk/TicketDetail.mvc?ticketId={first}"),
        Typed(FIRST[1:].replace(".", " ")),
        Typed("id:" + "".join(chr(ord(ARABIC_ZERO) + int(digit)) for digit in str(first))),
        Typed('{"id": true}'),
        Typed('{"companyID": 7}'),
        Typed("[" * 900),
        Typed("9" * 1000),
    ]


@pytest.fixture
def ids(site: Site) -> dict[str, int]:
    """The tickets that there are, by number."""
    found = {number: site.add_ticket(number) for number in (FIRST, SECOND, RECURRING, DONE)}
    site.sandbox.autotask.store.update("Tickets", found[DONE], {"status": COMPLETE})
    return found


def test_M1_every_key_finds_the_ticket_that_its_writer_meant_or_none(site: Site, ids: dict[str, int]) -> None:
    table = {site.add(external_key=each.key)[0]: each for each in typed(ids)}
    profile = site.run(code=3).profile
    assert site.asked("autotask")["/Tickets/query"] == 1
    problems = {problem["lsid"]: problem for problem in profile["problems"]}
    notes = site.notes()
    for lsid, each in table.items():
        note = notes.get(f"[bt:{lsid[:12]}]")
        if each.ticket:
            assert note, each.key
            assert (note["ticketID"], lsid in problems) == (ids[each.ticket], False), each.key
        else:
            told = problems.get(lsid, {"state": "no_ticket", "error": ""})
            assert (note, told["state"]) == (None, each.state), each.key
            assert each.words in told["error"], each.key
    assert profile["sessions"]["no_ticket"] == sum(
        each.state == "no_ticket" and not each.ticket for each in table.values()
    )


def test_M1_digits_alone_are_a_ticket_id_where_the_profile_says_so(site: Site, ids: dict[str, int]) -> None:
    (lsid,) = site.add(external_key=f" {ids[FIRST]} ")
    site.set("autotask.numeric_keys", "true")
    site.run()
    assert site.notes()[f"[bt:{lsid[:12]}]"]["ticketID"] == ids[FIRST]


def test_a_completed_ticket_takes_the_note_although_it_takes_no_time(site: Site, ids: dict[str, int]) -> None:
    site.sandbox.switches.change({"completed_ticket_time": "refused"})
    (lsid,) = site.add(external_key=DONE)
    (problem,) = site.run(code=3).profile["problems"]
    assert (problem["kind"], problem["state"]) == ("time_entry", "held")
    assert site.notes()[f"[bt:{lsid[:12]}]"]["ticketID"] == ids[DONE]
