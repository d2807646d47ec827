"""A made-up session that has everything a session can have: for the list of variables and for trying templates."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

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
from bt_autotask_sync.notes.context import NoteContext

_LSID = "e9e99aeb9ad54fb381634498502c5a1b"
_DOWNLOAD = f"https://support.example.com/session_download?lsid={_LSID}"

_JANE = Actor(ActorType.CUSTOMER, "22", "Jane Doe")
_PAT = Actor(ActorType.REPRESENTATIVE, "21", "Pat Rep")
_SAM = Actor(ActorType.REPRESENTATIVE, "23", "Sam Second")
_EVERYONE = Actor(ActorType.EVERYONE, "0", "Everyone")


def _at(minute: int) -> datetime:
    return datetime(2026, 11, 23, 9, minute, tzinfo=UTC)


EXAMPLE_CONTEXT = NoteContext(
    timezone=ZoneInfo("Europe/Berlin"),
    ticket_number="T20261122.0042",
    publish_session_notes=True,
    actual_minutes=42,
    billed_minutes=45,
)

EXAMPLE_SESSION = Session(
    lsid=_LSID,
    started_at=_at(5),
    ended_at=_at(47),
    has_end_event=True,
    last_event_at=_at(47),
    session_type="support",
    lseq="1187",
    duration_seconds=2_520,
    public_site="Default",
    external_key="T20261122.0042",
    jumpoint="HQ-JUMPOINT",
    jump_group="Branch offices",
    team="Service Desk",
    custom_attributes=(CustomAttribute("customer_email", "Customer Email", "jane@contoso.example"),),
    primary_customer=_JANE,
    primary_representative=_PAT,
    customers=(
        Customer(
            gsnumber="22",
            username="Jane Doe",
            public_ip="203.0.113.20",
            private_ip="10.0.0.4",
            hostname="WS-042",
            os="Windows 11 Pro",
            primary=True,
            form=IssueForm("Jane Doe", "Contoso", "1234", "Email", "Outlook closes right after its start."),
        ),
    ),
    representatives=(
        Representative(
            gsnumber="21",
            user_id="1",
            username="pat@msp.example",
            display_name="Pat",
            public_display_name="Pat",
            private_display_name="Pat Rep",
            public_ip="198.51.100.7",
            private_ip="10.1.0.7",
            hostname="MSP-PAT",
            os="Windows 11 Pro",
            session_owner=True,
            seconds_involved=2_460,
            spans=(Span(_at(6), _at(47)),),
        ),
        Representative(
            gsnumber="23",
            user_id="3",
            username="sam@msp.example",
            public_display_name="Sam",
            private_display_name="Sam Second",
            seconds_involved=720,
            spans=(Span(_at(20), _at(32)),),
        ),
    ),
    transfers=(Transfer(_at(6), "Pat Rep"),),
    chat=(
        ChatMessage(_at(6), _PAT, _EVERYONE, "Hello Jane, how can I help?"),
        ChatMessage(_at(7), _JANE, _EVERYONE, "Outlook closes as soon as I start it.\nSince this morning."),
        ChatMessage(_at(21), _PAT, _SAM, "Third one today with this add-in."),
        ChatMessage(_at(29), _PAT, _JANE, "Please close your documents, I will repair Outlook now."),
        ChatMessage(_at(45), _JANE, _EVERYONE, "It works again, thank you!"),
    ),
    notes=(SessionNote(_at(44), _PAT, "Removed the faulty PDF add-in and rebuilt the Outlook profile."),),
    files=(FileEvent(_at(30), FileAction.UPLOADED, r"C:\Users\jdoe\Downloads\repair.zip", 1_296_708, _PAT),),
    files_transferred=1,
    files_moved=0,
    files_deleted=0,
    system_information=(
        SystemInformationTable(
            "General Information",
            ("Computer Name", "Operating System", "Memory"),
            (("WS-042", "Windows 11 Pro 23H2", "16 GB"),),
        ),
        SystemInformationTable("Disk Drives", ("Drive", "Free"), (("C:", "112 GB"), ("D:", "1.2 TB"))),
    ),
    recordings=(
        Recording("screen_sharing", f"{_DOWNLOAD}&m=ss&view=1", f"{_DOWNLOAD}&m=ss"),
        Recording("command_shell", f"{_DOWNLOAD}&m=cs&view=1", f"{_DOWNLOAD}&m=cs"),
        Recording("show_my_screen", f"{_DOWNLOAD}&m=sms&view=1", f"{_DOWNLOAD}&m=sms"),
    ),
    chat_view_url=f"{_DOWNLOAD}&m=chat&view=1",
    chat_download_url=f"{_DOWNLOAD}&m=chat",
    customer_surveys=(
        Survey(
            "22",
            (
                SurveyAnswer("rating", "5", "How was our support?"),
                SurveyAnswer("comments", "Quick and friendly, thanks!", "Anything else?"),
            ),
            "Jane Doe",
            _at(52),
        ),
    ),
    representative_surveys=(Survey("21", (SurveyAnswer("close_state", "Resolved"),), "Pat Rep", _at(49)),),
)
