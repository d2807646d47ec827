"""The commands that help to edit a profile's templates, and what becomes of what was edited."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.notes.templates import FILE_NAMES, shipped_directory
from bt_autotask_sync.sandbox.appliance.record import EVERYONE, Event, Party

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Site

LIMIT = 32_000


@pytest.fixture
def texts(site: Site) -> Path:
    """A profile's own directory of templates, empty."""
    directory = site.config.with_name("texts")
    directory.mkdir()
    site.set("templates.directory", '"texts"')
    return directory


def test_list_tells_own_files_from_shipped_ones(site: Site, texts: Path) -> None:
    (texts / "session_title.mustache").write_text("Mine", encoding="utf-8")
    head, *lines = site.command("templates", "list").stdout.splitlines()
    assert head == "default:"
    assert dict(line.split(maxsplit=1) for line in lines) == {
        **{name.removesuffix(".mustache"): "shipped" for name in FILE_NAMES},
        "session_title": str(texts / "session_title.mustache"),
    }


def test_show_prints_the_own_file_or_the_shipped_one(site: Site, texts: Path) -> None:
    (texts / "session_title.mustache").write_text("Mine", encoding="utf-8")
    shipped = (shipped_directory() / "session_title.mustache").read_text(encoding="utf-8")
    assert site.command("templates", "show", "session_title").stdout == "Mine"
    assert site.command("templates", "show", "session_title", "--shipped").stdout == shipped
    assert site.command("templates", "show", "session_title.mustache").stdout == "Mine"
    unknown = site.command("templates", "show", "sesion_title")
    assert unknown.code == 2
    assert "session_title" in unknown.stderr


def test_export_writes_what_is_shipped_and_spares_what_was_edited(site: Site, tmp_path: Path) -> None:
    directory = tmp_path / "new" / "texts"
    assert site.command("templates", "export", str(directory)).code == 0
    for name in FILE_NAMES:
        assert (directory / name).read_bytes() == (shipped_directory() / name).read_bytes()
    edited = directory / "session_note.mustache"
    edited.write_text("Mine", encoding="utf-8")
    assert f"left as it is: {edited}" in site.command("templates", "export", str(directory)).stdout
    assert edited.read_text(encoding="utf-8") == "Mine"
    site.command("templates", "export", str(directory), "--force")
    assert edited.read_bytes() == (shipped_directory() / edited.name).read_bytes()
    assert site.command("templates", "export", str(edited)).code == 2


def test_what_was_exported_has_no_mistakes_and_makes_the_same_notes(site: Site, texts: Path) -> None:
    site.add(3)
    plan = site.run("--dry-run").profile["plan"]
    site.command("templates", "export", str(texts))
    done = site.command("templates", "check")
    assert (done.code, done.stdout) == (0, "No mistakes.\n")
    assert site.run("--dry-run").profile["plan"] == plan


def test_check_names_file_line_column_and_the_mend(site: Site, texts: Path) -> None:
    (texts / "session_note.mustache").write_text("Chat:\n {{#each chat}}{{/each}}\n", encoding="utf-8")
    (texts / "session_title.mustache").write_text("{{custmer_name}}", encoding="utf-8")
    (texts / "sesion_note.mustache").write_text("", encoding="utf-8")
    defaults = 'defaultDomain = "msp.example", roleName = "Technician", summaryNotes = "By {{primary_rep_user_name}}"'
    site.set("time_entries.default_data", f"{{ {defaults} }}")
    done = site.command("templates", "check")
    assert done.code == 3
    lines = done.stdout.splitlines()
    assert f"{texts / 'session_title.mustache'}:1:1: {{{{custmer_name}}}} is not a variable" in done.stdout
    assert any("session_note.mustache:2:2: " in line and "Write {{#chat}}…{{/chat}}" in line for line in lines)
    assert any("sesion_note.mustache: not a template" in line and "session_note.mustache" in line for line in lines)
    assert any("default_data.summaryNotes:1:4: " in line and "is private" in line for line in lines)


@pytest.mark.parametrize(("public", "code"), [("false", 0), ("true", 3)])
def test_check_finds_private_names_where_notes_are_public(site: Site, texts: Path, public: str, code: int) -> None:
    (texts / "session_note.mustache").write_text("{{chat_view_url}}", encoding="utf-8")
    site.set("autotask.publish_notes_as_public", public)
    assert site.command("templates", "check").code == code


def test_a_file_that_is_no_text_is_named(site: Site, texts: Path) -> None:
    (texts / "session_note.mustache").write_bytes(b"caf\xe9")
    for command in (["templates", "check"], ["templates", "list"], ["run"]):
        done = site.command(*command)
        assert done.code == 2
        assert "session_note.mustache" in done.stderr
        assert "UTF-8" in done.stderr


@pytest.mark.parametrize("kind", ["session", "customer_survey", "representative_survey"])
def test_variables_shows_name_type_meaning_and_example(site: Site, kind: str) -> None:
    told = site.command("templates", "variables", kind).stdout
    assert "customer_name  (text)\n    name of the customer (%CUSTOMER_NAME%)\n    e.g. Jane Doe\n" in told
    assert "chat_view_url  (text)" in told
    public = site.command("templates", "variables", kind, "--public").stdout
    assert ("chat_view_url" in public) == (kind == "representative_survey")
    assert site.command("templates", "variables", "sesion").code == 2


def test_nobody_is_asked_anything_for_templates(site: Site) -> None:
    for command in ("list", "check", "variables"):
        site.command("templates", command)
    site.command("templates", "show", "session_note")
    assert site.counts() == {"appliance": 0, "autotask": 0}


def test_what_a_customer_types_is_printed_as_it_is(site: Site) -> None:
    (lsid,) = site.add()
    say(site, lsid, ["{{lsid}} {{{secret}}} <b>&amp; \\n %LSID% {{#chat}}"])
    site.run()
    assert "{{lsid}} {{{secret}}} <b>&amp; \\n %LSID% {{#chat}}" in site.notes()[f"[bt:{lsid[:12]}]"]["description"]


@pytest.mark.parametrize("public", ["false", "true"])
def test_a_very_long_chat_becomes_three_notes_the_last_saying_what_is_missing(site: Site, public: str) -> None:
    (lsid,) = site.add()
    say(site, lsid, [f"Line {number}: é𝄞👩‍🔧 " + "word " * 30 for number in range(900)])
    site.set("autotask.publish_notes_as_public", public)
    site.run()
    notes = site.notes()
    parts = [notes[f"[bt:{lsid[:12]}{tail}]"] for tail in ("", ":2", ":3")]
    texts = [part["description"] for part in parts]
    assert [f"({number} of 3) [bt:" in part["title"] for number, part in enumerate(parts, 1)] == [False, True, True]
    assert all(len(text.encode("utf-16-le")) // 2 <= LIMIT for text in texts)
    whole = [line for text in texts for line in text.splitlines() if "Line " in line]
    assert all(line.endswith("word") and f"Line {number}: é𝄞👩‍🔧 word" in line for number, line in enumerate(whole))
    *_, said, _, last = texts[-1].splitlines()
    assert "more characters did not fit." in said
    assert ("session_download" in said) == (public == "false")
    assert last == f"Session {lsid}"


def say(site: Site, lsid: str, lines: list[str]) -> None:
    """Let the customer of a session say this to everyone."""
    sessions = site.sandbox.appliance._sessions
    session = sessions[lsid]
    customer = Party("customer", session.customer.gsnumber, session.customer.name)
    spoken = [Event(session.started_at + 60, "Chat Message", customer, EVERYONE, line) for line in lines]
    *events, end = session.events
    sessions.put(replace(session, events=(*events, *spoken, end)))
