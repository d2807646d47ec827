from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

import bt_autotask_sync
from bt_autotask_sync.appliance.session import Session
from bt_autotask_sync.errors import UsageError
from bt_autotask_sync.notes.example import EXAMPLE_CONTEXT, EXAMPLE_SESSION
from bt_autotask_sync.notes.model import NoteContext
from bt_autotask_sync.notes.templates import FILE_NAMES, Kind, TemplateError, Templates, shipped_directory
from bt_autotask_sync.notes.text import utf16_length

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = Templates.load(None)
MINIMAL = Session("0123456789abcdef" * 2, None, None, has_end_event=False, last_event_at=None)
UTC_CONTEXT = NoteContext(timezone=ZoneInfo("UTC"))
EVERY_NOTE = [(kind, public) for kind in Kind for public in (False, True) if not (public and "representative" in kind)]

INTERNAL_NOTE = """\
Pat Rep helped Jane Doe (Contoso) in a remote session of 42 min.

When: 2026-11-23 10:05 to 10:47 (Europe/Berlin)
Representatives: Pat Rep (41 min), Sam Second (12 min)
Issue: Email
Details: Outlook closes right after its start.
Computer: WS-042, Windows 11 Pro
Billed: 45 min (42 min worked)

SESSION NOTES
10:44 Pat Rep: Removed the faulty PDF add-in and rebuilt the Outlook profile.

CHAT
10:06 Pat Rep: Hello Jane, how can I help?
10:07 Jane Doe: Outlook closes as soon as I start it.
    Since this morning.
10:21 Pat Rep to Sam Second: Third one today with this add-in.
10:29 Pat Rep to Jane Doe: Please close your documents, I will repair Outlook now.
10:45 Jane Doe: It works again, thank you!

FILES
10:30 repair.zip (1.3 MB) to the customer

TRANSFERS
10:06 to Pat Rep

CUSTOM FIELDS
Customer Email: jane@contoso.example

SYSTEM INFORMATION
Computer Name: WS-042
Operating System: Windows 11 Pro 23H2
Memory: 16 GB

LINKS
Chat: https://support.example.com/session_download?lsid=e9e99aeb9ad54fb381634498502c5a1b&m=chat&view=1
Screen sharing recording: https://support.example.com/session_download?lsid=e9e99aeb9ad54fb381634498502c5a1b&m=ss&view=1
Command shell recording: https://support.example.com/session_download?lsid=e9e99aeb9ad54fb381634498502c5a1b&m=cs&view=1
Show My Screen recording: https://support.example.com/session_download?lsid=e9e99aeb9ad54fb381634498502c5a1b&m=sms&view=1

Session e9e99aeb9ad54fb381634498502c5a1b"""

PUBLIC_NOTE = """\
Pat helped Jane Doe (Contoso) in a remote session of 42 min.

When: 2026-11-23 10:05 to 10:47 (Europe/Berlin)
Representatives: Pat (41 min), Sam (12 min)
Issue: Email
Details: Outlook closes right after its start.

CHAT
10:06 Pat: Hello Jane, how can I help?
10:07 Jane Doe: Outlook closes as soon as I start it.
    Since this morning.
10:29 Pat to Jane Doe: Please close your documents, I will repair Outlook now.
10:45 Jane Doe: It works again, thank you!

FILES
10:30 repair.zip (1.3 MB) to the customer

TRANSFERS
10:06 to Pat

Session e9e99aeb9ad54fb381634498502c5a1b"""

CUSTOMER_SURVEY_NOTE = """\
Jane Doe filled in the exit survey of the remote session with Pat Rep, 2026-11-23 10:05.

How was our support? 5
Anything else? Quick and friendly, thanks!

Session e9e99aeb9ad54fb381634498502c5a1b"""

REPRESENTATIVE_SURVEY_NOTE = """\
Representative survey about the remote session of Pat Rep with Jane Doe, 2026-11-23 10:05.

Close state: Resolved

Session e9e99aeb9ad54fb381634498502c5a1b"""


def own(directory: Path, name: str, content: str | bytes) -> Path:
    path = directory / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_the_internal_note_tells_the_whole_session() -> None:
    note = SHIPPED.note(Kind.SESSION, EXAMPLE_SESSION, EXAMPLE_CONTEXT, public=False)
    assert note.title == "Remote session: Jane Doe with Pat Rep, 42 min"
    assert note.text == INTERNAL_NOTE


def test_the_public_note_tells_what_customers_may_read_without_empty_headings() -> None:
    context = replace(EXAMPLE_CONTEXT, publish_session_notes=False)
    note = SHIPPED.note(Kind.SESSION, EXAMPLE_SESSION, context, public=True)
    assert note.title == "Remote session: Jane Doe with Pat, 42 min"
    assert note.text == PUBLIC_NOTE


def test_survey_notes_tell_rating_questions_and_answers() -> None:
    customer = SHIPPED.note(Kind.CUSTOMER_SURVEY, EXAMPLE_SESSION, EXAMPLE_CONTEXT, public=False)
    assert (customer.title, customer.text) == ("Customer survey: Jane Doe, rating 5", CUSTOMER_SURVEY_NOTE)
    representative = SHIPPED.note(Kind.REPRESENTATIVE_SURVEY, EXAMPLE_SESSION, EXAMPLE_CONTEXT, public=False)
    assert representative.title == "Representative survey: Pat Rep, session with Jane Doe"
    assert representative.text == REPRESENTATIVE_SURVEY_NOTE


def test_the_note_of_a_session_that_tells_nothing_is_still_a_note() -> None:
    note = SHIPPED.note(Kind.SESSION, MINIMAL, UTC_CONTEXT, public=False)
    assert note.title == "Remote session"
    assert note.text == f"Remote session. No representative joined.\n\nSession {MINIMAL.lsid}"


@pytest.mark.parametrize(("kind", "public"), EVERY_NOTE)
def test_no_shipped_note_leaves_marks_of_its_template_or_a_heading_without_text(kind: Kind, public: bool) -> None:
    for session in (MINIMAL, EXAMPLE_SESSION):
        note = SHIPPED.note(kind, session, UTC_CONTEXT, public=public)
        assert note.title
        assert session.lsid in note.text
        assert not re.search(r"[{}]|^[A-Z ]+\n\n|: *$| $|\n{3}", f"{note.title}\n{note.text}", re.MULTILINE)


def test_what_people_typed_is_not_escaped_and_controls_are_removed() -> None:
    line = replace(EXAMPLE_SESSION.chat[1], text="a & b <c> \"d\" 'e' {{lsid}}\x00\x07\ud800")
    note = SHIPPED.note(Kind.SESSION, replace(EXAMPLE_SESSION, chat=(line,)), EXAMPLE_CONTEXT, public=True)
    assert "10:07 Jane Doe: a & b <c> \"d\" 'e' {{lsid}}\n" in note.text


def test_ones_own_file_takes_the_place_of_the_shipped_one_and_the_others_stay(tmp_path: Path) -> None:
    path = own(tmp_path, "session_title.mustache", "\ufeff{{customer_name}}\r\non {{start_date}} & more\r\n")
    templates = Templates.load(tmp_path)
    note = templates.note(Kind.SESSION, EXAMPLE_SESSION, EXAMPLE_CONTEXT, public=False)
    assert note.title == "Jane Doe on 2026-11-23 & more"
    assert note.text == INTERNAL_NOTE
    assert (templates.files["session_title.mustache"].path, templates.files["session_title.mustache"].shipped) == (
        path,
        False,
    )
    assert [name for name, file in templates.files.items() if file.shipped] == [
        name for name in FILE_NAMES if name != "session_title.mustache"
    ]


def test_the_full_lsid_stands_in_the_text_whatever_the_template_says(tmp_path: Path) -> None:
    own(tmp_path, "session_note.mustache", "{{#has_notes}}Done.{{/has_notes}}")
    templates = Templates.load(tmp_path)
    done = templates.note(Kind.SESSION, EXAMPLE_SESSION, EXAMPLE_CONTEXT, public=False)
    assert done.text == f"Done.\n\nSession {EXAMPLE_SESSION.lsid}"
    empty = templates.note(Kind.SESSION, MINIMAL, UTC_CONTEXT, public=False)
    assert empty.text == f"Session {MINIMAL.lsid}"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("Hello\n  {{#chat}}{{text}}", "line 2, column 3: the section {{#chat}} is never closed"),
        (b"Hello\n caf\xe9", "line 2, column 5: not UTF-8"),
        ("x" * (256 * 1024 + 1), "is larger than 256 KB"),
    ],
)
def test_a_broken_file_is_named_with_line_and_column(tmp_path: Path, content: str | bytes, problem: str) -> None:
    path = own(tmp_path, "customer_survey_note.mustache", content)
    with pytest.raises(TemplateError) as caught:
        Templates.load(tmp_path)
    assert isinstance(caught.value, UsageError)
    assert caught.value.message.startswith(str(path))
    assert caught.value.message.endswith(problem)
    assert caught.value.advice


def test_what_is_not_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "session_note.mustache").mkdir()
    with pytest.raises(TemplateError, match=r"session_note\.mustache is not a file"):
        Templates.load(tmp_path)


def test_a_link_that_leads_nowhere_does_not_fall_back_silently(tmp_path: Path) -> None:
    (tmp_path / "session_note.mustache").symlink_to(tmp_path / "gone")
    with pytest.raises(TemplateError, match=r"session_note\.mustache is not a file"):
        Templates.load(tmp_path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = own(tmp_path, FILE_NAMES[0], "x")

    def refused(self: Path, mode: str) -> object:
        raise PermissionError(13, f"Permission denied ({mode})")

    monkeypatch.setattr(type(path), "open", refused)
    with pytest.raises(TemplateError, match=r"session_title\.mustache cannot be read: Permission denied"):
        Templates.load(tmp_path)


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="gone is not there"):
        Templates.load(tmp_path / "gone")


def test_the_shipped_templates_are_inside_the_package_or_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sorted(path.name for path in shipped_directory().iterdir()) == sorted(FILE_NAMES)
    package = tmp_path / "bt_autotask_sync"
    (package / "templates").mkdir(parents=True)
    monkeypatch.setattr(bt_autotask_sync, "__file__", str(package / "__init__.py"))
    with pytest.raises(TemplateError, match="missing"):
        shipped_directory()
    own(package / "templates", FILE_NAMES[0], "")
    assert shipped_directory() == package / "templates"


def test_a_summary_is_a_template_filled_from_what_customers_may_read() -> None:
    text = "Remote session by {{representative_name}} ({{duration}}, {{billed_time}}) {{chat_view_url}}{{custom.none}}"
    assert Templates.summary(text, EXAMPLE_SESSION, EXAMPLE_CONTEXT) == "Remote session by Pat (42 min, 45 min)"


def test_a_broken_summary_is_named() -> None:
    with pytest.raises(TemplateError, match="summaryNotes, line 1, column 4: "):
        Templates.summary("by {{#chat}}", EXAMPLE_SESSION, EXAMPLE_CONTEXT)


def test_a_title_is_one_line_however_the_customer_is_called() -> None:
    customer = replace(EXAMPLE_SESSION.customers[0], username="Jane\r\n\u202eDoe\t" + "👩" * 300)
    note = SHIPPED.note(Kind.SESSION, replace(EXAMPLE_SESSION, customers=(customer,)), EXAMPLE_CONTEXT, public=True)
    assert note.title.startswith("Remote session: Jane Doe 👩👩")
    assert "\n" not in note.title
    assert utf16_length(note.title) > 600
