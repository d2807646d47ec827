from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

NAMESPACES = (
    "http://www.bomgar.com/namespaces/API/reporting",
    "https://www.beyondtrust.com/namespaces/API/reporting",
    "http://www.beyondtrust.com/sra/namespaces/API/reporting",
)

EXAMPLE = Path(__file__).with_name("session_report.xml")


class RecordedClock:
    """A clock whose sleeps pass at once and are written down."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2030, 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


@pytest.fixture
def clock() -> RecordedClock:
    return RecordedClock()


@pytest.fixture(params=NAMESPACES)
def example(request: pytest.FixtureRequest) -> bytes:
    """The whole example of a report, in each of the three generations of namespaces."""
    return EXAMPLE.read_bytes().replace(NAMESPACES[1].encode(), request.param.encode())


@pytest.fixture
def session_report() -> Callable[[str], bytes]:
    """Wrap the children of one session as a report."""

    def wrap(children: str, lsid: str = "0" * 32) -> bytes:
        return (
            f'<session_list xmlns="{NAMESPACES[1]}"><session lsid="{lsid}">{children}</session></session_list>'.encode()
        )

    return wrap
