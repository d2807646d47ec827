"""M1: mistyped numbers, links and labels; what resembles a number; and what names no ticket at all."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_autotask_sync.appliance.session import Session
from bt_autotask_sync.sync.match.external_key import KeyReader, NamedTickets, Unread
from bt_autotask_sync.sync.match.key_text import clean_key, shown_key

if TYPE_CHECKING:
    from collections.abc import Callable

SESSION = Session(
    lsid="0123456789abcdef0123456789abcdef",
    started_at=datetime(2023, 6, 12, 23, 30, tzinfo=UTC),
    ended_at=datetime(2023, 6, 13, 0, 10, tzinfo=UTC),
    has_end_event=True,
    last_event_at=datetime(2023, 6, 13, 0, 10, tzinfo=UTC),
)
WEB = "https://ww5.autotask.net"
LINK = f"{WEB}/Mvc/ServiceDesk/TicketDetail.mvc?workspace=False&ids%5B0%5D=30029&ticketId=30029"
FULL_WIDTH = {ord(character): chr(ord(character) + 0xFEE0) for character in "0123456789"}


def named(key: str, *, numeric_keys: bool = False, web_url: Callable[[], str] = lambda: WEB) -> NamedTickets:
    return KeyReader(numeric_keys=numeric_keys, web_url=web_url).read(SESSION, key)


def unasked() -> str:
    raise AssertionError("Autotask is asked for the address of its pages")


@pytest.mark.parametrize(
    ("key", "number"),
    [
        ("T2O230610.0011", "T20230610.0011"),
        ("t2o23o61o.oo11", "T20230610.0011"),
        ("T20230610-0016", "T20230610.0016"),
        ("T20230610,0016", "T20230610.0016"),
        ("T20230610 0016", "T20230610.0016"),
        ("T20230610\t0016", "T20230610.0016"),
        ("T20230610\x070016", "T20230610.0016"),
        ("T20230610%2E0016", "T20230610.0016"),
        ("T20230610%2e0016", "T20230610.0016"),
        ("\u042220230610.0016", "T20230610.0016"),
        ("\u03a420230610.0016", "T20230610.0016"),
        ("T20230610.0016".translate(FULL_WIDTH), "T20230610.0016"),
        ("\uff34\uff12\uff10\uff12\uff13\uff10\uff16\uff11\uff10\uff0e\uff10\uff10\uff11\uff16", "T20230610.0016"),
        ("T20230610-0016-005", "T20230610.0016.005"),
        (" [#T20230610-0016] ", "T20230610.0016"),
        ("Ticket T20230610-0016", "T20230610.0016"),
        ("(TICKET #T20230610,0016)", "T20230610.0016"),
        ("{T20230610-0016}", "T20230610.0016"),
        ("T20230610-0016 ticket", "T20230610.0016"),
    ],
)
def test_M1_a_number_that_deviates_in_one_way_is_read_for_what_it_means(key: str, number: str) -> None:
    found = named(key)
    assert found.numbers == (number,)
    assert found.repaired_from
    assert not found.in_doubt


@pytest.mark.parametrize("invisible", ["\u200b", "\u200d", "\ufeff", "\u00ad", "\u2060", "\u202e", "\ufe0f", "\u034f"])
def test_M1_zero_width_characters_vanish(invisible: str) -> None:
    assert named(f"T2023{invisible}0610.{invisible}0010") == NamedTickets(numbers=("T20230610.0010",))
    assert named(f"i{invisible}d:7{invisible}042") == NamedTickets(ids=(7042,))
    assert not named(f"T20230610.0010{invisible}7")


@pytest.mark.parametrize("control", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\r\n"])
def test_M1_control_characters_become_blanks(control: str) -> None:
    assert named(f"for{control}T20230610.0010{control}7") == NamedTickets(numbers=("T20230610.0010",))
    assert not named(f"T20230610{control}T0010")


@pytest.mark.parametrize(
    "key",
    ["20230610.0010", " #20230610.0010 ", "Ticket 20230610.0010", "[20230610.0010]"],
)
def test_M1_with_the_T_missing_it_is_held_and_the_candidate_named(key: str) -> None:
    found = named(key)
    assert not found
    assert found.unread == Unread(" ".join(key.split()), "T20230610.0010")


@pytest.mark.parametrize(
    ("key", "candidate"),
    [
        ("20230610-0010", ""),
        ("20230610.001O", ""),
        ("\uff12\uff10\uff12\uff13\uff10\uff16\uff11\uff10.0010", ""),
        ("T2O230610-0011", ""),
        ("T20230610-0016,005", ""),
        ("\u0422\uff12\uff10\uff12\uff13\uff10\uff16\uff11\uff10.0016", ""),
        ("Drucker T20230610-0016", ""),
        ("T20230610-0016 urgent", ""),
        ("T20230610-0016 T20230610-0017", ""),
        ("Ticket: T20230610-0016", ""),
        ("'T20230610-0016'", ""),
        ("T20230610--0016", ""),
        ("T20230610\u20130016", ""),
        ("T20230610.00101", ""),
        ("T20230610.010", ""),
        ("T2023610.0010", ""),
        ("T202306100.0010", ""),
        ("T2023061l.0010", ""),
        ("XT20230610.0010", ""),
        ("Ticket 20230610 0010", ""),
        ("see ticket 30029 please", ""),
        ("about 20230610.0010", ""),
        ('{"ticketNumber": "20230610.0010', ""),
        ("T20220101-0016", "T20220101.0016"),
        ("T20230620-0016", "T20230620.0016"),
        ("20200101.0016", "T20200101.0016"),
    ],
)
def test_M1_what_resembles_a_number_and_cannot_be_read_for_certain_is_left_to_a_person(
    key: str, candidate: str
) -> None:
    found = named(key, numeric_keys=True)
    assert not found
    assert found.unread is not None
    assert found.unread.candidate == candidate
    assert found.in_doubt


@pytest.mark.parametrize(
    ("key", "read"),
    [
        ("T20220508-0016", True),  # 400 days before the session's start, which is the 12th of June anywhere on earth
        ("T20220507-0016", False),
        ("T20230613-0016", True),
        ("T20230614-0016", False),  # nowhere on earth it is the 14th ten minutes after midnight, UTC
        ("T20230631-0016", False),
    ],
)
def test_M1_a_repaired_number_is_of_at_most_400_days_before_the_session_and_not_after_it(key: str, read: bool) -> None:
    found = named(key)
    assert bool(found.numbers) is read
    assert found.in_doubt is not read


def test_M1_without_any_time_of_the_session_nothing_is_repaired() -> None:
    timeless = replace(SESSION, started_at=None, ended_at=None, last_event_at=None)
    found = KeyReader(numeric_keys=False, web_url=unasked).read(timeless, "T20230610-0016")
    assert (found.numbers, found.unread) == ((), Unread("T20230610-0016", "T20230610.0016"))


@pytest.mark.parametrize("year", [1, 9999])
def test_M1_a_session_at_the_ends_of_the_calendar_is_no_error(year: int) -> None:
    moment = datetime(year, 1 if year == 1 else 12, 1 if year == 1 else 31, tzinfo=UTC)
    assert not KeyReader(numeric_keys=False, web_url=unasked).read(
        replace(SESSION, started_at=moment, ended_at=moment, last_event_at=moment), "T20230610-0016"
    )


@pytest.mark.parametrize(
    "key",
    [
        "20230610 0010",
        "20230610  0010",
        "2023-06-10",
        "2023-06-10 00:10",
        "2023-06-10T00:10:00.000Z",
        "20230610T001000.000Z",
        "10.06.2023 0010",
        "20230610.143000",
        "12345678.0010",
        "20231332.0010",
        "+49 821 1234567-123",
        "0821/12345678-12",
        "+49 89 20051231-123",
        "(0821) 471 10 815",
        "+1 555 010 0199",
        "walk-in",
        "call Jane back at 10",
        "PO 4711 - Ersatzgerät",
        "at 20230610 0010",
        "the ticket is lost",
        "Ticket 2023-06-10",
        "20230610-0010-4abc-8def-0123456789ab",
        "20230610001040008000012345678900",
        "https://desk.example/tickets/20230610-0010",
        "https://desk.example/ticket?ticketId=30029",
        "desk.example/tickets/20230610.0010",
        "https://ww3.autotask.net/Mvc/ServiceDesk/TicketDetail.mvc?ticketId=30029",
        "https://ww5.autotask.net@evil.example/?ticketId=30029",
        "https://ww5.autotask.net.evil.example/?ticketId=30029",
        "https://ww5.autotask.net:8443/?ticketId=30029",
        "https://ww5.autotask.net/?contactId=30029",
        "https://[::1/?ticketId=30029",
        '{"ticketNumber": "20230610.0010"}',
        '{"ticketNumber": "T20230610-0016", "title": "see 20230610-0010"}',
    ],
)
def test_M1_telephones_dates_prose_and_others_names_and_links_name_no_ticket(key: str) -> None:
    assert named(key, numeric_keys=True) == NamedTickets()


@pytest.mark.parametrize(
    "key",
    [
        LINK,
        f"see {LINK}, please",
        f"<{LINK}>",
        LINK.replace("ticketId", "TicketID"),
        LINK.replace("https://ww5", "HTTPS://WW5"),
        LINK.removeprefix("https://"),
        LINK.replace(".net/", ".net:443/"),
        f"{WEB}/Autotask/AutotaskExtend/ExecuteCommand.aspx?Code=OpenTicketDetail&TicketID=30029#top",
        f"{LINK} https://desk.example/ticket?ticketId=7",
        LINK.replace("https://", "http://"),
        LINK.replace("&", "&amp;"),
        LINK.replace("?", "%3F").replace("=", "%3D").replace("&", "%26"),
        f"{WEB}/psa/#/tickets/detail?ticketId=30029",
        f"{WEB}/Mvc/TicketDetail.mvc#ticketId=30029",
        f"{WEB}/login?returnUrl=%2FTicketDetail.mvc%3FticketId%3D30029",
    ],
)
def test_M1_a_link_to_a_page_of_the_tenants_own_names_its_ticket(key: str) -> None:
    assert named(key) == NamedTickets(ids=(30029,))


@pytest.mark.parametrize(
    "key",
    [
        f"{WEB}/?ticketId=",
        f"{WEB}/Mvc/ServiceDesk/TicketDetail.mvc",
        f"{WEB}/TicketDetail.mvc?ticketId=30029x",
        f"{WEB}/TicketDetail.mvc?ticketId=7&ticketId=8",
        f"{WEB}/go?to=https%3A%2F%2Fdesk.example%2F%3FticketId%3D7",
        WEB.replace("https", "http") + "/ticket/30029",
    ],
)
def test_M1_a_link_to_a_ticket_of_the_tenants_own_that_cannot_be_read_is_left_to_a_person(key: str) -> None:
    assert named(key, numeric_keys=True).unread == Unread(shown_key(key), is_link=True, is_own=True)


@pytest.mark.parametrize("point", ["+", "%20", "&#46;", "&#x2E;", "&period;"])
def test_M1_a_point_that_went_through_other_systems_is_left_to_a_person(point: str) -> None:
    assert named(f"T20230610{point}0016").in_doubt


def test_M1_an_exact_number_beside_a_link_or_another_spelling_wins_alone() -> None:
    assert named(f"T20230610.0010 {LINK} T20230611-0011", web_url=unasked).numbers == ("T20230610.0010",)


def test_M1_where_the_tenants_pages_are_is_asked_only_for_a_link_with_a_tickets_id() -> None:
    for key in ("", "walk-in", "T20230610-0016", "20230610.0010", "https://desk.example/ticket/7", "7042", "id:7"):
        named(key, web_url=unasked)
    with pytest.raises(AssertionError):
        named(LINK, web_url=unasked)


def test_M1_a_link_is_left_to_a_person_where_the_tenants_pages_are_not_known() -> None:
    assert named(LINK, web_url=str).unread == Unread(shown_key(LINK), is_link=True)


@pytest.mark.parametrize(
    "key",
    ["Ticket ID: 30029", "ticket id:30029", "TicketID=30029", "Ticket #30029", "Ticket 30029", "#30029", "[30029]"],
)
def test_M1_a_labelled_id_is_digits_alone(key: str) -> None:
    assert named(key).stray_digits
    assert named(key, numeric_keys=True) == NamedTickets(ids=(30029,))


def test_M1_the_ticket_number_of_json_is_read_exactly_however_json_writes_it() -> None:
    assert named('{"TicketNumber": "T20230610\\u002e0010", "id": 7}').numbers == ("T20230610.0010",)
    assert named('{"ticketNumber": 7, "id": 8}').ids == (8,)


def test_M1_a_held_key_is_shown_printable_and_short() -> None:
    found = named("20230610.0010 \x1b[31m\u202e\nbad " + "x" * 500)
    assert found.unread is not None
    assert found.unread.shown.startswith("20230610.0010 [31m bad xxx")
    assert found.unread.shown.isprintable()
    assert len(found.unread.shown) <= 60


EXACT = re.compile(r"T[0-9]{8}\.[0-9]{4}(\.[0-9]{3})?", re.IGNORECASE)
PIECES = st.sampled_from(
    [
        *("T", "t", "\u0422", "20230610", "2O230610", "0016", "005", "\uff12", "9", "O"),
        *(".", "-", ",", " ", "%2E", "#", "[", "]", "ticket", "x", "\u200b", "\x00", "/", "{", '"', "id", ":"),
        *("?ticketId=", "https://", "ww5.autotask.net"),
    ]
)
KEYS = st.lists(PIECES | st.characters(), max_size=14).map("".join)


@settings(max_examples=300, deadline=None)
@given(KEYS, st.booleans())
def test_M1_no_key_is_an_error_and_a_number_comes_only_from_an_exact_one_or_from_nothing_but_the_number(
    key: str, numeric_keys: bool
) -> None:
    found = named(key, numeric_keys=numeric_keys)
    assert not (found and found.in_doubt)
    if found.numbers and not EXACT.search(clean_key(key)):
        rest = re.sub(r"ticket|%2e|[\s#\[\](){}<>]", "", clean_key(key), flags=re.IGNORECASE)
        assert len(rest.translate({ord(point): None for point in ".,-\uff0e"})) in (13, 16), key
    if found.unread is not None:
        assert found.unread.shown.isprintable()


LETTERS: dict[str, str] = {"no T": "", "like T": "\u0422"}
DIGITS: dict[str, dict[int, str]] = {"O": {ord("0"): "O"}, "wide": FULL_WIDTH}
POINTS = {"hyphen": "-", "comma": ",", "blank": " ", "escaped": "%2E"}
EITHER = st.sampled_from


@settings(deadline=None)
@given(
    st.integers(0, 9999),
    EITHER(["", ".005"]),
    EITHER([None, *LETTERS]),
    EITHER([None, *DIGITS]),
    EITHER([None, *POINTS]),
)
def test_M1_a_repair_changes_one_kind_of_thing_only(
    count: int, more: str, letter: str | None, digit: str | None, point: str | None
) -> None:
    number = f"T20230610.{count:04}{more}"
    figures = number[1:].replace(".", POINTS.get(point or "", "."))
    wrong = DIGITS.get(digit or "", {})
    parts = (part if part == "%2E" else part.translate(wrong) for part in re.split("(%2E)", figures))
    key = LETTERS.get(letter or "", "T") + "".join(parts)
    deviations = [each for each in (letter, digit, point) if each]
    found = named(key)
    if len(deviations) <= 1 and letter != "no T":
        assert found.numbers == (number,)
    else:
        assert not found
        assert found.in_doubt is not (letter == "no T" and point == "blank")
