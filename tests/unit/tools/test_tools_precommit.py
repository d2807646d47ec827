"""The hooks before a commit are what `make lint` runs."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_hooks_before_a_commit_run_what_lint_runs_and_fetch_nothing() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    (rule,) = re.findall(r"^lint: .*\n((?:\t.+\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    lint = [line.strip().replace("$(BIN)", ".venv/bin") for line in rule.splitlines()]
    assert len(lint) >= 3
    assert re.findall(r"entry: (.+)", hooks) == lint
    assert re.findall(r"repo: (.+)", hooks) == ["local"]
    assert set(re.findall(r"language: (.+)", hooks)) == {"system"}
