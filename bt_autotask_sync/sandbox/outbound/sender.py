"""Outbound events over real sockets."""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlencode

import urllib3
import urllib3.exceptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

_TIMEOUT: Final = urllib3.Timeout(connect=2.0, read=5.0)
"""Seconds. BeyondTrust: how long the appliance waits is not public."""
_LARGEST_ANSWER: Final = 64 * 1024
_FAILURES: Final[tuple[tuple[type[Exception], type[OSError]], ...]] = (
    (urllib3.exceptions.SSLError, ssl.SSLError),
    (urllib3.exceptions.NewConnectionError, ConnectionRefusedError),
    (urllib3.exceptions.TimeoutError, TimeoutError),
)
_HEADERS: Final = {"Content-Type": "application/x-www-form-urlencoded"}


class Sender:
    """Posts forms; as a context it closes its connections at the end.

    Args:
        ca_file: Returns the PEM file with the authority that an address is to be trusted by, or None.
    """

    def __init__(self, ca_file: Callable[[str], str | None]) -> None:
        self._ca_file = ca_file
        self._pools: dict[str | None, urllib3.PoolManager] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pool in self._pools.values():
            pool.clear()

    def send(self, url: str, form: Mapping[str, str], /) -> int:
        """Return the status of the answer to a form; a redirect is not followed.

        Raises:
            OSError: No answer came; its class says why.
        """
        try:
            response = self._pool(self._ca_file(url)).request(
                "POST",
                url,
                body=urlencode(form, errors="replace"),
                headers=_HEADERS,
                redirect=False,
                retries=False,
                timeout=_TIMEOUT,
                preload_content=False,
            )
        except urllib3.exceptions.HTTPError as failure:
            kind = next((kind for theirs, kind in _FAILURES if isinstance(failure, theirs)), ConnectionResetError)
            raise kind from failure
        _make_ready(response)
        return response.status

    def _pool(self, ca_file: str | None) -> urllib3.PoolManager:
        if ca_file not in self._pools:
            self._pools[ca_file] = urllib3.PoolManager(ssl_context=ssl.create_default_context(cafile=ca_file))
        return self._pools[ca_file]


def _make_ready(response: urllib3.BaseHTTPResponse) -> None:
    """Leave the connection ready for the next event, if the answer is short; its status counts in any case."""
    with suppress(urllib3.exceptions.HTTPError):
        response.read(_LARGEST_ANSWER)
        if response.closed:
            return
    response.close()
