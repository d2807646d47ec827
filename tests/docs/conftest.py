from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

Blocks = Callable[[Path, str], list[str]]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture
def documents() -> list[Path]:
    """Everything that users and contributors read."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "cron.example"])


@pytest.fixture
def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def blocks() -> Blocks:
    """Return the code blocks of a document in any of these languages, like "sh|powershell"."""

    def find(document: Path, languages: str) -> list[str]:
        text = document.read_text(encoding="utf-8")
        return [block for language, block in _BLOCK.findall(text) if language in languages.split("|")]

    return find
