"""The architecture names rooms and files that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import bt_autotask_sync

PACKAGE = Path(bt_autotask_sync.__file__).parent
ROOM = re.compile(r"(?<![\w/.])([a-z_]+(?:/[a-z_]+)*)/(?=\s|$|[.,;])")


@pytest.fixture
def text(root: Path) -> str:
    return (root / "docs" / "architecture.md").read_text(encoding="utf-8")


@pytest.fixture
def drawing(text: str) -> str:
    (block,) = re.findall(r"^```text\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return str(block)


def test_the_drawing_shows_every_room_and_no_other(drawing: str) -> None:
    steps = {path.name for path in (PACKAGE / "sync").iterdir() if (path / "__init__.py").is_file()}
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    assert set(ROOM.findall(drawing)) == rooms | steps


def test_every_file_and_folder_that_is_named_is_there(text: str, drawing: str) -> None:
    for name in re.findall(r"[a-z_]+\.py", drawing):
        assert (PACKAGE / "sync" / name).is_file(), name
    for name in re.findall(r"`([a-z_]+\.py)`", text):
        assert (PACKAGE / name).is_file(), name
    for name in re.findall(r"`([a-z_]+/[a-z_]*)`", text):
        assert (PACKAGE / name).is_dir() or (PACKAGE.parent / name).is_dir(), name
