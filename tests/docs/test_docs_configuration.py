"""The documents show configurations that the program takes, and the reference is the program's own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bt_autotask_sync.config.example import reference
from bt_autotask_sync.config.load import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SYSTEMS = """
[profile.default.appliance]
host = "support.example.com"
client_id = "client"
client_secret = "secret"

[profile.default.autotask]
username = "api@example.com"
secret = "secret"
integration_code = "code"
"""
"""Stands behind a part of a configuration in a document, which shows some other tables."""


def test_the_reference_is_the_one_that_the_program_makes(root: Path) -> None:
    document = (root / "docs" / "configuration.md").read_text(encoding="utf-8")
    _, _, written = document.rpartition("-->\n\n")
    assert written == reference(), "put the new reference there: see CONTRIBUTING.md"


def test_every_configuration_in_the_documents_is_valid(
    documents: list[Path], blocks: Callable[[Path, str], list[str]], tmp_path: Path
) -> None:
    found = [(document, block) for document in documents for block in blocks(document, "toml")]
    assert len(found) > 3
    for document, block in found:
        for name in re.findall(r'(?:\{ file|_file) = "([^"/]+)"', block):
            (tmp_path / name).write_text("secret", encoding="utf-8")
        file = tmp_path / "config.toml"
        file.touch(mode=0o600)
        file.write_text(block if ".appliance]" in block else block + SYSTEMS, encoding="utf-8")
        environ = dict.fromkeys(re.findall(r'\{ env = "([^"]+)" \}', block), "secret")
        assert load(file, environ).warnings == (), document.name


def test_keys_that_running_text_sets_exist(documents: list[Path]) -> None:
    known = set(re.findall(r"^\| `([a-z_]+)` \|", reference(), re.MULTILINE))
    for document in documents:
        text = document.read_text(encoding="utf-8")
        assert set(re.findall(r"`([a-z_]+) = [^`]+`", text)) <= known, document.name
