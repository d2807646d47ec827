"""Where everything is installed, a test that is skipped fails the run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.skips import ALLOWED, unexpected

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(("switch", "code"), [("1", 1), ("", 0)])
@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_skipped_test_fails_the_run_where_none_may_be(tmp_path: Path, switch: str, code: int, workers: str) -> None:
    file = tmp_path / "test_one.py"
    file.write_text("import pytest\ndef test_one(): pytest.skip('no reason')\ndef test_two(): pass\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.skips", "-n", workers, "-c", os.devnull, str(file)]
    environment = os.environ | {"NO_SKIPS": switch}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == code, done.stdout
    assert ("test_one was skipped" in done.stdout) == bool(code)


def test_what_may_be_skipped_is_there_and_has_a_reason() -> None:
    assert unexpected([*ALLOWED, "tests/x.py::test_x"]) == ["tests/x.py::test_x"]
    for test, reason in ALLOWED.items():
        path, _, name = test.partition("::")
        assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")
        assert reason
