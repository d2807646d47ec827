"""What docs/templates.md says of variables, Handlebars, privacy and its examples is so."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.notes.example import EXAMPLE_CONTEXT, EXAMPLE_SESSION
from bt_autotask_sync.notes.kind import Kind
from bt_autotask_sync.notes.model import InternalModel, NoteContext, PublicModel
from bt_autotask_sync.notes.mustache import Template
from bt_autotask_sync.notes.template_check import check
from bt_autotask_sync.notes.templates import FILE_NAMES
from bt_autotask_sync.notes.text import NOTE_TEXT_LIMIT
from bt_autotask_sync.notes.variables import variables

if TYPE_CHECKING:
    from pathlib import Path

    from tests.docs.conftest import Blocks

PRIVACY = {
    "who, when, how long, which issue": ("Jane Doe", "Outlook closes right after its start."),
    "chat to everyone and to the customer": ("I will repair Outlook now",),
    "other chat: between technicians": ("Third one today with this add-in.",),
    "technicians' session notes": ("Removed the faulty PDF add-in",),
    "technicians' public names": ('"Pat"',),
    "technicians' private names, user names, computers, addresses": (
        "Pat Rep",
        "pat@msp.example",
        "MSP-PAT",
        "198.51.100.7",
        "10.1.0.7",
    ),
    "the customer's computer and addresses": ("WS-042", "203.0.113.20", "10.0.0.4"),
    "files: name, size, direction": ("repair.zip", "1.3 MB", "uploaded"),
    "files: folders": ("Downloads",),
    "system information": ("Windows 11 Pro 23H2", "112 GB"),
    "links to chat and recordings": ("session_download",),
    "Jumpoint and Jump group": ("HQ-JUMPOINT", "Branch offices"),
    "custom session fields": ("jane@contoso.example",),
    "customers' surveys": ("Quick and friendly, thanks!",),
    "representatives' surveys": ("Resolved",),
}
"""For each row of the table what the example session has of it."""


@pytest.fixture
def document(root: Path) -> Path:
    return root / "docs" / "templates.md"


@pytest.fixture
def text(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def table(text: str, *head: str) -> list[list[str]]:
    """Return the cells of the table with these headings, row by row."""
    start = text.index(f"| {' | '.join(head)} |".replace("|  |", "| |"))
    lines = text[start:].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_the_list_of_variables_is_the_programs_own(text: str) -> None:
    public = {variable.name for variable in variables(Kind.SESSION, public=True)}
    assert table(text, "variable", "type", "is", "public") == [
        [f"`{each.name}`", each.type, each.description, "yes" if each.name in public else "no"]
        for each in variables(Kind.SESSION, public=False)
    ]


def test_the_files_are_those_that_there_are(text: str) -> None:
    named = " ".join(cells[0] for cells in table(text, "file", "text"))
    assert re.findall(r"`([^`]+)`", named) == list(FILE_NAMES)


def test_every_row_of_handlebars_is_recognised_and_its_mustache_is_good(text: str) -> None:
    rows = table(text, "Handlebars", "Mustache")
    assert len(rows) > 10
    for handlebars, mustache in rows:
        findings = check(handlebars.strip("`"), Kind.SESSION, public=False)
        assert [finding for finding in findings if finding.fatal and "is Handlebars" in finding.message], handlebars
        assert not [finding for finding in check(mustache.strip("`"), Kind.SESSION, public=False) if finding.fatal]


def test_what_mustache_writes_is_good_and_known(text: str) -> None:
    rows = table(text, "write", "get")
    assert len(rows) == 6
    assert not [row for row in rows if check(row[0].strip("`"), Kind.SESSION, public=False)]


def test_the_example_prints_what_it_says(document: Path, blocks: Blocks) -> None:
    (template,) = blocks(document, "mustache")
    (printed,) = blocks(document, "text")
    model = InternalModel.of(EXAMPLE_SESSION, EXAMPLE_CONTEXT).as_dict()
    assert Template.parse(template, "the example").render(model) == printed
    assert check(template, Kind.SESSION, public=True) == ()


def test_the_table_of_what_customers_see_is_true(text: str) -> None:
    context = NoteContext(timezone=EXAMPLE_CONTEXT.timezone, ticket_number="T20261122.0042")
    public = json.dumps(PublicModel.of(EXAMPLE_SESSION, context).as_dict())
    with_notes = json.dumps(PublicModel.of(EXAMPLE_SESSION, EXAMPLE_CONTEXT).as_dict())
    internal = json.dumps(InternalModel.of(EXAMPLE_SESSION, context).as_dict())
    rows = {row[0]: row[1:] for row in table(text, "", "public notes, `summaryNotes`", "internal notes")}
    assert rows.keys() == PRIVACY.keys()
    for row, samples in PRIVACY.items():
        seen, by_colleagues = rows[row]
        assert by_colleagues == "yes"
        for sample in samples:
            assert sample in internal, (row, sample)
            assert (sample in public) == (seen == "yes"), (row, sample)
            assert (sample in with_notes) == (seen != "no"), (row, sample)


def test_the_length_of_a_note_is_the_programs_own(text: str) -> None:
    assert f"A note holds {NOTE_TEXT_LIMIT:,} characters" in text
