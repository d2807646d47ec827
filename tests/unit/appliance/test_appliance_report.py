from __future__ import annotations

import base64
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.appliance.errors import UnreadableReport
from bt_autotask_sync.appliance.report import read_sessions
from bt_autotask_sync.appliance.session import (
    Actor,
    ActorType,
    ChatMessage,
    CustomAttribute,
    Customer,
    FileAction,
    FileEvent,
    IssueForm,
    Recording,
    Representative,
    Session,
    SessionNote,
    Span,
    Survey,
    SurveyAnswer,
    SystemInformationTable,
    Transfer,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PAT = Actor(ActorType.REPRESENTATIVE, "21", "Pat Rep")
JANE = Actor(ActorType.CUSTOMER, "22", "Jane Doe")
EVERYONE = Actor(ActorType.EVERYONE, "0", "Everyone")


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def only_session(document: bytes) -> Session:
    [session] = read_sessions(BytesIO(document))
    return session


def event(second: int | str, kind: str, content: str = "") -> str:
    return f'<event timestamp="{second}" event_type="{kind}">{content}</event>'


def membership(second: int | str, change: str, gsnumber: int = 21, kind: str = "representative") -> str:
    performer = f'<performed_by type="{kind}" gsnumber="{gsnumber}">P</performed_by>'
    return event(second, f"Conference Member {change}", performer)


def details(*events: str) -> str:
    return f"<session_details>{''.join(events)}</session_details>"


def test_the_whole_example_is_read_in_every_generation_of_namespaces(example: bytes) -> None:
    assert only_session(example) == Session(
        lsid="e9e99aeb9ad54fb381634498502c5a1b",
        started_at=at(1733239565),
        ended_at=at(1733240467),
        has_end_event=True,
        last_event_at=at(1733240467),
        session_type="support",
        lseq="8",
        duration_seconds=902,
        public_site="Default",
        external_key="T20241203.0042",
        jumpoint="Branch",
        jump_group="Servers",
        team="First Level",
        custom_attributes=(CustomAttribute("customer_email", "Customer Email", "jane@example.com"),),
        primary_customer=JANE,
        primary_representative=PAT,
        customers=(
            Customer(
                "22",
                "Jane Doe",
                "203.0.113.20",
                "10.0.0.4",
                "WS-042",
                "Windows 11 Pro",
                primary=True,
                form=IssueForm("Jane Doe", "Contoso", "1234", "Email", "Outlook will not start"),
            ),
        ),
        representatives=(
            Representative(
                "21",
                "1",
                "pat",
                "Pat",
                "Pat",
                "Pat Rep",
                public_ip="2001:db8::1",
                session_owner=True,
                seconds_involved=901,
                spans=(Span(at(1733239566), None),),
            ),
        ),
        transfers=(Transfer(at(1733239570), "Pat Rep"),),
        chat=(ChatMessage(at(1733239600), JANE, EVERYONE, "Hello"),),
        notes=(SessionNote(at(1733240300), PAT, "Rebuilt the profile."),),
        files=(FileEvent(at(1733239944), FileAction.UPLOADED, r"C:\Users\jdoe\Downloads\image.png", 1296708, PAT),),
        files_transferred=2,
        files_moved=0,
        files_deleted=1,
        system_information=(SystemInformationTable("System", ("Computer Name", "OS"), (("WS-042", "Windows 11"),)),),
        recordings=(
            Recording(
                "screen_sharing",
                "https://support.example.com/recording?view=1",
                "https://support.example.com/recording",
            ),
            Recording("command_shell", "https://support.example.com/shell?view=1", "https://support.example.com/shell"),
            Recording("show_my_screen", "https://support.example.com/mine?view=1", "https://support.example.com/mine"),
        ),
        chat_view_url="https://support.example.com/session_download?lsid=l%3De9&dl_action=chat&view=1",
        chat_download_url="https://support.example.com/session_download?lsid=l%3De9&dl_action=chat",
        customer_surveys=(Survey("22", (SurveyAnswer("rating", "5"), SurveyAnswer("comments", "Great\nThanks"))),),
        representative_surveys=(Survey("21", (SurveyAnswer("close_state", "Resolved"),)),),
    )


def test_a_prefixed_namespace_is_no_hindrance() -> None:
    document = (
        b'<x:session_list xmlns:x="urn:any"><x:session lsid="' + b"a" * 32 + b'"><x:lseq>7</x:lseq>'
        b"</x:session></x:session_list>"
    )

    assert only_session(document).lseq == "7"


@pytest.mark.parametrize(
    "children", ["", "<end_time/>", '<end_time timestamp=""></end_time>', "<end_time>soon</end_time>"]
)
def test_a_session_in_progress_has_no_end_whether_the_element_is_empty_or_absent(
    session_report: Callable[[str], bytes], children: str
) -> None:
    session = only_session(session_report(children))

    assert session.ended_at is None
    assert not session.has_end_event
    assert session.last_event_at is None


def test_a_moment_without_timestamp_is_read_from_its_text(session_report: Callable[[str], bytes]) -> None:
    session = only_session(session_report("<end_time>2024-12-03T16:41:07+01:00</end_time>"))

    assert session.ended_at == at(1733240467)
    assert session.ended_at.tzinfo is UTC


def test_garbled_numbers_and_times_are_none_and_harm_nothing_else(session_report: Callable[[str], bytes]) -> None:
    session = only_session(
        session_report(
            '<start_time timestamp="99999999999999999999">never</start_time><duration>a while</duration>'
            "<file_transfer_count>many</file_transfer_count><file_move_count>-1</file_move_count>"
            "<rep_list><representative><seconds_involved>1e3</seconds_involved></representative></rep_list>"
            "<external_key>T20241203.0042</external_key>" + details(event("x", "Session End"))
        )
    )

    assert (session.started_at, session.duration_seconds, session.files_transferred) == (None, None, None)
    assert session.files_moved is None
    assert session.representatives[0].seconds_involved is None
    assert session.external_key == "T20241203.0042"
    assert session.has_end_event


def test_an_event_with_a_garbled_time_keeps_its_place_after_the_one_before(
    session_report: Callable[[str], bytes],
) -> None:
    session = only_session(
        session_report(
            details(
                event(1733239600, "Chat Message", "<body>one</body>"), event("?", "Chat Message", "<body>two</body>")
            )
        )
    )

    assert [(message.at, message.text) for message in session.chat] == [
        (at(1733239600), "one"),
        (at(1733239600), "two"),
    ]


@pytest.mark.parametrize("lsid", ["", "xyz", "0" * 31, "g" * 32])
def test_a_session_without_usable_lsid_makes_the_report_unreadable(lsid: str) -> None:
    with pytest.raises(UnreadableReport, match="lsid"):
        list(read_sessions(BytesIO(f'<session_list><session lsid="{lsid}"/></session_list>'.encode())))


def test_unknown_elements_events_and_actors_are_never_fatal(session_report: Callable[[str], bytes]) -> None:
    session = only_session(
        session_report(
            "<brand_new><session lsid='nested'/><error>nested</error></brand_new>"
            + details(
                "<not_an_event/>",
                event(1733239700, "Quantum Leap", "<data><value/></data>"),
                event(1733239600, "Chat Message", "<performed_by type='robot' gsnumber='9'>R2</performed_by>"),
            )
        )
    )

    assert session.chat[0].sender == Actor(ActorType.OTHER, "9", "R2")
    assert session.chat[0].recipient == Actor(ActorType.OTHER, "", "")
    assert session.last_event_at == at(1733239700)


def test_who_could_read_a_chat_line_is_kept(session_report: Callable[[str], bytes]) -> None:
    line = '<destination type="{0}" gsnumber="7">X</destination><body>b</body>'
    kinds = ["everyone", "customer", "representative", "system"]
    session = only_session(session_report(details(*(event(5, "Chat Message", line.format(kind)) for kind in kinds))))

    assert [message.recipient.type.value for message in session.chat] == kinds


def test_an_encoded_body_takes_the_place_of_the_body_without_its_control_characters(
    session_report: Callable[[str], bytes],
) -> None:
    encoded = base64.encodebytes("bell\x07 nul\x00 ümlaut\ttab\nline ".encode() + b"\xff" + b"x" * 80).decode()
    session = only_session(
        session_report(
            details(
                event(5, "Session Note Added", f"<body>no</body><encoded_body>{encoded}</encoded_body>"),
                event(6, "Session Note Added", "<encoded_body>!not base64!</encoded_body>"),
            )
        )
    )

    assert session.notes[0].text == "bell nul ümlaut\ttab\nline \ufffd" + "x" * 80
    assert len(session.notes) == 2


def test_text_is_whole_in_spite_of_comments_and_cdata(session_report: Callable[[str], bytes]) -> None:
    session = only_session(
        session_report(details(event(5, "Chat Message", "<body>a<!-- c --> &lt;b&gt;<?p i?><![CDATA[ & c]]></body>")))
    )

    assert session.chat[0].text == "a <b> & c"


def test_each_stay_of_a_representative_is_a_span(session_report: Callable[[str], bytes]) -> None:
    people = "".join(f"<representative gsnumber='{number}'/>" for number in (21, 23, 25, 27))
    session = only_session(
        session_report(
            f"<rep_list>{people}</rep_list>"
            + details(
                membership(100, "Added"),
                membership(110, "Added", 22, "customer"),
                membership(120, "State Changed"),
                membership(150, "Added"),
                membership(200, "Departed"),
                membership(210, "Departed"),
                membership(300, "Added"),
                membership(310, "Added", 23),
                membership(320, "Departed", 23),
                membership(330, "Departed", 25),
            )
        )
    )

    assert [person.spans for person in session.representatives] == [
        (Span(at(100), at(200)), Span(at(300), None)),
        (Span(at(310), at(320)),),
        (Span(None, at(330)),),
        (),
    ]


def test_spans_do_not_depend_on_the_order_of_the_events(session_report: Callable[[str], bytes]) -> None:
    session = only_session(
        session_report(
            "<rep_list><representative gsnumber='21'/></rep_list>"
            + details(membership(200, "Departed"), membership(100, "Added"))
        )
    )

    assert session.representatives[0].spans == (Span(at(100), at(200)),)


REPRESENTATIVES = (
    "<rep_list><representative gsnumber='1'><display_name>One</display_name></representative>"
    "<representative gsnumber='2'><display_name>Two</display_name><session_owner>1</session_owner></representative>"
    "</rep_list>"
)


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("<primary_rep gsnumber='1' id='9'>Uno</primary_rep>", Actor(ActorType.REPRESENTATIVE, "1", "Uno")),
        ("<primary_rep gsnumber='1'/>", Actor(ActorType.REPRESENTATIVE, "1", "One")),
        ("<primary_rep>One</primary_rep>", Actor(ActorType.REPRESENTATIVE, "1", "One")),
        ("<primary_rep gsnumber='8'>Gone</primary_rep>", Actor(ActorType.REPRESENTATIVE, "8", "Gone")),
        ("<primary_rep/>", Actor(ActorType.REPRESENTATIVE, "2", "Two")),
        ("", Actor(ActorType.REPRESENTATIVE, "2", "Two")),
    ],
)
def test_the_primary_representative_is_the_named_one_else_the_owner(
    session_report: Callable[[str], bytes], named: str, expected: Actor
) -> None:
    assert only_session(session_report(named + REPRESENTATIVES)).primary_representative == expected


def _person(number: int, *children: str, user_id: int = 0, username: str = "") -> str:
    name = username or f"user{number}"
    inner = f"<username>{name}</username><display_name>Name {number}</display_name>{''.join(children)}"
    return f"<representative gsnumber='{number}' id='{user_id or number}'>{inner}</representative>"


OWNER, INVITED = "<session_owner>1</session_owner>", "<invited>1</invited>"


@pytest.mark.parametrize(
    ("named", "people", "number"),
    [
        ("", [_person(1)], "1"),
        ("<primary_rep/>", [_person(1)], "1"),
        ("<primary_rep gsnumber='8' id='80'>Gone</primary_rep>", [_person(1)], "1"),
        ("<primary_rep gsnumber='8'>Gone</primary_rep>", [_person(1), _person(2, INVITED)], "1"),
        ("", [_person(1), _person(2, username="USER1")], "1"),
        ("<primary_rep gsnumber='8' id='2'>Name 2</primary_rep>", [_person(1), _person(2)], "2"),
        ("<primary_rep gsnumber='8'>Name 2</primary_rep>", [_person(1), _person(2)], "2"),
        ("<primary_rep id='2'/>", [_person(1), _person(2)], "2"),
        ("<primary_rep gsnumber='2' id='1'>Name 2</primary_rep>", [_person(1), _person(2)], "2"),
        ("", [_person(1), _person(2, OWNER)], "2"),
        ("<primary_rep gsnumber='8'>Gone</primary_rep>", [_person(1), _person(2)], "8"),
        ("<primary_rep gsnumber='8'>Gone</primary_rep>", [_person(1, INVITED)], "8"),
        ("<primary_rep gsnumber='8'>Same</primary_rep>", [_person(1), _person(2)], "8"),
        ("", [_person(1), _person(2)], None),
        ("", [_person(1, OWNER), _person(2, OWNER)], None),
        ("", [_person(1, INVITED)], None),
        ("", [], None),
    ],
)
def test_the_primary_representative_is_one_of_the_list_wherever_that_is_clear(
    session_report: Callable[[str], bytes], named: str, people: list[str], number: str | None
) -> None:
    document = session_report(f"{named}<rep_list>{''.join(people)}</rep_list>")
    primary = only_session(document).primary_representative
    assert (None if primary is None else primary.gsnumber) == number
    listed = {person.gsnumber for person in only_session(document).representatives}
    assert primary is None or primary.gsnumber not in listed or primary.name == f"Name {number}"


def test_without_owner_and_name_nobody_is_primary(session_report: Callable[[str], bytes]) -> None:
    session = only_session(session_report("<primary_rep/><primary_customer/><rep_list/>"))

    assert session.primary_representative is None
    assert session.primary_customer is None


def test_files_are_found_wherever_the_version_puts_them(session_report: Callable[[str], bytes]) -> None:
    in_data = "<data><value name='filename' value='a'/><value name='filesize' value='1'/></data>"
    as_children = "<filename>b</filename><filesize>2</filesize>"
    as_files = (
        "<files><file><filename>c</filename><filesize>big</filesize></file><file><filename>d</filename></file></files>"
    )
    session = only_session(
        session_report(
            details(
                event(1, "File Upload", in_data),
                event(2, "File Download", as_children),
                event(3, "File Moved", as_files),
                event(4, "File Deleted", in_data + "<filename>a</filename>" + as_files),
                event(5, "File Transfer Complete", in_data),
            )
        )
    )

    assert [(file.action, file.name, file.size) for file in session.files] == [
        (FileAction.UPLOADED, "a", 1),
        (FileAction.DOWNLOADED, "b", 2),
        (FileAction.MOVED, "c", None),
        (FileAction.MOVED, "d", None),
        (FileAction.DELETED, "a", 1),
        (FileAction.DELETED, "c", None),
        (FileAction.DELETED, "d", None),
    ]


A_AND_B = "<description><field name='A'/><field name='B'/></description>"
A_IS_1, A_IS_2, B_IS_2 = "<field name='A'>1</field>", "<field name='A'>2</field>", "<field name='B'>2</field>"


@pytest.mark.parametrize(
    ("category", "columns", "rows"),
    [
        (f"{A_AND_B}<data><row>{B_IS_2}{A_IS_1}</row><row>{A_IS_2}</row></data>", "AB", (("1", "2"), ("2", ""))),
        (f"{A_AND_B}<data><row><field>1</field><field>2</field></row></data>", "AB", (("1", "2"),)),
        (f"<data><row>{A_IS_1}</row><row>{B_IS_2}</row></data>", "AB", (("1", "2"),)),
        (f"<data><row>{A_IS_1}</row><row>{A_IS_2}</row></data>", "A", (("1",), ("2",))),
        (f"{A_IS_1}<field name='B' value='2'/>", "AB", (("1", "2"),)),
        ("<row><field>1</field></row>", ["Column 1"], (("1",),)),
    ],
)
def test_system_information_is_read_in_each_of_its_shapes(
    session_report: Callable[[str], bytes], category: str, columns: Sequence[str], rows: tuple[tuple[str, ...], ...]
) -> None:
    information = f"<system_information><category name='C'>{category}</category><category/></system_information>"
    retrieved = event(1, "System Information Retrieved", information)

    session = only_session(session_report(details(retrieved, retrieved)))

    assert session.system_information == (SystemInformationTable("C", tuple(columns), rows),)


def test_several_sessions_come_one_after_the_other_while_the_report_arrives() -> None:
    class Arriving:
        """A report of ten sessions that arrives one at a time."""

        sent = 0

        def read(self, size: int) -> bytes:
            self.sent += 1
            return b"<session_list>" if self.sent == 1 else f'<session lsid="{self.sent:032x}"/>'.encode()

    stream = Arriving()
    sessions = read_sessions(stream)

    assert next(sessions).lsid == f"{2:032x}"
    assert next(sessions).lsid == f"{3:032x}"
    assert stream.sent <= 4
