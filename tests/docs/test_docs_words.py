"""The documents and the help of the commands use plain words, and the glossary explains the program's own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import typer
from typer.testing import CliRunner

from bt_autotask_sync.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AVOIDED = re.compile(
    r"\b(?:tell|tells|telling|told|bear|bears|bearing|bore|borne|anew|all\s+the\s+same)\b", re.IGNORECASE
)
"""Say log, print, return, report, raise or warn; have or carry; again; nevertheless."""
FROM_THE_CODE = (
    "Told to terminate; what was finished is recorded.",
    "What both an event and a poll tell of is tried again",
    "Tell more on stderr",
    "Tell errors only",
)
"""Texts of the code, which the documents repeat."""
STATES = re.compile(r"^class (?:Session|Artifact)State\(StrEnum\):\n((?:[ \t].*\n|\n)+)", re.MULTILINE)
STATE = re.compile(r"""^    [A-Z_]+ = "([a-z_]+)"$""", re.MULTILINE)
ENTRY = re.compile(r"^- \*\*([^*]+)\*\*: \S", re.MULTILINE)


def avoided(text: str) -> list[str]:
    for known in FROM_THE_CODE:
        text = text.replace(known, "")
    return AVOIDED.findall(text)


def helps(command: Any, *words: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command, and of every group of commands."""
    yield words
    for name, each in getattr(command, "commands", {}).items():
        yield from helps(each, *words, name)


def test_the_documents_use_plain_words(documents: list[Path]) -> None:
    for document in documents:
        for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1):
            assert not avoided(line), f"{document.name}:{number}: {line}"


def test_the_help_of_every_command_uses_plain_words() -> None:
    commands = list(helps(typer.main.get_command(app)))
    assert len(commands) > 15
    for words in commands:
        text = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "400"}).output
        assert not avoided(text), words


@pytest.mark.parametrize("text", ["It tells why.", "who bears a name", "all the same", "Read ANEW", "as told"])
def test_a_word_that_is_avoided_would_be_noticed(text: str) -> None:
    assert avoided(text)
    assert not avoided("test_what_was_told_is_there, a bearer token")


def test_the_glossary_explains_each_word_once_and_every_state(root: Path) -> None:
    words = ENTRY.findall((root / "docs" / "glossary.md").read_text(encoding="utf-8"))
    assert len(words) == len(set(words)) > 40
    sources = [file.read_text(encoding="utf-8") for file in (root / "bt_autotask_sync").rglob("*.py")]
    enums = [body for source in sources for body in STATES.findall(source)]
    assert len(enums) == 2
    assert {state for body in enums for state in STATE.findall(body)} - set(words) == set()
