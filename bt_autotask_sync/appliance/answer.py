"""The body of one answer while it arrives: decompressed, and watched for size, speed and an early end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import urllib3.exceptions

from bt_autotask_sync.appliance.errors import UnusableAnswer
from bt_autotask_sync.transport import TransientError, answered_at

if TYPE_CHECKING:
    import requests

    from bt_autotask_sync.clock import Clock

LARGEST_ANSWER = 4 * 1024**3
"""Bytes, after decompression."""

LARGEST_EXPANSION = 200
"""How many bytes one compressed byte may become, judged from `EXPANSION_JUDGED_FROM` on."""

EXPANSION_JUDGED_FROM = 16 * 1024**2
SLOWEST = 1024
"""Bytes a second: an answer that drips more slowly is given up, once the time allowed for a silence has passed."""


class Answer:
    """A body to read from, once.

    Args:
        response: An answer asked for with `stream=True`.
        source: What was asked from whom, for messages: "the X report of HOST".
        clock: Measures how fast it arrives.
        patience: Seconds after which the speed is judged.
    """

    def __init__(self, response: requests.Response, source: str, clock: Clock, patience: float) -> None:
        self.source = source
        self.answered_at = answered_at(response)
        self._raw = response.raw
        self._clock = clock
        self._patience = patience
        self._began = clock.monotonic()
        self._size = 0

    def read(self, size: int) -> bytes:
        """Return what has arrived, at most `size` bytes; b"" at the end.

        Raises:
            TransientError: The connection broke, the body ends before its announced length, or it only drips.
            UnusableAnswer: It is of an absurd size.
        """
        try:
            data: bytes = self._raw.read1(size, decode_content=True)
        except urllib3.exceptions.HTTPError as error:
            raise TransientError("the connection broke in the middle of the answer") from error
        self._size += len(data)
        self._judge_size()
        self._judge_speed()
        return data

    def _judge_size(self) -> None:
        expansion = self._size / (self._raw.tell() or 1)
        bomb = self._size > EXPANSION_JUDGED_FROM and expansion > LARGEST_EXPANSION
        if bomb or self._size > LARGEST_ANSWER:
            raise UnusableAnswer(
                f"{self.source[0].upper()}{self.source[1:]} is absurdly large: given up after "
                f"{self._size // 1024**2} MiB.",
                "Check the host name; if it is right, ask for a shorter time.",
            )

    def _judge_speed(self) -> None:
        seconds = self._clock.monotonic() - self._began
        if seconds > self._patience and self._size < seconds * SLOWEST:
            raise TransientError("the answer only drips")
