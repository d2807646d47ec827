"""One HTTP request to Autotask: sent once, counted, never followed elsewhere."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import urllib3.exceptions as urllib3_errors
from requests.adapters import HTTPAdapter

from bt_autotask_sync import __version__
from bt_autotask_sync.autotask.answer import Answer, parse_answer
from bt_autotask_sync.autotask.errors import AutotaskRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bt_autotask_sync.autotask.masking import Mask
    from bt_autotask_sync.clock import Clock

LONGEST_CONNECT = 15.0
"""Seconds for making a connection; the answer may take the whole timeout."""

_BEFORE_SENDING = (
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
)
_REASONS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (urllib3_errors.NameResolutionError, "the host name could not be resolved"),
    (requests.exceptions.ProxyError, "the proxy could not be reached, or broke off"),
    (requests.exceptions.SSLError, "no secure connection (TLS) could be made, or it broke"),
    (urllib3_errors.NewConnectionError, "no connection could be made"),
    (requests.exceptions.ConnectTimeout, "no connection within {connect:g} seconds"),
    (requests.exceptions.Timeout, "no answer within {whole:g} seconds"),
    (_BEFORE_SENDING, "the address, or that of the proxy, cannot be used"),
)
_NEVER_CONNECTED = (urllib3_errors.ConnectTimeoutError, urllib3_errors.NewConnectionError)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, with the name that messages use for it.

    Args:
        method: GET or POST.
        url: The whole address.
        path: The address behind the version, as `/Tickets/7/Notes`; it names the endpoint.
        headers: Ours, with the secrets.
        body: What is sent as JSON, or None.
    """

    method: str
    url: str = field(repr=False)
    path: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The endpoint and the host, as messages name them."""
        return f"{self.method} {self.path} at {urlsplit(self.url).netloc}"


class NoAnswer(Exception):  # noqa: N818 - not an error yet: for a create it is an outcome
    """A request without a whole answer.

    Args:
        reason: What happened, without addresses or secrets.
        nothing_sent: No connection was made, so that Autotask cannot have seen the request.
    """

    def __init__(self, reason: str, *, nothing_sent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.nothing_sent = nothing_sent


class Exchange:
    """Sends requests and counts them; several threads may share it.

    Args:
        http: The connections. `open_session` makes fitting ones.
        clock: Time as it is passed in.
        timeout_seconds: How long an answer may take.
        mask: Hides the secrets in Autotask's words.
        permit: Called before the credentials are presented; raises CredentialsError while they must not be.
    """

    def __init__(
        self, http: requests.Session, clock: Clock, timeout_seconds: float, mask: Mask, permit: Callable[[], None]
    ) -> None:
        self.clock = clock
        self._permit = permit
        self._http = http
        self._timeout = (min(LONGEST_CONNECT, timeout_seconds), timeout_seconds)
        self._mask = mask
        self._lock = threading.Lock()
        self._sent = 0

    @property
    def requests_sent(self) -> int:
        """How many requests went out, repeated ones included."""
        with self._lock:
            return self._sent

    def send(self, call: Call) -> Answer:
        """Send the request once and return what came back.

        Raises:
            NoAnswer: No whole answer came.
            AutotaskRefused: The credentials cannot even be written into a header.
            CredentialsError: They must not be presented.
        """
        if call.headers:  # all but the question for the zone, which no secret goes with
            self._permit()
        with self._lock:
            self._sent += 1
        try:
            response = self._http.request(
                call.method,
                call.url,
                headers={"Accept": "application/json", **call.headers},
                json=call.body,
                timeout=self._timeout,
                allow_redirects=False,
                auth=_without_authorization,
            )
        except requests.exceptions.InvalidHeader:
            raise AutotaskRefused(
                f"{call.name}: a credential begins with a blank or holds a line break",
                "Mend the Autotask username, secret or integration_code in the configuration.",
            ) from None
        # RequestException is an OSError; urllib3's own errors and the system's can get past requests.
        except (OSError, urllib3_errors.HTTPError) as error:
            raise NoAnswer(_reason(error, self._timeout), nothing_sent=_nothing_sent(error)) from None
        return parse_answer(response, self._mask, self.clock.now())


def open_session(pool: int = 6) -> requests.Session:
    """Return connections that are kept open, up to `pool` of them, and that repeat nothing by themselves.

    Cookies are not kept: Autotask needs none, and threads that share a jar can trip over each other.
    """
    session = requests.Session()
    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=pool, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.headers["User-Agent"] = f"bt-autotask-sync/{__version__}"
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    return session


def _without_authorization(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep requests from adding an `Authorization` header out of a .netrc file."""
    return request


def _root(error: Exception) -> object:
    """Return what lies under requests' error: urllib3's, out of its retry and proxy wrappings."""
    inner: object = error.args[0] if error.args else error
    if isinstance(inner, urllib3_errors.MaxRetryError):
        inner = inner.reason
    return inner.original_error if isinstance(inner, urllib3_errors.ProxyError) else inner


def _nothing_sent(error: Exception) -> bool:
    """Tell whether the connection was never there.

    A ProxyError alone proves nothing: urllib3 raises it also when the proxy hangs up after it took the request.
    """
    root = _root(error)
    refused_by_proxy = type(root) is OSError and str(root).startswith("Tunnel connection failed")
    return isinstance(error, _BEFORE_SENDING) or isinstance(root, _NEVER_CONNECTED) or refused_by_proxy


def _reason(error: Exception, timeout: tuple[float, float]) -> str:
    """Say what happened in our own words: the library's hold the whole address, with the username in it."""
    root = _root(error)
    words = (words for kind, words in _REASONS if isinstance(error, kind) or isinstance(root, kind))
    connect, whole = timeout
    return next(words, "the connection broke, or the answer was cut off").format(connect=connect, whole=whole)
