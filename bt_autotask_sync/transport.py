"""What both clients share of HTTP: which answers are worth a second try, when, and what time the other side had."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Protocol

import tenacity

if TYPE_CHECKING:
    import requests

    from bt_autotask_sync.clock import Clock
    from bt_autotask_sync.errors import CredentialsError

READ_ATTEMPTS = 4
LONGEST_WAIT = 30.0
"""Seconds: no `Retry-After` makes a read wait longer."""

FIRST_YEAR, LAST_YEAR = 2000, 2099
"""A date outside these years is none."""


class Gate(Protocol):
    """Whether one product may be shown our credentials, and what it made of them. Any thread may use it."""

    def permit(self) -> None:
        """Raise CredentialsError while the credentials must not be presented."""
        ...

    def accepted(self) -> None:
        """Take note that the product accepted them."""
        ...

    def refused(self, error: CredentialsError) -> None:
        """Take note that the product refused them."""
        ...


class OpenGate:
    """A gate that lets everything through and remembers nothing."""

    def permit(self) -> None:
        """Let it through."""

    def accepted(self) -> None:
        """Remember nothing."""

    def refused(self, error: CredentialsError) -> None:
        """Remember nothing."""


OPEN_GATE: Gate = OpenGate()


class TransientError(Exception):
    """A read that failed in a way that may pass.

    Args:
        reason: What happened, without addresses or secrets.
        retry_after: Seconds that the other side asked us to wait, or None.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


def read_retries(clock: Clock) -> tenacity.Retrying:
    """Return tenacity's loop for one read: four attempts, waiting about 0.5, 1 and 2 seconds in between.

    Only `TransientError` is tried again; the last one is raised as it is. A read is safe to repeat, a create is not:
    nothing that creates may use this.
    """
    backoff = tenacity.wait_exponential(multiplier=0.5, max=8) + tenacity.wait_random(0, 0.25)

    def wait(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, TransientError) else None
        return backoff(state) if asked is None else min(asked, LONGEST_WAIT)

    return tenacity.Retrying(
        stop=tenacity.stop_after_attempt(READ_ATTEMPTS),
        wait=wait,
        retry=tenacity.retry_if_exception_type(TransientError),
        sleep=clock.sleep,
        reraise=True,
    )


def retry_after_seconds(response: requests.Response, now: datetime) -> float | None:
    """Return the seconds that `Retry-After` asks for, given as seconds or as a date; None when absent or unreadable."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value)
    moment = _http_date(value)
    return None if moment is None else max(0.0, (moment - now).total_seconds())


def answered_at(response: requests.Response) -> datetime | None:
    """Return the other side's own time from the `Date` header, in UTC; None when absent, unreadable or absurd.

    A time outside the years 2000 to 2099 is no time: whoever reckons with it would go wrong, or overflow.
    """
    return believable(_http_date(response.headers.get("Date", "")))


def believable(moment: datetime | None) -> datetime | None:
    """Return a moment that the other side gave, or None where it is none that could be true."""
    return moment if moment is not None and FIRST_YEAR <= moment.year <= LAST_YEAR else None


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
