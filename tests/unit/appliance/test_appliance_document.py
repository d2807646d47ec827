from __future__ import annotations

import tracemalloc
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_autotask_sync.appliance import document
from bt_autotask_sync.appliance.api_info import read_api_info
from bt_autotask_sync.appliance.document import read_rows
from bt_autotask_sync.appliance.errors import ErrorAnswer, ReportNotPermitted, UnreadableReport, UnusableAnswer
from bt_autotask_sync.appliance.listing import read_listing
from bt_autotask_sync.appliance.report import read_sessions
from bt_autotask_sync.appliance.survey import read_submitted_surveys

if TYPE_CHECKING:
    from collections.abc import Callable

ROW = b'<session_summary lsid="%032x" has_recording="0"  />'
NOTHING = "No Support report information matching your chosen criteria is available."


def listing(content: bytes, root: str = "session_summary_list") -> list[str]:
    name = root.encode()
    return list(
        read_listing(
            BytesIO(b'<?xml version="1.0" encoding="UTF-8"?>\n\n<%s xmlns="urn:x">%s</%s>\n\n' % (name, content, name))
        )
    )


def test_a_populated_list_is_read_in_its_order() -> None:
    assert listing(ROW % 2 + ROW % 1) == [f"{2:032x}", f"{1:032x}"]


def test_rows_whose_lsid_is_none_are_passed_over_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    assert listing(ROW % 1 + b"<session_summary/><session_summary lsid='../../x'/>") == [f"{1:032x}"]
    assert len(caplog.records) == 2
    assert "../" not in caplog.text


@pytest.mark.parametrize(
    "answer",
    [
        "<session_summary_list/>",
        "<session_summary_list>\n</session_summary_list>",
        f"<session_summary_list><error>{NOTHING}</error></session_summary_list>",
        f'<error xmlns="http://www.bomgar.com/namespaces/API/reporting">{NOTHING}</error>\n\n\n\n',
        "<error>No archives found for the given search criteria.</error>",
    ],
)
def test_every_shape_of_nothing_found_is_an_empty_list(answer: str) -> None:
    assert list(read_listing(BytesIO(answer.encode()))) == []


@pytest.mark.parametrize("words", ["Login failed", "Invalid lsid.", "", "Nothing matches the criteria, try again"])
@pytest.mark.parametrize(
    "shape", ["<error>{}</error>", "<session_summary_list><error>{}</error></session_summary_list>"]
)
def test_any_other_error_is_no_empty_list(words: str, shape: str) -> None:
    with pytest.raises(ErrorAnswer, match=f"of the appliance came the error “{words}”"):
        list(read_listing(BytesIO(shape.format(words).encode()), "the report of the appliance"))


def test_an_error_after_rows_is_an_error() -> None:
    with pytest.raises(ErrorAnswer):
        listing(ROW % 1 + b"<error>Internal error</error>")


def test_an_unknown_lsid_is_no_session() -> None:
    assert list(read_sessions(BytesIO(b"<error>Invalid lsid.</error>"))) == []


@pytest.mark.parametrize(
    "answer", [b"<error>Document Not Found</error>", b"<html><title>Document Not Found</title></html>"]
)
def test_document_not_found_means_a_missing_permission(answer: bytes) -> None:
    with pytest.raises(ReportNotPermitted) as raised:
        list(read_listing(BytesIO(answer)))
    assert "Allow Access to Support Session Reports" in raised.value.advice


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "empty answer"),
        (b" \n ", "empty answer"),
        (b"<!DOCTYPE html><html><head><title>Sign\n in</title>", "web page, “Sign in”"),
        (b"<html><body>Welcome", "web page"),
        (b"<HTML>", "web page"),
        (b"<other_list/>", "<other_list>"),
        (b'{"sessions": []}', 'not XML: “{"sessions": ..}”'),
        ("<session_summary_list/>".encode("utf-16"), "not XML"),
        (b"<!-- " + b"x" * 100_000 + b"--><session_summary_list/>", "not XML"),
        (b'<?xml version="1.0"?><!DOCTYPE session_summary_list><session_summary_list/>', "document type"),
        (
            b"<!-- a --><!DOCTYPE session_summary_list SYSTEM 'file:///etc/passwd'><session_summary_list/>",
            "document type",
        ),
        (b"<!ENTITY a 'b'><session_summary_list/>", "document type"),
    ],
)
def test_what_is_no_such_document_is_refused_with_its_first_words(answer: bytes, words: str) -> None:
    with pytest.raises(UnusableAnswer) as raised:
        list(read_listing(BytesIO(answer), "the listing of support.example.com"))
    assert words.replace("..", "[]") in raised.value.message
    assert "support.example.com" in raised.value.message
    assert raised.value.advice


def test_billion_laughs_is_refused_before_a_parser_sees_it() -> None:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE x [<!ENTITY l0 "ha">{entities}]><session_summary_list a="&l9;">&l9;</session_summary_list>'
    tracemalloc.start()
    try:
        with pytest.raises(UnusableAnswer, match="document type"):
            list(read_listing(BytesIO(bomb.encode())))
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-7", "utf-16", "cp037"])
def test_the_parser_reads_the_same_characters_as_the_check_whatever_encoding_is_declared(encoding: str) -> None:
    row = f'<session lsid="{"0" * 32}"><external_key>é+AGE-</external_key></session>'
    answer = f'<?xml version="1.0" encoding="{encoding}"?><session_list>{row}</session_list>'

    assert [session.external_key for session in read_sessions(BytesIO(answer.encode()))] == ["é+AGE-"]


def test_a_byte_order_mark_is_no_hindrance() -> None:
    assert list(read_listing(BytesIO(b'\xef\xbb\xbf<?xml version="1.0"?><session_summary_list/>'))) == []


@pytest.mark.parametrize(
    "answer",
    [
        b"<session_summary_list>" + ROW % 1,
        b"<session_summary_list><session_summary",
        b"<session_summary_list><a></b></session_summary_list>",
        b"<session_summary_list>&undefined;</session_summary_list>",
        b"<session_summary_list>\xff</session_summary_list>",
        b"<session_summary_list/>trailing",
        b"<session_summary_list>" + b"<a>" * 5000,
    ],
)
def test_the_right_document_that_breaks_is_an_unreadable_report_with_its_place(answer: bytes) -> None:
    with pytest.raises(UnreadableReport, match=r"line \d+, column \d+"):
        list(read_listing(BytesIO(answer)))


def test_a_row_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless:
        began = False

        def read(self, size: int) -> bytes:
            began, self.began = self.began, True
            return b"<a/>" * (size // 4) if began else b"<session_summary_list>"

    monkeypatch.setattr(document, "LARGEST_ROW", 1024 * 1024)
    with pytest.raises(UnusableAnswer, match="single entry"):
        list(read_listing(Endless()))


def test_a_long_list_of_small_rows_is_no_large_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "LARGEST_ROW", 128 * 1024)

    assert len(listing(b"".join(ROW % number for number in range(10_000)))) == 10_000


def test_rows_are_freed_as_they_are_read() -> None:
    row = b"<unknown/><row><child/></row>"
    stream = BytesIO(b"<list>" + row * 200 + b"</list>")
    rows = []
    for element in read_rows(stream, source="the list", roots={"list"}, rows={"row"}):
        assert len(element) == 1
        rows.append(element)

    assert len(rows) == 200
    assert [len(element) for element in rows] == [0] * 200
    assert all(element.getparent() is None for element in rows[:-1])


NAMES = st.sampled_from(
    """session_list session session_summary_list session_summary exit_survey_list exit_survey error api_information
    session_details event data value performed_by destination body encoded_body files file filename filesize
    system_information category description row field start_time end_time duration rep_list representative customer
    customer_list info question_list question answer_list answer primary_rep submitted_by permissions
    permission""".split()  # noqa: SIM905 - reads better than fifty quoted words
)
EVENT_TYPES = [
    "Chat Message",
    "Conference Member Added",
    "Conference Member Departed",
    "Conference Owner Changed",
    "File Upload",
    "Session End",
    "System Information Retrieved",
]
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["lsid", "timestamp", "event_type", "gsnumber", "type", "name", "value"]),
    st.sampled_from(["a" * 32, "9" * 30, "", "0", "-1", "1733239565", *EVENT_TYPES, "representative", "filename"]),
)
TEXTS = st.sampled_from(
    ["", "2024-12-03T15:26:05+14:00", "0001-01-01T00:00+10:00", "[::1]:5", "\u0663", "00:99:99", "é=", "&amp;"]
)


@st.composite
def elements(draw: st.DrawFn, depth: int = 4) -> str:
    attributes = "".join(f' {name}="{value}"' for name, value in draw(ATTRIBUTES).items())
    children = draw(st.lists(elements(depth - 1), max_size=3)) if depth else []
    name = draw(NAMES)
    return f"<{name}{attributes}>{draw(TEXTS)}{''.join(children)}</{name}>"


def read_all(answer: bytes) -> int:
    """Read the answer as every kind of document; return how many readers accepted it."""
    accepted = 0
    readers: list[Callable[[BytesIO], object]] = [
        lambda stream: list(read_sessions(stream)),
        lambda stream: list(read_listing(stream)),
        lambda stream: list(read_submitted_surveys(stream)),
        read_api_info,
    ]
    for read in readers:
        try:
            read(BytesIO(answer))
            accepted += 1
        except (UnusableAnswer, UnreadableReport, ReportNotPermitted):
            pass
    return accepted


@given(st.binary(max_size=300))
def test_arbitrary_bytes_cause_only_the_declared_errors(answer: bytes) -> None:
    assert read_all(answer) == 0


def test_arbitrary_xml_and_its_ruins_cause_only_the_declared_errors() -> None:
    accepted = 0

    @given(st.lists(elements(), max_size=3), st.binary(max_size=3), st.integers(0, 400))
    def check(content: list[str], garbage: bytes, place: int) -> None:
        nonlocal accepted
        for root in ("session_list", "session_summary_list", "exit_survey_list", "api_information"):
            whole = f"<{root}>{''.join(content)}</{root}>".encode()
            accepted += read_all(whole)
            read_all(whole[:place] + garbage + whole[place:])
            read_all(whole[:place])

    check()
    assert accepted > 100
