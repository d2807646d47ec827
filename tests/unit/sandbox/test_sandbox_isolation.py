"""The sandbox is the other side: it shares no code with the client."""

from __future__ import annotations

import ast
from pathlib import Path

import bt_autotask_sync.sandbox

PACKAGE = Path(bt_autotask_sync.sandbox.__file__).parent


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, path
            names.add(node.module or "")
    return names


def test_nothing_of_the_client_is_imported() -> None:
    files = list(PACKAGE.rglob("*.py"))
    assert len(files) > 20
    for path in files:
        own = {name for name in imported(path) if name.startswith("bt_autotask_sync")}
        assert all(name.startswith("bt_autotask_sync.sandbox") for name in own), path


def test_requests_is_for_the_adapter_only() -> None:
    users = {path.name for path in PACKAGE.rglob("*.py") if "requests" in {n.split(".")[0] for n in imported(path)}}
    assert users == {"adapter.py"}
