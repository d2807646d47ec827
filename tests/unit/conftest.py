"""The fixtures of unit tests that more than one room uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.notes.templates import Templates
from bt_autotask_sync.state.inbox import Inbox
from tests.unit.bench import Bench, in_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import Any

    from bt_autotask_sync.state.ledger import Ledger


@pytest.fixture(scope="session")
def templates() -> Templates:
    return Templates.load(None)


@pytest.fixture
def make_bench(templates: Templates, tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """Make a bench, of another kind where one is given, with switches of the sandbox: `threshold=100`."""
    made: list[Bench] = []

    def make(kind: type[Bench] = Bench, **options: Any) -> Bench:
        made.append(kind(templates, tmp_path / "state", options))
        return made[-1]

    yield make
    for bench in made:
        bench.ledger.close()


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench()


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    """A ledger in memory."""
    opened = in_memory()
    yield opened
    opened.close()


def _number(lsid: int) -> str:
    return f"{lsid:032x}"


@pytest.fixture
def lsids() -> Callable[[Iterable[int] | int], Sequence[str]]:
    """Write numbers as lsids."""
    return lambda numbers: [*map(_number, [numbers] if isinstance(numbers, int) else numbers)]


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    with Inbox.open(tmp_path) as opened:
        yield opened
